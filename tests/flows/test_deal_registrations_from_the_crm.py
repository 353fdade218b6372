"""Partners register deals in the CRM: as leads, or as records of a custom object."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from goodword.wiring import close
from sandbox.salesforce.ids import new_id
from tests.flows.conftest import PROGRAM
from tests.flows.small_company import Firm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.world import Company, Row
    from tests.flows.conftest import Trial, Trials

pytestmark = pytest.mark.prefect

MONDAY, TUESDAY = date(2026, 6, 29), date(2026, 6, 30)
RITA, BEN, QUEUE = new_id("005", 101), new_id("005", 102), new_id("00G", 1)
TYPE = new_id("012", 1)
CLAIMS = """
SELECT r.key, r.source, r.source_id, r.state, r.company, r.opportunity_crm_id, r.account_crm_id,
       r.submitted_at, r.expected_amount_minor, r.reasons, p.key AS partner
FROM registrations r JOIN participants p ON p.id = r.participant_id ORDER BY r.key
"""
WAITING = "SELECT external_id FROM quarantine WHERE resolved_at IS NULL ORDER BY 1"
LEADS = """
[crm]
intake = "lead"
route_to = "owner"
[crm.fields]
participant = "Partner_Key__c"
evidence = "Qualification__c"
"""
OBJECT = """
[crm]
intake = "object"
object = "Deal_Registration__c"
[crm.fields]
participant = "Partner__c"
company = "End_User__c"
domain = "Website__c"
evidence = "Qualification__c"
expected_amount = "Budget__c"
"""


def lead_id(number: int) -> str:
    return new_id("00Q", number)


def lead(number: int, company: str, owner: str = RITA, **fields: str | None) -> Row:
    row: Row = {
        "Id": lead_id(number),
        "LastName": "Ito",
        "Company": company,
        "Website": f"https://{company.lower()}.example",
        "Status": "Open - Not Contacted",
        "RecordTypeId": TYPE,
        "OwnerId": owner,
        "CreatedById": owner,
        "Partner_Key__c": None,
        "Qualification__c": "Meeting;Budget",
        "CreatedDate": "2026-06-29T15:00:00.000+0000",
        "SystemModstamp": "2026-06-29T15:00:00.000+0000",
    }
    return row | fields


def company(firm: Firm, **tables: list[Row]) -> Company:
    made = firm.company(MONDAY)
    users: list[Row] = [
        {"Id": RITA, "LastName": "Reseller", "Email": "rita@rita-partners.example"},
        {"Id": BEN, "LastName": "Broker", "Email": "ben@ben-partners.example"},
    ]
    kind: Row = {"Id": TYPE, "DeveloperName": "Deal_Registration", "SobjectType": "Lead"}
    made.tables["User"] += [user | {"IsActive": "true"} for user in users]
    made.tables["RecordType"] = [kind | {"Name": "Deal Registration", "IsActive": "true"}]
    made.tables["Group"] = [{"Id": QUEUE, "Name": "New leads", "Type": "Queue"}]
    made.tables.update(tables)
    return made


def program(folder: Path, section: str) -> str:
    """Write the sample program with another [crm] section; returns where."""
    before, _, after = PROGRAM.read_text(encoding="utf-8").partition("[crm]\n")
    rest = after[after.index("# Incentives") :]
    path = folder / "program.toml"
    path.write_text(before + section + rest, encoding="utf-8")
    return str(path)


def partner(trial: Trial, key: str, crm_user: str) -> None:
    """Import a reseller who has a user in the CRM."""
    columns = (
        "key,kind,name,email,locale,country,currency,tier,payout_method,stripe_account,"
        "stripe_customer,company_domain,status,crm_user_id"
    )
    cells = f"{key},reseller,{key.title()},{key}@{key}-partners.example,en,US,USD,basic,,,,"
    csv = f"{columns}\n{cells}{key}-partners.example,active,{crm_user}\n"
    trial.take_in("participants", csv, MONDAY)


def claims(trial: Trial) -> dict[str, Any]:
    return {row.key: row for row in trial.rows(CLAIMS)}


def sync(trial: Trial, today: date) -> None:
    close()  # a process of its own, with its own log-in: nights are a day apart
    assert trial.night(today, only="sync").failures == []


@pytest.fixture
def opened(trial: Trials, tmp_path: Path) -> Iterator[Trial]:
    firm = Firm()
    firm.account("Northwind", "northwind.example")
    leads = [
        lead(1, "Northwind"),
        lead(2, "Contoso", QUEUE, CreatedById=BEN, LeadSource="Partner", RecordTypeId=None),
        lead(3, "Fabrikam", QUEUE, CreatedById=None),
        lead(4, "Adventure", RITA, RecordTypeId=None, LeadSource="Web"),
    ]
    path = program(tmp_path, LEADS)
    with trial(company(firm, Lead=leads), GOODWORD_PROGRAM=path) as opened:
        partner(opened, "rita", RITA)
        yield opened
        assert opened.broken() == []


def test_a_partners_lead_is_a_claim_in_the_same_night(opened: Trial) -> None:
    assert opened.night(MONDAY).failures == []
    claim = claims(opened)[f"lead:{lead_id(1)}"]
    assert (claim.partner, claim.source, claim.source_id) == ("rita", "crm_lead", lead_id(1))
    assert claim.submitted_at == datetime(2026, 6, 29, 15, tzinfo=UTC)
    assert (claim.state, claim.company) == ("approved", "Northwind")
    assert [row.external_id for row in opened.rows(WAITING)] == [lead_id(2), lead_id(3)]
    assert opened.value("SELECT count(*) FROM messages WHERE template LIKE 'registration_%'") == 2
    account = opened.world.salesforce.table("Account").get(claim.account_crm_id)
    assert account is not None
    assert account["Goodword_Partner__c"] == "Rita"
    # whom the CRM knows already is imported, and nobody touches the lead; what was written to the
    # CRM comes back in this window
    partner(opened, "ben", BEN)
    close()
    assert opened.night(TUESDAY).failures == []
    assert claims(opened)[f"lead:{lead_id(2)}"].partner == "ben"
    before = opened.dump()
    close()
    assert opened.night(TUESDAY).failures == []
    assert opened.dump() == before


def test_a_session_that_expires_and_a_limit_in_the_intake_lose_nothing(opened: Trial) -> None:
    opened.fail("salesforce", "request_limit", path="queryAll", times=None)
    [failure] = opened.night(MONDAY, only="sync").failures
    assert "requests of 24 hours are used up" in failure
    opened.world.faults.clear()
    opened.fail("salesforce", "expired_session", path="query", after=2)
    sync(opened, MONDAY)
    assert len(claims(opened)) == 1


def test_a_custom_object_is_taken_in_under_its_own_name(trial: Trials, tmp_path: Path) -> None:
    record: Row = {
        "Id": new_id("a01", 1),
        "Partner__c": RITA,
        "End_User__c": "Contoso Ltd",
        "Website__c": "contoso.example",
        "Qualification__c": "meeting=2026-06-20: met the CIO",
        "Budget__c": "5000.00",
        "OwnerId": QUEUE,
        "CreatedDate": "2026-06-29T15:00:00.000+0000",
        "SystemModstamp": "2026-06-29T15:00:00.000+0000",
    }
    made = company(Firm(), Deal_Registration__c=[record])
    with trial(made, GOODWORD_PROGRAM=program(tmp_path, OBJECT)) as opened:
        partner(opened, "rita", RITA)
        with opened.world.lock:
            opened.world.salesforce.hide_object("Lead")  # nothing needs leads here
        report = opened.night(MONDAY, only="sync")
        assert report.failures == []
        [tally] = [tally for tally in report.tallies if tally.stage == "sync"]
        assert tally.outcomes["leads hidden from the integration user"] == 1
        [claim] = claims(opened).values()
        assert claim.key == f"Deal_Registration__c:{record['Id']}"
        assert (claim.source, claim.partner) == ("crm_object", "rita")
        assert (claim.company, claim.expected_amount_minor) == ("Contoso Ltd", 500_000)
        sync(opened, TUESDAY)
        assert len(claims(opened)) == 1
