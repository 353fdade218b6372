"""Calls: stored requests sent to the provider, some at once, and what stops the rest of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Self

from goodword.adapters.patience import Patience, send_patiently
from goodword.db.queries.payouts import Sendable
from goodword.phrases import because
from goodword.rules.payout_plans import DRAWN_FROM_BALANCE
from goodword.rules.payouts import BY_HAND, Answer, NotNow, Unknown, stops
from goodword.wiring import wiring
from tasks import nights

AT_ONCE = 32
"""Calls under way at once: enough to reach 80 a second when each takes 0.4 s."""

CLAIM_SECONDS = 600
"""How long after its mark a payout may be sent: a process that slept longer has lost its claim."""


@dataclass(frozen=True, slots=True)
class Call:
    """A stored request and its key; the payout as it was before it was marked."""

    payout: Sendable
    request: Mapping[str, Any]
    idempotency_key: str


@dataclass(slots=True)
class _Run:
    """What the calls of one run share: since when they are claimed, and what stopped them."""

    until: float
    stopped: dict[str, str]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def make(self, call: Call) -> Answer:
        money = call.payout.money
        if reason := self._stopped_by(call.payout):
            said = because("not sent, since another was answered: {said}", said=reason)
            return NotNow("stopped", said)
        if self.is_late:
            return Unknown(because("not sent by this process: it was marked too long ago"))
        provider, patience = wiring().provider, Patience(first_wait=wiring().settings.first_wait)
        answer = send_patiently(
            lambda: provider.send(call.payout.rail, call.request, call.idempotency_key),
            lambda: not self.is_late,
            patience,
        )
        stopped = stops(answer, money)
        if stopped is not None:
            with self.lock:
                self.stopped.setdefault(stopped, getattr(answer, "reason", ""))
        return answer

    def _stopped_by(self, payout: Sendable) -> str | None:
        if payout.rail in BY_HAND:
            return None
        of_currency = payout.rail in DRAWN_FROM_BALANCE
        short = self.stopped.get(payout.money.currency) if of_currency else None
        return self.stopped.get("") or short

    @property
    def is_late(self) -> bool:
        """Whether another process may have taken these payouts over."""
        return nights.ticks() > self.until


class Calls:
    """Calls to the provider, some at once; those of one chunk go on while another is recorded.

    What the provider says of the platform itself (too little balance, a key that is not accepted)
    it would say to every other call alike: those that have not begun are not made. Left by an
    error, nothing more is begun: what is marked is settled by the next run.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._stopped: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def begin(self, calls: Sequence[Call], since: float) -> Callable[[], list[Answer]]:
        """Begin the calls of payouts that were marked just now.

        A call that comes too long after its payout was marked is not made, since another process
        may have taken the payout over.

        Args:
            calls: what is sent.
            since: the ticks before it was marked, or judged to be repeated: a process may sleep
                between that and here as well.

        Returns:
            What waits for the answers, in the calls' order.
        """
        run = _Run(since + CLAIM_SECONDS, self._stopped)
        begun = [self._pool.submit(run.make, call) for call in calls]

        def answers() -> list[Answer]:
            found = [future.result() for future in begun]
            # "Nothing moved" would set the clock of the key back, which another may have sent.
            return [
                Unknown(answer.reason) if isinstance(answer, NotNow) and run.is_late else answer
                for answer in found
            ]

        return answers
