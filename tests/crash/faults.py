"""What goes wrong: processes that die or are overtaken, and a provider that loses its answers.

A process does nothing that matters but commit and call. So it is enough to end it right before and
right after each of these, and to let another process work at just such a moment.
"""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from goodword.db.session import Busy, Database
from goodword.rules.payouts import LookedUp, NotAnswered, Rail
from sandbox.clock import VirtualClock
from sandbox.faults import Fault

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from goodword.adapters.payments import NotReady, Payment, PaymentProvider, Reached
    from goodword.rules.payouts import Answer, Movement

# The process ------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process is gone: no handler and no `finally` of it does anything any more."""


@dataclass(eq=False)
class Life:
    """One process, from its start to its end.

    Args:
        say: writes the story.
        ends_at: the boundary, counted from 1, at which it is killed; 0: at none.
        meets_at: the boundary at which `meets` happens in the middle of it; 0: at none.
        meets: what another process does then; True: this one may have slept for hours.
    """

    say: Callable[[str], None]
    ends_at: int = 0
    meets_at: int = 0
    meets: Callable[[bool], None] = lambda _: None
    boundaries: int = 0
    is_dead: bool = False

    def at(self, place: str, *, is_inside: bool = False, is_sending: bool = False) -> None:
        """Pass a boundary, unless this is where it ends.

        Nobody else works while it `is_inside` a transaction: they would wait for its locks. It does
        not sleep while it `is_sending`, since its deadline was looked at: a process that sleeps
        between that and its first byte is the same as a request that Stripe executes a day late.
        """
        if self.is_dead:
            raise Killed(place)
        self.boundaries += 1
        if 0 < self.meets_at <= self.boundaries and not is_inside:
            self.meets_at = 0
            self.say(f"  meanwhile, {place} ({_where()}):")
            self.meets(not is_sending)
        if self.boundaries == self.ends_at:
            self.is_dead = True
            self.say(f"  KILLED {place} ({_where()})")
            raise Killed(place)


def _where() -> str:
    """Return the functions of the program that are at work, the innermost last."""
    frames = traceback.extract_stack()
    names = [f.name for f in frames if {"tasks", "actions", "flows"} & {*Path(f.filename).parts}]
    return " > ".join(names)


class FragileDatabase(Database):
    """The real database, whose transactions are the boundaries of a life.

    Its locks are kept in this process: a connection of its own for each costs more than a night.
    """

    def __init__(self, url: str, life: Life) -> None:
        super().__init__(url)
        self.engine.pool._pre_ping = False  # nobody cuts these connections
        self.life = life
        self._held: set[str] = set()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open a real transaction; the process may die before it, before its commit or after."""
        life = self.life
        life.at("before a transaction")
        with super().transaction() as tx:
            yield tx
            life.at("before a commit", is_inside=True)
        life.at("after a commit")

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """Hold a lock as a process does: it is free when the process is gone."""
        if name in self._held:
            raise Busy(name, None, None)
        self._held.add(name)
        try:
            yield
        finally:
            self._held.discard(name)

    @contextmanager
    def unlocked(self) -> Iterator[None]:
        """Forget every lock meanwhile, as when the holder's connection was cut."""
        held, self._held = self._held, set()
        try:
            yield
        finally:
            self._held = held


