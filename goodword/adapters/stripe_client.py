"""The library's client as Goodword sets it up: pinned, paced, and repeating no payment.

Every payment is sent at most once from here. The payout protocol repeats what was not answered,
with the key and the parameters that it has stored; a library that repeats by itself would do so
after the deadline that the protocol has checked. Look-ups change nothing: they repeat at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import requests
import stripe
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from goodword.adapters.pace import NotPaced, Pace, Turnstile

if TYPE_CHECKING:
    from collections.abc import Mapping

API_VERSION = "2026-10-28.endive"
"""The version that stripe 16.1.0 describes; an upgrade of the library moves it on purpose."""

READ: stripe.RequestOptions = {"max_network_retries": 2}
"""Options of a call that changes nothing."""

_CONNECTIONS = 32  # kept open; more are made where more threads call at once

stripe.enable_telemetry = False  # it writes an id below the home folder and tells of the machine


class NotSent(stripe.APIConnectionError):
    """A call that was not made, since no slot could be had for it: surely nothing moved."""

    def __init__(self, cause: NotPaced) -> None:
        super().__init__(str(cause))  # type: ignore[no-untyped-call]  # the library's own


@dataclass(frozen=True, slots=True)
class StripeAccess:
    """How to reach Stripe, and its pace; `timeout` (connect, read) in seconds."""

    api_key: str = field(repr=False)
    pace: Pace
    api_base: str = "https://api.stripe.com"
    timeout: tuple[float, float] = (5, 30)


class _PacedClient(stripe.RequestsClient):
    """Sends no call before its slot, and tells the pace of every refusal for too many calls."""

    def __init__(self, access: StripeAccess) -> None:
        super().__init__(timeout=access.timeout, session=_connections(access.api_base))
        self._turnstile = Turnstile(access.pace)

    def request(  # type: ignore[override]  # as RequestsClient, which narrows its own base
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            self._turnstile.wait()
        except NotPaced as error:
            raise NotSent(error) from error
        answer = super().request(method, url, headers, post_data)
        # A 429 of either kind, too many calls or one object held too long (lock_timeout), asks for
        # fewer calls: docs.stripe.com/rate-limits.
        if answer[1] == HTTPStatus.TOO_MANY_REQUESTS:
            self._turnstile.slow_down()
        return answer


def _connections(api_base: str) -> requests.Session:
    """Share the open connections between all threads, those that come later too.

    The library would give each thread a session of its own: each new thread would begin with a
    handshake after its slot, its call would arrive late, and crowd those of the slots behind it.
    What a session keeps between calls, and threads could mix up, is cookies: it keeps none. The
    environment is asked for proxies once and not at each call, which took as long as the call; and
    what a ~/.netrc says of the host never takes the place of the key.
    """
    session = requests.Session()
    session.proxies = get_environ_proxies(api_base)
    session.trust_env = False
    session.mount("https://", HTTPAdapter(pool_maxsize=_CONNECTIONS))
    session.mount("http://", HTTPAdapter(pool_maxsize=_CONNECTIONS))
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def connect(access: StripeAccess) -> stripe.StripeClient:
    """Build the client; nothing is called yet. It may be shared by threads."""
    return stripe.StripeClient(
        access.api_key,
        stripe_version=API_VERSION,
        base_addresses={"api": access.api_base},
        max_network_retries=0,
        http_client=_PacedClient(access),
    )
