"""Tiers: participants moved to another one, with the day and the reason, and told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import Connection, text

from goodword.actions import audit, messages
from goodword.db.bulk import stage
from goodword.rules.tiers import TIERS, TierChange


def move(tx: Connection, moved: Mapping[int, TierChange]) -> Counter[str]:
    """Give participants, by number, another tier; one who has it no more is left alone.

    Returns:
        How many rose and fell.
    """
    if not moved:
        return Counter()
    columns = {
        "participant_id": "bigint",
        "changed_on": "date",
        "before": "text",
        "after": "text",
        "reason": "text",
    }
    rows = [(who, each.on, each.before, each.after, each.reason) for who, each in moved.items()]
    stage(tx, "moved", columns, rows)
    counts = Counter[str]()
    letters, events = [], []
    for row in tx.execute(_MOVE).all():
        rose = TIERS.index(row.after) > (TIERS.index(row.before) if row.before in TIERS else -1)
        counts["rose a tier" if rose else "fell a tier"] += 1
        tiers = {"before": row.before, "after": row.after}
        on = row.changed_on.isoformat()
        facts = {"tier": tiers, "on": on}
        events.append(
            audit.Event(
                audit.NIGHT, "changed", "participant", row.participant_id, row.reason, facts
            )
        )
        context = {"tier": row.after, "before": row.before, "rose": rose, "on": on}
        fact = f"tier:{row.id}"
        letters.append(messages.Letter(fact, "tier_changed", row.participant_id, context))
    messages.queue(tx, letters, max(each.on for each in moved.values()))
    audit.record(tx, events)
    return counts


_MOVE = text("""
WITH written AS (
    UPDATE participants p SET tier = m.after FROM moved m
    WHERE p.id = m.participant_id AND p.tier = m.before
    RETURNING p.id
)
INSERT INTO tier_changes (participant_id, changed_on, before, after, reason)
SELECT m.participant_id, m.changed_on, m.before, m.after, m.reason
FROM moved m JOIN written w ON w.id = m.participant_id ORDER BY m.participant_id
RETURNING *
""")
