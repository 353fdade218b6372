"""Deal registrations of the CRM, read over real HTTP and kept in a real database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from goodword.actions import deal_registrations, new_claims
from goodword.actions.deal_registrations import Intake
from goodword.actions.registrations import StaffRuling, decide
from goodword.adapters.salesforce import Patience, Salesforce, SalesforceAccess
from goodword.db.session import Database
from goodword.rules import crm
from goodword.rules.crm_policy import CrmPolicy, IntakeFields
from goodword.rules.crm_policy import Intake as From
from goodword.rules.registrations import RegistrationPolicy
from goodword.rules.registrations import RegistrationState as State
from sandbox.clock import VirtualClock
from sandbox.salesforce.conversion import convert
from sandbox.salesforce.ids import new_id
from sandbox.server import Sandbox
from sandbox.world import Company, Row
from tests import factories as make

EVENING = datetime(2026, 6, 29, 22, tzinfo=UTC)
POLICY = CrmPolicy(
    intake=From.LEAD,
    fields=IntakeFields(participant="Partner_Key__c", evidence="Qualification__c"),
)
INTAKE = Intake(crm.Conventions("USD", POLICY), make.TODAY, ZoneInfo("UTC"))
RITA, BEN, QUEUE = new_id("005", 101), new_id("005", 102), new_id("00G", 1)
PARTNER_ACCOUNT = new_id("001", 9)


def lead_id(number: int) -> str:
    return new_id("00Q", number)


def lead(number: int, **fields: str | None) -> Row:
    row: Row = {
        "Id": lead_id(number),
        "LastName": "Ito",
        "Company": f"Company {number}",
        "Website": f"https://company{number}.example",
        "Status": "Open - Not Contacted",
        "LeadSource": "Partner",
        "OwnerId": RITA,
        "CreatedById": RITA,
        "PartnerAccountId": None,
        "Partner_Key__c": None,
        "Qualification__c": "Meeting",
        "CreatedDate": "2026-06-29T15:00:00.000+0000",
    }
    return row | fields


@dataclass
class Trial:
    """An org, a database, and how far it has been read."""

    sandbox: Sandbox
    database: Database
    salesforce: Salesforce
    low: datetime | None = None
    counts: Counter[str] = field(default_factory=Counter)

    def put(self, *rows: Row) -> None:
        """Write leads in the org, stamped now."""
        with self.sandbox.world.lock:
            now = self.sandbox.world.salesforce.now()
            stamped = [row | {"SystemModstamp": now} for row in rows]
            self.sandbox.world.salesforce.put_raw("Lead", stamped)

    def delete(self, number: int, into: int | None = None) -> None:
        with self.sandbox.world.lock:
            self.sandbox.world.salesforce.soft_delete("Lead", lead_id(number))
        if into is not None:
            self.put({"Id": lead_id(number), "MasterRecordId": lead_id(into)})

    def night(self) -> Counter[str]:
        """Take in what changed since the last time, an hour later."""
        self.sandbox.world.clock.advance(timedelta(hours=1))
        high = self.salesforce.server_time()
        with self.database.transaction() as tx:
            intake = replace(INTAKE, read_until=self.low)
            counts = deal_registrations.try_again(tx, intake)
            for page in self.salesforce.deal_registrations(self.low, high):
                found = [r for r in page.records if isinstance(r, crm.DealRegistration)]
                counts += deal_registrations.take_in(tx, intake, found, page.unreadable)
        self.low = high
        return counts

    def undelete(self, number: int) -> None:
        self.put({"Id": lead_id(number), "IsDeleted": "false"})

    def claim(self, number: int) -> Any:
        return self.rows(
            "SELECT r.*, p.key AS partner FROM registrations r JOIN participants p"
            " ON p.id = r.participant_id WHERE r.key = :key",
            key=f"lead:{lead_id(number)}",
        )[0]

    def decided(self, number: int) -> str:
        """Decide a claim by the rules; returns its state then."""
        with self.database.transaction() as tx:
            new_claims.decide(tx, [self.claim(number).id], RegistrationPolicy(), "UTC", make.TODAY)
        return str(self.claim(number).state)

    def waiting(self) -> dict[str, str]:
        found = self.rows(
            "SELECT external_id, reason FROM quarantine WHERE resolved_at IS NULL"
            " AND source = 'salesforce.registration.Lead' ORDER BY 1"
        )
        return {row.external_id: row.reason for row in found}

    def rows(self, statement: str, **values: Any) -> list[Any]:
        with self.database.transaction() as tx:
            return list(tx.execute(text(statement), values))

    def everything(self) -> dict[str, list[str]]:
        with self.database.transaction() as tx:
            return make.everything(tx)


@pytest.fixture
def trial(database: Database) -> Iterator[Trial]:
    users: list[Row] = [
        {"Id": RITA, "LastName": "Reseller", "IsActive": "true"},
        {"Id": BEN, "LastName": "Broker", "IsActive": "true"},
    ]
    tables: dict[str, list[Row]] = {
        "User": users,
        "Group": [{"Id": QUEUE, "Name": "New leads", "Type": "Queue"}],
        "Lead": [lead(90, LeadSource="Web")],
    }
    company = Company("Acme", "00Df40000000001AAA", tables)
    with Sandbox(company, VirtualClock(EVENING, frozen=True)) as sandbox:
        access = SalesforceAccess("acme.my", "key", "USD", "secret", api_base=sandbox.base_url)
        with database.transaction() as tx:
            make.participant(tx, "rita", crm_user_id=RITA)
        patience = Patience(first_wait=0.001, longest_wait=0.01)
        yield Trial(sandbox, database, Salesforce(access, patience, POLICY))


def test_who_made_a_lead_is_told_by_its_field_its_account_its_owner_or_its_maker(
    trial: Trial,
) -> None:
    with trial.database.transaction() as tx:
        make.participant(tx, "ben", crm_user_id=BEN)
        make.participant(tx, "ann", company_domain="ann.example")
        make.account(tx, crm_id=PARTNER_ACCOUNT, website="ann.example")
    trial.put(
        lead(1),
        lead(2, OwnerId=QUEUE, CreatedById=BEN),
        lead(3, PartnerAccountId=PARTNER_ACCOUNT),
        lead(4, Partner_Key__c="ben"),
        lead(5, Partner_Key__c=BEN),
        lead(6, Partner_Key__c=PARTNER_ACCOUNT),
    )
    assert trial.night() == {"new registrations": 6}
    partners = [trial.claim(number).partner for number in range(1, 7)]
    assert partners == ["rita", "ben", "ann", "ben", "ben", "ann"]
    first = trial.claim(1)
    assert (first.source, first.source_id, first.state) == ("crm_lead", lead_id(1), "submitted")
    assert first.submitted_at == datetime(2026, 6, 29, 15, tzinfo=UTC)
    assert [piece["kind"] for piece in first.evidence] == ["meeting"]


def test_records_that_come_again_change_nothing(trial: Trial) -> None:
    trial.put(lead(1), lead(2, Partner_Key__c="nobody"))
    trial.night()
    before = trial.everything()
    assert trial.night() == {}
    trial.put({"Id": lead_id(1), "Company": "Another name", "Website": "https://other.example"})
    assert trial.night() == {}
    trial.low = None  # as after the loss of the watermark
    assert trial.night() == {}
    assert trial.everything() == before


def test_what_waits_for_a_participant_is_taken_up_once_they_are_imported(trial: Trial) -> None:
    trial.put(lead(1, OwnerId=QUEUE, CreatedById=BEN))
    assert trial.night() == {"registrations quarantined": 1}
    [reason] = trial.waiting().values()
    assert reason.startswith(f"no participant is known to have made it: neither its owner {QUEUE}")
    with trial.database.transaction() as tx:
        make.participant(tx, "ben", crm_user_id=BEN)
    assert trial.night() == {"new registrations": 1, "registrations taken up": 1}
    assert trial.claim(1).partner == "ben"
    assert trial.waiting() == {}


def test_what_is_wrong_is_said_whole_and_taken_up_when_it_is_corrected(trial: Trial) -> None:
    trial.put(lead(1, Partner_Key__c="nobody", Website="n/a", Qualification__c="Lunch"))
    trial.night()
    reason = trial.waiting()[lead_id(1)]
    assert "participant is 'nobody', which is nobody's key" in reason
    assert "domain is 'n/a', which is no domain" in reason
    assert "evidence has 'Lunch'" in reason
    trial.put(lead(1, Partner_Key__c="nobody"))
    assert trial.night() == {}
    assert "domain" not in trial.waiting()[lead_id(1)]
    trial.put(lead(1))
    assert trial.night() == {"new registrations": 1, "registrations taken up": 1}


def test_what_no_database_can_hold_is_set_aside_and_stops_nothing(trial: Trial) -> None:
    trial.put(
        lead(1, Partner_Key__c="no\0body"),
        lead(2, Company="two\nlines"),
        lead(3, Qualification__c="meeting\0"),
        lead(4),
    )
    assert trial.night() == {"new registrations": 1, "registrations quarantined": 3}
    assert set(trial.waiting()) == {lead_id(1), lead_id(2), lead_id(3)}


def test_two_participants_of_one_account_are_told_apart_by_a_person(trial: Trial) -> None:
    with trial.database.transaction() as tx:
        make.account(tx, crm_id=PARTNER_ACCOUNT, website="ann.example")
        for key in ("ann", "anton"):
            make.participant(tx, key, company_domain="ann.example")
    trial.put(lead(1, PartnerAccountId=PARTNER_ACCOUNT))
    trial.night()
    assert trial.waiting()[lead_id(1)] == (
        f"{PARTNER_ACCOUNT} stands for 2 participants: ann, anton; name one by its key"
    )


def test_a_record_that_was_deleted_while_it_waited_waits_no_longer(trial: Trial) -> None:
    trial.put(lead(1, Partner_Key__c="nobody"))
    trial.night()
    trial.delete(1)
    assert trial.night() == {"registrations taken up": 1}
    assert trial.waiting() == {}


def test_a_claim_follows_its_lead_into_an_account_and_a_deal(trial: Trial) -> None:
    trial.put(lead(1))
    trial.night()
    with trial.sandbox.world.lock:
        became = convert(trial.sandbox.world.salesforce, lead_id(1), None, "First order")
    assert trial.night() == {"registrations converted": 1}
    claim = trial.claim(1)
    assert claim.account_crm_id == became["ConvertedAccountId"]
    assert claim.opportunity_crm_id == became["ConvertedOpportunityId"]
    with trial.database.transaction() as tx:
        assert make.told(tx, "registration", claim.id) == ["submitted", "changed"]
    before = trial.everything()
    assert trial.night() == {}
    assert trial.everything() == before


def test_a_live_claim_is_not_moved_to_an_account_that_another_one_protects(trial: Trial) -> None:
    trial.put(lead(1), lead(2))
    trial.night()
    with trial.sandbox.world.lock:
        org = trial.sandbox.world.salesforce
        account = convert(org, lead_id(1), None, None)["ConvertedAccountId"]
        deal = convert(org, lead_id(2), account, "Second")["ConvertedOpportunityId"]
    with trial.database.transaction() as tx:
        for number in (1, 2):
            approve(tx, trial.claim(number).id)
    trial.night()
    first, second = trial.claim(1), trial.claim(2)
    assert (first.account_crm_id, second.account_crm_id) == (account, None)
    assert second.opportunity_crm_id == deal


def test_a_deleted_lead_withdraws_its_claim_only_while_nobody_has_decided(trial: Trial) -> None:
    trial.put(lead(1), lead(2))
    trial.night()
    with trial.database.transaction() as tx:
        approve(tx, trial.claim(2).id)
    trial.delete(1)
    trial.delete(2)
    assert trial.night() == {"registrations withdrawn": 1}
    assert (trial.claim(1).state, trial.claim(2).state) == ("withdrawn", "approved")
    assert trial.claim(1).reasons == ["its record in the CRM was deleted"]
    assert trial.night() == {}


def test_a_claim_is_back_where_it_stood_in_line_when_its_lead_is(trial: Trial) -> None:
    trial.put(lead(1))
    trial.night()
    before = trial.claim(1)
    trial.delete(1)
    trial.night()
    trial.undelete(1)
    assert trial.night() == {"registrations brought back": 1}
    assert trial.claim(1) == before
    with trial.database.transaction() as tx:
        told = make.told(tx, "registration", before.id)
        assert told == ["submitted", "withdrawn", "brought back"]
    assert trial.night() == {}


def test_a_claim_that_comes_back_to_a_place_that_is_taken_is_for_staff(trial: Trial) -> None:
    with trial.database.transaction() as tx:
        make.participant(tx, "ben", crm_user_id=BEN)
    later = {"OwnerId": BEN, "CreatedDate": "2026-06-29T16:00:00.000+0000"}
    of_one = {"Company": "Acme", "Website": "acme.example"}
    trial.put(lead(1, **of_one), lead(2, **of_one, **later))
    trial.night()
    trial.delete(1)
    trial.night()
    assert trial.decided(2) == "approved"
    trial.undelete(1)
    trial.night()
    assert trial.decided(1) == "submitted"
    assert "it was submitted before Ben" in trial.claim(1).reasons[0]


def test_what_a_person_withdrew_stays_withdrawn(trial: Trial) -> None:
    trial.put(lead(1))
    trial.night()
    with trial.database.transaction() as tx:
        ruling = StaffRuling(trial.claim(1).id, State.WITHDRAWN, "their wish", "sam")
        decide(tx, ruling, RegistrationPolicy(), "UTC", make.TODAY)
    trial.delete(1)
    trial.night()
    trial.undelete(1)
    assert trial.night() == {}


def test_a_lead_that_is_marked_late_is_a_claim_since_it_was_seen_to_be(trial: Trial) -> None:
    trial.night()  # reads every registration that there is: lead 90 is a web lead
    trial.put({"Id": lead_id(90), "LeadSource": "Partner"})
    marked_at = trial.sandbox.world.clock.now()
    assert trial.night() == {"new registrations": 1}
    assert trial.claim(90).submitted_at == marked_at


def test_a_lead_that_was_marked_late_and_waited_is_dated_by_when_it_was_first_seen(
    trial: Trial,
) -> None:
    trial.night()
    trial.put({"Id": lead_id(90), "LeadSource": "Partner", "Partner_Key__c": "nobody"})
    marked_at = trial.sandbox.world.clock.now()
    assert trial.night() == {"registrations quarantined": 1}
    trial.put({"Id": lead_id(90), "Partner_Key__c": "rita"})
    assert trial.night() == {"new registrations": 1, "registrations taken up": 1}
    assert trial.claim(90).submitted_at == marked_at


def test_a_lead_of_this_night_and_a_corrected_one_are_dated_by_their_creation(
    trial: Trial,
) -> None:
    trial.put(lead(1, Partner_Key__c="nobody"))
    trial.night()
    trial.put(lead(1), lead(2, CreatedDate="2026-06-29T23:00:00.000+0000"))
    trial.night()
    dates = [trial.claim(number).submitted_at.hour for number in (1, 2)]
    assert dates == [15, 23]


def test_a_merged_lead_hands_its_claim_on_to_its_master(trial: Trial) -> None:
    trial.put(lead(1))
    trial.night()
    trial.delete(1, into=90)
    assert trial.night() == {"registrations handed on": 1}
    assert (trial.claim(1).state, trial.claim(1).source_id) == ("submitted", lead_id(90))
    trial.put({"Id": lead_id(90), "LeadSource": "Partner"})
    with trial.sandbox.world.lock:
        became = convert(trial.sandbox.world.salesforce, lead_id(90), None, "First order")
    assert trial.night()["registrations converted"] == 1
    assert trial.claim(1).opportunity_crm_id == became["ConvertedOpportunityId"]


def test_of_two_merged_leads_of_one_partner_one_claim_stays(trial: Trial) -> None:
    trial.put(lead(1), lead(2))
    trial.night()
    trial.delete(1, into=2)
    assert trial.night() == {"registrations withdrawn": 1}
    assert trial.claim(1).reasons == [f"its record in the CRM was merged into {lead_id(2)}"]
    assert trial.claim(2).state == "submitted"


def approve(tx: Any, number: int) -> None:
    ruling = StaffRuling(number, State.APPROVED, "known", "staff")
    decide(tx, ruling, RegistrationPolicy(), "UTC", make.TODAY)
