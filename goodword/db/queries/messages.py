"""The outbox: what waits to be sent, and what people look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, text


def queued(tx: Connection) -> list[int]:
    """Return the messages that wait to be sent, oldest first."""
    return list(
        tx.execute(text("SELECT id FROM messages WHERE state = 'queued' ORDER BY id")).scalars()
    )


def queued_about(tx: Connection, fact: str) -> list[int]:
    """Return the message about one fact while it waits to be sent; empty once it does not."""
    statement = text("SELECT id FROM messages WHERE state = 'queued' AND fact = :fact")
    return list(tx.execute(statement, {"fact": fact}).scalars())


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
