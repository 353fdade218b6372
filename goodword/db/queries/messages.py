"""The outbox: what waits to be sent, and what people look at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.rules.messages import MessageState


def queued(tx: Connection) -> list[int]:
    """Return the messages that wait to be sent, oldest first."""
    return list(
        tx.execute(text("SELECT id FROM messages WHERE state = 'queued' ORDER BY id")).scalars()
    )


def queued_about(tx: Connection, fact: str) -> list[int]:
    """Return the message about one fact while it waits to be sent; empty once it does not."""
    statement = text("SELECT id FROM messages WHERE state = 'queued' AND fact = :fact")
    return list(tx.execute(statement, {"fact": fact}).scalars())


def untried(tx: Connection, template: str) -> list[int]:
    """Return the messages of one kind that nobody has tried to send yet, oldest first."""
    statement = text(
        "SELECT id FROM messages WHERE state = 'queued' AND attempts = 0 AND template = :template"
        " ORDER BY id"
    )
    return list(tx.execute(statement, {"template": template}).scalars())


def by_ids(tx: Connection, ids: Sequence[int]) -> list[Row[Any]]:
    """Return messages by their numbers, each with its participant's name."""
    return list(
        tx.execute(
            text(
                "SELECT m.*, p.name FROM messages m"
                " LEFT JOIN participants p ON p.id = m.participant_id"
                " WHERE m.id = ANY(:ids) ORDER BY m.id"
            ),
            {"ids": list(ids)},
        )
    )


def page(
    tx: Connection,
    states: Collection[MessageState],
    template: str,
    before: int | None,
    most: int,
) -> list[Row[Any]]:
    """Return messages in some states, the newest first.

    Args:
        tx: the caller's transaction.
        states: those looked for.
        template: of this kind only; empty: of every kind.
        before: only older ones than this number.
        most: so many rows.
    """
    given = {"states": list(states), "template": template, "before": before, "most": most}
    return list(tx.execute(_PAGE, given))


_PAGE = text("""
SELECT m.id, m.template, m.recipient, m.locale, m.state, m.attempts, m.reason, m.queued_at,
       m.sent_at, m.participant_id, p.name
FROM messages m LEFT JOIN participants p ON p.id = m.participant_id
WHERE m.state = ANY(:states) AND (:template = '' OR m.template = :template)
  AND (CAST(:before AS bigint) IS NULL OR m.id < :before)
ORDER BY m.id DESC LIMIT :most
""")


def digests(tx: Connection, nights: int, most: int) -> list[Row[Any]]:
    """Return the digests that staff got after so many nights, the newest first.

    They are found by their facts (actions/digests.py), which are indexed: letters are many.
    """
    return list(tx.execute(_DIGESTS, {"nights": nights, "most": most}))


_DIGESTS = text("""
SELECT m.id, m.recipient, m.state, m.reason, m.queued_at, m.sent_at
FROM messages m WHERE m.fact = ANY (ARRAY(
    SELECT 'digest:' || n.business_date || ':' || s.id
    FROM (SELECT DISTINCT business_date FROM nights ORDER BY business_date DESC LIMIT :nights) n
    CROSS JOIN staff s))
ORDER BY m.id DESC LIMIT :most
""")
