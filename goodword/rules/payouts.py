"""Payouts: what a provider's answer means, and what tonight means for an unsettled payout.

The protocol and the evidence for it: docs/money.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from goodword.money import Money


class PayoutState(StrEnum):
    """Where a payout stands; only `paid`, `refused` and `reversed` are ends.

    `handed_over`: a person moves it (a bank file, a perk) and says so; a machine never repeats it.
    """

    PLANNED = "planned"
    SUBMITTING = "submitting"
    PAID = "paid"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    HELD = "held"
    HANDED_OVER = "handed_over"
    REVERSED = "reversed"


class Rail(StrEnum):
    """How money, credit or a benefit travels to a participant, or a transfer comes back.

    The destination is an account (acct_…), a customer (cus_…), a subscription (sub_…), an IBAN,
    the participant's key for a perk, or the transfer (tr_…) that is reversed.
    """

    STRIPE_TRANSFER = "stripe_transfer"
    STRIPE_CREDIT = "stripe_credit"
    STRIPE_COUPON = "stripe_coupon"
    BANK_FILE = "bank_file"
    PERK = "perk"
    STRIPE_REVERSAL = "stripe_reversal"


PAYOUT_METHODS = (Rail.STRIPE_TRANSFER, Rail.STRIPE_CREDIT, Rail.BANK_FILE)
"""The rails that a participant may choose for cash; an incentive decides the others."""

BY_HAND = frozenset({Rail.BANK_FILE, Rail.PERK})
"""The rails where a person acts and says so; nothing is ever looked up or repeated there."""


# What a provider answered -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paid:
    """The provider says it is done. `external_id` is its own name for it (tr_…, cbtxn_…)."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A definite no: nothing moved and nothing will. Frees the rewards for another attempt."""

    code: str
    reason: str
    next_step: str


@dataclass(frozen=True, slots=True)
class NotNow:
    """Nothing moved; the same attempt may be sent again later (429, 401, 403).

    `at_once`: the provider says that trying again in a moment can help.
    """

    code: str
    reason: str
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class TryLater:
    """A definite no for a cause that is not the payout's own, such as too little balance.

    The provider remembers this no under the key, so that later tries are a new attempt.
    """

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A person moves it from here on, and confirms or declines it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """The provider holds another request under this key, or several movements: a person decides."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, or one that cannot be read: the money may have moved.

    `at_once`: the provider says that the same request with the same key may be repeated now.
    """

    reason: str
    at_once: bool = False


Answer = Paid | Refused | NotNow | TryLater | HandedOver | Held | Unknown

# What looking it up found -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement at the provider, as it lists it. `reference` is empty when it is not ours.

    `amount_minor` is positive, and negative for a reversal, whose destination is the transfer.
    `reversed_minor` is what came back of it so far, by reversals of ours or not.
    """

    external_id: str
    reference: str
    amount_minor: int
    currency: str
    destination: str
    reversed_minor: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LookedUp:
    """Every movement that carries a payout's reference; empty is a definite "not there"."""

    movements: tuple[Movement, ...]


@dataclass(frozen=True, slots=True)
class NotAnswered:
    """The provider could not be asked; nothing follows from it."""

    reason: str


# What to do about an unsettled payout -----------------------------------------------------------

KEY_SURELY_KEPT = timedelta(hours=20)
KEY_SURELY_GONE = timedelta(hours=26)
"""Stripe may forget a key that is 24 hours old (docs.stripe.com/api/idempotent_requests)."""


class Settle(StrEnum):
    """The three things that may be done about a payout whose outcome is not known."""

    REPEAT = "repeat"
    WAIT = "wait"
    LOOK_UP = "look_up"


