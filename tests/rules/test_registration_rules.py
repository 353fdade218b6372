"""Registrations: who may hold a claim, decided claim by claim and as a night's batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.rules.new_claims import (
    Approve,
    Ask,
    ClaimFacts,
    Conflict,
    Reject,
    Verdict,
    decide,
    decide_in_order,
)
from goodword.rules.registrations import (
    BANT,
    ENOUGH_ALONE,
    EVIDENCE,
    RegistrationPolicy,
    is_qualified,
)
from tests.rules.new_claim import CLAIM, SUBMITTED_ON, WINNER

POLICY = RegistrationPolicy()


def reasons(verdict: Verdict) -> tuple[str, ...]:
    assert not isinstance(verdict, Approve)
    return verdict.reasons


# One claim --------------------------------------------------------------------------------------


def test_a_qualified_claim_is_approved_through_the_last_day_of_its_window() -> None:
    assert decide(CLAIM, POLICY) == Approve(date(2026, 6, 14))
    assert decide(CLAIM, replace(POLICY, window_days=60)) == Approve(date(2026, 5, 15))  # DR3


@pytest.mark.parametrize(
    ("days", "last"),
    [(60, date(2026, 3, 16)), (90, date(2026, 4, 15)), (30, date(2026, 2, 14))],
)
def test_a_claim_of_15_january_2026_is_protected_so_long(days: int, last: date) -> None:  # DR4
    january = replace(CLAIM, submitted_on=date(2026, 1, 15))
    assert decide(january, replace(POLICY, window_days=days)) == Approve(last)


@given(st.sets(st.sampled_from([*EVIDENCE, "rumour"])).map(frozenset))
def test_a_claim_needs_one_strong_proof_or_a_whole_bant(evidence: frozenset[str]) -> None:
    assert is_qualified(evidence) == (
        bool(evidence & ENOUGH_ALONE) or len(evidence & BANT) == len(BANT)
    )
    verdict = decide(replace(CLAIM, evidence=evidence), POLICY)
    assert isinstance(verdict, Approve if is_qualified(evidence) else Reject)


@pytest.mark.parametrize("evidence", [set(), {"authority", "need", "timeline"}, {"rumour"}])
def test_a_bare_name_is_rejected_with_what_is_missing(evidence: set[str]) -> None:
    (reason,) = reasons(decide(replace(CLAIM, evidence=frozenset(evidence)), POLICY))
    assert "needs a meeting, a discovery call, a budget" in reason
    assert reason.endswith("given: " + (", ".join(sorted(evidence)) or "none"))


def test_a_bare_name_is_rejected_before_it_learns_of_a_rival() -> None:
    verdict = decide(replace(CLAIM, evidence=frozenset(), rival=WINNER), POLICY)
    assert isinstance(verdict, Reject)
    assert "One Ltd" not in reasons(verdict)[0]


def test_a_second_claim_conflicts_and_names_the_winner_to_staff() -> None:
    verdict = decide(replace(CLAIM, rival=WINNER), POLICY)
    assert verdict == Conflict(1, ("One Ltd (claim 1) registered this account first",))


@pytest.mark.parametrize("is_live", [True, False])
def test_ones_own_second_claim_is_rejected(is_live: bool) -> None:  # noqa: FBT001 - parametrised
    own = replace(WINNER, participant_id=20, is_live=is_live)
    verdict = decide(replace(CLAIM, own=own), POLICY)
    assert verdict == Reject(("you already hold claim 1 on this account",))


def test_an_earlier_undecided_claim_makes_it_a_question_to_staff() -> None:
    verdict = decide(replace(CLAIM, rival=replace(WINNER, is_live=False)), POLICY)
    assert verdict == Ask(("earlier claim 1 is not decided yet",))


@pytest.mark.parametrize(
    ("until", "expected"),
    [(SUBMITTED_ON, Conflict), (SUBMITTED_ON - timedelta(days=1), Ask), (None, Conflict)],
)
def test_a_claim_on_the_last_protected_day_conflicts_and_the_day_after_it_waits(
    until: date | None,
    expected: type[Verdict],
) -> None:
    rival = replace(WINNER, until=until)
    assert type(decide(replace(CLAIM, rival=rival), POLICY)) is expected


def test_ones_own_claim_that_is_over_is_no_reason_to_reject() -> None:
    own = replace(WINNER, participant_id=20, until=SUBMITTED_ON - timedelta(days=1))
    assert isinstance(decide(replace(CLAIM, own=own), POLICY), Ask)


@pytest.mark.parametrize(("open_claims", "expected"), [(24, Approve), (25, Ask), (26, Ask)])
def test_the_26th_open_claim_of_25_goes_to_staff(  # DR8
    open_claims: int,
    expected: type[Verdict],
) -> None:
    assert type(decide(replace(CLAIM, open_claims=open_claims), POLICY)) is expected


@pytest.mark.parametrize(
    ("days_ago", "expected"),
    [(0, Ask), (59, Ask), (60, Ask), (61, Approve), (600, Approve)],
)
def test_direct_sales_that_was_active_within_60_days_blocks(  # DR9
    days_ago: int,
    expected: type[Verdict],
) -> None:
    touched = SUBMITTED_ON - timedelta(days=days_ago)
    assert type(decide(replace(CLAIM, last_direct_activity_on=touched), POLICY)) is expected


def test_staff_is_told_every_reason_at_once() -> None:
    doubtful = replace(
        CLAIM,
        participant_is_active=False,
        open_claims=30,
        is_existing_customer=True,
        possible_accounts=3,
        last_direct_activity_on=date(2026, 3, 1),
        rival=replace(WINNER, is_live=False),
    )
    assert decide(doubtful, POLICY) == Ask(
        (
            "the partner is not active",
            "the partner has 30 open claims of 25",
            "the account is already a customer",
            "3 accounts in the CRM go by this name or domain",
            "earlier claim 1 is not decided yet",
            "direct sales was active on this account on 2026-03-01",
        ),
    )


# A night's batch --------------------------------------------------------------------------------

PLACES = [("001A", "APAC"), ("001A", "EMEA"), ("001B", "")]  # none takes in another


@st.composite
def batches(draw: st.DrawFn) -> list[ClaimFacts]:
    """Claims of one or many days in the order they were submitted."""
    days = sorted(draw(st.lists(st.integers(0, 200), max_size=9)))
    return [
        ClaimFacts(
            registration_id=number,
            participant_id=(partner := draw(st.integers(1, 3))),
            participant_name=f"Partner {partner}",
            participant_is_active=draw(st.sampled_from([True, True, True, False])),
            open_claims=20 + partner,
            place=draw(st.sampled_from(PLACES)),
            submitted_on=SUBMITTED_ON + timedelta(days=day),
            evidence=draw(st.sampled_from([frozenset({"budget"}), BANT, frozenset({"need"})])),
            is_existing_customer=False,
            last_direct_activity_on=None,
            possible_accounts=1,
            rival=None,
        )
        for number, day in enumerate(days, 1)
    ]


policies = st.builds(
    RegistrationPolicy,
    window_days=st.sampled_from([30, 60, 90]),
    open_limit=st.integers(22, 26),
)


def approved(decided: Iterable[tuple[ClaimFacts, Verdict]]) -> list[ClaimFacts]:
    return [claim for claim, verdict in decided if isinstance(verdict, Approve)]


@given(batches(), policies)
def test_a_batch_never_makes_two_live_claims_in_one_place(
    claims: list[ClaimFacts],
    policy: RegistrationPolicy,
) -> None:
    places = [claim.place for claim in approved(decide_in_order(claims, policy))]
    assert len(places) == len(set(places))


@given(batches(), policies)
def test_the_first_qualified_claim_on_a_place_goes_first(
    claims: list[ClaimFacts],
    policy: RegistrationPolicy,
) -> None:
    decided = decide_in_order(claims, policy)
    for place in PLACES:
        here = [(c, v) for c, v in decided if c.place == place and is_qualified(c.evidence)]
        if here:
            first, verdict = here[0]
            assert isinstance(verdict, Approve | Ask)
            assert first.rival is None
            assert not approved(here[1:])


@given(batches(), policies)
def test_who_comes_later_changes_nothing_for_who_came_first(
    claims: list[ClaimFacts],
    policy: RegistrationPolicy,
) -> None:
    whole = decide_in_order(claims, policy)
    for n in range(len(claims)):
        assert decide_in_order(claims[:n], policy) == whole[:n]


@given(batches(), policies, st.data())
def test_the_order_of_submission_decides_and_not_the_order_of_arrival(
    claims: list[ClaimFacts],
    policy: RegistrationPolicy,
    data: st.DataObject,
) -> None:
    arrived = data.draw(st.permutations(claims))
    in_order = sorted(arrived, key=lambda claim: (claim.submitted_on, claim.registration_id))
    assert decide_in_order(in_order, policy) == decide_in_order(claims, policy)


@given(batches(), policies)
def test_a_partner_never_gets_more_open_claims_than_the_limit(
    claims: list[ClaimFacts],
    policy: RegistrationPolicy,
) -> None:
    granted = approved(decide_in_order(claims, policy))
    for claim in granted:
        count = sum(one.participant_id == claim.participant_id for one in granted)
        before = 20 + claim.participant_id
        assert before + count <= policy.open_limit


def test_the_day_after_a_window_the_next_claim_waits_for_the_review_of_the_first() -> None:
    # A year of old claims in one batch: the second came when the first was over, unless extended.
    first = replace(CLAIM, registration_id=1, participant_id=10, submitted_on=date(2025, 1, 1))
    in_time = replace(CLAIM, registration_id=2, submitted_on=date(2025, 4, 1))
    too_late = replace(CLAIM, registration_id=3, submitted_on=date(2025, 4, 2))
    verdicts = [verdict for _, verdict in decide_in_order([first, in_time, too_late], POLICY)]
    assert [type(verdict) for verdict in verdicts] == [Approve, Conflict, Ask]
    assert reasons(verdicts[2]) == (
        "earlier claim 1 protected the account through 2025-04-01, and is not reviewed yet",
    )
