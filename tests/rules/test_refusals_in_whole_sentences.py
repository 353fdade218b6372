"""Refusals and what is taken back, word for word: staff and partners read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from goodword.money import Money
from goodword.rules import answers
from goodword.rules.approvals import (
    LONGEST_REASON,
    ApprovalPolicy,
    ApprovalRefused,
    Needed,
    TakenDecision,
    check_reason,
    check_withdrawal,
    needed,
)
from goodword.rules.corrections import Changed, Correct, ForPerson, TooLate, judge
from goodword.rules.delegations import (
    LONGEST,
    Delegation,
    DelegationRefused,
    check_delegation,
    stands_in_for,
)
from goodword.rules.refunds import LOST, Loss, Refund, deal_named, losses, part_of
from goodword.rules.refunds import judge as judge_refunds
from goodword.rules.rewards import (
    EarnedReward,
    LetStand,
    RewardPolicy,
    TakeBack,
    Void,
    claw_back,
    payable_on,
)

TODAY = date(2026, 3, 2)
USD = ApprovalPolicy({"USD": 500_00}, {"USD": 5_000_00})


def dollars(minor: int) -> Money:
    return Money(minor, "USD")


# Approvals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "people", "said"),
    [
        (dollars(-1), 0, "-0.01 USD is taken back by rule"),
        (dollars(0), 0, "0.00 USD is below 500.00 USD"),
        (dollars(500_00), 1, "500.00 USD is 500.00 USD or more"),
        (dollars(5_000_00), 2, "5,000.00 USD is 5,000.00 USD or more: two people"),
        (Money(1, "EUR"), 1, "the program sets no threshold in EUR"),
    ],
)
def test_how_many_approve_has_its_reason(total: Money, people: int, said: str) -> None:
    assert needed(total, USD) == Needed(people, said)
    doubted = needed(total, USD, "suspended", ("a doubt",))
    if total.minor < 0:
        assert doubted == Needed(people, said)
    else:
        sized = f"{said}; " if people else ""
        told = f"{sized}the participant is suspended; a doubt"
        assert doubted == Needed(max(1, people), told)


def test_a_currency_needs_both_thresholds() -> None:
    said = "the program sets no threshold in EUR"
    for one in (ApprovalPolicy({"EUR": 1}, {}), ApprovalPolicy({}, {"EUR": 1})):
        assert needed(Money(0, "EUR"), one) == Needed(1, said)


def taken(*, approve: bool = True, **other: Any) -> TakenDecision:
    usual = {
        "state": "approved",
        "amount": dollars(1),
        "is_taken_from": False,
        "is_acted_on": False,
    }
    return TakenDecision(7, approve=approve, **(usual | other))


OUTSIDE = "What is owed all the same is settled with the participant outside the program"


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (
            lambda: check_withdrawal(taken(state="paid")),
            "reward 7 is paid: an approval is taken back before its payout is planned",
        ),
        (
            lambda: check_withdrawal(taken(amount=dollars(-1))),
            "reward 7 takes money back, which its outcome asks for: it stands",
        ),
        (
            lambda: check_withdrawal(taken(is_taken_from=True)),
            "a part of reward 7 was taken back already: its approval stands",
        ),
        (
            lambda: check_withdrawal(taken(approve=False, state="waiting")),
            "reward 7 is waiting: there is no refusal to take back",
        ),
        (
            lambda: check_withdrawal(taken(approve=False, state="rejected", is_acted_on=True)),
            f"a night or a stage has run since reward 7 was refused: the refusal stands. {OUTSIDE}",
        ),
        (
            lambda: check_reason(" ", approve=False),
            "a refusal needs a reason that the participant may read",
        ),
        (
            lambda: check_reason("x" * 2_001, approve=True),
            "the reason has 2,001 characters: 2,000 are enough",
        ),
    ],
)
def test_a_decision_that_cannot_be_is_refused(refused: Callable[[], None], said: str) -> None:
    with pytest.raises(ApprovalRefused) as told:
        refused()
    assert str(told.value) == said


def test_what_may_be_taken_back_is() -> None:
    check_withdrawal(taken(state="waiting", amount=dollars(0), is_acted_on=True))
    check_withdrawal(taken(approve=False, state="rejected", is_taken_from=True))
    check_reason("", approve=True)
    check_reason("x" * LONGEST_REASON, approve=False)


# Answers and delegations ------------------------------------------------------------------------

COPY = "Copy the lines of what you decide, such as `12 750.00 USD;`"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (" ; ", f"' ; ' names no reward: nothing is written. {COPY}"),
        (
            "12 7.50 USD; twelve",
            f"'twelve' names no reward: a line is a number and an amount with its currency. {COPY}",
        ),
        (
            "12 7.50 USD; 12 7.50 USD",
            f"'12 7.50 USD; 12 7.50 USD' names no reward: reward 12 stands there twice. {COPY}",
        ),
        (
            "12 7.505 USD",
            "'12 7.505 USD' names no reward: '7.505' is no amount in USD: USD has 2 decimals. "
            + COPY,
        ),
    ],
)
def test_an_answer_that_names_no_rewards_is_told_what_to_copy(written: str, said: str) -> None:
    with pytest.raises(answers.AnswerUnreadable) as told:
        answers.read(written)
    assert str(told.value) == said


def away(**other: Any) -> Delegation:
    usual = {"delegator": "ann", "delegate": "bob", "since": TODAY, "until": TODAY}
    return Delegation(**(usual | other))


NAMES = "a delegation needs both names: who is away and who stands in"


@pytest.mark.parametrize(
    ("delegation", "said"),
    [
        (away(delegator=" "), NAMES),
        (away(delegate=""), NAMES),
        (away(delegate="ANN"), "ann cannot stand in for themselves"),
        (
            away(since=date(2026, 3, 3)),
            "it would end on 2026-03-02, before 2026-03-03",
        ),
        (
            away(since=date(2026, 3, 1), until=date(2026, 3, 1)),
            "2026-03-01 is over: today is 2026-03-02",
        ),
        (
            away(until=date(2027, 3, 4)),
            "from 2026-03-02 through 2027-03-04 is longer than a year",
        ),
    ],
)
def test_a_delegation_that_cannot_be_is_refused(delegation: Delegation, said: str) -> None:
    with pytest.raises(DelegationRefused) as told:
        check_delegation(delegation, TODAY)
    assert str(told.value) == said
    check_delegation(away(until=TODAY + LONGEST), TODAY)


def test_whom_somebody_stands_in_for_is_said_where_there_are_several() -> None:
    assert stands_in_for([], "", "bob") == ""
    assert stands_in_for(["ann", "Ann"], "", "bob") == "Ann"
    assert stands_in_for(["ann", "cy"], "CY", "bob") == "cy"
    for given, asked, said in (
        (["cy", "ann"], "", "bob stands in for ann and cy: say for whom"),
        (
            ["cy"],
            "ann",
            "bob does not stand in for ann today: `goodword approvals delegations` shows who does",
        ),
    ):
        with pytest.raises(DelegationRefused) as told:
            stands_in_for(given, asked, "bob")
        assert str(told.value) == said


# Refunds, rewards, corrections ------------------------------------------------------------------


def test_what_did_not_stay_says_when_how_much_and_by_what() -> None:
    refund = Refund("re_1", "USD", 4_00, TODAY)
    dispute = Refund("du_1", "USD", disputed_minor=5_00, disputed_on=TODAY, dispute=LOST)
    whole = Refund("sub_1", "EUR", refunded_on=TODAY, is_whole=True, reason="it was cancelled")
    assert losses([refund, dispute, whole], "USD") == [
        Loss(TODAY, 4_00, "4.00 USD was refunded on 2026-03-02 (re_1)"),
        Loss(TODAY, 5_00, "the dispute of 2026-03-02 over 5.00 USD was lost (du_1)"),
        Loss(TODAY, None, "it was cancelled"),
    ]


@pytest.mark.parametrize(
    ("minors", "value", "part"),
    [
        ([], 100, 0),
        ([], 0, 0),
        ([1], 0, 1),
        ([50], 100, Fraction(1, 2)),
        ([50, 60], 100, 1),
        ([None], 100, 1),
    ],
)
def test_the_part_that_did_not_stay_is_at_most_all(
    minors: list[int | None], value: int, part: Fraction
) -> None:
    assert part_of([Loss(TODAY, minor, "") for minor in minors], value) == part


def test_a_deal_is_named_by_its_id_alone() -> None:
    assert deal_named(" 006f4000002NAbG ") == "006f4000002NAbGAAW"
    assert deal_named("the big one") is None
    assert deal_named(None) is None


REWARD = EarnedReward(79, 0, is_paid=True, outcome_on=TODAY)


@pytest.mark.parametrize(
    ("reward", "part", "days", "expected"),
    [
        (REWARD, Fraction(1), 31, LetStand("the 30 days to take it back ended on 2026-04-01")),
        (REWARD, Fraction(0), 30, LetStand("nothing more is to be taken back")),
        (REWARD, Fraction(2, 5), 30, TakeBack(32, "40.00% of the outcome was taken back")),
        (REWARD, Fraction(2), 30, TakeBack(79, "100.00% of the outcome was taken back")),
        (
            EarnedReward(79, 0, is_paid=False, outcome_on=TODAY),
            Fraction(1),
            30,
            Void("the outcome was cancelled before the reward was paid"),
        ),
    ],
)
def test_what_becomes_of_a_reward_has_its_reason(
    reward: EarnedReward, part: Fraction, days: int, expected: object
) -> None:
    policy = RewardPolicy(clawback_days=30)
    assert claw_back(reward, part, policy, payable_on(TODAY, days)) == expected


def test_nothing_is_taken_back_of_a_deal_that_stays() -> None:
    judged = judge_refunds(REWARD, [], 100, RewardPolicy())
    assert judged.verdict == LetStand("nothing of the outcome was taken back")
    assert (judged.on, judged.because) == (None, "")


FROM = "the deal's amount was changed from 10.00 USD to 12.00 USD in the CRM on 2026-03-20"


def changed(**other: Any) -> Changed:
    usual: dict[str, Any] = {"value": dollars(10_00), "now": dollars(12_00), "won_on": TODAY}
    return Changed(**(usual | {"changed_on": date(2026, 3, 20)} | other))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (changed(), Correct(FROM)),
        (
            changed(is_rejected=True),
            ForPerson(
                f"{FROM}; a person rejected a reward for it, and the rules would compute it anew"
            ),
        ),
        (
            changed(is_given=True),
            ForPerson(f"{FROM}; what was given in kind would be given a second time"),
        ),
        (
            changed(is_returned=True),
            ForPerson(f"{FROM}; the provider took a payout for it back"),
        ),
        (
            changed(now=Money(12_00, "EUR")),
            ForPerson(
                f"{FROM.replace('12.00 USD', '12.00 EUR')}; what it is worth in the other currency "
                "is for a person to say"
            ),
        ),
        (
            changed(won_on=date(2026, 3, 9)),
            TooLate(f"{FROM}; the 10 days to take rewards back ended on 2026-03-19"),
        ),
        (changed(won_on=date(2026, 3, 10)), Correct(FROM)),
    ],
)
def test_a_correction_has_its_reason(found: Changed, expected: object) -> None:
    days = [30, 10] if found.won_on > TODAY else [30]
    assert judge(found, days) == expected
