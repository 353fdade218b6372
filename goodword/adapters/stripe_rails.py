"""What every Stripe rail does, and what their movements have in common."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from goodword.adapters import stripe_amounts
from goodword.rules.payouts import Answer, Movement, Paid, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import stripe

    from goodword.adapters.payments import Payment

REFERENCE = "goodword_payout"
"""Metadata key that carries a payout's reference, on every object that a payout makes."""

PAGE = 100
"""The most that a list gives at once."""


@dataclass(frozen=True, slots=True)
class StripeApi:
    """The client that all rails share, and its key, which no sentence may show."""

    client: stripe.StripeClient
    key: str = field(repr=False)


class StripeRail(Protocol):
    """One way that money or a benefit goes at Stripe."""

    def request(self, payment: Payment) -> dict[str, Any]:
        """Put a payment into the parameters to be stored; its destination is not empty.

        Raises:
            NotPayable: it can never be paid this way.
        """

    def send(self, request: Mapping[str, Any], idempotency_key: str) -> Answer:
        """Send a stored request once.

        Raises:
            StripeError: what the library made of any answer that the rail does not read itself.
        """

    def find(self, request: Mapping[str, Any]) -> Iterable[Movement]:
        """Find every movement that carries a stored request's reference.

        Raises:
            ProviderUnreachable: Stripe could not be asked.
        """


def paid(made: stripe.StripeObject) -> Answer:
    """Read the id of what was made: without one it is not known what happened."""
    external_id = made.to_dict().get("id")
    if not isinstance(external_id, str) or not external_id:
        return Unknown("Stripe answered 200 without naming what it made")
    return Paid(external_id)


def created(since: datetime, until: datetime) -> dict[str, int]:
    """Write a window as a filter of Stripe's lists.

    Stripe keeps whole seconds: rounding both bounds up keeps neighbouring windows apart.
    """
    return {"gte": math.ceil(since.timestamp()), "lt": math.ceil(until.timestamp())}


def reference_of(made: Mapping[str, Any]) -> str:
    """Return the payout's reference that an object carries; empty when it is not ours."""
    return (made["metadata"] or {}).get(REFERENCE) or ""


def movement(
    made: Mapping[str, Any],
    destination: str | None,
    amount: int,
    reversed_amount: int = 0,
) -> Movement:
    """Read a movement; amounts in Stripe's units, negative for what came back."""
    currency = made["currency"].upper()
    return Movement(
        external_id=made["id"],
        reference=reference_of(made),
        amount_minor=stripe_amounts.from_stripe(amount, currency),
        currency=currency,
        destination=destination or "",
        reversed_minor=stripe_amounts.from_stripe(reversed_amount, currency),
        created_at=datetime.fromtimestamp(made["created"], UTC),
    )
