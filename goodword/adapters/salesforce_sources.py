"""What is read of an org: which fields of which records, and how rows become pages of facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from goodword.adapters.crm import Page
from goodword.adapters.salesforce_soql import created_from, deal_registration, select
from goodword.rules.crm import (
    NEEDED_FIELDS,
    Conventions,
    CrmObject,
    Record,
    Unreadable,
    optional_fields,
)
from goodword.rules.crm_intake import intake_fields, read_deal_registration
from goodword.rules.crm_policy import CrmPolicy, Intake
from goodword.rules.crm_reading import READERS, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from goodword.adapters.salesforce_objects import Described


@dataclass(frozen=True, slots=True)
class Source:
    """Records of one object. `condition` is SOQL, "" for all of them."""

    object_name: str
    fields: tuple[str, ...]
    types: Mapping[str, str]
    read: Callable[[Mapping[str, object], Conventions], Record | Unreadable]
    around: Conventions
    condition: str = ""

    @property
    def select(self) -> str:
        """The query, up to and with WHERE."""
        also = f"{self.condition} AND " if self.condition else ""
        return f"{select(self.object_name, self.fields)} WHERE {also}"

    def page(
        self,
        rows: Iterable[Mapping[str, object]],
        damaged: Iterable[Mapping[str, object]] = (),
    ) -> Page:
        """Read rows into facts; `damaged` are rows of a bulk page with too many or few cells."""
        records: list[Record] = []
        refused: list[Unreadable] = []
        for row in rows:
            found = self.read(row, self.around)
            if isinstance(found, Unreadable):
                refused.append(found)
            else:
                records.append(found)
        why = "its row of the bulk page has too many or too few cells"
        refused += [unreadable(self.object_name, row, why) for row in damaged]
        return Page(records, refused)


def mirrored(
    kind: CrmObject, described: Described, home_currency: str, policy: CrmPolicy
) -> Source:
    """Return what the mirror reads of an object."""
    optional = optional_fields(kind, policy)
    fields = (*NEEDED_FIELDS[kind], *(name for name in optional if name in described.types))
    around = Conventions(home_currency, policy, described.record_types)
    return Source(kind, fields, described.types, READERS[kind], around)


def registering(described: Described, home_currency: str, policy: CrmPolicy) -> Source:
    """Return what is read of the program's deal registrations."""
    return Source(
        policy.intake_object or "",
        intake_fields(policy, described.types),
        described.types,
        read_deal_registration,
        Conventions(home_currency, policy, described.record_types),
        _is_registration(described, policy),
    )


def _is_registration(described: Described, policy: CrmPolicy) -> str:
    tests = [created_from(since)] if (since := policy.intake_since) is not None else []
    if policy.intake is Intake.LEAD:
        of_type = [
            type_id
            for type_id, name in described.record_types.items()
            if name == policy.lead_record_type and "RecordTypeId" in described.types
        ]
        lead_source = policy.lead_source if "LeadSource" in described.types else None
        tests.append(deal_registration(lead_source, of_type))
    return " AND ".join(tests)
