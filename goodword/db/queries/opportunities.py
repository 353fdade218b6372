"""The mirror of the CRM: up to where it has been read, and what stands in it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

from goodword.rules.crm import CrmObject


def watermark(tx: Connection, crm_object: CrmObject) -> datetime | None:
    """Return the instant before which every change is here; None: it was never read."""
    high: datetime | None = tx.execute(
        text("SELECT high_at FROM watermarks WHERE crm_object = :crm_object"),
        {"crm_object": crm_object.value},
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
