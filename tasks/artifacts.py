"""What a person opens in the orchestrator: the night's table and the program's figures."""

from __future__ import annotations

from datetime import date

from prefect.artifacts import create_table_artifact

from goodword.db.queries import figures as queries
from goodword.wiring import wiring
from tasks.nights import Report


def publish_night(report: Report) -> None:
    """Publish what each stage of a night did, as a table."""
    rows = [
        {
            "stage": tally.stage,
            "did": ", ".join(f"{name} {count}" for name, count in tally.outcomes.items()) or "-",
            "failed": "; ".join(tally.failures) or "-",
            "seconds": f"{tally.seconds:.1f}",
        }
        for tally in report.tallies
    ]
    kind = "dry run of the night" if report.is_rehearsal else "night"
    create_table_artifact(rows, key="night", description=f"The {kind} of {report.business_date}")


def publish_figures(today: date) -> None:
    """Publish the program's figures of a date, as a table."""
    with wiring().database.transaction() as tx:
        rows = [
            {"figure": row.name, "value": row.text, "made from": row.made_from}
            for row in queries.published(tx, today)
        ]
    create_table_artifact(rows, key="figures", description=f"The program on {today}")
