"""The suite can fail: the program is broken in ways that are easily made, and each is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from goodword.actions import payouts as payout_actions
from goodword.actions import settlements
from goodword.db.queries import payouts as queries
from goodword.rules.payouts import Answer, Paid, PayoutState, Refused, Settle, Unknown
from goodword.wiring import wiring
from tasks import payouts
from tasks.calls import Call, Calls
from tests.crash.seeds import live_through
from tests.crash.simulation import EVERY, simulate

if TYPE_CHECKING:
    from goodword.db.queries.payouts import Sendable
    from goodword.money import Money
    from goodword.rules.payouts import Movement
    from tests.crash.engine import Engine

SEEDS = (7_200, *range(5_004, 5_004 + 100 * EVERY, EVERY))
"""Long lives: what some mutants break needs several days to show. The first finds what is rare."""

Break = Callable[[pytest.MonkeyPatch], None]


def skip_the_look_up(patch: pytest.MonkeyPatch) -> None:
    """A payout whose key is forgotten is taken for never made."""
    patch.setattr(payouts, "_proven", lambda *_: None)


def repeat_for_ever(patch: pytest.MonkeyPatch) -> None:
    """A key is trusted however old it is."""
    patch.setattr(payouts, "settle", lambda *_: Settle.REPEAT)


def look_up_at_once(patch: pytest.MonkeyPatch) -> None:
    """What is not listed yet is taken for never made, and sent with a new key."""
    patch.setattr(payouts, "settle", lambda *_: Settle.LOOK_UP)


def mark_after_the_call(patch: pytest.MonkeyPatch) -> None:
    """That a payout is sent is written down with its outcome: a crash forgets both."""
    when: list[datetime] = []

    def unmarked(
        ids: Sequence[int], _today: date, now: datetime
    ) -> tuple[list[payout_actions.Submission], Counter[str]]:
        when.append(now)
        with wiring().database.transaction() as tx:
            waiting = [p for p in queries.by_ids(tx, ids) if p.state is PayoutState.PLANNED]
        return payouts._submissions(waiting)[0], Counter()

    def record(self: payouts._UnderWay, today: date) -> Counter[str]:
        answered = list(zip(self.payouts, self.answers(), strict=True))
        with wiring().database.transaction() as tx:
            marks = payouts._submissions([payout for payout, _ in answered])[0]
            payout_actions.submit(tx, marks, when[-1], today)
            return settlements.record(
                tx, [settlements.Outcome(payout, answer) for payout, answer in answered], today
            )

    patch.setattr(payouts, "_mark", unmarked)
    patch.setattr(payouts._UnderWay, "record", record)


def new_key_at_every_try(patch: pytest.MonkeyPatch) -> None:
    """The library's own way: each request has a key of its own."""
    tries = iter(range(1_000_000))
    begin = Calls.begin

    def fresh(self: Calls, calls: Sequence[Call], since: float) -> Callable[[], list[Answer]]:
        again = [Call(c.payout, c.request, f"{c.idempotency_key}-{next(tries)}") for c in calls]
        return begin(self, again, since)

    patch.setattr(Calls, "begin", fresh)


def drop_the_reservation(patch: pytest.MonkeyPatch) -> None:
    """Rewards are put into payouts without being taken, whether another one has them or not."""
    guarded = payout_actions._RESERVE.text
    unguarded = guarded.replace("'reserved'", "'approved'").replace("AND r.state = 'approved'", "")
    assert unguarded != guarded
    patch.setattr(payout_actions, "_RESERVE", text(unguarded))


def write_without_comparing(patch: pytest.MonkeyPatch) -> None:
    """Whoever comes last decides what became of a payout."""
    guarded = settlements._RECORD.text
    unguarded = guarded.replace("AND p.attempt = o.attempt AND p.state = ANY(:settled_from)", "")
    assert unguarded != guarded
    patch.setattr(settlements, "_RECORD", text(unguarded))


def take_no_answer_for_no(patch: pytest.MonkeyPatch) -> None:
    """A payout without an answer is refused, and its rewards are planned again."""
    outcome = settlements.Outcome

    def certain(payout: Sendable, answer: Answer | None) -> settlements.Outcome:
        if isinstance(answer, Unknown):
            answer = Refused("no_answer", answer.reason, "rerun it")
        return outcome(payout, answer)

    patch.setattr(settlements, "Outcome", certain)


def adopt_without_comparing(patch: pytest.MonkeyPatch) -> None:
    """Whatever carries a payout's reference is taken for that payout."""

    def first(movements: Sequence[Movement], _money: Money, _to: str) -> Paid | None:
        return Paid(movements[0].external_id) if movements else None

    patch.setattr(payouts, "adopt", first)


MUTANTS: Mapping[str, Break] = {
    function.__name__: function
    for function in (
        skip_the_look_up,
        repeat_for_ever,
        look_up_at_once,
        mark_after_the_call,
        new_key_at_every_try,
        drop_the_reservation,
        write_without_comparing,
        take_no_answer_for_no,
        adopt_without_comparing,
    )
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_program_that_is_broken_on_purpose_is_found(
    crashing: Engine, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    MUTANTS[name](monkeypatch)
    found = next((problems for seed in SEEDS if (problems := _problems(crashing, seed))), [])
    assert found, f"no seed finds {name}"


def _problems(engine: Engine, seed: int) -> list[str]:
    """Return what is found; a program that ends by its own error is found as well."""
    try:
        return simulate(engine, seed).problems
    except Exception as error:  # noqa: BLE001 - a broken program may fail in any way
        return [str(error)]


def test_the_same_seeds_find_nothing_in_the_program_as_it_is(crashing: Engine) -> None:
    live_through(crashing, SEEDS[:10])
