"""Pay: plan, mark, call, record; and settle what is unknown before anything else is sent.

The three transactions around the call and the reason for each: docs/money.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

from goodword.actions import payouts, settlements
from goodword.adapters.payments import NotPayable, Payment
from goodword.db.queries import payouts as queries
from goodword.db.queries.payouts import DueReward, Sendable, Waiting
from goodword.money import Money
from goodword.rules.destinations import (
    THEIRS_TO_REPAIR,
    Obstacle,
    destination_of,
    obstacle,
    overtaken,
    rail_of,
)
from goodword.rules.payouts import (
    Answer,
    Carried,
    Due,
    LookedUp,
    NotAnswered,
    PayoutState,
    Planned,
    Rail,
    Refused,
    Settle,
    Unknown,
    settle,
)
from goodword.rules.payouts import plan as plan_payouts
from goodword.rules.reconciliations import adopt
from goodword.wiring import wiring
from tasks import nights
from tasks.retries import effect, network

CHUNK = 200
"""Payouts a task: what one crash may leave to be settled by the next run."""

AT_ONCE = 8
"""Calls under way at once: enough to reach the allowed rate at 150 ms a call and more."""


# Plan -------------------------------------------------------------------------------------------

_Place = tuple[Rail, str]


@network
def plan(today: date, participants: Collection[int] | None = None) -> Counter[str]:
    """Net what is due into payouts and reserve its rewards; whatever cannot be paid says why.

    A payout that still waits for somebody who is not paid there any more is planned anew.
    """
    with wiring().database.transaction() as tx:
        waiting = queries.waiting(tx, participants)
        given_back = settlements.give_back(tx, _overtaken(waiting), today)
        due = queries.due(tx, today, participants)
    not_ready = _not_ready(due)
    obstacles = {item.reward_id: _obstacle(item, not_ready) for item in due}
    policy = nights.program(today).payouts
    steps = plan_payouts((_due(item, obstacles[item.reward_id]) for item in due), policy)
    planned = [step for step in steps if isinstance(step, Planned)]
    carried = [step for step in steps if isinstance(step, Carried)]
    with wiring().database.transaction() as tx:
        payouts.note_carried(tx, carried, participants)
        payouts.tell_blocked(tx, _blocked(due, obstacles), today)
        payouts.reserve(tx, planned, today)
    counts = {"given back": given_back, "planned": len(planned), "carried over": len(carried)}
    return +Counter(counts)


def _overtaken(waiting: Sequence[Waiting]) -> list[settlements.Overtaken]:
    return [
        settlements.Overtaken(item, reason)
        for item in waiting
        if (reason := overtaken(item.payee, item.rail, item.destination))
    ]


def _not_ready(due: Sequence[DueReward]) -> dict[_Place, Obstacle]:
    """Ask the provider about every destination; where it gives no answer, nothing is sent to it."""
    wanted: dict[Rail, set[str]] = {}
    for item in due:
        rail = rail_of(item.payee, item.pay)
        destination = destination_of(item.payee, rail)
        if rail and destination:
            wanted.setdefault(rail, set()).add(destination)
    return {
        (rail, destination): Obstacle(getattr(answer, "code", "no_answer"), answer.reason)
        for rail, names in wanted.items()
        for destination, answer in wiring().provider.readiness(rail, sorted(names)).items()
        if answer is not None
    }


def _obstacle(item: DueReward, not_ready: dict[_Place, Obstacle]) -> Obstacle | None:
    rail = rail_of(item.payee, item.pay)
    destination = destination_of(item.payee, rail)
    missing = not_ready.get((rail, destination)) if rail and destination else None
    return obstacle(item.payee, item.pay, item.money.currency, missing)


def _due(item: DueReward, stands: Obstacle | None) -> Due:
    rail = rail_of(item.payee, item.pay)
    destination = destination_of(item.payee, rail)
    problem = stands.reason if stands else None
    return Due(item.reward_id, item.participant_id, item.money, rail, destination, problem)


def _blocked(
    due: Sequence[DueReward], obstacles: dict[int, Obstacle | None]
) -> list[payouts.Blocked]:
    waiting: dict[tuple[int, str], Money] = {}
    for item in due:
        stands = obstacles[item.reward_id]
        if stands and stands.code in THEIRS_TO_REPAIR and item.money.minor > 0:
            who = (item.participant_id, stands.code)
            sum_so_far = waiting.get(who, Money(0, item.money.currency))
            if sum_so_far.currency == item.money.currency:
                waiting[who] = sum_so_far + item.money
    return [payouts.Blocked(who, money, code) for (who, code), money in waiting.items()]


# Send -------------------------------------------------------------------------------------------


def planned(participants: Collection[int] | None = None) -> list[int]:
    """Return the payouts that wait to be sent."""
    with wiring().database.transaction() as tx:
        return queries.planned(tx, participants)


@effect
def send(ids: list[int], today: date, now: datetime) -> Counter[str]:
    """Send a chunk of planned payouts: mark and commit, call, record.

    A task that dies between mark and record leaves its payouts `submitting`; nobody sends them
    again but `settle_unknown`.
    """
    if wiring().rehearsing:
        return +Counter({"would be sent": len(ids)})
    with wiring().database.transaction() as tx:
        submissions, impossible = _submissions(queries.by_ids(tx, ids))
        marked = [*submissions, *(submission for submission, _ in impossible)]
        taken = payouts.submit(tx, marked, now, today)
        refused = [settlements.Outcome(item.payout, answer) for item, answer in impossible]
        counts = settlements.record(tx, refused, today)
    mine = [item for item in submissions if item.payout.payout_id in taken]
    answers = _call([(item.payout, item.request, item.idempotency_key) for item in mine])
    sent = zip(mine, answers, strict=True)
    outcomes = [settlements.Outcome(item.payout, answer) for item, answer in sent]
    with wiring().database.transaction() as tx:
        return counts + settlements.record(tx, outcomes, today)


_Call = tuple[Sendable, Mapping[str, Any], str]


def _submissions(
    waiting: Sequence[Sendable],
) -> tuple[list[payouts.Submission], list[tuple[payouts.Submission, Refused]]]:
    """Put payouts into the provider's words; what it can never take is refused without a call."""
    possible, impossible = [], []
    for payout in waiting:
        if payout.state is not PayoutState.PLANNED:
            continue
        key = payouts.key_of(payout)
        try:
            request = wiring().provider.request(_payment(payout))
        except NotPayable as error:
            impossible.append((payouts.Submission(payout, {}, key), error.refused))
        else:
            possible.append(payouts.Submission(payout, request, key))
    return possible, impossible


