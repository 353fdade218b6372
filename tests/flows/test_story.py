"""The story of one opportunity, from the CRM to the money, told over three nights and once more.

Rita, a reseller, claims Northwind on 10 May. Her deal of 2,000.00 USD is open on 20 June, won on
the 26th, held for three days, and paid in the night of the 30th: 20%, which is 400.00 USD.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tests.flows.small_company import Firm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.flows.conftest import Trial, Trials

pytestmark = pytest.mark.prefect

OPEN, WON, PAID = date(2026, 6, 20), date(2026, 6, 27), date(2026, 6, 30)
CLAIM = (
    "SELECT r.*, p.key AS partner FROM registrations r JOIN participants p ON p.id = participant_id"
)


@dataclass(frozen=True)
class After:
    """What is to be seen after one night."""

    failures: list[str]
    claim: Any
    protected: dict[str, Any]
    rewards: list[Any]
    balances: dict[tuple[str, str], int]
    letters: list[str]
    sent: dict[str, int]
    dump: dict[str, list[str]]


@pytest.fixture(scope="module")
def story(trial: Trials) -> Iterator[list[After]]:
    firm = Firm()
    firm.participant("rita", "reseller")
    northwind = firm.account("Northwind Traders Inc.", "northwind.example")
    contoso = firm.account("Contoso Ltd", "contoso.example")
    deal = firm.deal(northwind, "2000.00", ("Qualification", "2026-06-01"))
    firm.deal(contoso, "n/a", ("Qualification", "2026-06-01"))
    firm.claim(
        "registrations",
        "rita",
        "2026-05-10",
        company="NORTHWIND TRADERS",
        domain="northwind.example",
        evidence="meeting=2026-05-08",
    )
    firm.claim("referrals", "rita", "2026-05-11", company="Fabrikam", channel="email")
    firm.claim("touches", "rita", "2026-05-12", domain="northwind.example", source="partner")
    firm.claim("events", "rita", "2026-05-13", kind="nps", value="9")
    with trial(firm.company(OPEN), by_prefect=True) as opened:
        seen = [look(opened, OPEN, northwind)]
        firm.step(opened, deal, ("Closed Won", "2026-06-26"))
        seen += [look(opened, night, northwind) for night in (WON, PAID, PAID)]
        assert opened.broken() == []
        yield seen


def look(trial: Trial, night: date, account: str) -> After:
    failures = trial.night(night).failures
    with trial.world.lock:
        row = trial.world.salesforce.table("Account").rows[account]
    return After(
        failures,
        trial.rows(CLAIM)[0],
        {name: row.get(name) for name in ("Goodword_Partner__c", "Goodword_Protected_Until__c")},
        trial.rows("SELECT * FROM rewards"),
        trial.balances(),
        [mail.subject for mail in trial.world.mailbox.messages],
        trial.sent(),
        trial.dump(),
    )


def test_no_night_fails(story: list[After]) -> None:
    assert [after.failures for after in story] == [[]] * 4


def test_first_the_claim_is_approved_for_90_days_from_its_submission(story: list[After]) -> None:
    claim = story[0].claim
    assert (claim.partner, claim.state, claim.expires_on) == ("rita", "approved", date(2026, 8, 8))


def test_the_crm_shows_whose_the_account_is_and_until_when(story: list[After]) -> None:
    assert story[0].protected == {
        "Goodword_Partner__c": "Rita",
        "Goodword_Protected_Until__c": "2026-08-08",
    }


def test_while_the_deal_is_open_nothing_is_owed(story: list[After]) -> None:
    assert story[0].rewards == []
    assert story[0].sent["transfers"] == 0


def test_the_won_deal_is_credited_to_the_claim_and_not_to_the_touch(story: list[After]) -> None:
    assert story[1].claim.state == "won"
    assert len(story[1].dump["conversions"]) == 1
    [share] = story[1].dump["shares"]
    assert ",registration," in share
    assert ",200000," in share


def test_20_percent_of_it_are_earned_approved_by_policy_and_held_for_three_days(
    story: list[After],
) -> None:
    [reward] = story[1].rewards
    assert (reward.incentive, reward.reason) == ("Reseller margin, basic", "20% of 2,000.00 USD")
    assert (reward.amount_minor, reward.currency) == (40_000, "USD")
    assert (reward.state, reward.payable_on) == ("approved", date(2026, 6, 29))
    assert story[1].balances == {("program_expense", "USD"): 40_000, ("owed", "USD"): -40_000}
    assert story[1].sent["transfers"] == 0


def test_when_the_hold_is_over_it_is_paid_to_the_cent(story: list[After]) -> None:
    assert story[2].rewards[0].state == "paid"
    assert story[2].sent["transfers"] == 1
    settled = {account: sum_ for (account, _), sum_ in story[2].balances.items() if sum_}
    assert settled == {"program_expense": 40_000, "at_provider": -40_000}


def test_the_account_is_free_again_once_its_claim_is_won(story: list[After]) -> None:
    assert set(story[1].protected.values()) <= {None, ""}


def test_rita_hears_of_each_step_once(story: list[After]) -> None:
    said = [len(after.letters) for after in story]
    assert said[3] == said[2]
    told = " | ".join(story[2].letters)
    for word in ("Northwind", "NORTHWIND", "400.00"):
        assert word in told, told


def test_every_table_was_visited(story: list[After]) -> None:
    untouched = {table for table, rows in story[3].dump.items() if not rows}
    # This story has no invoice, refund or bank account; all agrees, nothing is contested, nobody
    # moves to another tier.
    money = {"differences", "bank_files", "provider_events", "refunds", "paid_invoices"}
    contested = {"account_questions", "disputes", "dispute_rulings", "dispute_statements"}
    staff = {"staff", "sessions", "sign_in_attempts", "decision_codes", "delegations", "notices"}
    assert untouched == {"leads", "extension_requests", "tier_changes"} | money | contested | staff


def test_the_last_night_once_more_changes_nothing_and_sends_nothing(story: list[After]) -> None:
    assert story[3].sent == story[2].sent
    assert story[3].dump == story[2].dump
