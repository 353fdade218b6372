"""The SOQL that is sent: names from an allow-list, values through format_soql or as literals."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simple_salesforce.format import format_soql

from goodword.rules.crm import NEEDED_FIELDS, OPTIONAL_FIELDS, CrmObject

if TYPE_CHECKING:
    from collections.abc import Mapping


def select(kind: CrmObject, types: Mapping[str, str]) -> str:
    """Write what is read of an object; `types` are the fields that the org has.

    Names come from goodword/rules/crm.py only, and values never come here.
    """
    fields = (*NEEDED_FIELDS[kind], *(name for name in OPTIONAL_FIELDS[kind] if name in types))
    return f"SELECT {', '.join(fields)} FROM {kind}"  # noqa: S608 - names of an allow-list


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