def settle(first_sent_at: datetime, now: datetime) -> Settle:
    """Decide how an unknown payout is settled, by the age of its idempotency key.

    Under 20 hours the same key and body are sent again: the provider replays its first answer.
    Until 26 hours nothing is done, since the key may or may not be remembered. After that the
    movement is looked up; only "it does not exist" allows another attempt. A clock that went
    backwards (a negative age) waits.
    """
    # In UTC: two instants of one zone subtract as clocks on the wall, wrong by an hour in summer.
    age = now.astimezone(UTC) - first_sent_at.astimezone(UTC)
    if timedelta(0) <= age < KEY_SURELY_KEPT:
        return Settle.REPEAT
    return Settle.LOOK_UP if age >= KEY_SURELY_GONE else Settle.WAIT


# Planning ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PayoutPolicy:
    """The smallest payout that is worth sending, in minor units by currency (default 0)."""

    minimum: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Due:
    """One approved reward whose hold is over (negative for a clawback), and where it would go.

    `problem` says why the participant cannot be paid this way, when they cannot.
    """

    reward_id: int
    participant_id: int
    money: Money
    rail: Rail | None
    destination: str | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class Planned:
    """One payout tonight: the rewards it covers and their sum, above zero."""

    participant_id: int
    money: Money
    rail: Rail
    destination: str
    reward_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Carried:
    """Rewards that stay for a later night, and the sentence that says why."""

    participant_id: int
    money: Money
    reward_ids: tuple[int, ...]
    reason: str


def plan(dues: Iterable[Due], policy: PayoutPolicy) -> list[Planned | Carried]:
    """Net what is due per participant, currency and destination into at most one payout each.

    Clawbacks name no destination of their own: they net against the largest payout of their
    participant and currency. While that does not cover them, nothing is paid to this participant
    in this currency: somebody who owes is not paid through another door.
    """
    groups: dict[tuple[int, str], list[Due]] = {}
    for due in sorted(dues, key=lambda due: due.reward_id):
        groups.setdefault((due.participant_id, due.money.currency), []).append(due)
    return [step for group in groups.values() for step in _plan_group(group, policy)]


def _plan_group(group: list[Due], policy: PayoutPolicy) -> list[Planned | Carried]:
    ways: dict[tuple[Rail, str], list[Due]] = {}
    stuck: dict[str, list[Due]] = {}
    taken_back = []
    for due in group:
        if due.money.minor < 0:
            taken_back.append(due)
        elif due.problem or due.rail is None or due.destination is None:
            stuck.setdefault(due.problem or "no way to be paid is known", []).append(due)
        else:
            ways.setdefault((due.rail, due.destination), []).append(due)
    carried = [_carried(covered, reason) for reason, covered in sorted(stuck.items())]
    if taken_back and not ways:
        return [*carried, _carried(taken_back, "nothing is due that it could be netted against")]
    if taken_back:
        largest = max(sorted(ways), key=lambda way: _total(ways[way]).minor)
        ways[largest] = taken_back + ways[largest]
        owing = -_total(ways[largest])
        if owing.minor > 0:
            reason = f"{owing} of what was taken back is not covered yet"
            return [*carried, *(_carried(ways[way], reason) for way in sorted(ways))]
    return [*carried, *(_step(way, ways[way], policy) for way in sorted(ways))]


def _step(way: tuple[Rail, str], covered: list[Due], policy: PayoutPolicy) -> Planned | Carried:
    total = _total(covered)
    minimum = Money(policy.minimum.get(total.currency, 0), total.currency)
    if total.minor <= 0:
        return _carried(covered, "nothing is left to be paid")
    if total < minimum:
        return _carried(covered, f"{total} is below the minimum of {minimum}")
    ids = tuple(due.reward_id for due in covered)
    return Planned(covered[0].participant_id, total, *way, ids)


def _carried(covered: list[Due], reason: str) -> Carried:
    ids = tuple(due.reward_id for due in covered)
    return Carried(covered[0].participant_id, _total(covered), ids, reason)


def _total(covered: list[Due]) -> Money:
    return Money(sum(due.money.minor for due in covered), covered[0].money.currency)
