"""Cells of an import file, each read into its type or refused with a sentence.

A cell is text as the file has it. Space around a value does not count; an empty cell says nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NoReturn
from zoneinfo import ZoneInfo

from goodword.money import CURRENCIES, UnreadableAmount, to_minor
from goodword.rules.crm_values import Impossible, shown
from goodword.rules.registrations import EVIDENCE

Cells = Mapping[str, str]
"""One row: the text of each cell by its column."""

LONGEST = 255
"""Characters of a cell. Claims are found by indexed names, and an index entry has 2,700 bytes."""
LONGEST_VALUE = 10_000
"""Characters of an event's value, which no index holds: a survey's answer fits."""
_LONGEST_KEY_BYTES = 1_000

_BREAKS = frozenset("\n\t")
_TURNS_TEXT_AROUND = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NOT_UTF8 = range(0xDC80, 0xDD00)  # where Python keeps bytes that are no UTF-8

_ATOM = r"[^\s@<>()\[\]\\,;:\"]+"
_EMAIL = re.compile(rf"{_ATOM}@(?:[\w-]+\.)+[\w-]+")
_LONGEST_EMAIL = 254
_DOMAIN = re.compile(r"(?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]*")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_COUNTRY = re.compile(r"[A-Z]{2}")
_CHANNEL = re.compile(r"[a-z][a-z0-9_-]*")
_CRM_ID = re.compile(r"[0-9A-Za-z]{15}(?:[A-Z0-5]{3})?")
_CRM_ID_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_FIRST_YEAR = 1900
_BEST_SCORE = 10


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a row is read against.

    Attributes:
        today: the business date; an instant after the day that follows it is refused.
        zone: the program's; a date or a time without an offset is one of this zone.
        participants: numbers by key, of at least every participant that the rows name.
        domain_of: the registrable domain of a web or e-mail address, None when it has none.
        name_key: the normal form of a company's name, empty when nothing of it counts.
    """

    today: date
    zone: ZoneInfo
    participants: Mapping[str, int]
    domain_of: Callable[[str], str | None]
    name_key: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence of a claim; `on` where the file says when."""

    kind: str
    on: date | None


def optional(cells: Cells, column: str, longest: int = LONGEST) -> str | None:
    """Read a text of one line, None when it is empty.

    Raises:
        Impossible: it is too long, not UTF-8, or has a line break or control character in it.
    """
    value = cells[column].strip()
    if not value.isprintable():
        _check_characters(column, value)
    if len(value) > longest:
        raise Impossible(column, f"has {len(value):,} characters: the most is {longest:,}")
    return value or None


def needed(cells: Cells, column: str) -> str:
    """Read a text that is never empty.

    Raises:
        Impossible: it is empty, or as `optional` says.
    """
    return optional(cells, column) or _empty(column)


def _empty(column: str) -> NoReturn:
    raise Impossible(column, "is empty: fill it in")


def _check_characters(column: str, value: str) -> None:
    for character in value:
        if ord(character) in _NOT_UTF8:
            raise Impossible(column, "is not UTF-8: save the file as “CSV UTF-8”")
        if character in "\r\n\u2028\u2029":
            raise Impossible(column, "has a line break in it: write it on one line")
        if unicodedata.category(character) in {"Cc", "Cs"} or character in _TURNS_TEXT_AROUND:
            named = f"U+{ord(character):04X}"
            raise Impossible(column, f"has the control character {named} in it: take it out")


def word(*allowed: str) -> Callable[[Cells, str], str]:
    """Return a reader of a cell that holds one of these words."""

    def read(cells: Cells, column: str) -> str:
        value = needed(cells, column)
        if value not in allowed:
            listed = ", ".join(allowed)
            raise Impossible(column, f"is {shown(value)}: it is one of {listed}")
        return value

    return read


def email(cells: Cells, column: str) -> str | None:
    """Read an e-mail address, None when the cell is empty.

    Raises:
        Impossible: it has not the shape of one.
    """
    value = optional(cells, column)
    if value and (not _EMAIL.fullmatch(value) or len(value) > _LONGEST_EMAIL):
        raise Impossible(column, f"is {shown(value)}, which is no address such as jo@acme.com")
    return value


def needed_email(cells: Cells, column: str) -> str:
    """Read an e-mail address that is never empty.

    Raises:
        Impossible: it is empty, or as `email` says.
    """
    return email(cells, column) or _empty(column)


def locale(cells: Cells, column: str) -> str:
    """Read a language tag of any language, "pt-BR" for "pt_BR".

    Raises:
        Impossible: it is not well formed.
    """
    value = needed(cells, column)
    if not _LOCALE.fullmatch(value):
        raise Impossible(column, f"is {shown(value)}, which is no language tag: write en or pt-BR")
    return value.replace("_", "-")


def country(cells: Cells, column: str) -> str:
    """Read a country's two letters (ISO 3166-1 alpha-2; their shape, not the list).

    Raises:
        Impossible: they are not two capital letters.
    """
    value = needed(cells, column)
    if not _COUNTRY.fullmatch(value):
        raise Impossible(column, f"is {shown(value)}: write the country's two letters, such as US")
    return value


def currency(cells: Cells, column: str) -> str | None:
    """Read an ISO 4217 currency, None when the cell is empty.

    Raises:
        Impossible: ISO 4217 does not list it.
    """
    value = optional(cells, column)
    if value is not None and value not in CURRENCIES:
        raise Impossible(column, f"is {shown(value)}: write a code of ISO 4217, such as USD")
    return value


def needed_currency(cells: Cells, column: str) -> str:
    """Read a currency that is never empty.

    Raises:
        Impossible: it is empty, or as `currency` says.
    """
    return currency(cells, column) or _empty(column)


def amount_minor(cells: Cells, column: str) -> int | None:
    """Read an amount in major units of the row's `currency` into minor units, None when empty.

    Raises:
        Impossible: it is negative or no amount, or the row has no currency.
    """
    value = optional(cells, column)
    if value is None:
        return None
    code = currency(cells, "currency")
    if code is None:
        raise Impossible("currency", f"is empty: {column} needs one")
    try:
        minor = to_minor(value, code)
    except UnreadableAmount as error:
        raise Impossible(column, f"cannot be read: {error}") from None
    if minor < 0:
        raise Impossible(column, f"is {value}: nobody expects less than nothing")
    return minor


def provider_id(prefix: str) -> Callable[[Cells, str], str | None]:
    """Return a reader of the payment provider's ids of one kind, such as acct_1032D82eZvKYlo2C."""
    shape = re.compile(rf"{prefix}[0-9A-Za-z_]+")

    def read(cells: Cells, column: str) -> str | None:
        value = optional(cells, column)
        if value is not None and not shape.fullmatch(value):
            raise Impossible(column, f"is {shown(value)}: the provider's id begins with {prefix}")
        return value

    return read


