"""Approve or refuse rewards from the orchestrator, without waiting to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from prefect import flow
from prefect.runtime import flow_run

from flows import clock
from tasks import artifacts, decisions, nights


@flow(name="decide-rewards", flow_run_name=clock.run_name("decide"))
def decide_rewards(
    decision: decisions.Decision,
    rewards: decisions.Rewards,
    code: decisions.Code,
    reason: decisions.Reason = "",
    today: date | None = None,
) -> Mapping[str, int]:
    """Decide on waiting rewards by the same action as `goodword rewards approve` and `reject`.

    Args:
        decision: what becomes of the rewards below.
        rewards: the lines of what you decide, as the artifact and the form show them.
        code: your own approval code; it says who you are, and decides once.
        reason: needed to refuse, and the participant may read it; a note when you approve.
        today: the business date; the program's own today where none is given.
    """
    on = nights.business_date(clock.read(today, None))
    answer = decisions.Answer(decision=decision, rewards=rewards, code=code, reason=reason)
    taken = decisions.take(answer, f"flow run {flow_run.get_id()}", on)
    artifacts.publish_queue(on)
    if taken.refusals:
        raise decisions.NotDecided(taken)
    return taken.outcomes
