"""What an approver sees beside a reward: who has decided on it, and what its participant had."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries.rewards import ABOUT, COMPANY

_OTHERS = 10
_LATELY = 5


def decisions(tx: Connection, reward_id: int) -> list[Row[Any]]:
    """Return every decision on a reward, those that ended as well, oldest first.

    Returns:
        id, decision, decided_by, acting_for, decided_at, reason, note, ended_as, ended_on,
        ended_by, ended_reason.
    """
    return list(tx.execute(_DECISIONS, {"id": reward_id}))


_DECISIONS = text("""
SELECT id, decision, decided_by, acting_for, decided_at, reason, note, ended_as, ended_on, ended_by,
       ended_reason
FROM approvals WHERE reward_id = :id ORDER BY id
""")


def participant(tx: Connection, reward_id: int) -> Row[Any]:
    """Return whose a reward is: id, key, name, kind, tier, status, email, country; and `deal`."""
    return tx.execute(_PARTICIPANT, {"id": reward_id}).one()


_PARTICIPANT = text(f"""
SELECT p.id, p.key, p.name, p.kind, p.tier, p.status, p.email, p.country, o.name AS deal,
       {COMPANY} AS company
FROM rewards r JOIN participants p ON p.id = r.participant_id
{ABOUT}WHERE r.id = :id
""")


def sums(tx: Connection, participant_id: int) -> list[Row[Any]]:
    """Return a participant's rewards in numbers: state, rewards, minor, currency."""
    return list(tx.execute(_SUMS, {"id": participant_id}))


_SUMS = text("""
SELECT state, currency, count(*) AS rewards, sum(amount_minor)::bigint AS minor
FROM rewards WHERE participant_id = :id GROUP BY state, currency ORDER BY currency, state
""")


def others(tx: Connection, participant_id: int, reward_id: int) -> list[Row[Any]]:
    """Return the participant's latest other rewards.

    Returns:
        id, company, amount_minor, currency, incentive, state, computed_on.
    """
    given = {"participant": participant_id, "id": reward_id, "most": _OTHERS}
    return list(tx.execute(_LATEST, given))


_LATEST = text(f"""
SELECT r.id, {COMPANY} AS company, r.amount_minor, r.currency, r.incentive, r.state, r.computed_on
FROM (SELECT * FROM rewards WHERE participant_id = :participant AND id <> :id
      ORDER BY id DESC LIMIT :most) r
{ABOUT}ORDER BY r.id DESC
""")


def lately(tx: Connection, actor: str) -> list[Row[Any]]:
    """Return what somebody decided last.

    Returns:
        id (of the reward), name, company, amount_minor, currency, action, at, state (as of now).
    """
    return list(tx.execute(_LATELY_DECIDED, {"actor": actor, "most": _LATELY}))


_LATELY_DECIDED = text(f"""
SELECT r.id, p.name, {COMPANY} AS company, r.amount_minor, r.currency, e.action, e.at, r.state
FROM (SELECT subject_id, action, at, id FROM audit_events
      WHERE actor = :actor AND subject = 'reward'
        AND action IN ('approved', 'rejected', 'took back an approval', 'took back a refusal')
      ORDER BY id DESC LIMIT :most) e
JOIN rewards r ON r.id = e.subject_id
JOIN participants p ON p.id = r.participant_id
{ABOUT}ORDER BY e.id DESC
""")
