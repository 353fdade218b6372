"""Bank files: what waits to be put into one, and the files that there are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A payout that waits for its bank file; `request` is what will stand in it."""

    payout_id: int
    request: Mapping[str, Any]


def uncollected(tx: Connection) -> list[HandedOver]:
    """Return the payouts that are handed over and in no file yet, oldest first, locked."""
    rows = tx.execute(
        text(
            "SELECT id, request FROM payouts WHERE rail = 'bank_file' AND state = 'handed_over'"
            " AND bank_file_id IS NULL ORDER BY id FOR UPDATE"
        )
    )
    return [HandedOver(row.id, row.request) for row in rows]


def never_exported(tx: Connection, payout_ids: Collection[int]) -> list[Row[Any]]:
    """Return which of these payouts cannot have reached the bank: rows of id and bank_file_id."""
    statement = text("""
SELECT p.id, p.bank_file_id FROM payouts p LEFT JOIN bank_files f ON f.id = p.bank_file_id
WHERE p.id = ANY(:ids) AND p.rail = 'bank_file' AND f.exported_at IS NULL ORDER BY p.id
""")
    return list(tx.execute(statement, {"ids": list(payout_ids)}))


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it is kept. `settled` are those of its payouts that somebody has settled since."""

    number: int
    message_id: str
    currency: str
    payouts: int
    total_minor: int
    body: str
    digest: str
    exported_at: datetime | None
    exported_by: str | None
    settled: Mapping[int, str]


def locked(tx: Connection, number: int) -> Kept | None:
    """Return one file, and lock it with its payouts: what is settled meanwhile waits."""
    row = tx.execute(
        text("SELECT * FROM bank_files WHERE id = :id FOR UPDATE"), {"id": number}
    ).one_or_none()
    if row is None:
        return None
    states = tx.execute(
        text("SELECT id, state FROM payouts WHERE bank_file_id = :id ORDER BY id FOR SHARE"),
        {"id": number},
    )
    return Kept(
        row.id,
        row.message_id,
        row.currency,
        row.payouts,
        row.total_minor,
        row.body,
        row.digest,
        row.exported_at,
        row.exported_by,
        {each.id: each.state for each in states if each.state != "handed_over"},
    )


_FILES = """
SELECT f.id, f.message_id, f.currency, f.payouts, f.total_minor, f.made_on, f.exported_at,
       f.exported_by, f.digest,
       (SELECT count(*) FROM payouts y WHERE y.bank_file_id = f.id AND y.state = 'handed_over')
           AS unconfirmed
FROM bank_files f
"""


def newest(tx: Connection, most: int) -> list[dict[str, Any]]:
    """Return the files, the newest first, without their bytes."""
    rows = tx.execute(text(f"{_FILES} ORDER BY f.id DESC LIMIT :most"), {"most": most})
    return [dict(row) for row in rows.mappings()]


def one(tx: Connection, number: int) -> dict[str, Any] | None:
    """Return one file with its bytes as text, and its payouts by number."""
    rows = tx.execute(text(f"{_FILES} WHERE f.id = :id"), {"id": number}).mappings().all()
    if not rows:
        return None
    body = tx.execute(text("SELECT body FROM bank_files WHERE id = :id"), {"id": number})
    lines = tx.execute(
        text(
            "SELECT y.id, p.name AS participant, y.destination, y.amount_minor, y.currency, y.state"
            " FROM payouts y JOIN participants p ON p.id = y.participant_id"
            " WHERE y.bank_file_id = :id ORDER BY y.id"
        ),
        {"id": number},
    )
    return {
        **rows[0],
        "lines": [dict(line) for line in lines.mappings()],
        "body": body.scalar_one(),
    }
