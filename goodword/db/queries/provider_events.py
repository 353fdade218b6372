"""The provider's events: which are to be taken up, which failed, up to when they were listed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from goodword.rules.provider_events import ProviderEvent


def heard_until(tx: Connection) -> datetime | None:
    """Return up to when the provider's events were listed; None: never."""
    until: datetime | None = tx.execute(
        text("SELECT heard_until FROM installation")
    ).scalar_one_or_none()
    return until


def open_events(tx: Connection) -> list[str]:
    """Return the events that wait, or failed before, by id, oldest first."""
    return list(
        tx.execute(
            text(
                "SELECT id FROM provider_events WHERE state IN ('received', 'failed')"
                " ORDER BY created_at, id"
            )
        ).scalars()
    )


def by_ids(tx: Connection, ids: Sequence[str]) -> list[ProviderEvent]:
    """Return events that are still open, oldest first."""
    rows = tx.execute(
        text(
            "SELECT id, type, account, created_at, body FROM provider_events"
            " WHERE id = ANY(:ids) AND state IN ('received', 'failed') ORDER BY created_at, id"
        ),
        {"ids": list(ids)},
    )
    return [
        ProviderEvent(row.id, row.type, row.account, row.created_at, _subject(row.body), row.body)
        for row in rows
    ]


def _subject(body: str) -> str:
    return str(json.loads(body)["data"]["object"].get("id", ""))


def failed(tx: Connection, most: int) -> list[dict[str, Any]]:
    """Return the provider's events that could not be taken up, oldest first."""
    statement = text(
        "SELECT id, type, created_at, attempts, reason FROM provider_events"
        " WHERE state = 'failed' ORDER BY created_at, id LIMIT :most"
    )
    return [dict(row) for row in tx.execute(statement, {"most": most}).mappings()]
