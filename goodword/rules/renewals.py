"""Renewals: deals by which a customer stays, credited as the deal is that won the customer.

Whose customer it is was decided by the first deal: its claims, its model and its program version
divide each renewal as well, and say what a renewal is. Touches on a renewal count for nothing;
only a registration that won it goes before those who brought the customer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from goodword.rules.attribution import AttributionPolicy
from goodword.rules.conversions import Claim, Credited, WonDeal
from goodword.rules.corrections import divide


@dataclass(frozen=True, slots=True)
class RenewalPolicy:
    """Which deals renew: those of these types in the CRM, in any case; none: no deal does."""

    deal_types: tuple[str, ...] = ()

    def has(self, deal_type: str | None) -> bool:
        """Tell whether a deal of a type is a renewal, where the customer had bought before."""
        return (deal_type or "").casefold() in {name.casefold() for name in self.deal_types}


NONE = RenewalPolicy()
"""No deal is a renewal."""


def types_of(policies: Iterable[RenewalPolicy]) -> tuple[str, ...]:
    """Return the types that any of the policies names, in lower case."""
    return tuple(sorted({name.lower() for policy in policies for name in policy.deal_types}))


def credit(
    renewal: WonDeal, first: WonDeal, shared: tuple[Claim, ...], policy: AttributionPolicy
) -> tuple[Credited, ...]:
    """Divide a renewal's value among the claims that share the deal which won the customer.

    Args:
        renewal: the deal that renews.
        first: the deal that won the customer, with the rulings that grant something of it.
        shared: the claims that have a share of the first one, in their order.
        policy: the attribution that the first one was divided by.
    """
    return divide(replace(renewal, claims=(), grants=first.grants), shared, policy)
