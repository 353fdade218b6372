"""Deals that are lost after they were won: what was paid nets against what is paid next.

Anna's first deal (100.00 USD) is paid on 30 June and lost on 2 July; her second (200.00 USD) is won
on 5 July. Bert's deal is won on 29 June and lost on 1 July, before its hold was over.
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

PAID, LOST, NEXT = date(2026, 6, 30), date(2026, 7, 3), date(2026, 7, 9)
REWARDS = """
SELECT p.key, r.amount_minor, r.state, r.carried_because, v.state AS conversion
FROM rewards r JOIN participants p ON p.id = r.participant_id
JOIN conversions v ON v.id = r.conversion_id ORDER BY r.id
"""


@dataclass(frozen=True)
class After:
    """What is to be seen after one night."""

    failures: list[str]
    rewards: list[Any]
    moved: list[int]
    balances: dict[str, int]
    subjects: list[str]


@pytest.fixture(scope="module")
def nights(trial: Trials) -> Iterator[list[After]]:
    firm = Firm()
    deals = [
        referred(firm, "anna", "Adatum", "1000.00"),
        referred(firm, "anna", "Alpine", "2000.00"),
        referred(firm, "bert", "Bellows", "3000.00"),
    ]
    with trial(firm.company(PAID)) as opened:
        firm.step(opened, deals[0], ("Closed Won", "2026-06-20"))
        firm.step(opened, deals[2], ("Closed Won", "2026-06-29"))
        seen = [look(opened, PAID)]
        firm.step(opened, deals[0], ("Closed Lost", "2026-07-02"))
        firm.step(opened, deals[2], ("Closed Lost", "2026-07-01"))
        seen.append(look(opened, LOST))
        firm.step(opened, deals[1], ("Closed Won", "2026-07-05"))
        seen.append(look(opened, NEXT))
        assert opened.broken() == []
        yield seen


def referred(firm: Firm, who: str, company: str, amount: str) -> str:
    if who not in {row["key"] for row in firm.imports["participants"]}:
        firm.participant(who, "affiliate")
    domain = f"{company.lower()}.example"
    about = {"company": company, "domain": domain, "channel": "email"}
    firm.claim("referrals", who, "2026-05-10", **about)
    return firm.deal(firm.account(company, domain), amount, ("Qualification", "2026-06-01"))


def look(trial: Trial, night: date) -> After:
    failures = trial.night(night).failures
    balances = {account: sum_ for (account, _), sum_ in trial.balances().items() if sum_}
    moved = [row["amount"] for row in trial.moved()]
    rewards = [tuple(row) for row in trial.rows(REWARDS)]
    subjects = [mail.subject for mail in trial.world.mailbox.messages]
    return After(failures, rewards, moved, balances, subjects)


def test_no_night_fails(nights: list[After]) -> None:
    assert [after.failures for after in nights] == [[]] * 3


def test_first_one_is_paid_and_the_other_held(nights: list[After]) -> None:
    assert nights[0].rewards == [
        ("anna", 10_000, "paid", None, "active"),
        ("bert", 30_000, "approved", None, "active"),
    ]
    assert nights[0].moved == [10_000]


def test_when_the_deals_are_lost_the_paid_reward_gets_a_negative_one_and_the_held_one_is_void(
    nights: list[After],
) -> None:
    carried = "nothing is due that it could be netted against"
    assert nights[1].rewards == [
        ("anna", 10_000, "paid", None, "cancelled"),
        ("bert", 30_000, "void", None, "cancelled"),
        ("anna", -10_000, "approved", carried, "cancelled"),
    ]
    assert nights[1].moved == [10_000]


def test_both_are_told_once_what_becomes_of_what_they_were_promised(nights: list[After]) -> None:
    told = ["Adatum: $100.00 comes off your later payouts", "Bellows: $300.00 will not be paid"]
    new = nights[1].subjects[len(nights[0].subjects) :]
    assert sorted(new) == told
    assert not set(told) & set(nights[2].subjects[len(nights[1].subjects) :])


def test_the_next_payout_is_what_is_left_after_netting(nights: list[After]) -> None:
    assert nights[2].rewards[2:] == [
        ("anna", -10_000, "paid", None, "cancelled"),
        ("anna", 20_000, "paid", None, "active"),
    ]
    assert sorted(nights[2].moved) == [10_000, 10_000]


def test_in_the_end_the_ledger_says_what_was_earned_and_nothing_is_open(
    nights: list[After],
) -> None:
    assert nights[2].balances["at_provider"] == -20_000
    assert sum(nights[2].balances.values()) == 0
    assert not {"owed", "reserved", "in_flight"} & nights[2].balances.keys()
