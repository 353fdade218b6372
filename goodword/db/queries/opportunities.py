"""The mirror of the CRM: up to where it has been read, and what stands in it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text


def watermark(tx: Connection, crm_object: str) -> datetime | None:
    """Return the instant before which every change is here; None: it was never read.

    `crm_object` is an object's API name, or how the intake names its own reading of one.
    """
    high: datetime | None = tx.execute(
        text("SELECT high_at FROM watermarks WHERE crm_object = :crm_object"),
        {"crm_object": crm_object},
    ).scalar_one_or_none()
    return high


def stages(tx: Connection) -> list[tuple[str, int]]:
    """Return each stage that a deal stands in, with how many do, most first."""
    rows = tx.execute(
        text(
            "SELECT stage, count(*) AS deals FROM opportunities WHERE NOT is_deleted"
            " GROUP BY stage ORDER BY deals DESC, stage"
        )
    )
    return [(row.stage, row.deals) for row in rows]
