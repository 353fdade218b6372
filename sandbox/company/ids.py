"""Salesforce record ids, built from numbers so that the same record has the same id every time."""

from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKSUM: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_POD: Final = "Hb"
_DIGITS: Final = 10

KEY_PREFIX: Final = {
    "User": "005",
    "Account": "001",
    "Contact": "003",
    "Lead": "00Q",
    "Opportunity": "006",
    "OpportunityHistory": "008",
    "Organization": "00D",
}
"""First three characters of an id, by object, as Salesforce assigns them to standard objects."""

_SCENARIO: Final = 10_000_000_000
_COPY: Final = 1_000
_PART: Final = 10


def record_id(table: str, number: int) -> str:
    """Return the 18-character id of the `number`-th record of an object."""
    short = f"{KEY_PREFIX[table]}{_POD}{_base62(number)}"
    return short + "".join(_checksum(short[start : start + 5]) for start in (0, 5, 10))


def scenario_record_id(table: str, scenario: int, copy: int, part: int) -> str:
    """Return the id of a scenario's record; it does not depend on the company's size.

    Args:
        table: Object name.
        scenario: Position of the scenario in the list of scenarios.
        copy: Which copy of the scenario, from 1.
        part: Which record of this object inside the copy, from 0, below 10.
    """
    return record_id(table, _SCENARIO + scenario * _COPY * _COPY + copy * _PART + part)


def _base62(number: int) -> str:
    digits = []
    for _ in range(_DIGITS):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def _checksum(five: str) -> str:
    """Encode which of five characters are capitals, as the 18-character form of an id does."""
    return _CHECKSUM[sum(1 << place for place, char in enumerate(five) if "A" <= char <= "Z")]
