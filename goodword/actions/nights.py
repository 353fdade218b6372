"""Nights and their stages: what ran for which business date, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text


def begin(tx: Connection, business_date: date) -> int:
    """Open a night; one that was left running by a killed process is marked as interrupted."""
    tx.execute(
        text(
            "UPDATE nights SET state = 'interrupted', finished_at = clock_timestamp()"
            " WHERE state = 'running'"
        )
    )
    return int(
        tx.execute(
            text("INSERT INTO nights (business_date) VALUES (:on) RETURNING id"),
            {"on": business_date},
        ).scalar_one()
    )


def finish(tx: Connection, night_id: int, *, failed: bool) -> None:
    """Close a night."""
    tx.execute(
        text("UPDATE nights SET state = :state, finished_at = clock_timestamp() WHERE id = :id"),
        {"id": night_id, "state": "failed" if failed else "done"},
    )


@dataclass(frozen=True, slots=True)
class StageResult:
    """What one stage did: counts by outcome, and a sentence for each failure."""

    night_id: int | None
    business_date: date
    stage: str
    outcomes: Mapping[str, int]
    failures: Sequence[str]
    started_at: datetime


def record_stage(tx: Connection, result: StageResult) -> None:
    """Write down what one stage did."""
    tx.execute(
        text(
            "INSERT INTO stage_runs"
            " (night_id, business_date, stage, outcomes, failures, started_at)"
            " VALUES (:night_id, :business_date, :stage, CAST(:outcomes AS jsonb),"
            " CAST(:failures AS jsonb), :started_at)"
        ),
        {
            "night_id": result.night_id,
            "business_date": result.business_date,
            "stage": result.stage,
            "outcomes": json.dumps(dict(result.outcomes)),
            "failures": json.dumps(list(result.failures)),
            "started_at": result.started_at,
        },
    )
