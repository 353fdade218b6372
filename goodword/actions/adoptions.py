"""Adoptions: a movement at the provider becomes the payout that it was, at a person's word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection, text

from goodword.actions import payouts, reconciliations, settlements
from goodword.actions.reconciliations import Closing
from goodword.db.queries import payouts as queries
from goodword.money import Money
from goodword.rules.adoptions import AdoptionRefused, Candidate, FoundMovement, adopt_movement
from goodword.rules.payouts import Paid


def adopt(
    tx: Connection, closing: Closing, reward_ids: Sequence[int], now: datetime, today: date
) -> int:
    """Close a difference by writing its movement as a paid payout of the rewards a person names.

    The payout goes through every step of the protocol in this one transaction, the call left out:
    the money moved already. Its participant is told, as of any payout.

    Returns:
        The number of the payout.

    Raises:
        NoSuchDifference: the difference does not exist or is closed.
        AdoptionRefused: it is about no movement, or the rewards do not explain it.
        PlanOvertaken: a reward was taken by another payout meanwhile.
    """
    row = reconciliations.close(tx, closing, today)
    if not (row.external_id and row.reference and row.destination):
        raise AdoptionRefused(f"difference {row.id} is about no movement that could be adopted")
    movement = FoundMovement(
        row.external_id,
        row.reference,
        row.destination,
        Money(row.provider_minor, row.currency),
        row.payout_id,
    )
    planned = adopt_movement(movement, _candidates(tx, reward_ids), closing.actor)
    _check_owner(tx, planned.participant_id, movement)
    (number,) = payouts.reserve(tx, [planned], today)
    (reserved,) = queries.by_ids(tx, [number])
    request = {"adopted": row.external_id, "difference": row.id}
    submission = payouts.Submission(reserved, request, payouts.key_of(reserved))
    payouts.submit(tx, [submission], now, today)
    settlements.record(tx, [settlements.Outcome(reserved, Paid(row.external_id))], today)
    return number


def _check_owner(tx: Connection, participant_id: int, movement: FoundMovement) -> None:
    """Refuse what went to somebody else; a destination may also be one that nobody has any more."""
    rows = tx.execute(_OWNERS, {"destination": movement.destination})
    owners: dict[int, str] = {row.id: row.key for row in rows}
    if owners and participant_id not in owners:
        raise AdoptionRefused(
            f"{movement.destination} is that of {', '.join(sorted(owners.values()))}, and these "
            "rewards are another participant's: they would count as paid to whom nothing went"
        )


_OWNERS = text("""
SELECT id, key FROM participants
WHERE :destination IN (stripe_account, stripe_customer, stripe_subscription)
""")


def _candidates(tx: Connection, reward_ids: Sequence[int]) -> list[Candidate]:
    rows = tx.execute(
        text("SELECT * FROM rewards WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"),
        {"ids": list(reward_ids)},
    ).all()
    missing = sorted(set(reward_ids) - {row.id for row in rows})
    if missing:
        raise AdoptionRefused(f"there is no reward {', '.join(map(str, missing))}")
    return [
        Candidate(
            row.id,
            row.participant_id,
            row.state,
            Money(row.amount_minor, row.currency),
            row.benefit,
        )
        for row in rows
    ]
