"""Exports of the audit trail: CSV for spreadsheets, JSON lines for programs and for verifying.

Who exported what is itself an event, the last one that the next export has.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import TextIO

from sqlalchemy import Connection

from goodword.actions import audit
from goodword.db.queries import audit as queries
from goodword.rules.exported_cells import safe


class Format(StrEnum):
    """As what the trail is written."""

    CSV = "csv"
    JSONL = "jsonl"


def export(tx: Connection, out: TextIO, as_: Format, chosen: queries.Filter, actor: str) -> int:
    """Write the chosen events in their order; returns how many.

    In CSV, for reading alone, no cell is a formula: apostrophes are put before what would be one,
    also within `facts`. In JSON lines `facts` is the very text that was hashed: the hash of an
    event is the SHA-256 of the JSON array [previous_hash, id, at, actor, action, subject,
    subject_id, reason, facts].
    """
    put = _csv(out) if as_ is Format.CSV else _json_lines(out)
    count = last = 0
    for row in queries.everything(tx, chosen):
        put([row.id, row.at.isoformat(), *row[2:]])
        count, last = count + 1, row.id
    facts = {"format": as_.value, "events": count}
    facts |= {name: str(value) for name, value in asdict(chosen).items() if value}
    audit.record(tx, [audit.Event(actor, "exported", "audit", last, facts=facts)])
    return count


Put = Callable[[Sequence[object]], object]


def _csv(out: TextIO) -> Put:
    writer = csv.writer(out)
    writer.writerow(queries.COLUMNS)
    return lambda cells: writer.writerow([safe(cell) for cell in cells])


def _json_lines(out: TextIO) -> Put:
    def put(cells: Sequence[object]) -> None:
        event = dict(zip(queries.COLUMNS, cells, strict=True))
        out.write(json.dumps(event, ensure_ascii=False) + "\n")

    return put
