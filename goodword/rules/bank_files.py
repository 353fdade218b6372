"""Bank files: what stands in one, and under which names."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, timedelta

from goodword.money import Money

LONGEST_NAME = 35
"""Characters of an identification in ISO 20022 (Max35Text)."""

_SATURDAY = 5
_DIGEST = 12
# EPC132-08, 1.4: an identification neither begins nor ends with a slash, nor has two in a row.
_ALLOWED = re.compile(r"(?!/)(?!.*//)[A-Za-z0-9/?:().,'+ -]+(?<!/)")


@dataclass(frozen=True, slots=True)
class Line:
    """One payment of a file; it is above zero, and the text is what its receiver reads."""

    end_to_end_id: str
    name: str
    iban: str
    bic: str | None
    money: Money
    text: str


@dataclass(frozen=True, slots=True)
class BankFile:
    """One file: payments of one currency, made on a business date, to be carried out on another."""

    message_id: str
    made_on: date
    execution_on: date
    lines: tuple[Line, ...]


def short_name(reference: str) -> str:
    """Return the name that a payout or a file has in bank files: at most 35 plain characters.

    It is the reference itself where that fits. Otherwise it is what its first 22 characters have of
    letters and figures, a hyphen, and 12 hexadecimal digits of the reference's SHA-256, so that two
    references are never cut to one name.
    """
    if len(reference) <= LONGEST_NAME and _ALLOWED.fullmatch(reference):
        return reference
    digest = hashlib.sha256(reference.encode()).hexdigest()[:_DIGEST]
    kept = re.sub(r"[^A-Za-z0-9-]", "", reference[: LONGEST_NAME - _DIGEST - 1])
    return f"{kept}-{digest}"


def execution_day(made_on: date) -> date:
    """Return when a file is to be carried out: the first weekday after it was made.

    A person hands it to the bank in the morning after the night. On a day when the bank does not
    work it takes the next one.
    """
    day = made_on + timedelta(days=1)
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() >= _SATURDAY else day
