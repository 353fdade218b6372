"""The days of a claim's window, by zone: midnight, month ends, leap days, summer time, a lost day.

Instants are UTC. A window is calendar days of the program's zone; its last day is protected whole.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.program import load_program
from goodword.rules.live_claims import Expire, Extend, Keep, RegistrationFacts, review
from goodword.rules.programs import Program
from goodword.rules.registrations import CountedFrom, RegistrationPolicy

_SAMPLE, _ = load_program(Path(__file__).parents[2] / "config" / "program.toml")
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def program(zone: str, days: int = 30) -> Program:
    return replace(_SAMPLE, time_zone=zone, registrations=RegistrationPolicy(window_days=days))


def at(instant: str) -> datetime:
    return datetime.fromisoformat(instant)


def claim(zone: str, submitted: str, days: int) -> tuple[Program, RegistrationFacts]:
    """Return a claim that was submitted at an instant, approved the night after."""
    rules = program(zone, days)
    on = rules.date_of(at(submitted))
    return rules, RegistrationFacts(1, on, rules.registrations.last_day(on, on + DAY), 0)


TABLE = [
    # zone, submitted, days, last protected day, the first instant that is free
    # DR3 and DR4: the published cases
    ("UTC", "2026-03-16T12:00:00Z", 60, date(2026, 5, 15), "2026-05-16T00:00:00Z"),
    ("UTC", "2026-01-15T12:00:00Z", 60, date(2026, 3, 16), "2026-03-17T00:00:00Z"),
    ("UTC", "2026-01-15T12:00:00Z", 90, date(2026, 4, 15), "2026-04-16T00:00:00Z"),
    # Tokyo, UTC+9 all year: around its midnight
    ("Asia/Tokyo", "2026-01-30T14:59:59Z", 30, date(2026, 3, 1), "2026-03-01T15:00:00Z"),
    ("Asia/Tokyo", "2026-01-30T15:00:00Z", 30, date(2026, 3, 2), "2026-03-02T15:00:00Z"),
    # 31 January plus 30 days: 2 March, in a leap year 1 March
    ("Asia/Tokyo", "2026-01-31T03:00:00Z", 30, date(2026, 3, 2), "2026-03-02T15:00:00Z"),
    ("Asia/Tokyo", "2028-01-31T03:00:00Z", 30, date(2028, 3, 1), "2028-03-01T15:00:00Z"),
    ("Asia/Kuala_Lumpur", "2026-01-31T03:00:00Z", 30, date(2026, 3, 2), "2026-03-02T16:00:00Z"),
    ("Asia/Kuala_Lumpur", "2028-01-31T03:00:00Z", 30, date(2028, 3, 1), "2028-03-01T16:00:00Z"),
    # Kuala Lumpur, UTC+8: the last second of a year and the first of the next
    ("Asia/Kuala_Lumpur", "2026-12-31T15:59:59Z", 60, date(2027, 3, 1), "2027-03-01T16:00:00Z"),
    ("Asia/Kuala_Lumpur", "2026-12-31T16:00:00Z", 60, date(2027, 3, 2), "2027-03-02T16:00:00Z"),
    # A window that ends on the leap day, one that begins on it, one over a year that has none
    ("America/New_York", "2028-01-30T17:00:00Z", 30, date(2028, 2, 29), "2028-03-01T05:00:00Z"),
    ("America/New_York", "2028-02-29T17:00:00Z", 30, date(2028, 3, 30), "2028-03-31T04:00:00Z"),
    ("America/New_York", "2100-02-01T17:00:00Z", 30, date(2100, 3, 3), "2100-03-04T05:00:00Z"),
    # New York: the clock goes forward on 8 March 2026 (23 hours), back on 1 November (25 hours)
    ("America/New_York", "2026-02-06T17:00:00Z", 30, date(2026, 3, 8), "2026-03-09T04:00:00Z"),
    ("America/New_York", "2026-03-08T04:59:59Z", 30, date(2026, 4, 6), "2026-04-07T04:00:00Z"),
    ("America/New_York", "2026-03-08T05:00:00Z", 30, date(2026, 4, 7), "2026-04-08T04:00:00Z"),
    ("America/New_York", "2026-03-09T03:59:59Z", 30, date(2026, 4, 7), "2026-04-08T04:00:00Z"),
    ("America/New_York", "2026-10-02T16:00:00Z", 30, date(2026, 11, 1), "2026-11-02T05:00:00Z"),
    ("America/New_York", "2026-11-01T05:30:00Z", 30, date(2026, 12, 1), "2026-12-02T05:00:00Z"),
    ("America/New_York", "2026-11-01T06:30:00Z", 30, date(2026, 12, 1), "2026-12-02T05:00:00Z"),
    # Apia crossed the date line: 30 December 2011 never was; 13 hours ahead, 14 in its summer then
    ("Pacific/Apia", "2011-12-01T09:00:00Z", 30, date(2011, 12, 30), "2011-12-30T10:00:00Z"),
    ("Pacific/Apia", "2011-12-30T09:59:59Z", 30, date(2012, 1, 28), "2012-01-28T10:00:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00:00Z", 30, date(2012, 1, 30), "2012-01-30T10:00:00Z"),
    ("Pacific/Apia", "2026-01-31T10:59:59Z", 30, date(2026, 3, 2), "2026-03-02T11:00:00Z"),
    ("Pacific/Apia", "2026-01-31T11:00:00Z", 30, date(2026, 3, 3), "2026-03-03T11:00:00Z"),
]


@pytest.mark.parametrize(("zone", "submitted", "days", "last", "free"), TABLE)
def test_a_claim_is_protected_through_its_last_day_whole_and_not_a_second_longer(
    zone: str, submitted: str, days: int, last: date, free: str
) -> None:
    rules, facts = claim(zone, submitted, days)
    assert facts.expires_on == last
    protected, free_on = (rules.date_of(at(free) - SECOND), rules.date_of(at(free)))
    assert isinstance(review(facts, rules.registrations, protected), Keep)
    assert isinstance(review(facts, rules.registrations, free_on), Expire)


def test_a_last_day_that_never_was_is_not_made_up_for() -> None:
    """Whoever lived in Apia went to bed on the 29th and got up on the 31st: the claim was over."""
    rules, facts = claim("Pacific/Apia", "2011-12-01T09:00:00Z", 30)
    last_second, next_one = at("2011-12-30T09:59:59Z"), at("2011-12-30T10:00:00Z")
    assert (rules.date_of(last_second), rules.date_of(next_one)) == (
        date(2011, 12, 29),
        date(2011, 12, 31),
    )
    moved = facts._replace(moved_forward_on=(date(2011, 12, 29),))
    until = date(2012, 1, 29)
    found = review(moved, rules.registrations, date(2011, 12, 31))
    assert found == Extend(until, "the deal moved forward on 2011-12-29")


@pytest.mark.parametrize(("left", "warning"), [(15, None), (14, 14), (4, 14), (3, 3), (0, 3)])
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "Pacific/Apia"])
def test_warnings_count_calendar_days_also_over_a_change_of_the_clock(
    zone: str, left: int, warning: int | None
) -> None:
    rules, facts = claim(zone, "2026-02-10T12:00:00Z", 30)
    kept = review(facts, rules.registrations, facts.expires_on - left * DAY)
    assert kept == Keep(warning)


def test_counted_from_approval_the_window_begins_on_the_night_of_the_decision() -> None:
    policy = RegistrationPolicy(window_days=30, counted_from=CountedFrom.APPROVAL)
    assert policy.last_day(date(2026, 1, 20), date(2026, 1, 31)) == date(2026, 3, 2)
    assert RegistrationPolicy(window_days=30).last_day(
        date(2026, 1, 31), date(2026, 2, 20)
    ) == date(2026, 3, 2)


@given(
    submitted=st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    zone=st.sampled_from(["Asia/Tokyo", "America/New_York", "Asia/Kuala_Lumpur", "Pacific/Apia"]),
    days=st.integers(30, 90),
)
def test_a_window_is_as_many_dates_as_it_has_days_wherever_and_whenever(
    submitted: datetime, zone: str, days: int
) -> None:
    rules, facts = claim(zone, submitted.isoformat(), days)
    assert (facts.expires_on - facts.submitted_on).days == days
    policy = rules.registrations
    assert isinstance(review(facts, policy, facts.expires_on), Keep)
    assert isinstance(review(facts, policy, facts.expires_on + DAY), Expire)
