"""Payouts: what a provider's answer means, and what tonight means for an unsettled payout.

The protocol and the evidence for it: docs/money.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class PayoutState(StrEnum):
    """Where a payout stands. `planned`, `submitting` and `unknown` are live."""

    PLANNED = "planned"
    SUBMITTING = "submitting"
    PAID = "paid"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    HELD = "held"
    REVERSED = "reversed"


class Rail(StrEnum):
    """How money or credit travels to a participant; also the words of `payout_method`."""

    STRIPE_TRANSFER = "stripe_transfer"
    STRIPE_CREDIT = "stripe_credit"


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
    """Nothing moved; the same attempt may be sent again later (429, 401, 403)."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """The provider holds another request under this key, or several movements: a person decides."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, or one that cannot be read: the money may have moved."""

    reason: str


Answer = Paid | Refused | NotNow | Held | Unknown

# What looking it up found -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement at the provider, as it lists it. `amount_minor` is positive."""

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
    age = now - first_sent_at
    if timedelta(0) <= age < KEY_SURELY_KEPT:
        return Settle.REPEAT
    return Settle.LOOK_UP if age >= KEY_SURELY_GONE else Settle.WAIT
