"""Reconciliations: every difference between provider and ledger, kept until it is gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

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
            item.reference,
            item.destination,
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
    tx.execute(_RENEW)
    new = tx.execute(_INSERT, {"today": today}).all()
    audit.record(
        tx, [audit.Event(audit.NIGHT, "found", "difference", row.id, row.sentence) for row in new]
    )
    return len(new)


_FOUND = {
    "kind": "text",
    "payout_id": "bigint",
    "external_id": "text",
    "reference": "text",
    "destination": "text",
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

# What is still there may have grown, and the version before 0004 kept no reference or destination:
# without them nothing closes its destination, and nobody can adopt its movement.
_RENEW = text("""
UPDATE differences d
SET reference = f.reference, destination = f.destination, ledger_minor = f.ledger_minor,
    provider_minor = f.provider_minor, sentence = f.sentence
FROM found f
WHERE d.settled_on IS NULL AND d.kind = f.kind
  AND d.payout_id IS NOT DISTINCT FROM f.payout_id
  AND d.external_id IS NOT DISTINCT FROM f.external_id
""")

_INSERT = text("""
INSERT INTO differences (kind, payout_id, external_id, reference, destination, currency,
                         ledger_minor, provider_minor, sentence, found_on)
SELECT *, CAST(:today AS date) FROM found f
WHERE NOT EXISTS (
    SELECT FROM differences d WHERE d.settled_by IS NOT NULL AND d.kind = f.kind
      AND d.payout_id IS NOT DISTINCT FROM f.payout_id
      AND d.external_id IS NOT DISTINCT FROM f.external_id
      AND (d.ledger_minor, d.provider_minor) = (f.ledger_minor, f.provider_minor))
ON CONFLICT DO NOTHING
RETURNING id, sentence
""")


def note_reconciled(tx: Connection, until: datetime) -> None:
    """Remember up to where the provider's movements are compared; it never goes back."""
    tx.execute(
        text("UPDATE installation SET reconciled_until = GREATEST(reconciled_until, :until)"),
        {"until": until},
    )


class AnotherAccount(Exception):
    """The key belongs to another account of the provider than the one this database pays from."""

    def __init__(self, kept: str, found: str) -> None:
        super().__init__(
            f"this database pays from {kept}, and GOODWORD_STRIPE_API_KEY belongs to {found}: "
            "payouts of unknown outcome would be looked for in the wrong place and made twice. "
            f"Set the key of {kept}; another account or mode needs a database of its own"
        )


def adopt_account(tx: Connection, account: str) -> None:
    """Remember which account of the provider this database pays from, the first time.

    Raises:
        AnotherAccount: it pays from a different one.
    """
    kept = tx.execute(
        text(
            "UPDATE installation SET payments_account = COALESCE(payments_account, :account)"
            " RETURNING payments_account"
        ),
        {"account": account},
    ).scalar_one()
    if kept != account:
        raise AnotherAccount(kept, account)


# Settled by a person ----------------------------------------------------------------------------


class NoSuchDifference(LookupError):
    """There is no open difference of this number."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"there is no open difference {number}: `goodword payouts differences` lists them"
        )


@dataclass(frozen=True, slots=True)
class Closing:
    """A person's word on a difference, with the reason that the audit trail keeps."""

    number: int
    actor: str
    reason: str


def close(tx: Connection, closing: Closing, today: date) -> Row[Any]:
    """Close a difference by a person's word; it opens again only with other figures.

    Returns:
        The difference.

    Raises:
        NoSuchDifference: it does not exist or is closed.
    """
    given = {
        "id": closing.number,
        "actor": closing.actor,
        "reason": closing.reason,
        "today": today,
    }
    row = tx.execute(_CLOSE, given).one_or_none()
    if row is None:
        raise NoSuchDifference(closing.number)
    audit.record(
        tx,
        [audit.Event(closing.actor, "closed", "difference", closing.number, closing.reason)],
    )
    return row


_CLOSE = text("""
UPDATE differences SET settled_on = :today, settled_by = :actor, settled_reason = :reason
WHERE id = :id AND settled_on IS NULL RETURNING *
""")
