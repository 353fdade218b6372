"""Quarantine: records set aside with their reason, until they come again in a form to be read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from goodword.db.bulk import stage


@dataclass(frozen=True, slots=True)
class Aside:
    """One record that could not be read; `record` is kept as it came."""

    external_id: str
    reason: str
    record: Mapping[str, object]


def set_aside(tx: Connection, source: str, asides: Sequence[Aside]) -> int:
    """Put records into quarantine; one that is there already takes the newer reason.

    Returns:
        How many were not there before.
    """
    if not asides:
        return 0
    rows = [
        (source, aside.external_id, aside.reason, json.dumps(aside.record, default=str))
        for aside in {aside.external_id: aside for aside in asides}.values()
    ]
    columns = {"source": "text", "external_id": "text", "reason": "text", "record": "jsonb"}
    stage(tx, "asides", columns, rows)
    return int(tx.execute(_SET_ASIDE).scalar_one())


_SET_ASIDE = text("""
WITH written AS (
    INSERT INTO quarantine AS kept (source, external_id, reason, record)
    SELECT source, external_id, reason, record FROM asides
    ON CONFLICT (source, external_id) WHERE resolved_at IS NULL
    DO UPDATE SET reason = excluded.reason, record = excluded.record
    WHERE (kept.reason, kept.record) IS DISTINCT FROM (excluded.reason, excluded.record)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) FROM written
""")


def take_up(tx: Connection, source: str, external_ids: Sequence[str]) -> int:
    """Close the quarantine of records that were read now; returns how many were in it."""
    return tx.execute(
        text(
            "UPDATE quarantine SET resolved_at = clock_timestamp()"
            " WHERE source = :source AND resolved_at IS NULL AND external_id = ANY(:ids)"
        ),
        {"source": source, "ids": list(external_ids)},
    ).rowcount
