"""Approvals: what whoever decides must know of a reward, who decided, and in whose place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.money import Money
from goodword.rules.approvals import TakenDecision, WaitingReward


@dataclass(frozen=True, slots=True)
class InQueue:
    """A waiting reward, and whose it is."""

    reward: WaitingReward
    participant_id: int


def waiting(
    tx: Connection, reward_ids: Collection[int], *, lock: bool = True
) -> dict[int, InQueue]:
    """Return rewards as an approver must see them, by number; unknown ones are left out.

    Locked, for whoever decides on them: nothing of what is returned changes meanwhile.
    """
    given = {"ids": sorted(set(reward_ids))}
    if lock:
        # First: a statement that waits for the lock sees approvals as they were before it.
        tx.execute(text("SELECT FROM rewards WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"), given)
    return {row.id: _in_queue(row) for row in tx.execute(_WAITING, given)}


def _in_queue(row: Row[Any]) -> InQueue:
    reward = WaitingReward(
        row.id,
        row.state,
        Money(row.amount_minor, row.currency),
        row.approvals_needed or 1,
        tuple(frozenset(filter(None, pair)) for pair in row.approved_by),
        frozenset(filter(None, row.beneficiaries)),
        frozenset(row.submitted_by),
    )
    return InQueue(reward, row.participant_id)


# A claim was brought in by whoever is named in the audit trail as its submitter. People are known
# by the addresses of their staff accounts as well: who has two of them is one person.
_WAITING = text("""
WITH asked AS (
    SELECT * FROM rewards WHERE id = ANY(:ids)
), given AS (
    SELECT a.reward_id, array_agg(
               ARRAY[a.decided_by, a.acting_for, own.email, other.email] ORDER BY a.id) AS people
    FROM approvals a
    LEFT JOIN staff own ON own.name = lower(a.decided_by)
    LEFT JOIN staff other ON other.name = lower(a.acting_for)
    WHERE a.reward_id = ANY(:ids) AND a.decision = 'approve' AND a.ended_as IS NULL
    GROUP BY a.reward_id
), claims AS (
    SELECT id AS reward_id, 'referral' AS claim, referral_id AS claim_id FROM asked
    WHERE referral_id IS NOT NULL
    UNION
    SELECT a.id, s.claim, s.claim_id FROM asked a
    JOIN shares s ON s.conversion_id = a.conversion_id
        AND s.participant_id = COALESCE(a.earner_id, a.participant_id)
    WHERE s.claim IN ('referral', 'registration')
      AND s.conversion_id = ANY(ARRAY(SELECT conversion_id FROM asked))
), submitted AS (
    SELECT c.reward_id, array_agg(DISTINCT e.actor) || array_remove(
               array_agg(DISTINCT s.email), NULL) AS people
    FROM claims c JOIN audit_events e ON (e.subject, e.subject_id) = (c.claim, c.claim_id)
    LEFT JOIN staff s ON s.name = lower(e.actor)
    WHERE e.action = 'submitted' GROUP BY c.reward_id
)
SELECT a.id, a.participant_id, a.state, a.amount_minor, a.currency, a.approvals_needed,
       ARRAY[p.key, p.email, p.name, e.key, e.email, e.name] AS beneficiaries,
       COALESCE(g.people, '{}') AS approved_by,
       COALESCE(u.people, '{}') AS submitted_by