def payout_method(cells: Cells, column: str) -> str | None:
    """Read a rail, None when the participant has chosen none.

    Raises:
        Impossible: there is no such rail.
    """
    if not cells[column].strip():
        return None
    return word("stripe_transfer", "stripe_credit")(cells, column)


def deal(cells: Cells, column: str) -> str | None:
    """Read the CRM's id of a deal in its 18 characters, None when the cell is empty.

    The last three say which of the others are capitals; reports of the CRM leave them out.

    Raises:
        Impossible: it is no id, or its letters' case was changed on the way here.
    """
    value = optional(cells, column)
    if value is None:
        return None
    if not _CRM_ID.fullmatch(value):
        raise Impossible(column, f"is {shown(value)}, which is no id of the CRM (18 characters)")
    short = value[:15]
    whole = short + "".join(_capitals(short[start : start + 5]) for start in (0, 5, 10))
    if value not in {short, whole}:
        why = "whose last three characters do not fit: copy it from the CRM again"
        raise Impossible(column, f"is {value}, {why}")
    return whole


def _capitals(five: str) -> str:
    return _CRM_ID_CHECK[sum(1 << place for place, char in enumerate(five) if char.isupper())]


def domain(cells: Cells, column: str, around: Surroundings) -> str | None:
    """Read a domain or web address into its registrable domain, None when the cell is empty.

    Raises:
        Impossible: it has no domain that a company can register.
    """
    value = optional(cells, column)
    if value is None:
        return None
    found = around.domain_of(value)
    if found is None or not _DOMAIN.fullmatch(found):
        raise Impossible(column, f"is {shown(value)}, which is no domain such as acme.com")
    return found


def company(cells: Cells, column: str) -> str:
    """Read the company that a claim is about; without a name it goes by whatever else it has.

    Raises:
        Impossible: the row says nothing at all about whom it means.
    """
    others = [other for other in ("domain", "contact_email", "opportunity_id") if other in cells]
    for name in (column, *others):
        if value := optional(cells, name):
            return value
    listed = ", ".join(others)
    raise Impossible(column, f"is empty, and so are {listed}: say whom this row is about")


def company_key(cells: Cells, column: str, around: Surroundings) -> str:
    """Read the same company into the normal form by which two spellings are one.

    Raises:
        Impossible: nothing of it counts ("Ltd." has no name), or as `company` says.
    """
    name = company(cells, column)
    key = around.name_key(name)
    if not key:
        raise Impossible(column, f"is {shown(name)}, which has no name in it")
    if len(key.encode()) > _LONGEST_KEY_BYTES:
        raise Impossible(column, "is too long written out: shorten it")
    return key


