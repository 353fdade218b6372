"""What a night costs grows with its chunks, never with its rows: 100 opportunities and 10,000."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from goodword.wiring import wiring
from sandbox.company import sample
from sandbox.company.dates import BUSINESS_DATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.flows.conftest import Trials

pytestmark = pytest.mark.prefect

SMALL, LARGE = 100, 10_000
BULK_PAGE = 10_000
"""Records a page of a first load."""


@dataclass(frozen=True)
class Cost:
    """What one night took, each by its text or name, and how many chunks it had to do."""

    statements: Counter[str]
    task_runs: Counter[str]
    crm_calls: Counter[str]
    chunks: dict[str, int]


@pytest.fixture(scope="module")
def costs(trial: Trials) -> tuple[Cost, Cost]:
    return measure(trial, SMALL), measure(trial, LARGE)


def measure(trial: Trials, size: int) -> Cost:
    company = sample(opportunities=size)
    with trial(company, by_prefect=True) as opened, counting() as (statements, task_runs):
        report = opened.night(BUSINESS_DATE)
        assert report.failures == []
        did = {tally.stage: tally.outcomes for tally in report.tallies}
        calls = opened.world.calls.items()
        return Cost(
            statements,
            task_runs,
            Counter({path: number for (api, _, path), number in calls if api == "salesforce"}),
            {
                "pages": sum(ceil(len(rows) / BULK_PAGE) for rows in company.tables.values()),
                "send": ceil(did["send"]["sent"] / 200),
                "protect": ceil(did["review"]["protection written"] / 200),
                "pay": ceil(did["pay"]["planned"] / 500),
            },
        )


@contextmanager
def counting() -> Iterator[tuple[Counter[str], Counter[str]]]:
    """Count statements and completed task runs of this process."""
    from prefect import Task  # noqa: PLC0415 - as above

    import flows.nightly  # noqa: F401, PLC0415 - Prefect; it imports every task

    statements: Counter[str] = Counter()
    task_runs: Counter[str] = Counter()

    def ran(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # How often the pace is asked for goes by the calls and the clock.
        if not any(word in statement for word in ("paces", "synchronous_commit")):
            statements[statement] += 1

    def completed(task: Any, _run: Any, _state: Any) -> None:
        task_runs[task.name] += 1

    made = [
        made
        for name, module in list(sys.modules.items())
        if name.startswith("tasks.")
        for made in vars(module).values()
        if isinstance(made, Task)
    ]
    engine = wiring().database.engine
    event.listen(engine, "before_cursor_execute", ran)
    for task in made:
        task.on_completion(completed)
    yield statements, task_runs
    for task in made:
        task.on_completion_hooks.remove(completed)


def test_a_hundred_times_the_rows_take_the_same_tasks_and_one_more_a_chunk(
    costs: tuple[Cost, Cost],
) -> None:
    small, large = costs
    assert small.task_runs.total() < 50
    assert large.task_runs - small.task_runs == Counter(send=more(costs, "send"))
    assert small.task_runs - large.task_runs == Counter()


def test_a_hundred_times_the_rows_take_the_same_statements_and_one_more_of_each_a_chunk(
    costs: tuple[Cost, Cost],
) -> None:
    small, large = costs
    assert 0 < small.statements.total() < 450
    extra = sum(more(costs, kind) for kind in small.chunks)
    assert 0 < extra < 12
    for statement, times in (large.statements - small.statements).items():
        assert times <= extra, statement
    several = [s for s, n in (large.statements - small.statements).items() if n]
    assert len(several) < 15, several


def test_a_hundred_times_the_rows_take_the_same_calls_to_the_crm_and_one_more_a_page(
    costs: tuple[Cost, Cost],
) -> None:
    small, large = costs
    extra = more(costs, "pages") + more(costs, "protect")
    assert (large.crm_calls - small.crm_calls).total() <= 2 * extra


def more(costs: tuple[Cost, Cost], kind: str) -> int:
    return costs[1].chunks[kind] - costs[0].chunks[kind]
