"""Disputes: what whoever acts in one must know, what waits, and what is held for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries import places
from goodword.rules.dispute_openings import Opening
from goodword.rules.disputes import DisputeState, Hearing, Outcome, Person, Ruling, Side
from goodword.rules.registrations import RegistrationState

IS_PENDING = "state IN ('open', 'decided', 'appealed')"
"""Of `disputes`: it is not closed, and nothing of its deal is paid."""

GRANTS = """
SELECT d.id AS dispute_id, x.share_bps,
       CASE x.outcome WHEN 'upheld' THEN d.registration_id ELSE d.rival_id END AS winner_id,
       CASE x.outcome WHEN 'upheld' THEN d.rival_id ELSE d.registration_id END AS loser_id
FROM disputes d CROSS JOIN LATERAL (
    SELECT * FROM dispute_rulings r WHERE r.dispute_id = d.id ORDER BY r.instance DESC LIMIT 1) x
WHERE x.share_bps > 0
"""
"""What the last ruling of each dispute gives of the claim that wins to the one that loses."""


def person(tx: Connection, written: str) -> Person:
    """Return who is meant: a participant by key, e-mail or name, or somebody of staff by name."""
    row = tx.execute(
        text(
            "SELECT id, key FROM participants WHERE key = :w OR lower(email) = lower(:w)"
            " OR lower(name) = lower(:w) ORDER BY key = :w DESC, id LIMIT 1"
        ),
        {"w": written.strip()},
    ).one_or_none()
    return Person(row.key, row.id) if row else Person(written.strip())


# Opening ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A claim, the other ones on its place newest first, and the disputes about any of them.

    `pending` are pairs of a claim and a dispute; `companies` are the claims' own names of it.
    """

    asked: Side
    others: tuple[Side, ...]
    pending: tuple[tuple[int, int], ...]

    def opening(self, opener: Person, ground: str, rival_id: int | None) -> Opening:
        """Return what somebody wants to contest here."""
        return Opening(self.asked, self.others, opener, ground, rival_id, self.pending)


def place(tx: Connection, registration_id: int) -> Place | None:
    """Return a claim and what stands on its account, locked; None: there is no such claim."""
    # Locked first, as every other decision about the place does.
    tx.execute(_LOCK_PLACE, {"id": registration_id})
    sides = [_side(row) for row in tx.execute(_PLACE, {"id": registration_id})]
    asked = next((side for side in sides if side.registration_id == registration_id), None)
    if asked is None:
        return None
    ids = [side.registration_id for side in sides]
    pending = [(row.claim_id, row.id) for row in tx.execute(_PENDING, {"ids": ids})]
    others = tuple(side for side in sides if side is not asked)
    return Place(asked, others, tuple(pending))


_LOCK_PLACE = text("""
SELECT FROM registrations
WHERE claim_key = (SELECT claim_key FROM registrations WHERE id = :id)
ORDER BY id FOR UPDATE
""")

_SIDE = """
SELECT r.id, r.participant_id, r.state, r.submitted_at, r.expires_on, r.opportunity_crm_id,
       r.conflicts_with_id, p.key, p.name, p.email
FROM registrations r JOIN participants p ON p.id = r.participant_id
"""

_PLACE = text(f"""
{_SIDE} JOIN registrations asked ON asked.id = :id AND asked.claim_key = r.claim_key
    AND {places.overlap("r", "asked")}
ORDER BY r.submitted_at DESC, r.id DESC
""")

_PENDING = text(f"""
SELECT d.id, c.claim_id FROM disputes d
CROSS JOIN LATERAL (VALUES (d.registration_id), (d.rival_id)) AS c (claim_id)
WHERE d.{IS_PENDING} AND c.claim_id = ANY(:ids) ORDER BY d.id
""")


def _side(row: Row[Any]) -> Side:
    return Side(
        registration_id=row.id,
        participant_id=row.participant_id,
        names=frozenset({row.key, row.name, row.email}),
        state=RegistrationState(row.state),
        submitted_at=row.submitted_at,
        expires_on=row.expires_on,
        deal=row.opportunity_crm_id,
        conflicts_with_id=row.conflicts_with_id,
    )


# Hearing ----------------------------------------------------------------------------------------


def hearing(tx: Connection, dispute_id: int) -> Hearing | None:
    """Return a dispute as whoever acts in it must see it, locked with its claims; None: no such."""
    # Locked first: of two who rule at once the second must see the first one's ruling.
    tx.execute(text("SELECT FROM disputes WHERE id = :id FOR UPDATE"), {"id": dispute_id})
    found = tx.execute(text("SELECT * FROM disputes WHERE id = :id"), {"id": dispute_id})
    row = found.one_or_none()
    if row is None:
        return None
    tx.execute(_LOCK_PLACE, {"id": row.registration_id})
    ids = {"ids": [row.registration_id, row.rival_id], "dispute": dispute_id}
    sides = {side.id: _side(side) for side in tx.execute(_SIDES, ids)}
    around = tx.execute(_AROUND, ids).one()
    is_refusal = row.rival_id == row.registration_id
    return Hearing(
        dispute_id=dispute_id,
        state=DisputeState(row.state),
        decide_by=row.decide_by,
        holder=None if is_refusal else sides[row.registration_id],
        challenger=sides[row.rival_id] if row.rival_id else None,
        opened_by=Person(row.opened_by, row.opened_by_id),
        appealed_by=row.appealed_by,
        decided_before=frozenset(around.decided_before),
        rulings=tuple(
            Ruling(Outcome(each.outcome), each.share_bps, each.ruled_by)
            for each in tx.execute(_RULINGS, ids)
        ),
        won_at=around.won_at,
        granted=tuple((each.winner_id, each.bps) for each in tx.execute(_GRANTED, ids)),
    )


