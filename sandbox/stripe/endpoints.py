"""What an endpoint of the Stripe stand-in is: a path, its parameters, and the work behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.stripe.params import Param

if TYPE_CHECKING:
    from sandbox.stripe.state import StripeState


@dataclass(frozen=True)
class Call:
    """One request to an endpoint, checked.

    Args:
        state: what the stand-in knows; its lock is held.
        request_id: of the `Request-Id` header.
        ids: those in the path, by the template's names.
        params: read by the endpoint's own list of them.
        key: the idempotency key, or None.
        account: the connected account of the `Stripe-Account` header, or None.
        api_key: the secret key that the request came with.
    """

    state: StripeState
    request_id: str
    ids: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    account: str | None = None
    api_key: str = ""


@dataclass(frozen=True)
class Endpoint:
    """One method on one path.

    Args:
        method: GET, POST or DELETE.
        path: with names in braces for ids.
        run: the work, which answers the object or raises a StripeError.
        params: every parameter it takes; `expand` is everywhere.
        on_account: whether it can be called for a connected account (`Stripe-Account`).
    """

    method: str
    path: str
    run: Callable[[Call], Any]
    params: Mapping[str, Param] = field(default_factory=dict)
    on_account: bool = False
