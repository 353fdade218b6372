"""Plans: what is due, netted into tonight's payouts, and which of them the balance pays for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from goodword.money import Money
from goodword.phrases import because
from goodword.rules.payouts import Rail


@dataclass(frozen=True, slots=True)
class PayoutPolicy:
    """The smallest payout that is worth sending, in minor units by currency (default 0)."""

    minimum: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Due:
    """One approved reward whose hold is over (negative for a clawback), and where it would go.

    `problem` says why it cannot be paid, when it cannot. `benefit` is what it gives in kind.
    """

    reward_id: int
    participant_id: int
    money: Money
    rail: Rail | None
    destination: str | None
    problem: str | None
    benefit: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """One payout tonight: the rewards it covers and their sum, which is not zero.

    The sum is negative for a reversal only. `asked_by`: the operator who asked for it.
    `reference` is that of a movement that was found and is adopted.
    """

    participant_id: int
    money: Money
    rail: Rail
    destination: str
    reward_ids: tuple[int, ...]
    benefit: Mapping[str, Any] | None = None
    asked_by: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """Rewards that stay for a later night, and the sentence that says why."""

    participant_id: int
    money: Money
    reward_ids: tuple[int, ...]
    reason: str


_Group = tuple[int, str]
_Place = tuple[Rail, str]

PAID_TONIGHT = "; ".join(
    (
        because("a payout to this participant was planned tonight"),
        because("the next night goes on"),
    )
)


def plan(
    dues: Iterable[Due], policy: PayoutPolicy, tonight: Collection[tuple[int, str, Rail]] = ()
) -> list[Planned | Carried]:
    """Net what is due per participant, currency and destination into at most one payout each.

    Clawbacks name no destination of their own: they net against the largest payout of their
    participant and currency. While that does not cover them, nothing is paid to this participant
    in this currency: somebody who owes is not paid through another door. A benefit in kind is
    never netted: each is a payout of its own, and of coupons one a night goes to a subscription.

    Args:
        dues: what is due.
        policy: the smallest payouts.
        tonight: participants, currencies and rails that had their payout tonight.
    """
    money: dict[_Group, list[Due]] = {}
    benefits: dict[_Group, list[Due]] = {}
    for due in sorted(dues, key=lambda due: due.reward_id):
        in_kind = due.benefit is not None and due.money.minor >= 0
        groups = benefits if in_kind else money
        groups.setdefault((due.participant_id, due.money.currency), []).append(due)
    steps = [step for group in money.values() for step in _plan_group(group, policy)]
    used: set[_Place] = set()
    steps += [step for group in benefits.values() for step in _plan_benefits(group, used)]
    return [_once_a_night(step, tonight) for step in steps]


def _once_a_night(
    step: Planned | Carried, tonight: Collection[tuple[int, str, Rail]]
) -> Planned | Carried:
    if isinstance(step, Carried) or step.rail is Rail.PERK:
        return step
    if (step.participant_id, step.money.currency, step.rail) not in tonight:
        return step
    return Carried(step.participant_id, step.money, step.reward_ids, PAID_TONIGHT)


def _plan_benefits(group: list[Due], used: set[_Place]) -> Iterator[Planned | Carried]:
    for due in group:
        if due.problem or due.rail is None or due.destination is None:
            yield _carried([due], due.problem or _NO_WAY)
        elif due.rail is Rail.STRIPE_COUPON and (due.rail, due.destination) in used:
            yield _carried([due], because("another coupon goes to this subscription tonight"))
        else:
            used.add((due.rail, due.destination))
            ids = (due.reward_id,)
            who, benefit = due.participant_id, due.benefit
            yield Planned(who, due.money, due.rail, due.destination, ids, benefit)


_NO_WAY = because("no way to be paid is known")


def _plan_group(group: list[Due], policy: PayoutPolicy) -> list[Planned | Carried]:
    ways: dict[_Place, list[Due]] = {}
    stuck: dict[str, list[Due]] = {}
    taken_back = []
    for due in group:
        if due.money.minor < 0:
            taken_back.append(due)
        elif due.problem or due.rail is None or due.destination is None:
            stuck.setdefault(due.problem or _NO_WAY, []).append(due)
        else:
            ways.setdefault((due.rail, due.destination), []).append(due)
    carried = [_carried(covered, reason) for reason, covered in sorted(stuck.items())]
    if taken_back and not ways:
        reason = because("nothing is due that it could be netted against")
        return [*carried, _carried(taken_back, reason)]
    if taken_back:
        largest = max(sorted(ways), key=lambda way: _total(ways[way]).minor)
        ways[largest] = taken_back + ways[largest]
        owing = -_total(ways[largest])
        if owing.minor > 0:
            reason = because("{amount} of what was taken back is not covered yet", amount=owing)
            return [*carried, *(_carried(ways[way], reason) for way in sorted(ways))]
    return [*carried, *(_step(way, ways[way], policy) for way in sorted(ways))]


def _step(way: _Place, covered: list[Due], policy: PayoutPolicy) -> Planned | Carried:
    total = _total(covered)
    minimum = Money(policy.minimum.get(total.currency, 0), total.currency)
    if total.minor <= 0:
        return _carried(covered, because("nothing is left to be paid"))
    if total < minimum:
        reason = because("{amount} is below the minimum of {least}", amount=total, least=minimum)
        return _carried(covered, reason)
    ids = tuple(due.reward_id for due in covered)
    return Planned(covered[0].participant_id, total, *way, ids)


def _carried(covered: list[Due], reason: str) -> Carried:
    ids = tuple(due.reward_id for due in covered)
    return Carried(covered[0].participant_id, _total(covered), ids, reason)


def _total(covered: list[Due]) -> Money:
    return Money(sum(due.money.minor for due in covered), covered[0].money.currency)


# Too little balance -----------------------------------------------------------------------------

DRAWN_FROM_BALANCE = frozenset({Rail.STRIPE_TRANSFER})
"""The rails whose payouts come out of the platform's balance at the provider."""


def affordable(
    waiting: Iterable[tuple[int, Rail, Money]], balance: Mapping[str, int]
) -> tuple[list[int], list[int]]:
    """Part payouts into what the platform's balance pays for and what must wait, oldest first.

    A payout that does not fit is passed over: a large one waits for the top-up that operators are
    asked for, and does not keep the small ones behind it.

    Args:
        waiting: (number, rail, amount) in the order in which they should be paid.
        balance: minor units that can be paid out, by currency.
    """
    left = dict(balance)
    fits, short = [], []
    for number, rail, money in waiting:
        if rail not in DRAWN_FROM_BALANCE:
            fits.append(number)
        elif money.minor <= left.get(money.currency, 0):
            left[money.currency] -= money.minor
            fits.append(number)
        else:
            short.append(number)
    return fits, short
