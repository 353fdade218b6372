"""Replays: what comes out the same, what differs, and what nobody can know any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from goodword.money import Money
from goodword.program import load_program
from goodword.rules.conversions import Claim, ClaimKind, WonDeal
from goodword.rules.earnings import Earned, Earning
from goodword.rules.histories import PastDeal
from goodword.rules.live_claims import RegistrationFacts
from goodword.rules.outcomes import Outcome, OutcomeFacts
from goodword.rules.registrations import RegistrationPolicy, RegistrationState
from goodword.rules.replays import (
    ApprovalDecision,
    ClaimDecision,
    ConversionDecision,
    Replayed,
    RewardDecision,
    Verdict,
    approval,
    claim,
    conversion,
    rewards,
)
from goodword.rules.suspicions import Introduction, Standing

PROGRAM, _ = load_program(Path(__file__).parents[2] / "config" / "program.toml")
SAME, DIFFERENT, UNKNOWN = Verdict.SAME, Verdict.DIFFERENT, Verdict.UNKNOWN
POLICY = RegistrationPolicy()
MADE, LAST = date(2026, 1, 5), date(2026, 4, 5)
FACTS = RegistrationFacts(3, MADE, LAST, 0)
NOT_KEPT = "the accounts, rival claims and activity that a new claim is decided by are not kept"
NOW = "by what is known now it would be:"


# Claims -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "until", "facts", "today", "decision", "again"),
    [
        ("extended", "2026-05-05", {"active_on": (LAST,)}, LAST, "extended through 2026-05-05", ""),
        (
            "extended",
            "2026-05-06",
            {"active_on": (LAST,)},
            LAST,
            "extended through 2026-05-06",
            "extended through 2026-05-05, since there was activity on 2026-04-05",
        ),
        ("extended", "2026-05-05", {}, LAST, "extended through 2026-05-05", "kept"),
        ("expired", None, {}, date(2026, 4, 6), "expired", ""),
        (
            "won",
            None,
            {},
            date(2026, 4, 6),
            "won",
            "expired, since there was no progress in the last 30 days of the window",
        ),
        (
            "won",
            None,
            {"active_on": (LAST,), "extensions_used": 1},
            date(2026, 4, 6),
            "won",
            "expired",
        ),
        ("won", None, {"won_on": LAST}, LAST, "won", ""),
        ("expired", None, {"won_on": LAST}, LAST, "expired", "won on 2026-04-05"),
        ("lost", None, {"lost_on": LAST}, LAST, "lost", ""),
        ("won", None, {"lost_on": LAST}, LAST, "won", "lost on 2026-04-05"),
    ],
)
@pytest.mark.parametrize("is_changed", [False, True])
def test_a_claim_comes_out_as_its_facts_say_unless_the_crm_changed_them(  # noqa: PLR0917 - one for each column
    state: str,
    until: str | None,
    facts: dict[str, Any],
    today: date,
    decision: str,
    again: str,
    *,
    is_changed: bool,
) -> None:
    found = ClaimDecision(
        3,
        RegistrationState(state),
        "reseller",
        date.fromisoformat(until) if until else None,
        FACTS._replace(**facts),
        MADE,
        is_changed,
    )
    expected = Replayed("registration 3", decision, SAME)
    if again and is_changed:
        said = f"the CRM changed a deal of it since; {NOW} {again}"
        expected = replace(expected, verdict=UNKNOWN, reason=said)
    elif again:
        expected = replace(expected, verdict=DIFFERENT, reason=f"{NOW} {again}")
    assert claim(found, POLICY, today) == expected


@pytest.mark.parametrize(
    ("state", "until", "verdict", "reason"),
    [
        ("approved", LAST, UNKNOWN, f"its window comes out the same; {NOT_KEPT}"),
        ("approved", MADE, DIFFERENT, "its window ends on 2026-04-05 by the rules"),
        ("approved", None, UNKNOWN, NOT_KEPT),
        ("rejected", None, UNKNOWN, NOT_KEPT),
        ("rejected", MADE, UNKNOWN, NOT_KEPT),
        ("submitted", None, UNKNOWN, NOT_KEPT),
    ],
)
def test_of_a_new_claim_only_the_window_can_be_known(
    state: str, until: date | None, verdict: Verdict, reason: str
) -> None:
    for facts in (None, FACTS):
        found = ClaimDecision(3, RegistrationState(state), "x", until, facts, MADE, False)  # noqa: FBT003 - a fact
        decision = f"{state} through {until}" if until else state
        expected = Replayed("registration 3", decision, verdict, reason)
        assert claim(found, POLICY, date(2026, 1, 9)) == expected


def test_a_kind_of_participants_with_rules_of_its_own_is_replayed_by_these() -> None:
    policy = replace(POLICY, by_kind={"service": replace(POLICY, window_days=10)})
    found = ClaimDecision(3, RegistrationState.APPROVED, "service", LAST, None, MADE, False)  # noqa: FBT003 - a fact
    assert claim(found, policy, MADE).reason == "its window ends on 2026-01-15 by the rules"


# Conversions ------------------------------------------------------------------------------------

WON_ON = date(2026, 3, 2)
WON_AT = datetime(2026, 3, 2, 18, tzinfo=UTC)


def referral(number: int, who: int | None = 1, on: date = date(2026, 2, 20)) -> Claim:
    at = datetime(on.year, on.month, on.day, 12, number, tzinfo=UTC)
    return Claim(ClaimKind.REFERRAL, number, at, on, "form", who, 1)


def decided(*claims: Claim, **other: Any) -> ConversionDecision:
    deal = PastDeal(
        WonDeal("006A", 100_00, WON_AT, WON_ON, claims),
        "001A",
        "USD",
        WON_ON,
        conversion_id=5,
        version=1,
    )
    shares = ((ClaimKind.REFERRAL, 1, 50_00), (ClaimKind.REFERRAL, 2, 50_00))
    return replace(ConversionDecision(deal, 100_00, shares, is_changed=False), **other)


BOTH = (referral(1), referral(2, who=2))
CREDITED = Replayed("conversion 5", "credited to 2 claims", SAME)


def replayed(found: ConversionDecision) -> list[Replayed]:
    return list(conversion(found, {1: _linear()}))


def _linear() -> Any:
    from goodword.rules.attribution import Model  # noqa: PLC0415 - only here

    return replace(PROGRAM, attribution=replace(PROGRAM.attribution, model=Model.LINEAR))


def test_a_conversion_that_is_divided_as_before_is_the_same() -> None:
    assert replayed(decided(*BOTH)) == [CREDITED]
    assert replayed(decided(*BOTH, is_changed=True)) == [CREDITED]


@pytest.mark.parametrize(
    ("amount", "said"), [(None, "the CRM has none now"), (90_00, "the CRM has 90.00 USD now")]
)
@pytest.mark.parametrize(("is_changed", "verdict"), [(False, DIFFERENT), (True, UNKNOWN)])
def test_another_amount_is_told_beside_the_division(
    amount: int | None, said: str, *, is_changed: bool, verdict: Verdict
) -> None:
    found = replayed(decided(*BOTH, amount_minor=amount, is_changed=is_changed))
    value = Replayed("conversion 5", "its value is 100.00 USD", verdict, said)
    assert found == [value, CREDITED]


def test_other_shares_differ_and_other_claims_may_be_the_crms() -> None:
    recorded = ((ClaimKind.REFERRAL, 1, 60_00), (ClaimKind.REFERRAL, 2, 40_00))
    out = "referral 1 50.00 USD, referral 2 50.00 USD comes out"
    said = f"referral 1 60.00 USD, referral 2 40.00 USD was recorded, {out}"
    differs = replace(CREDITED, verdict=DIFFERENT, reason=said)
    assert replayed(decided(*BOTH, shares=recorded)) == [differs]
    assert replayed(decided(*BOTH, shares=recorded, is_changed=True)) == [differs]
    alone = ((ClaimKind.REFERRAL, 1, 100_00),)
    said = f"referral 1 100.00 USD was recorded, {out}"
    differs = Replayed("conversion 5", "credited to 1 claim", DIFFERENT, said)
    assert replayed(decided(*BOTH, shares=alone)) == [differs]
    unknown = replace(differs, verdict=UNKNOWN)
    assert replayed(decided(*BOTH, shares=alone, is_changed=True)) == [unknown]


def test_a_deal_that_nobody_would_be_credited_with_differs() -> None:
    (found,) = replayed(decided(shares=()))
    assert (found.decision, found.verdict) == ("credited to 0 claims", DIFFERENT)
    assert found.reason


# Rewards ----------------------------------------------------------------------------------------

RULE = PROGRAM.incentives[0]
RECORDED = RewardDecision(9, "conversion 5", 1, RULE.name, "USD", 12_00, 10_00, WON_ON)


def earned(**other: Any) -> Earned:
    facts = OutcomeFacts(Outcome.CONVERTED, "customer", "basic", 100_00, 100_00, "USD")
    ids = {"conversion_id": 5} | other.pop("ids", {})
    earning = Earning(1, facts, WON_ON, 1, **ids)
    return replace(Earned(earning, RULE, 12_00, 10_00, "ten of a hundred", WON_ON), **other)


def out(*again: Earned, changed: tuple[str, ...] = ()) -> list[Replayed]:
    return list(rewards([RECORDED], again, frozenset(changed)))


GIVEN = Replayed("reward 9", f"10.00 USD by “{RULE.name}”", SAME)


def test_a_reward_of_the_same_sums_and_day_is_the_same() -> None:
    assert out(earned()) == [GIVEN]
    assert out(earned(reason="in other words")) == [GIVEN]


@pytest.mark.parametrize(
    ("other", "comes_out"),
    [
        ({"amount_minor": 9_00}, "9.00 USD payable from 2026-03-02"),
        ({"computed_minor": 13_00}, "10.00 USD payable from 2026-03-02"),
        ({"payable_on": date(2026, 3, 3)}, "10.00 USD payable from 2026-03-03"),
    ],
)
def test_another_sum_or_day_differs_whatever_the_crm_changed(
    other: dict[str, Any], comes_out: str
) -> None:
    said = f"{comes_out} comes out: ten of a hundred"
    expected = replace(GIVEN, verdict=DIFFERENT, reason=said)
    assert out(earned(**other), changed=("conversion 5",)) == [expected]


NO_RULE = replace(GIVEN, verdict=DIFFERENT, reason="no rule gives it by its version")


@pytest.mark.parametrize(
    ("ids", "subject"),
    [
        ({"conversion_id": 6}, "conversion 6"),
        ({"invoice_id": "in_5"}, "invoice in_5"),
        ({"conversion_id": None, "referral_id": 4}, "referral 4"),
    ],
)
def test_what_was_not_given_is_told_by_what_it_would_be_for(
    ids: dict[str, Any], subject: str
) -> None:
    said = f"“{RULE.name}” gives 10.00 USD: ten of a hundred"
    assert out(earned(ids=ids)) == [NO_RULE, Replayed(subject, "no reward", DIFFERENT, said)]
    said = f"the CRM changed its deal since; by what is known now {said}"
    unknown = Replayed(subject, "no reward", UNKNOWN, said)
    assert out(earned(ids=ids), changed=(subject,)) == [NO_RULE, unknown]


def test_a_reward_of_another_participant_or_rule_is_another() -> None:
    other = earned()
    theirs = replace(other, earning=replace(other.earning, participant_id=2))
    assert [each.verdict for each in out(theirs)] == [DIFFERENT, DIFFERENT]
    renamed = replace(other, incentive=replace(RULE, name="another"))
    assert [each.subject for each in out(other, renamed)] == ["reward 9", "conversion 5"]


# Approvals --------------------------------------------------------------------------------------

SMALL, LARGE = Money(1_00, "USD"), Money(9_999_999_00, "USD")
QUIET = Introduction("a@x.example")
DOUBTED = Introduction("a@x.example", standing=Standing(disposable="x.example"))


def asked(approvers: int, total: Money, introduction: Introduction = QUIET) -> Replayed:
    return approval(ApprovalDecision(9, approvers, total, "active", introduction), PROGRAM)


def test_who_was_asked_is_the_same_by_the_same_sum() -> None:
    assert asked(0, SMALL) == Replayed("reward 9", "approved by the policy", SAME)
    assert asked(2, LARGE) == Replayed("reward 9", "2 to approve it", SAME)


def test_a_doubt_that_there_may_have_been_is_not_known() -> None:
    found = asked(0, SMALL, DOUBTED)
    said = "suspicions go by what is known today; 1 come out: the participant's address"
    assert (found.verdict, found.decision) == (UNKNOWN, "approved by the policy")
    assert found.reason.startswith(said)
    found = asked(1, SMALL)
    assert (found.verdict, found.decision) == (UNKNOWN, "1 to approve it")
    assert found.reason.startswith("suspicions go by what is known today; 0 come out: 1.00 USD is")


def test_another_number_than_any_doubt_would_ask_differs() -> None:
    found = asked(2, SMALL)
    assert found.verdict is DIFFERENT
    assert found.reason.startswith("0 come out: 1.00 USD is below")
    assert asked(1, LARGE).verdict is DIFFERENT


def test_what_came_back_is_always_asked_about() -> None:
    found = asked(0, SMALL, replace(QUIET, came_back=True))
    assert found.verdict is DIFFERENT
    assert found.reason.startswith("1 come out: it was paid")
