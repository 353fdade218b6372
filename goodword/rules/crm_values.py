"""Values of a raw CRM record, each read into its type or refused with a sentence.

A raw record maps Salesforce's field names to what its API answers: text, whole numbers, Decimal,
booleans and None. An empty text is the same as None: Salesforce keeps no empty texts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from goodword.money import CURRENCIES, UnreadableAmount, to_minor

Raw = Mapping[str, object]

_ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
_DATE_LENGTH = len("2026-06-30")
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
_LONGEST_SHOWN = 60
_MOST = 10**9


class Impossible(ValueError):
    """A field holds nothing where it must, or what it cannot hold."""

    def __init__(self, field: str, why: str) -> None:
        self.field = field
        super().__init__(f"{field} {why}")


def text(raw: Raw, field: str) -> str | None:
    """Read a text, None when it is empty.

    Raises:
        Impossible: not a text, or one that no database keeps (U+0000, half of a surrogate pair).
    """
    value = raw.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Impossible(field, f"is {shown(value)}, which is not a text")
    if "\0" in value:
        raise Impossible(field, "has the character U+0000 in it: take it out")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise Impossible(field, f"has half a character at place {error.start + 1}") from None
    return value


def needed_text(raw: Raw, field: str) -> str:
    """Read a text that is never empty.

    Raises:
        Impossible: it is empty, or as `text` says.
    """
    value = text(raw, field)
    if value is None:
        raise Impossible(field, "is empty: fill it in")
    return value


def reference(raw: Raw, field: str) -> str | None:
    """Read the id of another record (15 or 18 letters and digits), None when there is none.

    Raises:
        Impossible: it has another form.
    """
    value = raw.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise Impossible(field, f"is {shown(value)}, which is no record's id (18 characters)")
    return value


def needed_reference(raw: Raw, field: str) -> str:
    """Read an id that is never empty.

    Raises:
        Impossible: it is empty or has another form.
    """
    value = reference(raw, field)
    if value is None:
        raise Impossible(field, "is empty: every record names one")
    return value


def boolean(raw: Raw, field: str) -> bool:
    """Read true or false.

    Raises:
        Impossible: it is neither.
    """
    value = raw.get(field)
    if value is True or value is False:
        return value
    raise Impossible(field, f"is {shown(value)}, neither true nor false")


def day(raw: Raw, field: str) -> date | None:
    """Read a calendar date, None when it is empty.

    Raises:
        Impossible: no date, or one outside the years 1900 to 2999.
    """
    value = raw.get(field)
    if value is None or value == "":
        return None
    # fromisoformat also takes 20260630 and 2026-W27-2, which Salesforce never writes
    is_whole = isinstance(value, str) and len(value) == _DATE_LENGTH and value[-3] == "-"
    try:
        found = date.fromisoformat(str(value) if is_whole else "")
    except ValueError:
        raise Impossible(field, f"is {shown(value)}, which is no date such as 2026-06-30") from None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise Impossible(field, f"is {value}, outside the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return found


def instant(raw: Raw, field: str) -> datetime:
    """Read an instant with its offset ("2026-06-30T02:00:00.000+0000"), in UTC.

    Raises:
        Impossible: it is empty, no instant, without an offset, or outside 1900 to 2999.
    """
    value = raw.get(field)
    try:
        found = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise Impossible(
            field,
            f"is {shown(value)}, which is no instant such as 2026-06-30T02:00:00Z",
        ) from None
    if found.tzinfo is None:
        raise Impossible(field, f"is {value}, which does not say its offset from UTC")
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise Impossible(field, f"is {value}, outside the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return found if found.tzinfo is UTC else found.astimezone(UTC)


def currency_code(raw: Raw, field: str, otherwise: str) -> str:
    """Read an ISO 4217 currency, `otherwise` when it is empty.

    Raises:
        Impossible: ISO 4217 does not list it.
    """
    value = text(raw, field)
    if value is None:
        return otherwise
    if value not in CURRENCIES:
        raise Impossible(field, f"is {shown(value)}, which is no currency of ISO 4217")
    return value


def amount_minor(raw: Raw, field: str, currency: str) -> int | None:
    """Read an amount in major units into minor units of `currency`, None when it is empty.

    Raises:
        Impossible: no amount of that currency.
        UnknownCurrency: the caller's currency is not in ISO 4217.
    """
    value = raw.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, Decimal | int | str):
        raise Impossible(field, f"is {shown(value)}, which is no amount")
    try:
        return to_minor(value, currency)
    except UnreadableAmount as error:
        raise Impossible(field, f"cannot be read: {error}") from None


def quantity(raw: Raw, field: str) -> Decimal | None:
    """Read how many there are of something, to two decimals, None when it is empty.

    Raises:
        Impossible: it is no number from 0 to 10^9, or finer than a hundredth.
    """
    value = raw.get(field)
    if value is None or value == "":
        return None
    try:
        found = Decimal(value) if isinstance(value, Decimal | int | str) else Decimal("NaN")
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or not 0 <= found <= _MOST:
        raise Impossible(field, f"is {shown(value)}, which is no number from 0 to 1,000,000,000")
    if found != round(found, 2):
        raise Impossible(field, f"is {shown(value)}: two decimals are the finest there are")
    return round(found, 2)


def shown(value: object) -> str:
    """Write a value for a sentence: short, quoted when it is text, `empty` when it is None."""
    if value is None:
        return "empty"
    written = repr(value) if isinstance(value, str) else str(value)
    return written if len(written) <= _LONGEST_SHOWN else written[:_LONGEST_SHOWN] + "…"


def keepable(raw: Raw) -> dict[str, str | int | bool | None]:
    """Copy a record so that a JSON column keeps it: numbers as text, no character it refuses."""
    return {
        _kept_text(name): value
        if value is None or isinstance(value, bool | int)
        else _kept_text(str(value))
        for name, value in raw.items()
        if name != "attributes"  # the record's own address, which says nothing of it
    }


def _kept_text(value: str) -> str:
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
