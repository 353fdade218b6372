"""Reruns that are asked for where the provider must not be called: kept until they are taken up.

Nothing is sent here. A refused payout is cleared at once, so that the next night pays its rewards
even where nothing takes the rerun up before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from goodword.actions import audit, payouts


@dataclass(frozen=True, slots=True)
class Asked:
    """What one person asked to rerun."""

    actor: str
    payout_ids: list[int]


def ask(tx: Connection, payout_ids: Sequence[int], actor: str) -> list[int]:
    """Ask for payouts to be rerun; one that is asked for already, or was made anew, is left out.

    Returns:
        The payouts that are asked for now and were not before.

    Raises:
        RerunRefused: one of them must not be sent again; nothing is changed.
    """
    payouts.clear(tx, payout_ids, actor)
    new = sorted(tx.execute(_ASK, {"ids": list(payout_ids), "actor": actor}).scalars())
    audit.record(tx, [audit.Event(actor, "asked to rerun", "payout", number) for number in new])
    return new


_ASK = text("""
UPDATE payouts y
SET rerun_asked_at = clock_timestamp(), rerun_asked_by = :actor, rerun_failure = NULL
WHERE id = ANY(:ids) AND rerun_asked_at IS NULL
  AND (state <> 'refused' OR EXISTS (
      SELECT FROM payout_rewards x JOIN rewards r ON r.id = x.reward_id
      WHERE x.payout_id = y.id AND r.state = 'approved'))
RETURNING id
""")


def asked(tx: Connection) -> list[Asked]:
    """Return what waits to be taken up, by who asked; what was settled meanwhile is let go."""
    tx.execute(_LET_GO)
    return [Asked(row.actor, list(row.ids)) for row in tx.execute(_ASKED)]


_LET_GO = text("""
UPDATE payouts SET rerun_asked_at = NULL
WHERE rerun_asked_at IS NOT NULL
  AND state NOT IN ('planned', 'submitting', 'unknown', 'refused')
""")

_ASKED = text("""
SELECT rerun_asked_by AS actor, array_agg(id ORDER BY id) AS ids
FROM payouts WHERE rerun_asked_at IS NOT NULL GROUP BY 1 ORDER BY min(id)
""")


def answer(tx: Connection, payout_ids: Sequence[int], failure: str | None) -> None:
    """Note that reruns were taken up, and why they failed if they did."""
    given = {"ids": list(payout_ids), "failure": failure}
    tx.execute(_ANSWER, given)


_ANSWER = text("""
UPDATE payouts SET rerun_asked_at = NULL, rerun_failure = :failure
WHERE id = ANY(:ids) AND rerun_asked_at IS NOT NULL
""")
