"""The sample company's calendar: everything in it happened before its first night.

A *moment* is a whole number of seconds, UTC, since `DAWN`: cheap to draw and to compare.
"""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

BUSINESS_DATE: Final = date(2026, 6, 30)
"""Business date of the first night, in the program's time zone (America/New_York)."""

DAWN: Final = date(2022, 1, 1)
DAY: Final = 86_400
Span = tuple[int, int]
"""(oldest, newest), both included, days before `BUSINESS_DATE`: (30, 4) is 31 May to 26 June."""

_LAST: Final = (BUSINESS_DATE - DAWN).days
_DATES: Final = [(DAWN + timedelta(days=n)).isoformat() for n in range(_LAST + 400)]
_DAWN_INSTANT: Final = datetime(DAWN.year, DAWN.month, DAWN.day, tzinfo=UTC)
# From 9 in the morning to 5 in the afternoon in New York, winter and summer: the date is then
# the same there and in UTC.
_OPENS: Final = 14 * 3_600
_CLOSES: Final = 21 * 3_600


def draw_days_ago(rng: random.Random, span: Span) -> int:
    """Draw a number of days before the business date from a span."""
    oldest, newest = span
    return rng.randint(newest, oldest)


def office_hours(rng: random.Random, days_ago: int) -> int:
    """Draw a moment during New York's office hours, `days_ago` days before the business date."""
    return (_LAST - days_ago) * DAY + rng.randrange(_OPENS, _CLOSES)


def late_evening(days_ago: int) -> int:
    """Return 23:30 in New York (summer time) that many days ago: the next day already in UTC."""
    return (_LAST - days_ago + 1) * DAY + 3 * 3_600 + 1_800


def day(days_ago: int) -> str:
    """Write the date that many days before the business date; negative is after it."""
    return _DATES[_LAST - days_ago]


def day_of(moment: int) -> str:
    """Write the UTC date of a moment."""
    return _DATES[moment // DAY]


def days_ago_of(moment: int) -> int:
    """Count the days from a moment's UTC date to the business date."""
    return _LAST - moment // DAY


def stamp(moment: int) -> str:
    """Write a moment as a Salesforce export does."""
    days, second = divmod(moment, DAY)
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    return f"{_DATES[days]}T{hour:02}:{minute:02}:{second:02}.000+0000"


def instant(moment: int, zone: str) -> str:
    """Write a moment as ISO 8601 with the offset of a time zone."""
    return (_DAWN_INSTANT + timedelta(seconds=moment)).astimezone(ZoneInfo(zone)).isoformat()
