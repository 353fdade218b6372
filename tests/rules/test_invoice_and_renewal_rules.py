"""Paid invoices and renewals are divided as the deal is that won the customer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from goodword.rules.attribution import AttributionPolicy, Model
from goodword.rules.conversions import Claim, ClaimKind, Grant, WonDeal, registered
from goodword.rules.invoices import Holder, Part, months_since, parts
from goodword.rules.provider_events import (
    KEPT,
    OVERLAP,
    ProviderEvent,
    Window,
    about_dispute,
    window,
)
from goodword.rules.renewals import NONE, RenewalPolicy, credit, types_of

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_the_parts_of_an_invoice_sum_to_it_and_follow_one_another() -> None:
    third = Fraction(1, 3)
    holders = [Holder(1, third), Holder(None, third), Holder(2, third)]
    assert parts(100_00, holders) == [
        Part(holders[0], 33_34, 0),
        Part(holders[1], 33_33, 33_34),
        Part(holders[2], 33_33, 66_67),
    ]


@pytest.mark.parametrize(
    ("paid_on", "months"),
    [
        ("2026-01-30", 0),
        ("2025-06-01", 0),
        ("2026-01-31", 0),
        ("2026-02-28", 0),
        ("2026-03-01", 1),
        ("2026-03-30", 1),
        ("2026-03-31", 2),
        ("2027-01-30", 11),
        ("2027-01-31", 12),
    ],
)
def test_months_are_whole_ones_since_the_win(paid_on: str, months: int) -> None:
    assert months_since(date(2026, 1, 31), date.fromisoformat(paid_on)) == months


# Renewals ---------------------------------------------------------------------------------------


def test_a_deal_renews_by_its_type_in_any_case() -> None:
    policy = RenewalPolicy(("Renewal", "Ausbau GROSS"))
    assert policy.has("renewal")
    assert policy.has("AUSBAU groß")
    assert not policy.has("New")
    assert not policy.has(None)
    assert not NONE.has("Renewal")
    assert types_of([policy, RenewalPolicy(("RENEWAL", "Add"))]) == (
        "add",
        "ausbau gross",
        "renewal",
    )


def claim(number: int, kind: ClaimKind = ClaimKind.REFERRAL) -> Claim:
    at = datetime(2026, 1, number, tzinfo=UTC)
    return Claim(kind, number, at, at.date(), "form", number, 1)


def test_a_renewal_is_divided_among_those_who_won_the_customer() -> None:
    renewal = WonDeal("006B", 80_00, NOW, NOW.date(), (claim(9),))
    first = WonDeal("006A", 100_00, NOW - 10 * DAY, date(2026, 3, 21), ())
    policy = AttributionPolicy(Model.LINEAR)
    found = credit(renewal, first, (claim(1), claim(2)), policy)
    assert [(each.claim.claim_id, each.credit.minor) for each in found] == [(1, 40_00), (2, 40_00)]
    won = claim(3, ClaimKind.REGISTRATION)
    granted = replace(first, grants=(Grant(claim(4), 3, 2_500, 1),))
    found = credit(renewal, granted, (won, claim(4)), policy)
    assert sorted((each.claim.claim_id, each.credit.minor) for each in found) == [
        (3, 60_00),
        (4, 20_00),
    ]


def test_only_a_registration_that_wins_goes_before_those_who_brought_the_customer() -> None:
    renewal = WonDeal("006B", 80_00, NOW, NOW.date(), (claim(30), claim(31)))
    policy = AttributionPolicy(Model.LINEAR)
    assert not registered(renewal, policy)
    assert not registered(replace(renewal, claims=()), policy)
    own = replace(renewal, claims=(claim(30), claim(31, ClaimKind.REGISTRATION)))
    assert registered(own, policy)
    assert not registered(own, replace(policy, registration_wins=False))


# Events of the provider -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heard_until", "since"),
    [
        (None, NOW - KEPT),
        (NOW, NOW - OVERLAP),
        (NOW + DAY, NOW - OVERLAP),
        (NOW - DAY, NOW - DAY - HOUR),
        (NOW - KEPT + OVERLAP, NOW - KEPT),
    ],
)
def test_events_are_listed_since_they_were_heard_last_with_an_hour_to_spare(
    heard_until: datetime | None, since: datetime
) -> None:
    assert window(heard_until, NOW) == Window(since, NOW + OVERLAP)


def test_what_nobody_can_list_any_more_is_told() -> None:
    found = window(NOW - KEPT, NOW)
    assert (found.since, found.until) == (NOW - KEPT, NOW + HOUR)
    assert found.missed == (
        "the provider lists its events for 30 days and was last heard on 2026-03-01: look up there "
        "what was refunded, disputed or cancelled until 2026-03-01, and record it with `goodword "
        "refunds record`"
    )


def test_a_dispute_is_read_again_as_if_the_provider_had_told_of_it() -> None:
    assert about_dispute("du_1", NOW) == ProviderEvent(
        "du_1", "charge.dispute.updated", None, NOW, "du_1", ""
    )
