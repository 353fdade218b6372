"""The nine stages of the night, in order."""

from __future__ import annotations

from collections.abc import Callable

from flows.approve_rewards import approve_rewards
from flows.compute_rewards import compute_rewards
from flows.detect_conversions import detect_conversions
from flows.measure_program import measure_program
from flows.pay_rewards import pay_rewards
from flows.reconcile_payouts import reconcile_payouts
from flows.review_registrations import review_registrations
from flows.send_messages import send_messages
from flows.sync_opportunities import sync_opportunities
from tasks.nights import Tally

STAGES: dict[str, Callable[..., Tally]] = {
    "sync": sync_opportunities,
    "review": review_registrations,
    "detect": detect_conversions,
    "compute": compute_rewards,
    "approve": approve_rewards,
    "pay": pay_rewards,
    "reconcile": reconcile_payouts,
    "send": send_messages,
    "measure": measure_program,
}


def chosen(only: str | None) -> list[tuple[str, Callable[..., Tally]]]:
    """Return one stage, or all of them.

    Raises:
        ValueError: there is no stage of this name.
    """
    if only is None:
        return list(STAGES.items())
    if only not in STAGES:
        raise ValueError(f"{only!r} is no stage; there are {', '.join(STAGES)}")
    return [(only, STAGES[only])]
