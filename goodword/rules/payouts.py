"""Payouts: what a provider's answer means, and what tonight means for an unsettled payout.

The protocol and the evidence for it: docs/money.md.
"""

from __future__ import annotations

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


CLOCKS_DIFFER = timedelta(minutes=15)
"""How much earlier a clock may be than the one that a key's first sending was noted by."""


class Settle(StrEnum):
    """The three things that may be done about a payout whose outcome is not known."""

    REPEAT = "repeat"
    WAIT = "wait"
    LOOK_UP = "look_up"


def settle(rail: Rail, first_sent_at: datetime, now: datetime) -> Settle:
    """Decide how an unknown payout is settled, by the age of its idempotency key.

    Where a person acts nothing leaves the program, so that it is simply handed over again.
    Under 20 hours the same key and body are sent again: the provider replays its first answer.
    Until 26 hours nothing is done, since the key may or may not be remembered. After that the
    movement is looked up; only "it does not exist" allows another attempt. A clock that went
    backwards by more than clocks of different machines differ (a negative age) waits.
    """
    if rail in BY_HAND:
        return Settle.REPEAT
    # In UTC: two instants of one zone subtract as clocks on the wall, wrong by an hour in summer.
    age = now.astimezone(UTC) - first_sent_at.astimezone(UTC)
    if -CLOCKS_DIFFER <= age < KEY_SURELY_KEPT:
        return Settle.REPEAT
    return Settle.LOOK_UP if age >= KEY_SURELY_GONE else Settle.WAIT


# What stops a run ---------------------------------------------------------------------------------


def stops(answer: Answer, money: Money) -> str | None:
    """Say what of a run an answer stops: a currency, "" for everything, None for nothing.

    What the platform lacks, or is not allowed, would be answered to every payout alike. What one
    subscription does not take now says nothing of the others.
    """
    if isinstance(answer, TryLater) and answer.code == "balance_insufficient":
        return money.currency
    if isinstance(answer, NotNow) and answer.code in {"authentication", "permission"}:
        return ""
    return None
