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
    """What became of one record in the CRM; `refused` is its reason when it was not written.

    `owner` is the CRM user it was given to; None: its owner was left.
    """

    crm_object: str
    crm_id: str
    partner: str | None
    until: date | None
    refused: str | None
    owner: str | None = None


def record(tx: Connection, written: Sequence[Written]) -> Counter[str]:
    """Remember what the CRM says now, and park what it refused; returns counts by outcome."""
    done = [item for item in written if item.refused is None]
    parked = [item for item in written if item.refused is not None]
    columns = {
        "crm_object": "text",
        "crm_id": "text",
        "partner": "text",
        "until": "date",
        "owner": "text",
    }
    rows = [(item.crm_object, item.crm_id, item.partner, item.until, item.owner) for item in done]
    stage(tx, "protected", columns, rows)
    for remember in _REMEMBER:
        tx.execute(remember)
    quarantine.take_up(tx, SOURCE, [item.crm_id for item in done])
    asides = [
        quarantine.Aside(
            item.crm_id,
            item.refused or "",
            {
                "object": item.crm_object,
                "partner": item.partner,
                "until": item.until,
                "owner": item.owner,
            },
        )
        for item in parked
    ]
    quarantine.set_aside(tx, SOURCE, asides)
    return +Counter({"protection written": len(done), "protection refused": len(parked)})


_MIRRORED = {"accounts": "Account", "opportunities": "Opportunity", "leads": "Lead"}
_REMEMBER = [
    text(
        f"UPDATE {table} t SET protected_partner = p.partner, protected_until = p.until,"
        " owner_crm_id = COALESCE(p.owner, t.owner_crm_id)"
        f" FROM protected p WHERE p.crm_object = '{name}' AND p.crm_id = t.crm_id"
    )
    for table, name in _MIRRORED.items()
]


def drop_settled(tx: Connection, wanted: Sequence[str]) -> int:
    """Close what was parked and is no longer wanted; `wanted` are the ids to be written tonight.

    A refusal is tried again every night, and stands in quarantine as long as that is so. When its
    claim ends before the CRM gives in, or the record is gone, there is nothing left to try.
    """
    return tx.execute(
        text(
            "UPDATE quarantine SET resolved_at = clock_timestamp()"
            " WHERE source = :source AND resolved_at IS NULL AND external_id <> ALL(:wanted)"
        ),
        {"source": SOURCE, "wanted": list(wanted)},
    ).rowcount
