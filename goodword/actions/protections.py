"""Protection as the CRM shows it: what was written there is remembered, what was refused parked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import quarantine
from goodword.db.bulk import stage

SOURCE = "salesforce.protection"


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one record in the CRM; `refused` is its reason when it was not written."""

    crm_object: str
    crm_id: str
    partner: str | None
    until: date | None
    refused: str | None


def record(tx: Connection, written: Sequence[Written]) -> Counter[str]:
    """Remember what the CRM says now, and park what it refused; returns counts by outcome."""
    done = [item for item in written if item.refused is None]
    parked = [item for item in written if item.refused is not None]
    columns = {"crm_object": "text", "crm_id": "text", "partner": "text", "until": "date"}
    rows = [(item.crm_object, item.crm_id, item.partner, item.until) for item in done]
    stage(tx, "protected", columns, rows)
    for table, name in (("accounts", "Account"), ("opportunities", "Opportunity")):
        tx.execute(
            text(
                f"UPDATE {table} t SET protected_partner = p.partner, protected_until = p.until"
                " FROM protected p WHERE p.crm_object = :name AND p.crm_id = t.crm_id"
            ),
            {"name": name},
        )
    quarantine.take_up(tx, SOURCE, [item.crm_id for item in done])
    asides = [
        quarantine.Aside(
            item.crm_id,
            item.refused or "",
            {"object": item.crm_object, "partner": item.partner, "until": item.until},
        )
        for item in parked
    ]
    quarantine.set_aside(tx, SOURCE, asides)
    return +Counter({"protection written": len(done), "protection refused": len(parked)})
