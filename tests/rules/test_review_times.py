"""By when staff has promised to decide a claim."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from goodword.rules.registrations import RegistrationPolicy
from goodword.rules.review_times import Waiting, overdue

NOW = datetime(2026, 6, 30, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICY = RegistrationPolicy()


def waits(hours: int, number: int = 1, kind: str = "reseller") -> Waiting:
    return Waiting(number, "Acme", kind, NOW - hours * HOUR)


@pytest.mark.parametrize(("hours", "late"), [(0, 0), (24, 0), (25, 1), (400, 1)])
def test_a_claim_is_late_after_the_promised_hours_are_over(hours: int, late: int) -> None:
    assert len(overdue([waits(hours)], POLICY, NOW)) == late


def test_a_kind_may_have_a_promise_of_its_own() -> None:
    policy = replace(POLICY, by_kind={"service": replace(POLICY, review_within_hours=72)})
    claims = [waits(48, 1, "service"), waits(30, 2), waits(100, 3, "service"), waits(50, 4)]
    assert [claim.registration_id for claim in overdue(claims, policy, NOW)] == [3, 4, 2]


def test_it_escalates_some_days_after_the_promise() -> None:
    claims = [waits(24 + 72), waits(24 + 73, 2)]
    assert overdue(claims, POLICY, NOW, timedelta(days=3)) == [claims[1]]
