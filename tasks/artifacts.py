"""What a person opens in the orchestrator: the night's table, the figures, and what waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from prefect.artifacts import create_table_artifact

from goodword.db.queries import approval_queue, figures, lists
from goodword.money import Money
from goodword.rules.counts import tallied
from goodword.rules.replays import Replayed
from goodword.wiring import wiring
from tasks.nights import Report

MOST = 200
"""Rows a table shows; the commands and the console have the rest."""


def publish_night(report: Report) -> None:
    """Publish what each stage of a night did, as a table."""
    rows = [
        {
            "stage": tally.stage,
            "did": ", ".join(tallied(n, name) for name, n in tally.outcomes.items()) or "-",
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
            for row in figures.published(tx, today)
        ]
    create_table_artifact(rows, key="figures", description=f"The program on {today}")


def publish_queue(today: date) -> None:
    """Publish the rewards that wait for approvers, oldest first."""
    with wiring().database.transaction() as tx:
        rows = [
            {
                "reward": row.id,
                "amount": str(Money(row.amount_minor, row.currency)),
                "for": row.name,
                "company": row.company or "-",
                "incentive": row.incentive,
                "asked": row.asked_on.isoformat(),
                "approved by": ", ".join(row.approved_by) or "-",
                "needs": row.approvals_needed,
            }
            for row in approval_queue.queue(tx)
        ]
    _publish("approval-queue", f"Rewards that wait for approvers on {today}", rows)


def publish_failed_payouts(today: date) -> None:
    """Publish the payouts that wait for somebody, each with why and the next step."""
    with wiring().database.transaction() as tx:
        rows = [
            {
                "payout": row["id"],
                "amount": _money(row["amount_minor"], row["currency"]),
                "to": row["participant"],
                "by": row["rail"],
                "state": row["state"].replace("_", " "),
                "why": row["reason"] or "-",
                "next step": row["next_step"] or "-",
            }
            for row in lists.rows_of(tx, "payouts failed")
        ]
    _publish("failed-payouts", f"Payouts that wait for somebody on {today}", rows)


def publish_reconciliation(today: date) -> None:
    """Publish what does not agree between the provider's books and ours."""
    with wiring().database.transaction() as tx:
        rows = [
            {
                "difference": row["id"],
                "found": row["found_on"].isoformat(),
                "what": row["kind"],
                "here": _money(row["ledger_minor"], row["currency"]),
                "there": _money(row["provider_minor"], row["currency"]),
                "in words": row["sentence"],
            }
            for row in lists.rows_of(tx, "differences")
        ]
    _publish("reconciliation", f"Differences with the provider on {today}", rows)


def publish_replay(on: date, different: Sequence[Replayed]) -> None:
    """Publish the decisions of a past night that come out differently now."""
    rows = [
        {"about": each.subject, "that night": each.decision, "now": each.reason}
        for each in different
    ]
    _publish("replay", f"Decisions of the night of {on} that come out differently", rows)


def _money(minor: int | None, currency: str) -> str:
    return "-" if minor is None else str(Money(minor, currency))


def _publish(key: str, about: str, rows: list[dict[str, Any]]) -> None:
    """Publish what stands in the database; what a dry run saw stands nowhere."""
    if wiring().rehearsing:
        return
    said = f"{len(rows):,}" if rows else "none"
    if len(rows) > MOST:
        said += f", of which the first {MOST}"
    create_table_artifact(rows[:MOST], key=key, description=f"{about}: {said}")
