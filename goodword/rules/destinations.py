"""Destinations: by which rail a participant's reward would go, and what stands in its way."""

from __future__ import annotations

from dataclasses import dataclass

from goodword.rules.incentives import Pay
from goodword.rules.payouts import Rail


@dataclass(frozen=True, slots=True)
class Payee:
    """How a participant can be paid. `refused` is the open refusal of the last payout, if any."""

    status: str
    payout_method: str | None
    stripe_account: str | None
    stripe_customer: str | None
    currency: str
    refused: str | None


def rail_of(payee: Payee, pay: Pay) -> Rail | None:
    """Return the rail: a credit always goes to the bill, cash by the participant's own choice."""
    if pay is Pay.BILLING_CREDIT:
        return Rail.STRIPE_CREDIT
    return Rail(payee.payout_method) if payee.payout_method else None


def destination_of(payee: Payee, rail: Rail | None) -> str | None:
    """Return the provider's name of where the money would go."""
    if rail is Rail.STRIPE_TRANSFER:
        return payee.stripe_account
    return payee.stripe_customer if rail is Rail.STRIPE_CREDIT else None


def overtaken(payee: Payee, rail: Rail, destination: str) -> str | None:
    """Say why a planned payout, of which nothing was sent, must not be sent now; None: it may.

    It may have waited for nights, for Stripe or for a key that was not accepted.
    """
    if payee.status != "active":
        return f"the participant is {payee.status}"
    if destination_of(payee, rail) != destination:
        return f"the participant is not paid to {destination} any more"
    return None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in the way of paying somebody: a code, and a sentence for operators."""

    code: str
    reason: str


THEIRS_TO_REPAIR = frozenset(
    {
        "no_destination",
        "unknown_account",
        "unknown_customer",
        "transfers_inactive",
        "payouts_disabled",
    }
)
"""The obstacles that the participant can remove, and is told of."""


def obstacle(payee: Payee, pay: Pay, currency: str, not_ready: Obstacle | None) -> Obstacle | None:
    """Say why this participant cannot be paid now, or None when they can.

    Args:
        payee: how the participant can be paid.
        pay: what the incentive pays.
        currency: the reward's currency; it never is exchanged here.
        not_ready: what the provider says is missing at the destination.
    """
    rail = rail_of(payee, pay)
    if payee.status != "active":
        return Obstacle("not_active", f"the participant is {payee.status}")
    if rail is None:
        return Obstacle("no_destination", "the participant has chosen no payout method")
    if not destination_of(payee, rail):
        return Obstacle("no_destination", f"the participant has no account for {rail.value}")
    if payee.currency != currency:
        words = f"the participant is paid in {payee.currency}, the reward is in {currency}"
        return Obstacle("currency", words)
    if payee.refused:
        return Obstacle("refused", payee.refused)
    return not_ready
