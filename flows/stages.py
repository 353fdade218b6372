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
from goodword.rules.nights import StageName
from tasks.nights import Tally

STAGES: dict[StageName, Callable[..., Tally]] = {
    StageName.SYNC: sync_opportunities,
    StageName.REVIEW: review_registrations,
    StageName.DETECT: detect_conversions,
    StageName.COMPUTE: compute_rewards,
    StageName.APPROVE: approve_rewards,
    StageName.PAY: pay_rewards,
    StageName.RECONCILE: reconcile_payouts,
    StageName.SEND: send_messages,
    StageName.MEASURE: measure_program,
}


def chosen(only: StageName | None) -> list[tuple[str, Callable[..., Tally]]]:
    """Return one stage, or all of them."""
    return [(name, stage) for name, stage in STAGES.items() if only in (None, name)]
