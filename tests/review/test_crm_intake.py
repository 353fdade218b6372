"""Deal registrations of the CRM that are merged, corrected and put back, over real HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests import factories as make
from tests.actions import test_deal_registrations_taken_in as intake
from tests.actions.test_deal_registrations_taken_in import QUEUE, RITA, Trial, lead, lead_id

if TYPE_CHECKING:
    from collections.abc import Sequence

trial = intake.trial


def claims(trial: Trial) -> Sequence[Any]:
    return trial.rows("SELECT key, source_id, state FROM registrations ORDER BY key")


def test_a_claim_is_handed_on_although_its_new_record_becomes_a_registration_too(
    trial: Trial,
) -> None:
    trial.put(lead(1))
    trial.night()
    trial.put({"Id": lead_id(90), "LeadSource": "Partner", "OwnerId": RITA})
    trial.delete(1, into=90)
    assert trial.night() == {"registrations handed on": 1}
    assert [tuple(row) for row in claims(trial)] == [
        (f"lead:{lead_id(1)}", lead_id(90), "submitted")
    ]


def test_a_record_that_took_over_a_claim_needs_no_maker_of_its_own(trial: Trial) -> None:
    trial.put(lead(1))
    trial.night()
    nobodys = {"OwnerId": QUEUE, "CreatedById": QUEUE}
    trial.put({"Id": lead_id(90), "LeadSource": "Partner", **nobodys})
    trial.delete(1, into=90)
    assert trial.night() == {"registrations handed on": 1}
    assert trial.waiting() == {}
    trial.put({"Id": lead_id(90), "Company": "Acme"})
    assert trial.night() == {}


def test_a_claim_is_handed_on_through_every_merge_of_a_day(trial: Trial) -> None:
    trial.put(lead(1), lead(91, LeadSource="Web"))
    trial.night()
    # a merged lead keeps what makes it a registration
    trial.put({"Id": lead_id(91), "LeadSource": "Partner"})
    trial.delete(1, into=91)
    trial.delete(91, into=90)
    assert trial.night() == {"registrations handed on": 1}
    assert [tuple(row) for row in claims(trial)] == [
        (f"lead:{lead_id(1)}", lead_id(90), "submitted")
    ]


def test_what_waits_and_is_no_registration_any_more_waits_no_longer(trial: Trial) -> None:
    trial.put(lead(1, Partner_Key__c="nobody"))
    trial.night()
    with trial.database.transaction() as tx:
        make.lead(tx, crm_id=lead_id(1), lead_source="Web")  # as the mirror has it now
    assert trial.night() == {"registrations taken up": 1}
    assert trial.waiting() == {}


def test_a_claim_follows_the_web_lead_that_took_it_over(trial: Trial) -> None:
    trial.put(lead(1))
    trial.night()
    trial.delete(1, into=90)
    trial.night()
    with trial.database.transaction() as tx:
        account, deal = make.account(tx), make.deal(tx)
        converted = {"converted_account_crm_id": account, "converted_opportunity_crm_id": deal}
        make.lead(tx, crm_id=lead_id(90), is_converted=True, **converted)
    assert trial.night() == {"registrations converted": 1}
    claim = trial.claim(1)
    assert (claim.account_crm_id, claim.opportunity_crm_id) == (account, deal)
    assert trial.night() == {}
