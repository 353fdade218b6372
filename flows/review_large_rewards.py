"""Ask approvers in the orchestrator's own form about the rewards that wait."""

from __future__ import annotations

from datetime import date
from itertools import count

from prefect import flow
from prefect.flow_runs import suspend_flow_run
from prefect.runtime import flow_run

from flows import clock
from tasks import artifacts, decisions, nights, reviews


@flow(name="review-large-rewards", flow_run_name=clock.run_name("review-large"))
def review_large_rewards(today: date | None = None) -> None:
    """Wait for answers until nothing waits; each goes by the action of every other door.

    The run is suspended meanwhile: no process waits. After each answer it begins anew from the top,
    so that the answers before come by again; their codes tell that they were taken.

    Args:
        today: the business date of the decisions; each day's own where none is given.
    """
    on = nights.business_date(clock.read(today, None))
    reviews.supersede()
    said = ""
    for number in count(1):
        form = reviews.form(said)
        if form is None:
            break
        which = f"answer-{number}"
        answer = suspend_flow_run(wait_for_input=form, timeout=reviews.PATIENCE_SECONDS, key=which)
        said = decisions.take(answer, f"flow run {flow_run.get_id()}, {which}", on).sentence
    artifacts.publish_queue(on)
