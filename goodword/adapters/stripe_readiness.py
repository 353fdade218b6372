"""Whether Stripe would pay a destination now, read from what it says of it.

Source: docs.stripe.com/connect/account-capabilities; `charges_enabled` is not needed to be paid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from goodword.adapters.payments import NotReady
from goodword.rules.payouts import Rail

if TYPE_CHECKING:
    from collections.abc import Mapping


def account(found: Mapping[str, Any]) -> NotReady | None:
    """Read a connected account: transfers active and payouts enabled, or what is missing."""
    name = found["id"]
    due = (found.get("requirements") or {}).get("currently_due") or []
    asked = f"; Stripe still asks for {', '.join(due)}" if due else ""
    transfers = (found.get("capabilities") or {}).get("transfers") or "not requested"
    if transfers != "active":
        return NotReady(
            "transfers_inactive",
            f"Stripe account {name} cannot receive transfers: the capability is {transfers}{asked}",
        )
    if not found.get("payouts_enabled"):
        what = f"Stripe account {name} cannot pay out to its bank: payouts are not enabled{asked}"
        return NotReady("payouts_disabled", what)
    return None


def customer(found: Mapping[str, Any]) -> NotReady | None:
    """Read a customer: anyone who is not deleted can be given credit."""
    if found.get("deleted"):
        return NotReady("unknown_customer", f"Stripe customer {found['id']} was deleted")
    return None


def unknown(rail: Rail, destination: str, said: str) -> NotReady:
    """Say that Stripe knows no such destination; `said` is Stripe's own sentence."""
    if rail is Rail.STRIPE_TRANSFER:
        return NotReady("unknown_account", f"Stripe account {destination} cannot be paid: {said}")
    return NotReady("unknown_customer", f"Stripe customer {destination} is not there: {said}")
