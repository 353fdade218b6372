"""Reconciliations: every difference between provider and ledger, kept until it is gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import audit
from goodword.db.bulk import stage
from goodword.rules.reconciliations import Disagreement


@dataclass(frozen=True, slots=True)
class Examined:
    """What was compared: the ledger's payouts, and the provider's own names of its movements."""

    payout_ids: Collection[int]
    external_ids: Collection[str]


def record(tx: Connection, found: Sequence[Disagreement], examined: Examined, today: date) -> int:
    """Keep tonight's differences, and close those that were looked at again and are gone.

    What lies before tonight's window stays open: not looking is not agreeing. Nothing is repaired
    here: a difference is for a person.

    Returns:
        How many differences are new.
    """
    rows = [
        (
            item.kind.value,
            item.payout_id,
            item.external_id,
            item.currency,
            item.ledger_minor,
            item.provider_minor,
            item.sentence,
        )
        for item in found
    ]
    stage(tx, "found", _FOUND, rows)
    given = {
        "today": today,
        "payouts": list(examined.payout_ids),
        "movements": list(examined.external_ids),
    }
    tx.execute(_SETTLE, given)
    new = tx.execute(_INSERT, {"today": today}).all()
    audit.record(
        tx, [audit.Event(audit.NIGHT, "found", "difference", row.id, row.sentence) for row in new]
    )
    return len(new)


_FOUND = {
    "kind": "text",
    "payout_id": "bigint",
    "external_id": "text",
    "currency": "text",
    "ledger_minor": "bigint",
    "provider_minor": "bigint",
    "sentence": "text",
}

_SETTLE = text("""
UPDATE differences d SET settled_on = :today
WHERE settled_on IS NULL
  AND (d.payout_id = ANY(:payouts) OR d.external_id = ANY(:movements))
  AND NOT EXISTS (
    SELECT FROM found f WHERE f.kind = d.kind AND f.external_id IS NOT DISTINCT FROM d.external_id
      AND f.payout_id IS NOT DISTINCT FROM d.payout_id)
""")

_INSERT = text("""
INSERT INTO differences (kind, payout_id, external_id, currency, ledger_minor, provider_minor,
                         sentence, found_on)
SELECT *, CAST(:today AS date) FROM found
ON CONFLICT DO NOTHING
RETURNING id, sentence
""")