def _payment(payout: Sendable) -> Payment:
    description = f"Referral rewards, payout {payout.payout_id}"
    return Payment(payout.reference, payout.rail, payout.money, payout.destination, description)


def _call(calls: Sequence[_Call]) -> list[Answer]:
    """Make calls to the provider, some at once, answers in their order."""

    def one(call: _Call) -> Answer:
        payout, request, key = call
        return wiring().provider.send(payout.rail, request, key)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, calls))


# Settle -----------------------------------------------------------------------------------------


def unsettled() -> list[int]:
    """Return the payouts whose outcome is not known."""
    with wiring().database.transaction() as tx:
        return queries.unsettled(tx)


@effect
def settle_unknown(ids: list[int], today: date, now: datetime) -> Counter[str]:
    """Settle a chunk of payouts whose outcome is not known, by the age of their keys."""
    if wiring().rehearsing:
        return +Counter({"would be settled": len(ids)})
    with wiring().database.transaction() as tx:
        unknown = [p for p in queries.by_ids(tx, ids) if p.first_sent_at and p.request]
    steps = {p.payout_id: settle(p.first_sent_at, now) for p in unknown if p.first_sent_at}
    repeat = [p for p in unknown if steps[p.payout_id] is Settle.REPEAT]
    answers = _call([(p, p.request or {}, p.idempotency_key or "") for p in repeat])
    outcomes = [settlements.Outcome(p, answer) for p, answer in zip(repeat, answers, strict=True)]
    for payout in unknown:
        if steps[payout.payout_id] is Settle.LOOK_UP:
            found = wiring().provider.look_up(payout.rail, payout.request or {})
            outcomes.append(settlements.Outcome(payout, _proven(payout, found)))
    with wiring().database.transaction() as tx:
        counts = settlements.record(tx, outcomes, today)
    counts["left alone"] = sum(step is Settle.WAIT for step in steps.values())
    return +counts


def _proven(payout: Sendable, found: LookedUp | NotAnswered) -> Answer | None:
    if isinstance(found, NotAnswered):
        return Unknown(found.reason)
    return adopt(found.movements, payout.money, payout.destination)


# An operator's rerun ----------------------------------------------------------------------------


def failed() -> list[int]:
    """Return every payout that an operator may rerun."""
    with wiring().database.transaction() as tx:
        return queries.failed(tx)


@effect
def clear(ids: list[int], actor: str) -> list[int]:
    """Let refused payouts be planned again; returns the participants that this concerns.

    Raises:
        RerunRefused: one of them must not be sent again; nothing is changed.
    """
    with wiring().database.transaction() as tx:
        payouts.clear(tx, ids, actor)
        return sorted({payout.participant_id for payout in queries.by_ids(tx, ids)})
