"""The events of everything that happened, kept for 30 days.

https://docs.stripe.com/api/events
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from sandbox.stripe import errors
from sandbox.stripe import params as p
from sandbox.stripe.collections import StripeObject
from sandbox.stripe.endpoints import Call, Endpoint
from sandbox.stripe.params import Param

_KEPT_SECONDS = 30 * 24 * 3600
_MAX_TYPES = 20


def retrieve(call: Call) -> StripeObject:
    """One event.

    Raises:
        StripeError: there is none with this id, or it is more than 30 days old.
    """
    event = call.state.events.get(call.ids["id"])
    if not _kept(call)(event):
        raise errors.no_such(call.state.events.noun, event["id"])
    return event


def list_all(call: Call) -> StripeObject:
    """Events of the last 30 days, newest first, also by type: `type=charge.*`, or `types[]`.

    Those of connected accounts are among them, with their `account`.

    Raises:
        StripeError: both `type` and `types` are given.
    """
    if "type" in call.params and "types" in call.params:
        raise errors.wrong("types", "You may only specify one of these parameters: type, types.")
    wanted = call.params.get("types", [call.params.get("type", "*")])
    kept = _kept(call)

    def listed(event: StripeObject) -> bool:
        return kept(event) and any(fnmatchcase(event["type"], pattern) for pattern in wanted)

    return call.state.events.page("/v1/events", call.params, where=listed)


def _kept(call: Call) -> Callable[[StripeObject], bool]:
    oldest = call.state.now() - _KEPT_SECONDS
    return lambda event: bool(event["created"] >= oldest)


def _types(name: str, value: object) -> list[str]:
    types = p.strings(name, value)
    if len(types) > _MAX_TYPES:
        raise errors.wrong(name, f"Invalid array: at most {_MAX_TYPES} types can be given")
    return types


ENDPOINTS = [
    Endpoint(
        "GET",
        "/v1/events",
        list_all,
        {
            **p.PAGE,
            "created": Param(p.created),
            "type": Param(p.identifier),
            "types": Param(_types),
        },
    ),
    Endpoint("GET", "/v1/events/{id}", retrieve),
]
