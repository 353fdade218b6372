"""Reruns that were asked for in the console: taken up once, and answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from goodword.actions import reruns
from goodword.actions.reruns import Asked
from goodword.db.session import Busy
from goodword.wiring import wiring
from tasks import nights


def asked() -> list[Asked]:
    """Return the reruns that wait, by who asked for them."""
    with wiring().database.transaction() as tx:
        return reruns.asked(tx)


def answer(done: list[Asked], failure: str | None = None) -> None:
    """Note that these were taken up, and how they failed if they did."""
    with wiring().database.transaction() as tx:
        reruns.answer(tx, [number for one in done for number in one.payout_ids], failure)


def take_up(rerun: Callable[[str, list[int]], nights.Tally]) -> Counter[str]:
    """Rerun what was asked for, each person's in their name; returns counts by outcome.

    What fails is answered with why and not tried again and again: the next night tries. A process
    that dies leaves its reruns asked for; to take one up twice pays nothing twice.
    """
    outcomes: Counter[str] = Counter()
    waiting = asked()
    for one in waiting:
        failure = None
        try:
            outcomes.update(rerun(one.actor, one.payout_ids).outcomes)
        except Busy:
            outcomes["left to the night"] += len(one.payout_ids)
            continue
        except nights.StageFailed as failed:
            outcomes.update(failed.outcomes)
            outcomes["failed"] += 1
            failure = "; ".join(failed.failures)
        answer([one], failure)
    return +outcomes
