"""The inbox of the provider's events: each kept once as it came, and taken up once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from goodword.actions import audit, messages
from goodword.db.bulk import stage
from goodword.rules.provider_events import PayoutFailed, ProviderEvent

WEBHOOK, CATCH_UP = "webhook", "catch_up"
"""The two ways by which an event arrives."""


def receive(tx: Connection, events: Sequence[ProviderEvent], via: str) -> int:
    """Keep events as they came; one that is there already is not kept again.

    Returns:
        How many were new.
    """
    rows = [
        {
            "id": event.id,
            "type": event.type,
            "account": event.account,
            "created_at": event.created_at,
            "body": event.body,
            "via": via,
        }
        for event in events
    ]
    if len(rows) == 1:
        return tx.execute(_RECEIVE, rows[0]).rowcount
    stage(tx, "events_incoming", _COLUMNS, [tuple(row.values()) for row in rows])
    names = ", ".join(_COLUMNS)
    return tx.execute(
        text(
            f"INSERT INTO provider_events ({names}) SELECT DISTINCT ON (id) {names}"
            " FROM events_incoming ORDER BY id ON CONFLICT DO NOTHING"
        )
    ).rowcount


_COLUMNS = {
    "id": "text",
    "type": "text",
    "account": "text",
    "created_at": "timestamptz",
    "body": "text",
    "via": "text",
}

_RECEIVE = text("""
INSERT INTO provider_events (id, type, account, created_at, body, via)
VALUES (:id, :type, :account, :created_at, :body, :via)
ON CONFLICT DO NOTHING
""")


def heard(tx: Connection, until: datetime, missed: str | None) -> None:
    """Note up to when the provider's events were listed, and what nobody can list any more."""
    tx.execute(
        text(
            "UPDATE installation"
            " SET heard_until = greatest(heard_until, CAST(:until AS timestamptz))"
        ),
        {"until": until},
    )
    if missed:
        audit.record(tx, [audit.Event(audit.NIGHT, "not heard", "installation", 1, missed)])


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What became of one event: `done`, `ignored` or `failed`, and why."""

    event_id: str
    state: str
    reason: str | None = None


def record(tx: Connection, taken: Sequence[TakenUp]) -> Counter[str]:
    """Write down what became of open events; returns counts by state."""
    columns = {"id": "text", "state": "text", "reason": "text"}
    rows = [(item.event_id, item.state, item.reason) for item in taken]
    stage(tx, "events_taken", columns, rows, "id")
    return Counter(tx.execute(_TAKE).scalars())


_TAKE = text("""
UPDATE provider_events e
SET state = t.state, reason = t.reason, attempts = least(e.attempts + 1, 32767),
    done_at = CASE WHEN t.state <> 'failed' THEN clock_timestamp() END
FROM events_taken t
WHERE e.id = t.id AND e.state IN ('received', 'failed')
RETURNING e.state
""")


def tell_failed(tx: Connection, failed: Sequence[PayoutFailed], today: date) -> int:
    """Tell participants, once for each, that their own bank refused a payout of the provider's.

    Nothing in the ledger changes: the money is in their account with the provider.

    Returns:
        How many letters were new.
    """
    if not failed:
        return 0
    owners = {
        row.stripe_account: row.id
        for row in tx.execute(
            text(
                "SELECT DISTINCT ON (stripe_account) id, stripe_account FROM participants"
                " WHERE stripe_account = ANY(:accounts) ORDER BY stripe_account, id"
            ),
            {"accounts": [item.account for item in failed]},
        )
    }
    known = [item for item in failed if item.account in owners]
    told = [item for item in known if messages.queue(tx, [_letter(item, owners)], today)]
    audit.record(
        tx,
        [
            audit.Event(
                audit.NIGHT,
                "refused by their bank",
                "participant",
                owners[item.account],
                item.reason,
                {
                    "payout": item.payout,
                    "amount_minor": item.money.minor,
                    "currency": item.money.currency,
                },
            )
            for item in told
        ],
    )
    return len(told)


def _letter(failed: PayoutFailed, owners: dict[str, int]) -> messages.Letter:
    fact = f"provider_payout:{failed.payout}:failed"
    context = {"amount": failed.money.to_dict()}
    return messages.Letter(fact, "payout_failed", owners[failed.account], context)
