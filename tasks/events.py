"""What others may act on: events in the orchestrator, for its automations (automations/*.yaml).

An event repeats what the database says; nothing here decides, and a lost one loses nothing.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from prefect.events import emit_event

from goodword.db.queries import approval_queue, lists
from goodword.money import Money, totals
from goodword.rules.nights import StageName
from goodword.wiring import wiring
from tasks.nights import Report

DONE = "goodword.night.done"
WAITING = "goodword.rewards.waiting"
FAILED = "goodword.payouts.failed"


def tell(report: Report) -> None:
    """Say what a night left for people, and that it is done; of a dry run nothing.

    It is done when every stage of it has run, and none failed. What waits is said by the stages
    that leave it, so that a run of another stage alone asks nobody again.
    """
    if report.is_rehearsal:
        return
    on = report.business_date
    stages = {tally.stage: dict(tally.outcomes) for tally in report.tallies}
    with wiring().database.transaction() as tx:
        waiting = approval_queue.queue(tx)
        failed = lists.rows_of(tx, "payouts failed")
    if waiting and StageName.APPROVE in stages:
        sums = totals(Money(row.amount_minor, row.currency) for row in waiting)
        _emit(WAITING, on, {"rewards": len(waiting), "totals": [str(total) for total in sums]})
    if failed and StageName.PAY in stages:
        states = Counter(row["state"] for row in failed)
        _emit(FAILED, on, {"payouts": len(failed), "states": dict(states)})
    if stages.keys() >= set(StageName) and not report.failures:
        _emit(DONE, on, {"stages": stages})


def _emit(event: str, on: date, said: dict[str, Any]) -> None:
    resource = {
        "prefect.resource.id": f"{event}.{on}",
        "prefect.resource.name": f"{event.removeprefix('goodword.')} {on}",
    }
    emit_event(event, resource, payload={"business_date": on.isoformat(), **said})
