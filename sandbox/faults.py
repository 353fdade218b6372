"""The failures that a sandbox can be told to produce, and when each strikes."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

# What happens to the answer on its way: the server does these itself, for both HTTP APIs, around
# the API's own work (sandbox/transport.py). An API's code never meets them.
TRANSPORT_KINDS = frozenset(
    {
        "timeout_before",
        "timeout_after",
        "slow",
        "drop_before",
        "drop_after",
        "server_error",
        "server_error_after",
        "rate_limited",
        "truncated",
        "garbled",
    }
)

# Every kind of every API. The ones that are not transport kinds are taken by the API's own code:
# `faults.take("salesforce", method, path, kinds={"locked_row"})`.
KINDS: dict[str, frozenset[str]] = {
    "salesforce": TRANSPORT_KINDS | {"expired_session", "locked_row", "request_limit", "late_row"},
    "stripe": TRANSPORT_KINDS
    | {
        "lock_timeout",
        "execute_late",
        "key_in_use",
        "cached_error",
        "forgets_keys",
        "lists_late",
        "webhook_late",
        "webhook_lost",
        "webhook_twice",
        "webhook_out_of_order",
    },
    "smtp": frozenset({"refuse_connection", "refuse_recipient", "temporary", "drop_after_data"}),
}


class UnknownFaultError(ValueError):
    """A fault that no stand-in can produce, or whose path is no regular expression."""


@dataclass(frozen=True)
class Fault:
    """One failure to produce.

    Args:
        api: salesforce, stripe or smtp.
        kind: one of KINDS[api].
        method: the HTTP method it strikes, or None for any.
        path: a regular expression searched in the path (SMTP: in the address; late_row: in the
            record's id), or None for any.
        times: how often it strikes; None for ever.
        after: how many matching requests pass before it strikes first.
        seconds: how long a request is held, in real seconds; for late_row, execute_late,
            lists_late and webhook_late, the delay on the virtual clock.
        body: an answer's body in place of the API's own, for server_error, server_error_after
            and rate_limited.
        status: an answer's HTTP status in place of the API's own, for the same three.
        headers: headers of an error answer beside, or in place of, the API's own, such as
            `{"Stripe-Should-Retry": "true"}`; None takes one away. For the same three, and for
            cached_error, key_in_use and lock_timeout.
    """

    api: str
    kind: str
    method: str | None = None
    path: str | None = None
    times: int | None = 1
    after: int = 0
    seconds: float = 30
    body: Any = None
    status: int | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS.get(self.api, ()):
            allowed = "; ".join(
                f"{api}: {', '.join(sorted(kinds))}" for api, kinds in KINDS.items()
            )
            raise UnknownFaultError(
                f"there is no fault {self.kind!r} of the API {self.api!r}; there are {allowed}"
            )
        try:
            re.compile(self.path or "")
        except re.error as error:
            raise UnknownFaultError(
                f"the fault's path {self.path!r} is no regular expression: {error}"
            ) from error

    def with_headers(self, own: Mapping[str, str]) -> dict[str, str]:
        """An answer's own headers as this fault changes them."""
        both = {**own, **self.headers}
        return {name: value for name, value in both.items() if value is not None}

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is one that this fault is meant for."""
        right_method = self.method is None or self.method.upper() == method.upper()
        return right_method and (self.path is None or re.search(self.path, path) is not None)


@dataclass
class _Armed:
    fault: Fault
    seen: int = 0
    fired: int = 0

    def strikes(self) -> bool:
        """Count one matching request, and say whether the fault strikes it."""
        if self.fault.times is not None and self.fired >= self.fault.times:
            return False
        self.seen += 1
        if self.seen <= self.fault.after:
            return False
        self.fired += 1
        return True


@dataclass
class Faults:
    """The faults in force, oldest first. Thread-safe."""

    _armed: list[_Armed] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        with self._lock:
            self._armed.append(_Armed(fault))

    def clear(self) -> None:
        """Take every fault out of force and forget the counts."""
        with self._lock:
            self._armed.clear()

    def list(self) -> list[tuple[Fault, int]]:
        """Every fault with how often it has fired."""
        with self._lock:
            return [(armed.fault, armed.fired) for armed in self._armed]

    def take(
        self, api: str, method: str, path: str, kinds: Collection[str] | None = None
    ) -> Fault | None:
        """The oldest fault that strikes this request, counted as fired; None when none does.

        Only faults of the named kinds are looked at: the others neither fire nor count.
        """
        if not self._armed:
            return None
        with self._lock:
            for armed in self._armed:
                fault = armed.fault
                wanted = fault.api == api and (kinds is None or fault.kind in kinds)
                if wanted and fault.matches(method, path) and armed.strikes():
                    return fault
        return None
