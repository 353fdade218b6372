"""Plan: what is due becomes tonight's payouts, and whatever cannot be paid says why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from goodword.actions import payouts, settlements
from goodword.db.queries import disputes, refunds
from goodword.db.queries import payouts as queries
from goodword.db.queries.payouts import DueReward, Waiting
from goodword.money import Money
from goodword.phrases import because
from goodword.rules.destinations import (
    THEIRS_TO_REPAIR,
    Closed,
    Obstacle,
    Way,
    destination_of,
    obstacle,
    overtaken,
    rail_of,
    way_of,
)
from goodword.rules.payout_plans import Carried, Due, Planned
from goodword.rules.payout_plans import plan as plan_payouts
from goodword.rules.payouts import Rail
from goodword.wiring import wiring
from tasks import nights
from tasks.retries import network


@network
def plan(
    today: date, participants: Collection[int] | None = None, *, is_asked_for: bool = False
) -> Counter[str]:
    """Net what is due into payouts and reserve its rewards; whatever cannot be paid says why.

    A payout that still waits, and would not be planned so any more, is planned anew.

    Args:
        today: the business date.
        participants: whose rewards are planned; None: everybody's.
        is_asked_for: an operator asks, so that a second payout of one night may be planned.
    """
    with wiring().database.transaction() as tx:
        waiting = queries.waiting(tx, participants)
        closed = queries.closed_ways(tx)
        disputed = _disputed(tx)
        overtaken_ = _overtaken(waiting, closed, disputed)
        given_back = settlements.give_back(tx, overtaken_, today)
        due = queries.due(tx, today, participants)
        tonight = set() if is_asked_for else queries.had_tonight(tx, today)
    known = _Obstacles(closed, _not_ready(due), disputed)
    obstacles = {item.reward_id: known.of(item) for item in due}
    policy = nights.program(today).payouts
    dues = [_due(item, obstacles[item.reward_id]) for item in due]
    steps = plan_payouts(dues, policy, tonight)
    planned = [step for step in steps if isinstance(step, Planned)]
    carried = [step for step in steps if isinstance(step, Carried)]
    with wiring().database.transaction() as tx:
        payouts.note_carried(tx, carried, participants)
        payouts.tell_blocked(tx, _blocked(due, obstacles), today)
        payouts.reserve(tx, planned, today)
    counts = {"given back": given_back, "planned": len(planned), "carried over": len(carried)}
    return +Counter(counts)


def _overtaken(
    waiting: Sequence[Waiting],
    closed: Closed,
    disputed: Mapping[int, str],
) -> list[settlements.Overtaken]:
    return [
        settlements.Overtaken(item, reason)
        for item in waiting
        if (reason := _why_not(item, closed, disputed))
    ]


def _why_not(
    item: Waiting,
    closed: Closed,
    disputed: Mapping[int, str],
) -> str | None:
    """Say why a payout that waited for nights must not be sent as it was planned; None: it may.

    In a restored copy of the database it may look unsent, and have been made: then what moved is
    unexplained, and its way is closed.
    """
    way = Way(item.rail, item.destination, item.money.currency)
    if unexplained := closed.to_everybody(way):
        return unexplained.reason
    if reason := overtaken(item.payee, item.rail, item.destination):
        return reason
    if item.rail is Rail.STRIPE_REVERSAL:
        return None
    if dispute := next((disputed[one] for one in item.conversions if one in disputed), None):
        return dispute
    return because("a part of it was taken back meanwhile") if item.is_taken_back else None


def _disputed(tx: Connection) -> dict[int, str]:
    """Return why nothing is paid of conversions in dispute, by partners or by the customer."""
    by_partners = disputes.held(tx).items()
    by_customer = refunds.disputed_conversions(tx).items()
    return {
        **{
            number: because("who is credited is in dispute ({dispute})", dispute=dispute)
            for number, dispute in by_partners
        },
        **{
            number: because("the customer disputes the payment ({dispute})", dispute=dispute)
            for number, dispute in by_customer
        },
    }


def _not_ready(due: Sequence[DueReward]) -> dict[Way, Obstacle]:
    """Ask the provider about every destination; where it gives no answer, nothing is sent to it."""
    wanted: dict[Rail, set[tuple[str, str]]] = {}
    for item in due:
        way = way_of(item.payee, item.pay, item.money.currency)
        if way and item.money.minor > 0:
            wanted.setdefault(way.rail, set()).add((way.destination, way.currency))
    return {
        Way(rail, *place): Obstacle(getattr(answer, "code", "no_answer"), answer.reason)
        for rail, places in wanted.items()
        for place, answer in wiring().provider.readiness(rail, sorted(places)).items()
        if answer is not None
    }


@dataclass(frozen=True, slots=True)
class _Obstacles:
    """What is known to stand in the way of paying, before a participant's own choices.

    `closed` are ways that are closed to one participant or to everybody, `not_ready` those of which
    the provider says so. `disputed` says why a conversion is in dispute: what it earned waits.
    """

    closed: Closed
    not_ready: dict[Way, Obstacle]
    disputed: dict[int, str]

    def of(self, item: DueReward) -> Obstacle | None:
        if dispute := self.disputed.get(item.conversion_id or 0):
            return Obstacle("disputed", dispute)
        way, found = way_of(item.payee, item.pay, item.money.currency), None
        if way:
            found = self.closed.to(item.participant_id, way) or self.not_ready.get(way)
        return obstacle(item.payee, item.pay, item.money.currency, found)


def _due(item: DueReward, found: Obstacle | None) -> Due:
    rail = rail_of(item.payee, item.pay)
    destination = destination_of(item.payee, rail)
    problem = found.reason if found else None
    who, money = item.participant_id, item.money
    return Due(item.reward_id, who, money, rail, destination, problem, item.benefit)


def _blocked(
    due: Sequence[DueReward], obstacles: dict[int, Obstacle | None]
) -> list[payouts.Blocked]:
    waiting: dict[tuple[int, str, Rail | None], Money] = {}
    for item in due:
        found = obstacles[item.reward_id]
        if found and found.code in THEIRS_TO_REPAIR and item.money.minor > 0:
            place = (item.participant_id, found.code, rail_of(item.payee, item.pay))
            sum_so_far = waiting.get(place, Money(0, item.money.currency))
            if sum_so_far.currency == item.money.currency:
                waiting[place] = sum_so_far + item.money
    return [payouts.Blocked(who, money, code, rail) for (who, code, rail), money in waiting.items()]
