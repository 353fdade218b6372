"""Values of raw CRM records: the edges of what each may be, and the whole sentence beyond them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from goodword.rules.crm_values import (
    Impossible,
    Raw,
    amount_minor,
    boolean,
    currency_code,
    day,
    instant,
    keepable,
    needed_reference,
    needed_text,
    quantity,
    reference,
    shown,
    text,
)


def money(raw: Raw, field: str) -> int | None:
    return amount_minor(raw, field, "USD")


def currency(raw: Raw, field: str) -> str:
    return currency_code(raw, field, "EUR")


FIRST = datetime(1900, 1, 1, tzinfo=UTC)
GOOD: list[tuple[Callable[[Raw, str], object], object, object]] = [
    (text, None, None),
    (text, "", None),
    (text, " ", " "),
    (text, "né", "né"),
    (needed_text, "a", "a"),
    (reference, "", None),
    (reference, None, None),
    (reference, "a" * 15, "a" * 15),
    (reference, "0" * 18, "0" * 18),
    (needed_reference, "Z" * 18, "Z" * 18),
    (boolean, True, True),
    (boolean, False, False),
    (day, "", None),
    (day, None, None),
    (day, "1900-01-01", date(1900, 1, 1)),
    (day, "2999-12-31", date(2999, 12, 31)),
    (instant, "1900-01-01T00:00:00Z", FIRST),
    (instant, "2999-12-31T23:59:59Z", datetime(2999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    (instant, "1900-01-01T08:00:00+08:00", FIRST),
    (currency, None, "EUR"),
    (currency, "JPY", "JPY"),
    (money, "", None),
    (money, None, None),
    (money, "1.25", 125),
    (money, 3, 300),
    (money, Decimal("0.01"), 1),
    (quantity, "", None),
    (quantity, None, None),
    (quantity, 0, Decimal(0)),
    (quantity, "2.5", Decimal("2.50")),
    (quantity, Decimal("0.01"), Decimal("0.01")),
    (quantity, 10**9, Decimal(10**9)),
]
DAYS, INSTANTS = "which is no date such as 2026-06-30", "which is no instant such as"
BAD: list[tuple[Callable[[Raw, str], object], object, str]] = [
    (text, 7, "is 7, which is not a text"),
    (text, "a\0", "has the character U+0000 in it: take it out"),
    (text, "é\0", "has the character U+0000 in it: take it out"),
    (text, "a\ud800", "has half a character at place 2"),
    (needed_text, "", "is empty: fill it in"),
    (reference, 7, "is 7, which is no record's id (18 characters)"),
    (reference, "a" * 16, f"is '{'a' * 16}', which is no record's id (18 characters)"),
    (reference, "a" * 14, f"is '{'a' * 14}', which is no record's id (18 characters)"),
    (needed_reference, None, "is empty: every record names one"),
    (boolean, 1, "is 1, neither true nor false"),
    (boolean, None, "is empty, neither true nor false"),
    (day, "2026-02-30", f"is '2026-02-30', {DAYS}"),
    (day, "2026-W27-2", f"is '2026-W27-2', {DAYS}"),
    (day, 20260630, f"is 20260630, {DAYS}"),
    (day, date(2026, 6, 30), f"is 2026-06-30, {DAYS}"),
    (day, "1899-12-31", "is 1899-12-31, outside the years 1900 to 2999"),
    (day, "3000-01-01", "is 3000-01-01, outside the years 1900 to 2999"),
    (instant, None, f"is empty, {INSTANTS} 2026-06-30T02:00:00Z"),
    (instant, 7, f"is 7, {INSTANTS} 2026-06-30T02:00:00Z"),
    (
        instant,
        "2026-06-30T02:00:00",
        "is 2026-06-30T02:00:00, which does not say its offset from UTC",
    ),
    (
        instant,
        "1899-12-31T23:59:59Z",
        "is 1899-12-31T23:59:59Z, outside the years 1900 to 2999",
    ),
    (
        instant,
        "3000-01-01T00:00:00Z",
        "is 3000-01-01T00:00:00Z, outside the years 1900 to 2999",
    ),
    (currency, "ZZZ", "is 'ZZZ', which is no currency of ISO 4217"),
    (money, 1.5, "is 1.5, which is no amount"),
    (money, "x", "cannot be read: 'x' is no amount in USD: it is not a number"),
    (quantity, -1, "is -1, which is no number from 0 to 1,000,000,000"),
    (quantity, 10**9 + 1, "is 1000000001, which is no number from 0 to 1,000,000,000"),
    (quantity, "many", "is 'many', which is no number from 0 to 1,000,000,000"),
    (quantity, 1.5, "is 1.5, which is no number from 0 to 1,000,000,000"),
    (quantity, Decimal("inf"), "is Infinity, which is no number from 0 to 1,000,000,000"),
    (quantity, "0.001", "is '0.001': two decimals are the finest there are"),
]


@pytest.mark.parametrize(("read", "value", "expected"), GOOD)
def test_a_value_that_can_be_is_read(
    read: Callable[[Raw, str], object], value: object, expected: object
) -> None:
    found = read({"Field": value}, "Field")
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("read", "value", "sentence"), BAD)
def test_a_value_that_cannot_be_is_refused_in_a_whole_sentence(
    read: Callable[[Raw, str], object], value: object, sentence: str
) -> None:
    with pytest.raises(Impossible) as refused:
        read({"Field": value}, "Field")
    assert str(refused.value) == f"Field {sentence}"
    assert refused.value.field == "Field"


def test_an_instant_is_in_utc_whatever_offset_it_came_with() -> None:
    found = instant({"At": "2026-06-30T02:00:00+08:00"}, "At")
    assert found.tzinfo is UTC
    assert found == datetime(2026, 6, 30, 2, tzinfo=timezone(timedelta(hours=8)))


def test_what_is_shown_is_short_and_quoted_when_it_is_text() -> None:
    assert shown(None) == "empty"
    assert shown(12) == "12"
    assert shown("x" * 58) == f"'{'x' * 58}'"
    assert shown("x" * 59) == f"'{'x' * 59}…"


def test_what_is_kept_is_what_a_json_column_takes() -> None:
    raw = {"attributes": {}, "a\0": "b\0\ud800", "n": None, "t": True, "i": 7, "d": Decimal("1.50")}
    assert keepable(raw) == {
        "a\ufffd": "b\ufffd?",
        "n": None,
        "t": True,
        "i": 7,
        "d": "1.50",
    }