_SIDES = text(f"{_SIDE} WHERE r.id = ANY(:ids)")

_AROUND = text("""
SELECT ARRAY(
    SELECT decided_by FROM registrations WHERE id = ANY(:ids) AND decided_by IS NOT NULL
    UNION SELECT actor FROM audit_events WHERE subject = 'registration' AND subject_id = ANY(:ids)
      AND action IN ('approved', 'rejected', 'conflicting', 'extended', 'withdrawn')
) AS decided_before, (
    SELECT max(o.won_at) FROM registrations r JOIN opportunities o
        ON o.crm_id = r.opportunity_crm_id WHERE r.id = ANY(:ids) AND r.state = 'won'
) AS won_at
""")

_RULINGS = text("SELECT * FROM dispute_rulings WHERE dispute_id = :dispute ORDER BY instance")

_GRANTED = text(f"""
SELECT winner_id, sum(share_bps)::int AS bps FROM ({GRANTS}) g
WHERE winner_id = ANY(:ids) AND dispute_id <> :dispute GROUP BY winner_id
""")


def other_holder(tx: Connection, registration_id: int, but: Sequence[int]) -> int | None:
    """Return a live claim that is on the place of another one, unless it is one of `but`."""
    holder: int | None = tx.execute(
        text(
            "SELECT h.id FROM registrations r JOIN registrations h ON h.claim_key = r.claim_key"
            f" AND {places.overlap('h', 'r')}"
            " WHERE r.id = :id AND h.state IN ('approved', 'extended') AND h.id <> ALL(:but)"
            " ORDER BY h.id LIMIT 1"
        ),
        {"id": registration_id, "but": list(but)},
    ).scalar_one_or_none()
    return holder


def credited(tx: Connection, registration_ids: Sequence[int]) -> list[int]:
    """Return the conversions that stand and credit one of these claims."""
    return list(
        tx.execute(
            text(
                "SELECT DISTINCT v.id FROM conversions v JOIN shares s ON s.conversion_id = v.id"
                " WHERE v.state = 'active' AND s.claim = 'registration'"
                " AND s.claim_id = ANY(:ids) ORDER BY v.id"
            ),
            {"ids": list(registration_ids)},
        ).scalars()
    )


def paid_rewards(tx: Connection, conversion_ids: Sequence[int]) -> list[Row[Any]]:
    """Return the rewards of conversions that are on their way, paid or taken back: id, state."""
    tx.execute(
        text("SELECT FROM rewards WHERE conversion_id = ANY(:ids) ORDER BY id FOR UPDATE"),
        {"ids": list(conversion_ids)},
    )
    return list(
        tx.execute(
            text(
                "SELECT id, state FROM rewards WHERE conversion_id = ANY(:ids)"
                " AND (state IN ('reserved', 'paid')"
                "      OR reverses_id IS NOT NULL AND state NOT IN ('void', 'rejected'))"
                " ORDER BY id"
            ),
            {"ids": list(conversion_ids)},
        )
    )


# What waits -------------------------------------------------------------------------------------


def held(tx: Connection) -> dict[int, int]:
    """Return the conversions of claims in a dispute that is not closed, each with a dispute."""
    rows = tx.execute(_HELD)
    return {row.conversion_id: row.dispute_id for row in rows}


_HELD = text(f"""
SELECT s.conversion_id, min(d.id) AS dispute_id
FROM disputes d JOIN shares s
    ON s.claim = 'registration' AND s.claim_id IN (d.registration_id, d.rival_id)
WHERE d.{IS_PENDING} GROUP BY s.conversion_id
""")


def waiting(tx: Connection) -> list[Row[Any]]:
    """Return the disputes that wait for a ruling, first due first."""
    return list(tx.execute(_WAITING))


_WAITING = text("""
SELECT d.id, d.state, d.decide_by, d.decider, d.escalated_on, r.company
FROM disputes d JOIN registrations r ON r.id = d.registration_id
WHERE d.state IN ('open', 'appealed') ORDER BY d.decide_by, d.id
""")


def appeal_is_over(tx: Connection, today: date) -> list[int]:
    """Return the disputes that were ruled on, and that nobody may appeal in any more, locked."""
    return list(
        tx.execute(
            text(
                "SELECT id FROM disputes WHERE state = 'decided' AND decide_by < :today"
                " ORDER BY id FOR UPDATE"
            ),
            {"today": today},
        ).scalars()
    )