FROM asked a
JOIN participants p ON p.id = a.participant_id
LEFT JOIN participants e ON e.id = a.earner_id
LEFT JOIN given g ON g.reward_id = a.id
LEFT JOIN submitted u ON u.reward_id = a.id
""")


# Sums ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Summed:
    """A reward that waits, and the sum that its approval goes by as of now."""

    reward_id: int
    approvers: int
    total: Money


def sums(tx: Connection) -> list[Summed]:
    """Return the waiting rewards whose sum per participant and conversion is more than their own.

    What came later for the same outcome counts, so that parts do not pass one by one.
    """
    return [
        Summed(row.id, row.approvals_needed, Money(int(row.total), row.currency))
        for row in tx.execute(_SUMS)
    ]


# The same sums as those that a reward is first asked about with (queries/rewards.py).
_SUMS = text("""
WITH cases AS (
    SELECT r.id, r.participant_id, r.currency, r.amount_minor, r.state, r.approvals_needed,
           COALESCE(r.invoice_id, COALESCE(
               r.conversion_id, f.conversion_id, -r.referral_id)::text) AS case_id
    FROM rewards r LEFT JOIN referrals f ON f.id = r.referral_id
    WHERE r.state NOT IN ('void', 'rejected') AND r.amount_minor > 0
      AND r.participant_id IN (SELECT participant_id FROM rewards WHERE state = 'waiting')
), summed AS (
    SELECT *, sum(amount_minor) OVER (PARTITION BY participant_id, case_id, currency) AS total
    FROM cases
)
SELECT id, approvals_needed, total, currency FROM summed
WHERE state = 'waiting' AND total > amount_minor ORDER BY id
""")


# Decisions --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """A decision that stands on a locked reward, and what is needed to take it back."""

    approval_id: int
    participant_id: int
    taken: TakenDecision


def standing(tx: Connection, reward_id: int, names: Sequence[str]) -> Standing | None:
    """Return the decision of one of these people that stands on a reward, which is locked.

    Args:
        tx: the transaction that would take it back.
        reward_id: the reward's number.
        names: the names of whoever decided or was stood in for, in lower case.
    """
    given = {"id": reward_id, "names": list(names)}
    tx.execute(text("SELECT FROM rewards WHERE id = :id FOR UPDATE"), given)
    row = tx.execute(_STANDING, given).one_or_none()
    if row is None:
        return None
    taken = TakenDecision(
        reward_id,
        row.state,
        Money(row.amount_minor, row.currency),
        row.decision == "approve",
        row.is_taken_from,
        row.is_acted_on,
    )
    return Standing(row.id, row.participant_id, taken)


_STANDING = text("""
SELECT a.id, a.decision, r.state, r.participant_id, r.amount_minor, r.currency,
       EXISTS (SELECT FROM rewards b WHERE b.reverses_id = r.id) AS is_taken_from,
       EXISTS (SELECT FROM stage_runs s WHERE s.finished_at > a.decided_at)
       OR EXISTS (SELECT FROM nights n WHERE n.state = 'running') AS is_acted_on
FROM approvals a JOIN rewards r ON r.id = a.reward_id
WHERE a.reward_id = :id AND a.ended_as IS NULL
  AND (lower(a.decided_by) = ANY(:names) OR lower(a.acting_for) = ANY(:names))
ORDER BY lower(a.decided_by) = ANY(:names) DESC, a.id DESC LIMIT 1
""")


def delegators(tx: Connection, names: Sequence[str], today: date) -> list[str]:
    """Return who lets somebody of these names (in lower case) decide in their place today."""
    rows = tx.execute(_DELEGATORS, {"names": list(names), "today": today})
    return list(rows.scalars())


_DELEGATORS = text("""
SELECT DISTINCT delegator FROM delegations
WHERE lower(delegate) = ANY(:names) AND ended_on IS NULL AND :today BETWEEN since AND until
ORDER BY delegator
""")


def in_force(tx: Connection, today: date) -> list[tuple[str, str]]:
    """Return who lets whom decide today."""
    rows = tx.execute(_IN_FORCE, {"today": today})
    return [(row.delegator, row.delegate) for row in rows]


_IN_FORCE = text("""
SELECT DISTINCT delegator, delegate FROM delegations
WHERE ended_on IS NULL AND :today BETWEEN since AND until
""")


def delegations(tx: Connection, today: date, *, everything: bool) -> list[dict[str, Any]]:
    """Return the delegations that are not over, or all, the first to begin first."""
    given = {"today": today, "everything": everything}
    return [dict(row) for row in tx.execute(_DELEGATIONS, given).mappings()]


_DELEGATIONS = text("""
SELECT id, delegator, delegate, since, until, reason, made_by, made_on, ended_on, ended_by,
       ended_on IS NULL AND :today BETWEEN since AND until AS in_force
FROM delegations
WHERE :everything OR (ended_on IS NULL AND until >= :today)
ORDER BY since, id
""")
