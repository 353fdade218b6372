"""Divisions of an account: which of them a record in the CRM is about."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

_APART = re.compile(r"[\W_]+")
_NO_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")  # Japanese and Chinese


def words(name: str) -> list[str]:
    """Return a name's words as they are compared: case, width and punctuation do not count."""
    return _APART.sub(" ", unicodedata.normalize("NFKC", name).casefold()).split()


def stands_in(division: str, name: str) -> bool:
    """Tell whether a division stands in a record's name as words of its own: EMEA in "Acme EMEA".

    The whole account, '', stands in none.
    """
    asked = words(division)
    if not asked:
        return False
    if _NO_SPACES.search(division):
        return "".join(asked) in "".join(words(name))
    return f" {' '.join(asked)} " in f" {' '.join(words(name))} "


def is_said(field: str | None) -> bool:
    """Tell whether the CRM's own field says a division: it is there, and more than punctuation."""
    return bool(field and words(field))


def meant(divisions: Collection[str], name: str, field: str | None) -> set[str]:
    """Return which of several divisions a record is about; none: nothing says so, or it is open.

    The CRM's own field is believed first, then a division that stands in the record's name: of
    "North" and "North East" the longer one. Two of which neither is a part of the other ("East",
    "EMEA") leave it open: the longer word is no better reason.

    Args:
        divisions: those that are claimed; '' is the whole account, which nothing speaks of.
        name: what the CRM calls the record.
        field: what the CRM's own field says; None where there is none.
    """
    if field and is_said(field):
        return {one for one in divisions if words(one) == words(field)}
    named = {one for one in divisions if stands_in(one, name)}
    whole = {one for one in named if not any(_is_part(one, other) for other in named)}
    return whole if len({_letters(one) for one in whole}) == 1 else set()


def _is_part(one: str, other: str) -> bool:
    return _letters(one) != _letters(other) and stands_in(one, other)


def _letters(division: str) -> str:
    return "".join(words(division))
