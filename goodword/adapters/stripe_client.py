"""The library's client as Goodword sets it up: pinned, paced, and repeating no payment.

Every payment is sent at most once from here. The payout protocol repeats what was not answered,
with the key and the parameters that it has stored; a library that repeats by itself would do so
after the deadline that the protocol has checked. Look-ups change nothing: they repeat at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import stripe
from pyrate_limiter import GCRA, Limiter, Rate, SingleBucketFactory, StateBucket

if TYPE_CHECKING:
    from collections.abc import Mapping

API_VERSION = "2026-10-28.endive"
"""The version that stripe 16.1.0 describes; an upgrade of the library moves it on purpose."""

READ: stripe.RequestOptions = {"max_network_retries": 2}
"""Options of a call that changes nothing."""

_WINDOW_MS = 1050  # paced over a little more than a second, since calls reach Stripe unevenly

stripe.enable_telemetry = False  # it writes an id below the home folder and tells of the machine


@dataclass(frozen=True, slots=True)
class StripeAccess:
    """How to reach Stripe: `max_per_second` calls, `timeout` (connect, read) in seconds."""

    api_key: str = field(repr=False)
    api_base: str = "https://api.stripe.com"
    max_per_second: int = 20
    timeout: tuple[float, float] = (5, 30)


class _PacedClient(stripe.RequestsClient):
    """Spreads the calls of all threads evenly, so that no second holds more than the limit."""

    def __init__(self, max_per_second: int, timeout: tuple[float, float]) -> None:
        super().__init__(timeout=timeout)
        bucket = StateBucket([Rate(max_per_second, _WINDOW_MS, burst=1)], algorithm=GCRA())
        self._pace = Limiter(SingleBucketFactory(bucket, schedule_leak=False), buffer_ms=0)

    def request(  # type: ignore[override]  # as RequestsClient, which narrows its own base
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        self._pace.try_acquire()
        return super().request(method, url, headers, post_data)


def connect(access: StripeAccess) -> stripe.StripeClient:
    """Build the client; nothing is called yet. It may be shared by threads."""
    return stripe.StripeClient(
        access.api_key,
        stripe_version=API_VERSION,
        base_addresses={"api": access.api_base},
        max_network_retries=0,
        http_client=_PacedClient(access.max_per_second, access.timeout),
    )
