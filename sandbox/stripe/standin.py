"""Stripe alone, in a thread of the caller's own process: for tests by the thousand.

with StripeStandIn(accounts=[{"id": "acct_1"}], at=NIGHT) as stripe_:
    client = stripe.StripeClient("sk_test_1", base_addresses={"api": stripe_.base_url})
    stripe_.faults.add(Fault("stripe", "drop_after", method="POST", path="^/v1/transfers$"))
    ...                                       # calls over HTTP, on an ephemeral loopback port
    stripe_.clock.advance(timedelta(hours=25))
    paid = stripe_.state.transfers.newest_first(transfer_group=group)
    stripe_.reset(NIGHT)                      # the next test; the port stays
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sandbox.clock import VirtualClock
from sandbox.faults import Faults
from sandbox.server import Sandbox
from sandbox.stripe.state import StripeState
from sandbox.world import Company

_NO_ORG = "00D000000000000EAA"


class StripeStandIn(Sandbox):
    """A sandbox whose company is nothing but its Stripe account.

    Args:
        accounts: connected accounts, as `Company.stripe_accounts` has them; only `id` is needed.
        customers: as `Company.stripe_customers` has them; only `id` is needed.
        subscriptions: as `Company.stripe_subscriptions` has them.
        at: where the clock stands, aware; None for a clock that runs with real time.
    """

    def __init__(
        self,
        *,
        accounts: Sequence[dict[str, Any]] = (),
        customers: Sequence[dict[str, Any]] = (),
        subscriptions: Sequence[dict[str, Any]] = (),
        at: datetime | None = None,
    ) -> None:
        company = Company(
            name="Stripe alone",
            org_id=_NO_ORG,
            tables={},
            stripe_accounts=list(accounts),
            stripe_customers=list(customers),
            stripe_subscriptions=list(subscriptions),
        )
        super().__init__(company, VirtualClock(at, frozen=at is not None))

    @property
    def clock(self) -> VirtualClock:
        """The virtual clock; moving it does the work that waited for it, before it returns."""
        return self.world.clock

    @property
    def faults(self) -> Faults:
        """The faults in force."""
        return self.world.faults

    @property
    def state(self) -> StripeState:
        """Everything Stripe knows. Hold its `lock` while requests may be on their way."""
        return self.world.stripe

    def reset(self, at: datetime) -> None:
        """Begin anew, on the same port: only what the constructor was given is there.

        Faults, counted calls, events, webhook endpoints and work that waited are gone, and the
        clock stands on `at`. No request may be on its way.

        Raises:
            NaiveInstantError: the instant has no time zone.
        """
        self.world.faults.clear()
        self.world.calls.clear()
        self.clock.forget()
        self.clock.set(at)
        with self.state.lock:
            self.state.latency_seconds = 0
            self.state.reset()
