"""Reviews: what an approver reads in the orchestrator's form, and which form is the newest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from prefect import get_client, runtime
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateName,
)
from prefect.states import Cancelled
from sqlalchemy import Row

from goodword.db.queries import approval_queue as queries
from goodword.money import Money, totals
from goodword.rules import answers
from goodword.wiring import wiring
from tasks.decisions import Answer

SHOWN = 50
"""Rewards that one form shows, the oldest first; the queue has the rest."""

PATIENCE_SECONDS = 7 * 86_400
"""How long a form waits; mostly a newer one has taken its place by then."""


def form(said: str) -> type[Answer] | None:
    """Return the form that asks about the rewards that wait now; None: none waits.

    Args:
        said: what came of the answer before, in words; empty: there was none.
    """
    with wiring().ready_database.transaction() as tx:
        waiting = queries.queue(tx)
    return Answer.with_initial_data(description=_question(waiting, said)) if waiting else None


def _question(waiting: Sequence[Row[Any]], said: str) -> str:
    sums = " and ".join(map(str, totals(Money(row.amount_minor, row.currency) for row in waiting)))
    wait = "1 reward waits" if len(waiting) == 1 else f"{len(waiting):,} rewards wait"
    more = f" The first {SHOWN} are shown; `goodword rewards list` has all." * (
        len(waiting) > SHOWN
    )
    lines = "\n".join(map(_line, waiting[:SHOWN]))
    return (
        (f"**The last answer**: {_plain(said)}\n\n" if said else "")
        + f"**{wait} for an approver, {sums} in all.**{more}\n\n"
        "Copy the lines of what you decide into *rewards*. Your *code* comes from "
        "your account in the console, or `goodword approvals code --as NAME`.\n\n"
        "| line to copy | for | company | incentive | asked | approved by |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        f"{lines}"
    )


def _line(row: Row[Any]) -> str:
    amount = Money(row.amount_minor, row.currency)
    given = f"{len(row.approved_by)} of {row.approvals_needed}"
    cells = (
        f"`{answers.line(row.id, amount)}`",
        _plain(row.name),
        _plain(row.company or ""),
        _plain(row.incentive),
        row.asked_on.isoformat(),
        _plain(": ".join(filter(None, (given, ", ".join(row.approved_by))))),
    )
    return f"| {' | '.join(cells)} |"


def _plain(words: str) -> str:
    """Write names so that no Markdown and no markup in them is obeyed."""
    return re.sub(r"([\\`*_{}\[\]()#+!|<>~&])", r"\\\1", " ".join(words.split()))


def supersede() -> int:
    """Cancel the forms of earlier runs, which show what waited then; returns how many.

    A run that has just been answered is no longer suspended, and takes its answer.
    """
    with get_client(sync_client=True) as client:
        mine = client.read_flow_run(UUID(runtime.flow_run.get_id()))
        if mine.deployment_id is None or mine.created is None:
            return 0
        earlier = [
            run
            for run in client.read_flow_runs(
                flow_run_filter=FlowRunFilter(
                    state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Suspended"]))
                ),
                deployment_filter=DeploymentFilter(
                    id=DeploymentFilterId(any_=[mine.deployment_id])
                ),
            )
            if run.created and run.created < mine.created
        ]
        for run in earlier:
            client.set_flow_run_state(run.id, Cancelled(message=f"{mine.name} asks anew"))
    return len(earlier)