class FragileProvider:
    """The real provider, whose calls are the boundaries of a life. Each takes a second.

    `deaf` counts down the questions that are not answered: the library would repeat those in real
    seconds, so they are lost here and not on the way.
    """

    def __init__(self, real: PaymentProvider, clock: VirtualClock, life: Life) -> None:
        self._real = real
        self._clock = clock
        self.life = life
        self.deaf = 0
        self.names: Callable[[str], str] = str
        self._reached: Reached | None = None

    def begin(self, names: Callable[[str], str]) -> None:
        """Begin a seed, which calls keys by names of its own."""
        self.names, self.deaf, self._reached = names, 0, None

    def reach(self) -> Reached:
        """Ask whose account it is, once: it stays the same here."""
        self._reached = self._reached or self._real.reach()
        return self._reached

    def balance(self) -> Mapping[str, int]:
        """Ask for the platform's balance."""
        return self._real.balance()

    def request(self, payment: Payment) -> dict[str, Any]:
        """Put a payment into the provider's words; nothing is called."""
        return self._real.request(payment)

    def send(self, rail: Rail, request: Mapping[str, Any], idempotency_key: str) -> Answer:
        """Send, with a boundary on either side."""
        key = self.names(idempotency_key)
        self.life.at(f"before the call {key}", is_sending=True)
        answer = self._real.send(rail, request, idempotency_key)
        self._clock.advance(timedelta(seconds=1))
        self.life.say(f"  call {key}: {_in_short(answer)}")
        self.life.at(f"after the call {key}")
        return answer

    def look_up(self, rail: Rail, request: Mapping[str, Any]) -> LookedUp | NotAnswered:
        """Look up, with a boundary on either side."""
        self.life.at("before a look-up")
        if self._is_deaf():
            return NotAnswered("the provider was not there")
        found = self._real.look_up(rail, request)
        count = len(found.movements) if isinstance(found, LookedUp) else found.reason
        self.life.say(f"  looked up: {count}")
        self.life.at("after a look-up")
        return found

    def movements(
        self, since: datetime, until: datetime, customers: Collection[str] = ()
    ) -> Iterator[Movement]:
        """List movements, with a boundary before."""
        self.life.at("before a list")
        return self._real.movements(since, until, customers)

    def readiness(
        self, rail: Rail, destinations: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], NotReady | NotAnswered | None]:
        """Ask about destinations, with a boundary before."""
        self.life.at("before asking who is ready")
        if self._is_deaf():
            return dict.fromkeys(destinations, NotAnswered("the provider was not there"))
        return self._real.readiness(rail, destinations)

    def _is_deaf(self) -> bool:
        self.deaf -= 1
        return self.deaf >= 0


def _in_short(answer: Answer) -> str:
    return " ".join(filter(None, (type(answer).__name__, getattr(answer, "code", ""))))


# The provider and the network -------------------------------------------------------------------

LOST = ("drop_before", "drop_after", "server_error", "server_error_after", "truncated", "garbled")
LATER = ("rate_limited", "lock_timeout", "key_in_use")
LATE_SECONDS = (90, 1_200, 3_300)
"""How late Stripe executes a request or lists what it made: under an hour each, see money.md."""

PAYING = "^/v1/(transfers|customers/[^/]+/balance_transactions|subscriptions/[^/]+|coupons)$"
MOST_FAULTS = 4


@dataclass(frozen=True, slots=True)
class Weather:
    """The faults in force during one night."""

    faults: tuple[Fault, ...] = ()
    deaf: int = 0
    story: str = field(default="calm", compare=False)


def weather(draw: random.Random) -> Weather:
    """Draw what the provider does to one night's calls."""
    if draw.random() < 0.35:
        return Weather()
    faults = tuple(_fault(draw) for _ in range(draw.randint(1, MOST_FAULTS)))
    deaf = draw.choice((0, 0, 0, 1, 3))
    told = [f"{fault.kind} of call {fault.after + 1} x{fault.times}" for fault in faults]
    return Weather(faults, deaf, ", ".join([*told, f"deaf to {deaf} questions"]))


def _fault(draw: random.Random) -> Fault:
    kind = draw.choice((*LOST, *LOST, *LATER, "cached_error", "execute_late", "lists_late"))
    return Fault(
        "stripe",
        kind,
        method="POST",
        path=PAYING,
        times=draw.choice((1, 1, 2, 6)),
        after=draw.choice((0, 0, 1, 2, 4)),
        seconds=draw.choice(LATE_SECONDS),
    )


# The clock --------------------------------------------------------------------------------------

GAPS_HOURS = (0, 0, 14, 21, 24, 25, 27, 49)
SET_BACK = timedelta(hours=-2)
