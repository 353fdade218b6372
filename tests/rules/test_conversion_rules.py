"""Conversions: which claims are in time, who goes first, and when one no longer stands."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.rules.attribution import AttributionPolicy
from goodword.rules.conversions import (
    Claim,
    ClaimKind,
    Convert,
    Unclaimed,
    WonDeal,
    cancelled,
    detect,
)

WON_ON = date(2026, 6, 30)
WON_AT = datetime(2026, 6, 30, 15, tzinfo=UTC)
THIRTY = AttributionPolicy(lookback_days=30)


def claim(
    claim_id: int,
    at: datetime,
    kind: ClaimKind = ClaimKind.TOUCH,
    participant_id: int | None = 1,
) -> Claim:
    return Claim(kind, claim_id, at, at.date(), "referral", participant_id, 1)


def days_ago(days: float) -> datetime:
    return WON_AT - timedelta(days=days)


def won(*claims: Claim, on: date = WON_ON) -> WonDeal:
    at = datetime.combine(on, WON_AT.timetz())
    return WonDeal("006000000000001AAA", 1_000_00, at, on, claims)


@pytest.mark.parametrize("kind", [ClaimKind.TOUCH, ClaimKind.REFERRAL])
@pytest.mark.parametrize(
    ("won_on", "is_credited"),
    [
        (date(2026, 6, 1), True),
        (date(2026, 6, 30), True),
        (date(2026, 7, 1), False),
        (date(2026, 7, 2), False),
    ],
)
def test_a_click_of_1_june_with_30_days_is_credited_through_30_june(  # AT10
    kind: ClaimKind,
    won_on: date,
    is_credited: bool,  # noqa: FBT001 - a parametrised argument
) -> None:
    click = claim(1, datetime(2026, 6, 1, 9, tzinfo=UTC), kind)
    assert isinstance(detect(won(click, on=won_on), THIRTY), Convert) is is_credited


def test_what_came_after_the_win_claims_nothing() -> None:
    late = [claim(n, WON_AT + timedelta(seconds=1), kind) for n, kind in enumerate(ClaimKind)]
    assert isinstance(detect(won(*late), THIRTY), Unclaimed)
    assert isinstance(detect(won(claim(1, WON_AT)), THIRTY), Convert)


def test_a_registration_takes_the_whole_deal_before_any_touch() -> None:
    first = claim(1, days_ago(20))
    registered = claim(2, days_ago(10), ClaimKind.REGISTRATION, participant_id=7)
    assert detect(won(first, registered), THIRTY) == Convert((registered,))
    shared = AttributionPolicy(lookback_days=30, registration_wins=False)
    assert detect(won(registered, first), shared) == Convert((first, registered))


def test_the_oldest_of_two_registrations_wins_then_the_lower_id() -> None:  # DR1
    older = claim(9, days_ago(80), ClaimKind.REGISTRATION, participant_id=1)
    twin = claim(10, days_ago(80), ClaimKind.REGISTRATION, participant_id=2)
    newer = claim(3, days_ago(10), ClaimKind.REGISTRATION, participant_id=3)
    assert detect(won(newer, twin, older), THIRTY) == Convert((older,))


def test_a_registration_has_its_own_window_and_no_lookback() -> None:
    registered = claim(1, days_ago(89), ClaimKind.REGISTRATION)
    assert detect(won(registered), THIRTY) == Convert((registered,))


def test_a_deal_that_only_marketing_touched_is_nobodys() -> None:
    advert = claim(1, days_ago(3), participant_id=None)
    assert isinstance(detect(won(advert), THIRTY), Unclaimed)
    assert isinstance(detect(won(), THIRTY), Unclaimed)


def test_marketing_shares_the_journey_of_a_referred_deal() -> None:
    advert, friend = claim(1, days_ago(9), participant_id=None), claim(2, days_ago(3))
    assert detect(won(friend, advert), THIRTY) == Convert((advert, friend))


claims = st.lists(
    st.builds(
        claim,
        claim_id=st.integers(1, 5),
        at=st.integers(-3, 45).map(days_ago),
        kind=st.sampled_from(ClaimKind),
        participant_id=st.sampled_from([None, 1, 2]),
    ).filter(lambda one: one.participant_id or one.kind is ClaimKind.TOUCH),
    max_size=6,
    unique_by=lambda one: (one.kind, one.claim_id),
)


@given(claims, st.booleans(), st.data())
def test_the_order_in_which_claims_are_found_decides_nothing(
    found: list[Claim],
    registration_wins: bool,  # noqa: FBT001 - drawn by hypothesis
    data: st.DataObject,
) -> None:
    policy = AttributionPolicy(lookback_days=30, registration_wins=registration_wins)
    mixed = data.draw(st.permutations(found))
    assert detect(won(*mixed), policy) == detect(won(*found), policy)


@given(claims)
def test_a_journey_holds_only_claims_in_time_oldest_first(found: list[Claim]) -> None:
    result = detect(won(*found), THIRTY)
    if isinstance(result, Convert):
        ats = [one.at for one in result.journey]
        assert ats == sorted(ats)
        assert ats[-1] <= WON_AT
        assert any(one.participant_id for one in result.journey)


def test_a_conversion_falls_with_its_deal() -> None:
    assert cancelled(is_won=True, is_deleted=False, stage="Closed Won") is None
    assert cancelled(is_won=True, is_deleted=True, stage="Closed Won") == (
        "the deal was deleted in the CRM"
    )
    assert cancelled(is_won=False, is_deleted=False, stage="Closed Lost") == (
        "the deal is no longer won; it stands in Closed Lost"
    )
