"""Rails: one provider for all of them, which asks Stripe only when one of its own is used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from goodword.adapters.payments import (
    NotReady,
    Payment,
    PaymentProvider,
    Reached,
    UnsafeCall,
)
from goodword.rules.payouts import Answer, HandedOver, LookedUp, Movement, NotAnswered, Rail


class ByHand(Protocol):
    """A rail where a person acts: nothing is looked up there, and nothing can be listed."""

    def readiness(
        self, destinations: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], NotReady | NotAnswered | None]:
        """Say of each destination and currency whether it can be paid now."""

    def request(self, payment: Payment) -> dict[str, Any]:
        """Return what is stored, and handed over; raises NotPayable."""

    def send(self, request: Mapping[str, Any]) -> HandedOver:
        """Hand it over."""


class Rails:
    """Every rail of this installation as one PaymentProvider.

    Args:
        stripe: connects to Stripe when it is first needed; whatever it raises when Stripe is not
            set up is raised to whoever used one of its rails.
        by_hand: the rails where a person acts.
    """

    def __init__(
        self, stripe: Callable[[], PaymentProvider], by_hand: Mapping[Rail, ByHand]
    ) -> None:
        self._stripe = stripe
        self._by_hand = by_hand

    def reach(self) -> Reached:
        """Ask Stripe whose account this is; raises ProviderUnreachable."""
        return self._stripe().reach()

    def balance(self) -> Mapping[str, int]:
        """Return what Stripe can pay out now; raises ProviderUnreachable."""
        return self._stripe().balance()

    def request(self, payment: Payment) -> dict[str, Any]:
        """Put a payment into the parameters of its rail; raises NotPayable."""
        by_hand = self._by_hand.get(payment.rail)
        return by_hand.request(payment) if by_hand else self._stripe().request(payment)

    def send(self, rail: Rail, request: Mapping[str, Any], idempotency_key: str) -> Answer:
        """Send a stored request, or hand it to whoever acts on it; raises UnsafeCall."""
        by_hand = self._by_hand.get(rail)
        if by_hand:
            return by_hand.send(request)
        return self._stripe().send(rail, request, idempotency_key)

    def look_up(self, rail: Rail, request: Mapping[str, Any]) -> LookedUp | NotAnswered:
        """Find every movement of a stored request.

        Raises:
            UnsafeCall: on this rail a person acts; only they know, and an empty list would be taken
                for a proof that nothing moved.
        """
        if rail in self._by_hand:
            raise UnsafeCall(f"{rail.value} is never looked up: a person says what became of it")
        return self._stripe().look_up(rail, request)

    def movements(
        self,
        since: datetime,
        until: datetime,
        customers: Collection[str] = (),
    ) -> Iterator[Movement]:
        """List Stripe's movements; of what people did there is no list. As PaymentProvider says."""
        return self._stripe().movements(since, until, customers)

    def readiness(
        self,
        rail: Rail,
        destinations: Collection[tuple[str, str]],
    ) -> dict[tuple[str, str], NotReady | NotAnswered | None]:
        """Say of each destination and currency whether its rail can pay it now."""
        by_hand = self._by_hand.get(rail)
        if by_hand:
            return by_hand.readiness(destinations)
        return self._stripe().readiness(rail, destinations)
