"""What day an instant is in the program's zone: summer time, the date line, and naive instants."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.rules.approvals import ApprovalPolicy
from goodword.rules.attribution import AttributionPolicy
from goodword.rules.crm_policy import CrmPolicy
from goodword.rules.disputes import DisputePolicy
from goodword.rules.figures import FigurePolicy
from goodword.rules.payout_plans import PayoutPolicy
from goodword.rules.programs import Program, StagePolicy
from goodword.rules.registrations import RegistrationPolicy, window_end
from goodword.rules.rewards import RewardPolicy

ZONES = ["America/New_York", "Asia/Tokyo", "Asia/Kuala_Lumpur", "Pacific/Apia", "UTC"]


def program(time_zone: str) -> Program:
    return Program(
        name="Sample",
        company="Sample Inc.",
        support_email="help@example.com",
        staff_email="staff@example.com",
        time_zone=time_zone,
        currency="USD",
        effective_on=date(2026, 1, 1),
        stages=StagePolicy(("Prospecting", "Closed Won"), "Prospecting"),
        registrations=RegistrationPolicy(),
        attribution=AttributionPolicy(),
        incentives=(),
        rewards=RewardPolicy(),
        approvals=ApprovalPolicy({}, {}),
        payouts=PayoutPolicy({}),
        figures=FigurePolicy(),
        crm=CrmPolicy(),
        disputes=DisputePolicy(),
    )


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        # New York is 5 hours behind, 4 from 8 March 2026 to 1 November 2026
        ("America/New_York", "2026-03-08T04:59:59Z", date(2026, 3, 7)),
        ("America/New_York", "2026-03-08T05:00:00Z", date(2026, 3, 8)),
        ("America/New_York", "2026-03-09T03:59:59Z", date(2026, 3, 8)),
        ("America/New_York", "2026-03-09T04:00:00Z", date(2026, 3, 9)),
        ("America/New_York", "2026-11-01T04:00:00Z", date(2026, 11, 1)),
        ("America/New_York", "2026-11-02T04:59:59Z", date(2026, 11, 1)),
        ("America/New_York", "2026-11-02T05:00:00Z", date(2026, 11, 2)),
        ("Asia/Tokyo", "2026-05-15T14:59:59Z", date(2026, 5, 15)),
        ("Asia/Tokyo", "2026-05-15T15:00:00Z", date(2026, 5, 16)),
        ("Asia/Kuala_Lumpur", "2026-12-31T15:59:59Z", date(2026, 12, 31)),
        ("Asia/Kuala_Lumpur", "2026-12-31T16:00:00Z", date(2027, 1, 1)),
        # Apia is 13 hours ahead; it had no 30 December 2011
        ("Pacific/Apia", "2026-02-28T10:59:59Z", date(2026, 2, 28)),
        ("Pacific/Apia", "2026-02-28T11:00:00Z", date(2026, 3, 1)),
        ("Pacific/Apia", "2011-12-30T09:59:59Z", date(2011, 12, 29)),
        ("Pacific/Apia", "2011-12-30T10:00:00Z", date(2011, 12, 31)),
    ],
)
def test_an_instant_is_a_day_of_the_programs_zone(zone: str, instant: str, day: date) -> None:
    assert program(zone).date_of(datetime.fromisoformat(instant)) == day


@given(
    st.datetimes(datetime(2012, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001 - made aware below
    st.sampled_from(ZONES),
    st.sampled_from(ZONES),
)
def test_the_day_depends_on_the_instant_not_on_how_it_is_written(
    instant: datetime,
    zone: str,
    written_in: str,
) -> None:
    aware = instant.replace(tzinfo=UTC)
    mine = program(zone)
    assert mine.date_of(aware.astimezone(program(written_in).zone)) == mine.date_of(aware)
    assert mine.date_of(aware) <= mine.date_of(aware + timedelta(microseconds=1))


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        program("Asia/Tokyo").date_of(datetime(2026, 5, 15, 12))  # noqa: DTZ001 - what is refused


@pytest.mark.parametrize(
    ("from_on", "days", "last"),
    [
        pytest.param(date(2026, 3, 16), 60, date(2026, 5, 15), id="DR3"),
        pytest.param(date(2026, 1, 15), 60, date(2026, 3, 16), id="DR4 60 days"),
        pytest.param(date(2026, 1, 15), 90, date(2026, 4, 15), id="DR4 90 days"),
        (date(2026, 1, 31), 30, date(2026, 3, 2)),
        (date(2028, 1, 31), 30, date(2028, 3, 1)),
        (date(2028, 2, 29), 365, date(2029, 2, 28)),
        (date(2027, 11, 30), 90, date(2028, 2, 28)),
        (date(2027, 12, 1), 90, date(2028, 2, 29)),
    ],
)
def test_a_window_is_counted_in_days_of_the_calendar(
    from_on: date,
    days: int,
    last: date,
) -> None:
    assert window_end(from_on, days) == last


@pytest.mark.parametrize(
    ("zone", "submitted", "last"),
    [
        # 60 days over the change to summer time and over the change back
        ("America/New_York", "2026-02-07T04:59:59Z", date(2026, 4, 7)),
        ("America/New_York", "2026-02-07T05:00:00Z", date(2026, 4, 8)),
        ("America/New_York", "2026-10-01T03:59:59Z", date(2026, 11, 29)),
        ("America/New_York", "2026-10-01T04:00:00Z", date(2026, 11, 30)),
        ("Asia/Tokyo", "2026-03-15T15:00:00Z", date(2026, 5, 15)),
        ("Pacific/Apia", "2026-03-15T11:00:00Z", date(2026, 5, 15)),
    ],
)
def test_a_window_begins_on_the_day_of_submission_where_the_program_lives(
    zone: str,
    submitted: str,
    last: date,
) -> None:
    mine = program(zone)
    assert window_end(mine.date_of(datetime.fromisoformat(submitted)), 60) == last