def channel(cells: Cells, column: str) -> str:
    """Read how a referral came, in small letters.

    Raises:
        Impossible: it is more than one word.
    """
    value = needed(cells, column).casefold()
    if not _CHANNEL.fullmatch(value):
        words = "write one word, such as link, code, form, email, slack or crm"
        raise Impossible(column, f"is {shown(value)}: {words}")
    return value


def division(cells: Cells, column: str) -> str:
    """Read a division of the account, '' for the whole of it; spaces inside count once.

    Raises:
        Impossible: as `optional` says.
    """
    return " ".join((optional(cells, column) or "").split())


def participant(cells: Cells, column: str, around: Surroundings) -> int | None:
    """Read a participant's key into their number, None when the cell is empty.

    Raises:
        Impossible: nobody has this key.
    """
    key = optional(cells, column)
    if key is None:
        return None
    if key not in around.participants:
        raise Impossible(column, f"is {shown(key)}, whom nobody has imported: import them first")
    return around.participants[key]


def needed_participant(cells: Cells, column: str, around: Surroundings) -> int:
    """Read a participant who is never missing.

    Raises:
        Impossible: the cell is empty, or as `participant` says.
    """
    return participant(cells, column, around) or _empty(column)


def touching_participant(cells: Cells, column: str, around: Surroundings) -> int | None:
    """Read who made a touch; a marketing or direct one is nobody's.

    Raises:
        Impossible: somebody is named who cannot have made it, or as `participant` says.
    """
    found = participant(cells, column, around)
    source = cells["source"].strip()
    if found is not None and source in {"marketing", "direct"}:
        raise Impossible(column, f"is named, but a {source} touch is nobody's: leave it empty")
    return found


def instant(cells: Cells, column: str, around: Surroundings) -> datetime:
    """Read an instant (ISO 8601) into UTC; without an offset it is one of the program's zone.

    Raises:
        Impossible: it is none, or not between 1900 and tomorrow.
    """
    value = needed(cells, column)
    try:
        found = _day(value) if _DAY.fullmatch(value) else None
        if found is not None:
            at = datetime.combine(found, time(), around.zone)
        else:
            at = datetime.fromisoformat(value if _INSTANT.fullmatch(value) else "")
    except ValueError:
        raise Impossible(
            column, f"is {shown(value)}, which is no instant such as 2026-06-30T14:00:00-04:00"
        ) from None
    if at.year < _FIRST_YEAR:
        raise Impossible(column, f"is {value}, before {_FIRST_YEAR}")
    if at.year > around.today.year + 1:  # and no zone can bring it back, nor overflow
        _future(column, value)
    at = (at if at.tzinfo else at.replace(tzinfo=around.zone)).astimezone(UTC)
    if at.astimezone(around.zone).date() > around.today + timedelta(days=1):
        _future(column, value)
    return at


def _future(column: str, value: str) -> NoReturn:
    raise Impossible(column, f"is {value}, which has not come yet")


def _day(value: str) -> date:
    return date.fromisoformat(value if _DAY.fullmatch(value) else "")


def evidence(cells: Cells, column: str, around: Surroundings) -> tuple[Evidence, ...]:
    """Read "kind=YYYY-MM-DD;kind": what a claim is founded on, with its days where known.

    Raises:
        Impossible: a kind that does not exist, or a day that is none or has not come yet.
    """
    pieces = (piece.strip() for piece in (optional(cells, column) or "").split(";"))
    return tuple(dict.fromkeys(_piece(column, piece, around) for piece in pieces if piece))


def _piece(column: str, piece: str, around: Surroundings) -> Evidence:
    kind, dated, on = (part.strip() for part in piece.partition("="))
    if kind not in EVIDENCE:
        listed = ", ".join(EVIDENCE)
        raise Impossible(column, f"has {shown(kind)}: each piece is one of {listed}")
    if not dated:
        return Evidence(kind, None)
    try:
        day = _day(on)
    except ValueError:
        raise Impossible(
            column, f"has {shown(piece)}: write its day like {kind}=2026-06-30"
        ) from None
    if day.year < _FIRST_YEAR or day > around.today + timedelta(days=1):
        raise Impossible(column, f"has {shown(piece)}: that day is too long ago or has not come")
    return Evidence(kind, day)


def event_value(cells: Cells, column: str) -> str | None:
    """Read what an event says: a score from 0 to 10 for `nps`, else any text, of several lines too.

    Raises:
        Impossible: the score is none, or the text has control characters.
    """
    value = cells[column].strip().replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(character for character in value if character not in _BREAKS)
    optional({column: kept}, column, LONGEST_VALUE)
    if cells["kind"].strip() == "nps":
        is_score = value.isascii() and value.isdigit() and int(value[:3]) <= _BEST_SCORE
        if not is_score:
            raise Impossible(column, f"is {shown(value)}: a score is a whole number from 0 to 10")
    return value or None
