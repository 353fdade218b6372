"""Figures: one value a name and date, published again when it changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, text

from goodword.db.bulk import stage
from goodword.rules.figures import Figure


def publish(tx: Connection, figures: Sequence[Figure], today: date) -> int:
    """Write the figures of a date; returns how many are new or differ."""
    columns = {"name": "text", "value": "numeric", "unit": "text", "detail": "jsonb"}
    rows = [
        (figure.name, figure.value, figure.unit, json.dumps(figure.detail, default=str))
        for figure in figures
    ]
    stage(tx, "measured", columns, rows)
    return tx.execute(_PUBLISH, {"today": today}).rowcount


_PUBLISH = text("""
INSERT INTO figures AS kept (business_date, name, value, unit, detail)
SELECT CAST(:today AS date), name, value, unit, detail FROM measured
ON CONFLICT (business_date, name) DO UPDATE
SET value = excluded.value, unit = excluded.unit, detail = excluded.detail
WHERE (kept.value, kept.unit, kept.detail)
    IS DISTINCT FROM (excluded.value, excluded.unit, excluded.detail)
""")
