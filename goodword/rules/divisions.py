"""Divisions of an account: which of them a record in the CRM is about."""

from __future__ import annotations

import re
import unicodedata

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


CERTAIN = 1_000
"""How clearly a record is a claim's own when the claim names it, or the CRM's field says so."""


def clearness(division: str, name: str, field: str | None) -> int:
    """Return how clearly a record is about a division; 0: nothing says that it is.

    Args:
        division: the claim's; '' is the whole account, which nothing speaks of by itself.
        name: what the CRM calls the record. Of "North" and "North East" the longer one is meant.
        field: what the CRM's own field says; None where there is none, or it is empty.
    """
    asked = words(division)
    if asked and field and words(field):
        return CERTAIN if words(field) == asked else 0
    return len(asked) if stands_in(division, name) else 0
