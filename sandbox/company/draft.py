"""The company while it is being written: tables and import files that fill up row by row."""

import csv
import io
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sandbox.company.ids import record_id
from sandbox.company.names import Namer
from sandbox.world import Row

STANDARD_SIZE: Final = 2_000
"""Opportunities of the usual sample company; every count is written for this size."""

COLUMNS: Final = {
    "participants": (
        "key kind name email locale country currency tier payout_method stripe_account "
        "stripe_customer company_domain status"
    ).split(),
    "referrals": (
        "key participant company domain contact_name contact_email submitted_at channel "
        "opportunity_id"
    ).split(),
    "registrations": (
        "key participant company domain division opportunity_id submitted_at evidence "
        "expected_amount currency"
    ).split(),
    "touches": ("key opportunity_id domain contact_email at source participant campaign").split(),
    "events": ["key", "kind", "participant", "at", "value"],
}
"""Columns of `goodword import KIND`, in the order of the file."""


def scaled(count: int, opportunities: int, least: int = 1) -> int:
    """Scale a count of the usual company to one with that many opportunities."""
    return max(least, round(count * opportunities / STANDARD_SIZE))


def rng_of(seed: int, *topic: object) -> random.Random:
    """Return a generator for one topic, the same in every process."""
    return random.Random("/".join(map(str, (seed, *topic))))


@dataclass
class Draft:
    """Everything written so far.

    Args:
        seed: What the company is drawn from.
        opportunities: How many opportunities it is to have.
        namer: Where its companies' names come from.
        tables: Salesforce objects.
        imports: Rows of the import files, each with the moment that sorts it.
    """

    seed: int
    opportunities: int
    namer: Namer
    tables: dict[str, list[Row]] = field(
        default_factory=lambda: {
            name: []
            for name in ("User", "Account", "Opportunity", "OpportunityHistory", "Contact", "Lead")
        }
    )
    imports: dict[str, list[tuple[int, dict[str, str]]]] = field(
        default_factory=lambda: {kind: [] for kind in COLUMNS}
    )

    def rng(self, *topic: object) -> random.Random:
        """Return a generator for one topic: other topics can change without changing this one."""
        return rng_of(self.seed, *topic)

    def next_id(self, table: str) -> str:
        """Return the id of the next record of an object, by its place in the table."""
        return record_id(table, len(self.tables[table]) + 1)

    def add_import(self, kind: str, moment: int, cells: Mapping[str, str]) -> None:
        """Add a row to an import file; a cell not given is empty."""
        self.imports[kind].append(
            (moment, {column: cells.get(column, "") for column in COLUMNS[kind]})
        )

    def csv(self, kind: str) -> str:
        """Write an import file in the order in which its rows happened."""
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS[kind], lineterminator="\n")
        writer.writeheader()
        in_order = sorted(self.imports[kind], key=lambda entry: (entry[0], entry[1]["key"]))
        writer.writerows(cells for _, cells in in_order)
        return text.getvalue()
