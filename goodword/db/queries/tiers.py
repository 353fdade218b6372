"""Tiers: what participants brought of late, and how their tiers changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, text

from goodword.rules.tiers import Results, TierChange, TierPolicy


@dataclass(frozen=True, slots=True)
class Standing:
    """An active participant whose tier moves: the tier they have, and what they brought."""

    participant_id: int
    tier: str
    results: Results = field(default_factory=Results)


def standings(tx: Connection, policy: TierPolicy, today: date) -> list[Standing]:
    """Return the active participants whose tier moves, with their deals of the window.

    A deal counts from the day after it was won, so that no win lifts the tier that it goes by.
    """
    given = {
        "kinds": sorted(policy.kinds),
        "since": today - timedelta(days=policy.window_days),
        "today": today,
    }
    return [
        Standing(row.id, row.tier, Results(row.deals, _minor(row.brought)))
        for row in tx.execute(_STANDINGS, given)
    ]


def _minor(brought: Mapping[str, int] | None) -> dict[str, int]:
    return {currency: int(minor) for currency, minor in (brought or {}).items()}


_STANDINGS = text("""
WITH brought AS (
    SELECT s.participant_id, v.currency, count(DISTINCT v.id) AS deals,
           sum(s.value_minor)::bigint AS minor
    FROM conversions v JOIN shares s ON s.conversion_id = v.id
    WHERE v.state = 'active' AND v.renews_crm_id IS NULL
      AND v.won_on >= :since AND v.won_on < :today AND s.weight > 0
    GROUP BY s.participant_id, v.currency
), summed AS (
    SELECT participant_id, sum(deals)::bigint AS deals,
           json_object_agg(currency, minor) AS brought
    FROM brought GROUP BY participant_id
)
SELECT p.id, p.tier, COALESCE(b.deals, 0) AS deals, b.brought
FROM participants p LEFT JOIN summed b ON b.participant_id = p.id
WHERE p.kind = ANY(:kinds) AND p.status = 'active'
ORDER BY p.id
""")


def changes(
    tx: Connection, participant_ids: Collection[int] | None = None
) -> dict[int, list[TierChange]]:
    """Return the changes of participants, by number, in the order made: of these, or of all."""
    found = defaultdict(list)
    which = "" if participant_ids is None else "WHERE participant_id = ANY(:ids)"
    statement = text(f"SELECT * FROM tier_changes {which} ORDER BY changed_on, id")
    for row in tx.execute(statement, {"ids": list(participant_ids or ())}):
        change = TierChange(row.changed_on, row.before, row.after, row.reason)
        found[row.participant_id].append(change)
    return dict(found)


def listed(tx: Connection, key: str | None, most: int) -> list[dict[str, Any]]:
    """Return changes, newest first: of one participant by key, or of all."""
    statement = text("""
SELECT p.key AS participant, p.name, p.kind, t.changed_on, t.before, t.after, t.reason
FROM tier_changes t JOIN participants p ON p.id = t.participant_id
WHERE CAST(:key AS text) IS NULL OR p.key = :key
ORDER BY t.changed_on DESC, t.id DESC LIMIT :most
""")
    rows = tx.execute(statement, {"key": key, "most": most}).mappings()
    return [dict(row) for row in rows]
