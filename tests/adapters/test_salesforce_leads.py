"""Leads, deal registrations and owners, over real HTTP against the sandbox's Salesforce."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from goodword.adapters.crm import (
    OVERLAP,
    CrmUnreachable,
    FieldsMissing,
    ObjectHidden,
    Page,
    Protection,
    RequestLimit,
    WriteState,
)
from goodword.adapters.salesforce import Patience, Salesforce, SalesforceAccess
from goodword.rules.crm import CrmObject, DealRegistration, Lead
from goodword.rules.crm_policy import CrmPolicy, Intake, IntakeFields
from sandbox.clock import VirtualClock
from sandbox.faults import Fault
from sandbox.salesforce.conversion import convert
from sandbox.salesforce.ids import new_id
from sandbox.server import Sandbox
from sandbox.world import Company, Row

NOW = datetime(2026, 6, 30, 2, tzinfo=UTC)
LOW = NOW - timedelta(days=1)
QUICK = Patience(connect=60, read=60, attempts=3, first_wait=0.001, longest_wait=0.01)
LEADS = CrmPolicy(intake=Intake.LEAD)
ANN, GONE, QUEUE = new_id("005", 101), new_id("005", 102), new_id("00G", 1)
DEAL_REGISTRATION, INBOUND = new_id("012", 1), new_id("012", 2)
UNTIL = date(2026, 9, 30)


def lead_id(number: int) -> str:
    return new_id("00Q", number)


def lead(number: int, at: datetime = LOW, **fields: str | None) -> Row:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    row: Row = {
        "Id": lead_id(number),
        "LastName": "Ito",
        "FirstName": "Yui",
        "Company": "日産, “Nissan”\nMotor",
        "Website": "https://www.nissan.example",
        "Email": "yui@nissan.example",
        "Status": "Open - Not Contacted",
        "LeadSource": "Web",
        "RecordTypeId": None,
        "OwnerId": QUEUE,
        "CreatedDate": stamp,
        "SystemModstamp": stamp,
    }
    return row | fields


def registration(number: int, **fields: str | None) -> Row:
    return lead(number) | {"RecordTypeId": DEAL_REGISTRATION} | fields


def record_type(type_id: str, name: str) -> Row:
    return {"Id": type_id, "Name": name, "DeveloperName": name, "SobjectType": "Lead"}


@dataclass
class Org:
    """One running sandbox and the adapter that reads it."""

    sandbox: Sandbox
    crm: Salesforce

    def fails(self, kind: str, **fault: Any) -> None:
        self.sandbox.world.faults.add(Fault("salesforce", kind, **fault))

    def leads(self, low: datetime | None = LOW, high: datetime = NOW) -> dict[str, Lead]:
        found = read(self.crm.changed(CrmObject.LEAD, low, high))
        return {record.crm_id: record for record in found if isinstance(record, Lead)}

    def registrations(
        self, low: datetime | None = LOW, high: datetime = NOW
    ) -> dict[str, DealRegistration]:
        found = read(self.crm.deal_registrations(low, high))
        return {each.crm_id: each for each in found if isinstance(each, DealRegistration)}

    def hide(self, name: str) -> None:
        with self.sandbox.world.lock:
            self.sandbox.world.salesforce.hide_object(name)

    def delete(self, crm_id: str, **marks: str) -> None:
        with self.sandbox.world.lock:
            org = self.sandbox.world.salesforce
            org.soft_delete("Lead", crm_id, NOW - OVERLAP)
            org.put_raw("Lead", [{"Id": crm_id, **marks}])

    def calls(self, method: str, path_end: str) -> int:
        return sum(
            count
            for (api, verb, path), count in self.sandbox.world.calls.items()
            if api == "salesforce" and verb == method and path.rstrip("/").endswith(path_end)
        )


def read(pages: Iterator[Page]) -> list[Any]:
    return [record for page in pages for record in page.records]


Start = Callable[..., Org]


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:

        def open_org(*leads: Row, policy: CrmPolicy = LEADS, **tables: list[Row]) -> Org:
            users: list[Row] = [
                {"Id": ANN, "LastName": "Lim", "Email": "ann@partner.example"},
                {"Id": GONE, "LastName": "Oh", "Email": "oh@left.example", "IsActive": "false"},
            ]
            kinds = [
                record_type(DEAL_REGISTRATION, "Deal_Registration"),
                record_type(INBOUND, "Inbound"),
            ]
            queues: list[Row] = [{"Id": QUEUE, "Name": "New leads", "Type": "Queue"}]
            all_tables = {"Lead": list(leads), "User": users, "RecordType": kinds, "Group": queues}
            company = Company("Acme", "00Df40000000001AAA", all_tables | tables)
            sandbox = stack.enter_context(Sandbox(company, VirtualClock(NOW, frozen=True)))
            access = SalesforceAccess("acme.my", "key", "USD", "secret", api_base=sandbox.base_url)
            crm = Salesforce(access, QUICK, policy, page_size=3, bulk_page_size=3)
            return Org(sandbox, crm)

        yield open_org


# Leads ------------------------------------------------------------------------------------------


def test_a_lead_arrives_with_its_record_types_name(start: Start) -> None:
    org = start(registration(1), lead(2, RecordTypeId=INBOUND), lead(3))
    leads = org.leads()
    assert [leads[lead_id(n)].record_type for n in (1, 2, 3)] == [
        "Deal_Registration",
        "Inbound",
        None,
    ]
    first = leads[lead_id(1)]
    assert (first.contact_name, first.contact_email) == ("Yui Ito", "yui@nissan.example")
    assert (first.owner_crm_id, first.lead_source) == (QUEUE, "Web")
    assert (first.created_at, first.is_converted) == (LOW, False)


def test_a_first_load_of_leads_reads_what_a_window_reads(start: Start) -> None:
    org = start(*(lead(number) for number in range(1, 8)))
    org.delete(lead_id(2))
    assert org.leads(low=None) == org.leads()
    assert len(org.leads()) == 7


def test_an_org_without_record_types_has_leads_without_one(start: Start) -> None:
    row = lead(1)
    del row["RecordTypeId"]
    org = start(row, RecordType=[])
    assert org.leads()[lead_id(1)].record_type is None


def test_a_converted_lead_names_what_it_became_and_a_merged_one_its_master(start: Start) -> None:
    org = start(lead(1), lead(2), lead(3))
    with org.sandbox.world.lock:
        became = convert(org.sandbox.world.salesforce, lead_id(1), None, "Nissan, first order")
    org.delete(lead_id(2), MasterRecordId=lead_id(3))
    leads = org.leads(high=NOW + timedelta(minutes=1))
    converted, merged = leads[lead_id(1)], leads[lead_id(2)]
    assert converted.is_converted
    assert converted.converted_account_crm_id == became["ConvertedAccountId"]
    assert converted.converted_opportunity_crm_id == became["ConvertedOpportunityId"]
    assert (merged.is_deleted, merged.master_crm_id) == (True, lead_id(3))


def test_a_division_is_read_from_the_field_that_the_program_names(start: Start) -> None:
    policy = replace(LEADS, division_field="Business_Unit__c")
    org = start(lead(1, Business_Unit__c="Trucks"), policy=policy)
    assert org.leads()[lead_id(1)].division == "Trucks"


def test_leads_that_nobody_needs_may_be_hidden(start: Start) -> None:
    org = start(policy=CrmPolicy())
    org.hide("Lead")
    org.crm.check_fields()
    assert not org.crm.can_read(CrmObject.LEAD)
    assert org.crm.lacks(CrmObject.LEAD) == CrmPolicy().own_fields
    with pytest.raises(ObjectHidden, match="the right to read it"):
        org.leads()


def test_leads_that_are_deal_registrations_must_be_seen(start: Start) -> None:
    org = start()
    org.hide("Lead")
    with pytest.raises(ObjectHidden, match="shows no object Lead"):
        org.crm.check_fields()


# Deal registrations -----------------------------------------------------------------------------


def test_a_lead_of_the_record_type_or_the_source_is_a_deal_registration(start: Start) -> None:
    org = start(
        registration(1), lead(2), lead(3, LeadSource="Partner"), lead(4, RecordTypeId=INBOUND)
    )
    assert set(org.registrations()) == {lead_id(1), lead_id(3)}
    assert set(org.registrations(low=None)) == {lead_id(1), lead_id(3)}


def test_names_and_values_with_quotes_in_them_are_only_values(start: Start) -> None:
    policy = replace(LEADS, lead_source="Partner' OR Id != '")
    org = start(lead(1), lead(2, LeadSource="Partner' OR Id != '"), policy=policy)
    assert set(org.registrations()) == {lead_id(2)}


def test_without_the_record_type_and_the_source_no_lead_is_one(start: Start) -> None:
    org = start(lead(1), policy=replace(LEADS, lead_record_type="Other", lead_source="Other"))
    assert org.registrations() == {}


def test_what_was_created_before_the_first_day_is_history(start: Start) -> None:
    # in Tokyo 29 June begins at three in the afternoon of the 28th, UTC
    policy = replace(LEADS, intake_from=date(2026, 6, 29), time_zone="Asia/Tokyo")
    first = {"CreatedDate": "2026-06-28T15:00:00.000+0000"}
    before = {"CreatedDate": "2026-06-28T14:59:59.000+0000"}
    org = start(registration(1, **first), registration(2, **before), policy=policy)
    assert set(org.registrations(low=None)) == {lead_id(1)}


def test_a_lead_says_of_a_claim_what_its_fields_say(start: Start) -> None:
    fields = IntakeFields(
        participant="Partner_Key__c",
        evidence="Qualification__c",
        expected_amount="Budget__c",
        expected_close_on="Closes__c",
    )
    row = registration(
        1,
        Partner_Key__c="ann",
        Qualification__c="Discovery Call;Budget",
        Budget__c="5000.5",
        Closes__c="2026-12-31",
    )
    for low in (LOW, None):
        (found,) = start(row, policy=replace(LEADS, fields=fields)).registrations(low).values()
        assert dict(found.said) | {"submitted_at": "", "expected_amount": ""} == {
            "participant": "ann",
            "company": "日産, “Nissan”\nMotor",
            "domain": "https://www.nissan.example",
            "evidence": "discovery_call;budget",
            "expected_close_on": "2026-12-31",
            "currency": "USD",
            "expected_amount": "",
            "submitted_at": "",
        }
        assert float(found.said["expected_amount"]) == 5000.5
        assert datetime.fromisoformat(found.said["submitted_at"]) == LOW
        assert found.owner_crm_id == QUEUE


def test_a_custom_object_is_read_with_its_own_fields(start: Start) -> None:
    policy = CrmPolicy(
        intake=Intake.OBJECT,
        object="Deal_Registration__c",
        fields=IntakeFields(company="End_User__c", participant="Partner__c"),
    )
    row: Row = {
        "Id": new_id("a01", 1),
        "End_User__c": "Nissan",
        "Partner__c": "ann",
        "CreatedDate": "2026-06-29T02:00:00.000+0000",
        "SystemModstamp": "2026-06-29T02:00:00.000+0000",
    }
    org = start(policy=policy, Deal_Registration__c=[row])
    (found,) = org.registrations().values()
    assert (found.crm_object, found.said["company"]) == ("Deal_Registration__c", "Nissan")
    assert org.registrations(low=None).keys() == {row["Id"]}
    with org.sandbox.world.lock:
        org.sandbox.world.salesforce.drop_field("Deal_Registration__c", "Partner__c")
    with pytest.raises(FieldsMissing, match="Deal_Registration__c has no Partner__c"):
        org.crm.check_fields()


def test_a_custom_object_that_is_not_there_is_said_by_name(start: Start) -> None:
    fields = IntakeFields(company="Name")
    org = start(policy=CrmPolicy(intake=Intake.OBJECT, object="Deal__c", fields=fields))
    with pytest.raises(ObjectHidden, match="shows no object Deal__c"):
        org.crm.check_fields()


def test_without_an_intake_nothing_is_asked(start: Start) -> None:
    org = start(registration(1), policy=CrmPolicy())
    assert org.registrations() == {}
    assert org.calls("GET", "queryAll") == 0


def test_a_registration_that_became_visible_late_is_caught_by_the_overlap(start: Start) -> None:
    stamp = NOW - timedelta(seconds=30)
    made = stamp.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    org = start(registration(1), registration(2, SystemModstamp=made))
    org.fails("late_row", path=lead_id(2), seconds=300, times=None)
    assert set(org.registrations()) == {lead_id(1)}
    org.sandbox.world.clock.advance(timedelta(seconds=400))
    assert lead_id(2) in org.registrations(low=NOW, high=org.crm.server_time())


def test_pages_are_cut_by_stamp_and_id_among_other_leads(start: Start) -> None:
    rows = [registration(n) if n % 2 else lead(n) for n in range(1, 20)]
    pages = list(start(*rows).crm.deal_registrations(LOW, NOW))
    assert [len(page.records) for page in pages] == [3, 3, 3, 1]


@pytest.mark.parametrize("kind", ["expired_session", "rate_limited", "truncated", "drop_after"])
def test_a_page_of_registrations_that_fails_once_is_read_again(start: Start, kind: str) -> None:
    org = start(*(registration(number) for number in range(1, 8)))
    org.fails(kind, path="query", after=1)
    assert len(org.registrations()) == 7


def test_the_request_limit_stops_the_intake(start: Start) -> None:
    org = start(registration(1))
    org.fails("request_limit", path="query", times=None)
    with pytest.raises(RequestLimit):
        org.registrations()


def test_a_crm_that_fails_for_good_is_unreachable(start: Start) -> None:
    org = start(registration(1))
    org.fails("server_error", path="query", times=None)
    with pytest.raises(CrmUnreachable):
        org.registrations()


# Writing ----------------------------------------------------------------------------------------


def routed(number: int, owner: str | None = ANN) -> Protection:
    return Protection(CrmObject.LEAD, lead_id(number), "Ann", UNTIL, owner)


def test_a_lead_is_given_to_an_owner_with_its_partner_and_given_back(start: Start) -> None:
    org = start(lead(1))
    (given,) = org.crm.protect([routed(1)])
    assert given.state is WriteState.WRITTEN
    after = org.leads(high=NOW + timedelta(minutes=1))[lead_id(1)]
    assert (after.owner_crm_id, after.protected_partner) == (ANN, "Ann")
    assert after.protected_until == UNTIL
    org.crm.protect([Protection(CrmObject.LEAD, lead_id(1), None, None, QUEUE)])
    back = org.leads(high=NOW + timedelta(minutes=1))[lead_id(1)]
    assert (back.owner_crm_id, back.protected_partner, back.protected_until) == (QUEUE, None, None)


def test_an_owner_that_is_not_named_stays(start: Start) -> None:
    org = start(lead(1))
    org.crm.protect([routed(1, owner=None)])
    assert org.leads(high=NOW + timedelta(minutes=1))[lead_id(1)].owner_crm_id == QUEUE


def test_each_record_has_its_own_result_locked_rows_are_retried(start: Start) -> None:
    org = start(lead(1), lead(2), lead(3), lead(4))
    with org.sandbox.world.lock:
        convert(org.sandbox.world.salesforce, lead_id(3), None, None)
    org.fails("locked_row", path=lead_id(1), times=2)
    org.fails("locked_row", path=lead_id(4), times=None)
    results = org.crm.protect([routed(1), routed(2, GONE), routed(3), routed(4)])
    assert [result.state for result in results] == [
        WriteState.WRITTEN,
        WriteState.REFUSED,
        WriteState.REFUSED,
        WriteState.LOCKED,
    ]
    reasons = [result.reason or "" for result in results]
    assert reasons[1].startswith("INACTIVE_OWNER_OR_USER")
    assert reasons[2].startswith("CANNOT_UPDATE_CONVERTED_LEAD")


def test_own_fields_have_the_names_that_the_program_gives_them(start: Start) -> None:
    policy = replace(LEADS, partner_field="Reseller__c", protected_until_field="Reserved__c")
    org = start(lead(1, Reseller__c=None, Reserved__c=None), policy=policy)
    with org.sandbox.world.lock:
        org.sandbox.world.salesforce.add_field("Lead", "Reserved__c", "date")
    assert org.crm.lacks(CrmObject.LEAD) == ()
    assert org.crm.lacks(CrmObject.ACCOUNT) == ("Reseller__c", "Reserved__c")
    org.crm.protect([routed(1)])
    found = org.leads(high=NOW + timedelta(minutes=1))[lead_id(1)]
    assert (found.protected_partner, found.protected_until) == ("Ann", UNTIL)
    with pytest.raises(FieldsMissing, match=r"Account has no Reseller__c and no Reserved__c"):
        org.crm.protect([Protection(CrmObject.ACCOUNT, new_id("001", 1), "Ann", UNTIL)])
