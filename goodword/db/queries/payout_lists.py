"""Payouts as the console looks through them: those that wait, those of a state, one of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.rules.payouts import PayoutState

REWARDS_SHOWN = 50
"""How many of a payout's rewards its page names."""


def waiting(tx: Connection, before: int | None, most: int) -> list[Row[Any]]:
    """Return the payouts that wait for somebody, as `goodword payouts list --failed`, newest first.

    Args:
        tx: the caller's transaction.
        before: only older ones than this number.
        most: so many rows.
    """
    return list(tx.execute(_WAITING, {"before": before, "most": most}))


def in_state(tx: Connection, state: PayoutState, before: int | None, most: int) -> list[Row[Any]]:
    """Return the payouts in one state, newest first."""
    given = {"state": state.value, "before": before, "most": most}
    return list(tx.execute(_IN_STATE, given))


def asked(tx: Connection, most: int) -> list[Row[Any]]:
    """Return the payouts whose rerun is asked for and not done, oldest first."""
    return list(tx.execute(_ASKED, {"most": most}))


def one(tx: Connection, number: int) -> Row[Any] | None:
    """Return one payout, and the payout that was made for its rewards later, if there is one.

    `rewards` are its first rewards by number, one more than REWARDS_SHOWN at most.
    """
    return tx.execute(_ONE, {"id": number}).one_or_none()


def rerunnable(tx: Connection) -> list[int]:
    """Return the payouts that a rerun is for: refused, kept back, or without an answer."""
    return list(tx.execute(text(f"SELECT y.id FROM payouts y WHERE {_IS_FOR}")).scalars())


_IS_FOR = """
y.rerun_asked_at IS NULL AND (
    y.state IN ('submitting', 'unknown') OR y.state = 'planned' AND y.code IS NOT NULL
    OR y.state = 'refused' AND y.cleared_at IS NULL)
"""

# The payout that followed is looked for among its participant's: their number is indexed.
_COLUMNS = f"""
SELECT y.id, y.reference, y.rail, y.destination, y.amount_minor, y.currency, y.benefit, y.state,
       y.attempt, y.external_id, y.code, y.reason, y.next_step, y.planned_on, y.paid_on,
       y.first_sent_at, y.cleared_at, y.reversed_minor, y.bank_file_id, y.asked_by,
       y.rerun_asked_at, y.rerun_asked_by, y.rerun_failure, y.participant_id,
       {_IS_FOR} AS is_rerunnable, p.name AS participant, p.key AS participant_key,
       z.id AS next_id, z.state AS next_state
"""
_FROM = """
FROM payouts y JOIN participants p ON p.id = y.participant_id
LEFT JOIN LATERAL (
    SELECT n.id, n.state FROM payouts n
    WHERE y.state = 'refused' AND n.participant_id = y.participant_id AND n.id > y.id AND EXISTS (
        SELECT FROM payout_rewards a JOIN payout_rewards b ON b.reward_id = a.reward_id
        WHERE a.payout_id = y.id AND b.payout_id = n.id)
    ORDER BY n.id DESC LIMIT 1) z ON true
"""
_ROW = f"{_COLUMNS}{_FROM}"

_WAITS = """
SELECT id FROM payouts WHERE state IN ('unknown', 'held', 'submitting', 'handed_over')
UNION SELECT id FROM payouts WHERE state = 'planned' AND code IS NOT NULL
UNION SELECT id FROM payouts WHERE state = 'refused' AND cleared_at IS NULL
"""

_PART = "(CAST(:before AS bigint) IS NULL OR {id} < :before) ORDER BY {id} DESC LIMIT :most"

_WAITING = text(f"""
{_ROW}WHERE y.id IN (
    SELECT id FROM ({_WAITS}) w WHERE {_PART.format(id="id")})
ORDER BY y.id DESC
""")

_IN_STATE = text(f"{_ROW}WHERE y.state = :state AND {_PART.format(id='y.id')}")

_ASKED = text(f"""
{_ROW}WHERE y.rerun_asked_at IS NOT NULL ORDER BY y.rerun_asked_at, y.id LIMIT :most
""")

_ONE = text(f"""
{_COLUMNS}, ARRAY(SELECT x.reward_id FROM payout_rewards x
                  WHERE x.payout_id = y.id ORDER BY 1 LIMIT {REWARDS_SHOWN + 1}) AS rewards
{_FROM}WHERE y.id = :id
""")
