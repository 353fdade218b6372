"""Destinations: by which rail a participant's reward would go, and what stands in its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from goodword.phrases import because
from goodword.rules.incentives import IN_KIND, Pay
from goodword.rules.payouts import Rail


@dataclass(frozen=True, slots=True)
class Payee:
    """How a participant can be paid: their status, choice, currency, and accounts by rail."""

    key: str
    status: str
    payout_method: Rail | None
    currency: str
    stripe_account: str | None = None
    stripe_customer: str | None = None
    stripe_subscription: str | None = None
    iban: str | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """One rail to one destination, in one currency: what a payout takes, and may stand closed."""

    rail: Rail
    destination: str
    currency: str


_NOT_CASH = {
    Pay.BILLING_CREDIT: Rail.STRIPE_CREDIT,
    Pay.FREE_MONTHS: Rail.STRIPE_COUPON,
    Pay.RENEWAL_DISCOUNT: Rail.STRIPE_COUPON,
    Pay.PERK: Rail.PERK,
}


def rail_of(payee: Payee, pay: Pay) -> Rail | None:
    """Return the rail: cash goes by the participant's own choice, all else by what it is."""
    return payee.payout_method if pay is Pay.CASH else _NOT_CASH[pay]


def destination_of(payee: Payee, rail: Rail | None) -> str | None:
    """Return the rail's own name of where the money would go."""
    match rail:
        case Rail.STRIPE_TRANSFER:
            return payee.stripe_account
        case Rail.STRIPE_CREDIT:
            return payee.stripe_customer
        case Rail.STRIPE_COUPON:
            return payee.stripe_subscription
        case Rail.BANK_FILE:
            return payee.iban
        case Rail.PERK:
            return payee.key
        case _:
            return None


_NAMES = {
    "acct_": Rail.STRIPE_TRANSFER,
    "cus_": Rail.STRIPE_CREDIT,
    "sub_": Rail.STRIPE_COUPON,
    "tr_": Rail.STRIPE_REVERSAL,
}


def rail_to(destination: str) -> Rail | None:
    """Return the rail whose destinations are named so at the provider; None: it is none of them."""
    rails = (rail for prefix, rail in _NAMES.items() if destination.startswith(prefix))
    return next(rails, None)


def way_of(payee: Payee, pay: Pay, currency: str) -> Way | None:
    """Return the way that a reward would take, if it has one."""
    rail = rail_of(payee, pay)
    destination = destination_of(payee, rail)
    return Way(rail, destination, currency) if rail and destination else None


def overtaken(payee: Payee, rail: Rail, destination: str) -> str | None:
    """Say why a planned payout, of which nothing was sent, must not be sent now; None: it may.

    It may have waited for nights, for Stripe or for a key that was not accepted. A reversal takes
    back what is somewhere already: it waits for nobody.
    """
    if rail is Rail.STRIPE_REVERSAL:
        return None
    if payee.status != "active":
        return because("the participant is {status}", status=payee.status)
    if destination_of(payee, rail) != destination:
        return because("the participant is not paid to {account} any more", account=destination)
    return None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in the way of paying somebody: a code, and a sentence for operators."""

    code: str
    reason: str


ANYWHERE = ""
"""Stands for every destination of a rail in a `Way`."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The ways that nothing may take until a person has acted, and why.

    An open refusal closes its way to its participant. A movement that the ledger cannot explain
    closes its destination to everybody; one to a destination that nobody has (any more) closes its
    rail and currency, since whoever it was paid to may be about to be paid elsewhere.
    """

    refused: Mapping[tuple[int, Way], Obstacle]
    unexplained: Mapping[Way, Obstacle]

    def to_everybody(self, way: Way) -> Obstacle | None:
        """Say why nobody may be paid this way, or None."""
        anywhere = Way(way.rail, ANYWHERE, way.currency)
        return self.unexplained.get(way) or self.unexplained.get(anywhere)

    def to(self, participant_id: int, way: Way) -> Obstacle | None:
        """Say why this participant may not be paid this way, or None."""
        return self.refused.get((participant_id, way)) or self.to_everybody(way)


THEIRS_TO_REPAIR = frozenset(
    {
        "no_destination",
        "unknown_account",
        "unknown_customer",
        "transfers_inactive",
        "payouts_disabled",
        "currency_not_accepted",
        "unknown_subscription",
        "subscription_ended",
    }
)
"""The obstacles that the participant can remove, and is told of."""


def obstacle(payee: Payee, pay: Pay, currency: str, closed: Obstacle | None) -> Obstacle | None:
    """Say why this participant cannot be paid now, or None when they can.

    Args:
        payee: how the participant can be paid.
        pay: what the incentive pays.
        currency: the reward's currency; it never is exchanged here.
        closed: why nothing may go this way now, if so: an open refusal, a movement that the ledger
            cannot explain, or what the provider says is missing at the destination.
    """
    if payee.status != "active":
        said = because("the participant is {status}", status=payee.status)
        return Obstacle("not_active", said)
    rail = rail_of(payee, pay)
    if rail is None:
        return Obstacle("no_destination", because("the participant has chosen no payout method"))
    if pay not in IN_KIND and payee.currency != currency:
        said = because(
            "the participant is paid in {theirs}, the reward is in {currency}",
            theirs=payee.currency,
            currency=currency,
        )
        return Obstacle("currency", said)
    if way_of(payee, pay, currency) is None:
        said = because("the participant has no {account} on record", account=_WHERE[rail])
        return Obstacle("no_destination", said)
    return closed


_WHERE = {
    Rail.STRIPE_TRANSFER: because("Stripe account (stripe_account)"),
    Rail.STRIPE_CREDIT: because("Stripe customer (stripe_customer)"),
    Rail.STRIPE_COUPON: because("Stripe subscription (stripe_subscription)"),
    Rail.BANK_FILE: because("bank account (iban)"),
}
