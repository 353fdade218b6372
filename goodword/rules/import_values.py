"""What cells of an import file mean to the program: people, companies, deals, money, evidence."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from goodword.money import CURRENCIES, UnreadableAmount, to_minor
from goodword.rules.crm_values import Impossible, shown
from goodword.rules.import_cells import Given, Surroundings, checked, day, optional
from goodword.rules.registrations import EVIDENCE

LONGEST_VALUE = 10_000
"""Characters of an event's value, which no index holds: the answer to a survey fits."""
_LONGEST_KEY_BYTES = 1_000

_ATOM = r"[^\s@<>()\[\]\\,;:\"]+"
_EMAIL = re.compile(rf"{_ATOM}@(?:[\w-]+\.)+[\w-]+")
_LONGEST_EMAIL = 254
_DOMAIN = re.compile(r"(?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]*")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_CHANNEL = re.compile(r"[a-z][a-z0-9_-]*")
_CRM_ID = re.compile(r"[0-9A-Za-z]{15}(?:[A-Z0-5]{3})?")
_CRM_ID_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_BEST_SCORE = 10
_PIECE = re.compile(
    r"(?P<kind>[^\s=:]+)\s*"
    r"(?:=\s*(?P<on>[^\s:]*)|(?P<bare>\d{4}-\d\d-\d\d)(?![^\s:]))?"
    r"(?:\s*:)?\s*(?P<note>.*)"
)
# Semicolons part the pieces, but for those inside a note in quotation marks.
_PIECES = re.compile(
    r"(?:(?<=[\s:])'[^']*'(?=\s*(?:;|$))|(?<=[\s:])\"[^\"]*\"(?=\s*(?:;|$))|[^;])+"
)
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LATEST_YEARS = 50


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence of a claim; `on` where the file says when, `note` what came of it."""

    kind: str
    on: date | None
    note: str | None = None


def email(row: Given, column: str) -> str | None:
    """Read an e-mail address.

    Raises:
        Impossible: it has not the shape of one.
    """
    value = optional(row, column)
    if value is None or (_EMAIL.fullmatch(value) and len(value) <= _LONGEST_EMAIL):
        return value
    raise Impossible(column, f"is {shown(value)}, which is no address such as jo@acme.com")


def iban(row: Given, column: str) -> str | None:
    """Read an IBAN, with or without spaces, into its capitals and figures alone.

    Raises:
        Impossible: it is none; its check digits tell nearly every mistake of a single figure.
    """
    return _bank_code(row, column, row.around.iban)


def bic(row: Given, column: str) -> str | None:
    """Read a BIC into its capitals and figures.

    Raises:
        Impossible: it is none.
    """
    return _bank_code(row, column, row.around.bic)


def _bank_code(row: Given, column: str, normal: Callable[[str], str]) -> str | None:
    value = optional(row, column)
    if value is None:
        return None
    try:
        return normal(value)
    except ValueError as wrong:
        raise Impossible(column, f"is {shown(value)}, which is {wrong}") from None


def locale(row: Given, column: str) -> str | None:
    """Read a tag of any language, "pt-BR" for "pt_BR".

    Raises:
        Impossible: it is not well formed.
    """
    value = optional(row, column)
    if value is None or _LOCALE.fullmatch(value):
        return value and value.replace("_", "-")
    raise Impossible(column, f"is {shown(value)}, which is no language such as en, ja or pt-BR")


def currency(row: Given, column: str) -> str | None:
    """Read an ISO 4217 currency.

    Raises:
        Impossible: ISO 4217 does not list it.
    """
    value = optional(row, column)
    if value is None or value in CURRENCIES:
        return value
    raise Impossible(column, f"is {shown(value)}, which is no code of ISO 4217 such as USD")


def amount_minor(row: Given, column: str) -> int | None:
    """Read an amount in major units of the row's `currency` into minor units.

    Raises:
        Impossible: it is negative or no amount, or the row has no currency.
    """
    value = optional(row, column)
    if value is None:
        return None
    code = currency(row, "currency")
    if code is None:
        raise Impossible("currency", f"is empty: {column} needs one, such as USD")
    try:
        minor = to_minor(value, code)
    except UnreadableAmount as error:
        raise Impossible(column, f"cannot be read: {error}") from None
    if minor < 0:
        raise Impossible(column, f"is {value}: write zero or more")
    return minor


def crm_id(row: Given, column: str) -> str | None:
    """Read the CRM's id of a deal, an account or a user into its 18 characters.

    The last three say which of the others are capitals; the CRM's reports leave them out.

    Raises:
        Impossible: it is no id, or something on the way changed its small letters and capitals.
    """
    value = optional(row, column)
    return None if value is None else whole_id(value, column)


def whole_id(value: str, column: str) -> str:
    """Write an id of the CRM with its 18 characters; raises as `crm_id`."""
    if not _CRM_ID.fullmatch(value):
        raise Impossible(column, f"is {shown(value)}, which is no id of the CRM (18 characters)")
    short = value[:15]
    whole = short + "".join(_capitals(short[start : start + 5]) for start in (0, 5, 10))
    if value not in {short, whole}:
        why = "its last three characters do not fit the others: copy it from the CRM again"
        raise Impossible(column, f"is {value}: {why}")
    return whole


def _capitals(five: str) -> str:
    return _CRM_ID_SUFFIX[sum(1 << place for place, char in enumerate(five) if char.isupper())]


def domain(row: Given, column: str) -> str | None:
    """Read a domain or a web address into its registrable domain; None when anybody may use it.

    Raises:
        Impossible: it has none that a company can register.
    """
    value = optional(row, column)
    if value is None:
        return None
    found = row.around.domain_of(value)
    if found is None or not _DOMAIN.fullmatch(found):
        raise Impossible(column, f"is {shown(value)}, which is no domain such as acme.com")
    return row.around.of_one_company(found, value)


_ALSO_A_NAME = ("domain", "contact_email", "opportunity_id")


def company(row: Given, column: str) -> str:
    """Read the company that a claim is about; without a name it goes by what else the row has.

    Raises:
        Impossible: the row does not say at all whom it is about.
    """
    for name in (column, *_ALSO_A_NAME):
        if name in row.cells and (value := optional(row, name)) and _tells(row, name):
            return value
    raise _about_nobody(row, column)


def company_key(row: Given, column: str) -> str:
    """Read the same company into the normal form by which two spellings are one.

    Raises:
        Impossible: nothing of it counts, as of "株式会社" alone, or as `company` says.
    """
    name = company(row, column)
    key = row.around.name_key(name)
    if not key:
        raise Impossible(column, f"is {shown(name)}, which has no name in it")
    if len(key.encode()) > _LONGEST_KEY_BYTES:
        raise Impossible(column, "is too long once it is written out: shorten it")
    return key


def touched_domain(row: Given, column: str) -> str | None:
    """Read the domain that was touched, of a row that names a domain, a contact or a deal.

    Raises:
        Impossible: the row does not say at all whom it is about, or as `domain` says.
    """
    if not any(row.cells[name].strip() and _tells(row, name) for name in _ALSO_A_NAME):
        raise _about_nobody(row, column)
    return domain(row, column)


def _tells(row: Given, name: str) -> bool:
    """Tell whether a filled cell says whom the row is about: a domain that all may use does not."""
    return name != "domain" or domain(row, name) is not None


def _about_nobody(row: Given, column: str) -> Impossible:
    if address := row.cells["domain"].strip():
        why = f"is {shown(address)}, which anybody may use: say whom it is about"
        return Impossible("domain", why)
    others = [name for name in _ALSO_A_NAME if name in row.cells and name != column]
    return Impossible(column, f"is empty, and so are {' and '.join(others)}: say whom it is about")


def channel(row: Given, column: str) -> str | None:
    """Read how a referral came, in small letters.

    Raises:
        Impossible: it is more than one word.
    """
    value = optional(row, column)
    if value is None or _CHANNEL.fullmatch(value.casefold()):
        return value and value.casefold()
    words = "write one word, such as link, code, form, email, slack or crm"
    raise Impossible(column, f"is {shown(value)}: {words}")


def division(row: Given, column: str) -> str:
    """Read a division of the account, '' for the whole of it; several spaces count as one.

    Raises:
        Impossible: as `optional` says.
    """
    return " ".join((optional(row, column) or "").split())


def participant(row: Given, column: str) -> int | None:
    """Read a participant's key into their number.

    Raises:
        Impossible: nobody has this key.
    """
    key = optional(row, column)
    if key is None:
        return None
    if key not in row.around.participants:
        raise Impossible(column, f"is {shown(key)}, which is nobody's key: import them first")
    return row.around.participants[key]


def touching_participant(row: Given, column: str) -> int | None:
    """Read who made a touch; a marketing or direct one is nobody's.

    Raises:
        Impossible: somebody is named who cannot have made it, or as `participant` says.
    """
    found = participant(row, column)
    source = row.cells["source"].strip()
    if found is not None and source in {"marketing", "direct"}:
        raise Impossible(column, f"is named, but a {source} touch is nobody's: leave it empty")
    return found


def evidence(row: Given, column: str) -> tuple[Evidence, ...]:
    """Read "kind=YYYY-MM-DD: note;kind": what a claim is founded on, with days and notes if known.

    "kind YYYY-MM-DD 'note'" says the same, as people write it.

    Raises:
        Impossible: a kind that does not exist, or a day that is none or has not come.
    """
    written = checked(column, row.cells[column].strip(), LONGEST_VALUE)
    pieces = (piece.strip() for piece in _PIECES.findall(written))
    found = (_piece(column, piece, row.around) for piece in pieces if piece)
    return tuple(dict.fromkeys(found))


def _piece(column: str, piece: str, around: Surroundings) -> Evidence:
    parts = _PIECE.fullmatch(piece)
    kind = parts["kind"] if parts else piece
    if not parts or kind not in EVIDENCE:
        raise Impossible(column, f"has {shown(kind)}: each piece is one of {', '.join(EVIDENCE)}")
    on = parts["on"] if parts["on"] is not None else parts["bare"]
    note = parts["note"].strip().strip("'\"").strip()
    return Evidence(kind, None if on is None else day(column, on, around), note or None)


def coming_day(row: Given, column: str) -> date | None:
    """Read a day that may be still to come, such as when a deal is expected to be won.

    Raises:
        Impossible: it is no day, or decades away.
    """
    value = optional(row, column)
    if value is None:
        return None
    try:
        found = date.fromisoformat(value if _ISO_DAY.fullmatch(value) else "")
    except ValueError:
        why = f"is {shown(value)}, which is no day such as 2026-06-30"
        raise Impossible(column, why) from None
    if abs(found.year - row.around.today.year) > _LATEST_YEARS:
        raise Impossible(column, f"is {value}, which is more than {_LATEST_YEARS} years away")
    return found


def event_value(row: Given, column: str) -> str | None:
    """Read what an event says: a score from 0 to 10 for `nps`, else any text, of several lines too.

    Raises:
        Impossible: the score is none, or the text has control characters in it.
    """
    value = row.cells[column].strip().replace("\r\n", "\n").replace("\r", "\n")
    checked(column, value.replace("\n", " ").replace("\t", " "), LONGEST_VALUE)
    if row.cells["kind"].strip() == "nps" and not _is_score(value):
        raise Impossible(column, f"is {shown(value)}: a score is a whole number from 0 to 10")
    return value or None


def _is_score(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 2 and int(value) <= _BEST_SCORE  # noqa: PLR2004 - digits
