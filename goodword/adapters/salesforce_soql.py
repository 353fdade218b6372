"""The SOQL that is sent: names from an allow-list, values through format_soql or as literals."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simple_salesforce.format import format_soql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)


class BadName(ValueError):
    """A name that is no API name, and would not be safe in a query."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is no API name of an object or a field")


def select(object_name: str, fields: Sequence[str]) -> str:
    """Write what is read of an object.

    Names come from goodword/rules/crm.py and the program file; values never come here.

    Raises:
        BadName: one of them is no API name.
    """
    for name in (object_name, *fields):
        if not _NAME.fullmatch(name):
            raise BadName(name)
    return f"SELECT {', '.join(fields)} FROM {object_name}"  # noqa: S608 - names, checked


def deal_registration(lead_source: str | None, record_types: Sequence[str]) -> str:
    """Write the condition of a lead that is a deal registration.

    Args:
        lead_source: the LeadSource that makes one; None where leads show no LeadSource.
        record_types: the ids of the record types that make one.
    """
    tests = [format_soql("LeadSource = {}", lead_source)] if lead_source is not None else []
    if record_types:
        tests.append(format_soql("RecordTypeId IN {}", list(record_types)))
    # without either no lead is one
    return f"({' OR '.join(tests)})" if tests else "Id = null"


def created_from(first: datetime) -> str:
    """Write the condition of a record created at an instant or later."""
    return f"CreatedDate >= {literal(first)}"


def between(low: datetime, high: datetime, after: Mapping[str, Any] | None) -> str:
    """Write the condition of one page: the window, and of it what comes after the last record."""
    below = f"SystemModstamp < {literal(high)}"
    if after is None:
        return f"SystemModstamp >= {literal(low)} AND {below}"
    stamp = literal(datetime.fromisoformat(after["SystemModstamp"]))
    seen = format_soql("Id > {}", after["Id"])
    return f"SystemModstamp >= {stamp} AND {below} AND (SystemModstamp > {stamp} OR {seen})"


def literal(instant: datetime) -> str:
    """Write an instant for SOQL, to the millisecond: format_soql would cut it to the second.

    Raises:
        ValueError: it has no time zone, and would be read as this machine's local time.
    """
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone: give instants in UTC")
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
