"""New claims: every reason is found, and the partner is told only what may be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from goodword.money import Money
from goodword.rules.new_claims import (
    Approve,
    Ask,
    ClaimFacts,
    Conflict,
    OlderDeal,
    Reject,
    decide,
    decide_in_order,
)
from goodword.rules.registrations import Blocked, CountedFrom, RegistrationPolicy
from tests.rules.new_claim import CLAIM, SUBMITTED_ON, WINNER

POLICY = RegistrationPolicy()
DOLLARS = replace(POLICY, minimum_amount={"USD": 5_000_00})


def rejected(facts: ClaimFacts, policy: RegistrationPolicy = POLICY) -> str:
    verdict = decide(facts, policy)
    assert isinstance(verdict, Reject)
    return "; ".join(verdict.reasons)


def test_a_refusal_goes_before_a_conflict_and_carries_every_reason() -> None:
    facts = replace(
        CLAIM,
        evidence=frozenset(),
        own=replace(WINNER, registration_id=9, participant_id=20),
        rival=WINNER,
        is_existing_customer=True,
        kind="customer",
        expected=Money(1_00, "USD"),
        given=frozenset({"expected_amount"}),
    )
    policy = replace(
        DOLLARS, require=("expected_close_on",), blocked=(Blocked("acme.com", "", "acme.com"),)
    )
    verdict = decide(facts, policy)
    assert isinstance(verdict, Reject)
    assert [reason.split(" ")[0:3] for reason in verdict.reasons] == [
        ["a", "claim", "needs"],
        ["partners", "of", "kind"],
        ["the", "claim", "does"],
        ["it", "expects", "1.00"],
        ["this", "company", "cannot"],
        ["you", "already", "hold"],
    ]
    assert verdict.for_staff == (
        "One Ltd (claim 1) registered this account first",
        "the account is already a customer",
    )
    assert not any("One Ltd" in reason for reason in verdict.reasons)


def test_a_conflict_goes_before_doubts_and_carries_them() -> None:
    verdict = decide(replace(CLAIM, rival=WINNER, participant_is_active=False), POLICY)
    assert verdict == Conflict(
        1, ("One Ltd (claim 1) registered this account first", "the partner is not active")
    )


@pytest.mark.parametrize("kind", ["customer", "employee"])
def test_only_partners_may_register(kind: str) -> None:
    assert f"of kind {kind} do not register" in rejected(replace(CLAIM, kind=kind))


def test_a_kind_may_be_decided_by_rules_of_its_own() -> None:
    policy = replace(POLICY, by_kind={"service": replace(POLICY, window_days=30, open_limit=1)})
    service = replace(CLAIM, kind="service")
    assert decide(service, policy) == Approve(date(2026, 4, 15))
    assert decide(CLAIM, policy) == Approve(date(2026, 6, 14))
    assert isinstance(decide(replace(service, open_claims=1), policy), Ask)


def test_a_window_counts_from_the_approval_where_the_program_says_so() -> None:
    policy = replace(POLICY, counted_from=CountedFrom.APPROVAL)
    assert decide(CLAIM, policy, date(2026, 3, 20)) == Approve(date(2026, 6, 18))
    assert decide(CLAIM, POLICY, date(2026, 3, 20)) == Approve(date(2026, 6, 14))


@pytest.mark.parametrize(
    ("minor", "currency", "expected"),
    [
        (4_999_99, "USD", Reject),
        (5_000_00, "USD", Approve),
        (1_00, "EUR", Ask),  # the program names no least amount in euros
        (None, None, Reject),
    ],
)
def test_a_claim_must_expect_the_least_amount(
    minor: int | None, currency: str | None, expected: type
) -> None:
    amount = Money(minor, currency) if minor is not None and currency else None
    given = frozenset({"expected_amount"}) if amount else frozenset[str]()
    assert type(decide(replace(CLAIM, expected=amount, given=given), DOLLARS)) is expected


def test_a_claim_must_say_what_the_program_requires() -> None:
    policy = replace(POLICY, require=("domain", "expected_amount", "expected_close_on"))
    said = rejected(replace(CLAIM, given=frozenset({"domain"})), policy)
    assert said == "the claim does not say its expected amount, expected close on"
    whole = replace(CLAIM, given=frozenset(policy.require))
    assert isinstance(decide(whole, policy), Approve)


@pytest.mark.parametrize(
    "blocked", [Blocked("acme.com", "acmecom", "acme.com"), Blocked("ACME Inc.", "acme")]
)
def test_a_blocked_company_cannot_be_claimed_by_name_or_domain(blocked: Blocked) -> None:
    policy = replace(POLICY, blocked=(blocked,))
    assert rejected(CLAIM, policy) == "this company cannot be registered in this program"
    other = replace(CLAIM, name_key="other", domain="other.com")
    assert isinstance(decide(other, policy), Approve)


@pytest.mark.parametrize(
    ("days", "expected"), [(1, Reject), (29, Reject), (30, Reject), (31, Approve), (400, Approve)]
)
def test_after_its_claim_expired_a_partner_waits_for_the_cooling_days(
    days: int, expected: type
) -> None:
    again = replace(CLAIM, expired_on=SUBMITTED_ON - timedelta(days=days))
    assert type(decide(again, POLICY)) is expected


def test_a_claim_that_cools_is_told_from_when_it_is_possible() -> None:
    assert rejected(replace(CLAIM, expired_on=date(2026, 3, 1))) == (
        "your earlier claim on this account expired on 2026-03-01; it can be claimed again from "
        "2026-04-01 on"
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"older_deals": (OlderDeal(date(2026, 2, 1)), OlderDeal(date(2026, 3, 1)))},
            "direct sales opened a deal on this account on 2026-02-01",
        ),
        (
            {"relative": WINNER},
            "One Ltd (claim 1) protects a parent, subsidiary or namesake of this account",
        ),
        ({"questions": ("the names are alike (0.91)",)}, "the names are alike (0.91)"),
        (
            {"rival": replace(WINNER, is_later=True)},
            "it was submitted before One Ltd (claim 1), which protects this account",
        ),
    ],
)
def test_staff_decides_with_the_reason(change: dict[str, object], sentence: str) -> None:
    assert decide(replace(CLAIM, **change), POLICY) == Ask((sentence,))  # type: ignore[arg-type]


@pytest.mark.parametrize(("days_ago", "expected"), [(0, Ask), (60, Ask), (61, Approve)])
def test_an_older_deal_that_direct_sales_left_alone_is_no_reason(  # DR9
    days_ago: int, expected: type
) -> None:
    left = OlderDeal(date(2025, 9, 1), SUBMITTED_ON - timedelta(days=days_ago))
    assert type(decide(replace(CLAIM, older_deals=(left,)), POLICY)) is expected


def test_a_program_may_say_that_older_deals_are_no_reason() -> None:
    policy = replace(POLICY, ask_about_older_deals=False)
    older = replace(CLAIM, older_deals=(OlderDeal(date(2026, 2, 1)),))
    assert isinstance(decide(older, policy), Approve)


def test_of_one_night_the_second_of_a_family_is_for_staff() -> None:
    parent = replace(CLAIM, registration_id=1, participant_id=10, participant_name="One Ltd")
    child = replace(CLAIM, place=("001B", ""), family=("001A",))
    mine = replace(child, participant_id=10)
    decided = [verdict for _, verdict in decide_in_order([parent, child], POLICY)]
    assert decided[1] == Ask(
        ("One Ltd (claim 1) protects a parent, subsidiary or namesake of this account",)
    )
    assert isinstance(decide_in_order([parent, mine], POLICY)[1][1], Approve)


def test_of_one_night_ones_own_second_claim_is_a_duplicate_and_anothers_a_conflict() -> None:
    again = replace(CLAIM, registration_id=3)
    another = replace(CLAIM, registration_id=4, participant_id=30)
    decided = [verdict for _, verdict in decide_in_order([CLAIM, again, another], POLICY)]
    assert [type(verdict) for verdict in decided] == [Approve, Reject, Conflict]


def test_a_rival_that_blocks_is_found_behind_one_that_is_over() -> None:
    over = replace(WINNER, until=SUBMITTED_ON - timedelta(days=1))
    east = replace(CLAIM, registration_id=5, participant_id=50, place=("001A", "east"))
    whole = replace(CLAIM, registration_id=6, rival=over)
    verdict = decide_in_order([east, whole], POLICY)[1][1]
    assert isinstance(verdict, Conflict)
    assert verdict.with_id == 5
