"""Tiers: who moves to another one tonight."""

from __future__ import annotations

from collections import Counter
from datetime import date

from goodword.actions import tiers
from goodword.db.queries import tiers as queries
from goodword.rules.tiers import move as judge
from goodword.wiring import wiring
from tasks import nights
from tasks.retries import effect


@effect
def move(today: date) -> Counter[str]:
    """Move participants by what they brought, where the program of today moves anybody."""
    policy = nights.program(today).tiers
    if not policy.kinds:
        return Counter()
    with wiring().database.transaction() as tx:
        found = queries.standings(tx, policy, today)
        moved = {
            each.participant_id: change
            for each in found
            if (change := judge(each.tier, each.results, policy, today))
        }
        return tiers.move(tx, moved)
