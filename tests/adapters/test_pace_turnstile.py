"""The turnstile: threads of one process, one by one, each at its slot. Time is virtual here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.adapters.pace import NotPaced, Turnstile
from goodword.rules.paces import Lease

SPACING = 1 / 16  # a power of two: sums of it are exact


@dataclass
class Moments:
    """A clock that stands still but while somebody sleeps, and then a little `late`."""

    now: float = 0
    late: Callable[[], float] = lambda: 0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.now += seconds + self.late()


@dataclass
class Shared:
    """A pace in memory: its leases are what others leased too."""

    clock: Moments
    free_at: float = 0
    asked: list[int] = field(default_factory=list)
    slowed: int = 0
    lost: bool = False

    def lease(self, slots: int) -> Lease:
        if self.lost:
            raise NotPaced("stripe", "gone")
        self.asked.append(slots)
        granted = min(slots, 4)
        start = max(self.clock.now, self.free_at)
        self.free_at = start + granted * SPACING
        return Lease(granted, start - self.clock.now, SPACING)

    def slow_down(self) -> None:
        if self.lost:
            raise NotPaced("stripe", "gone")
        self.slowed += 1


@pytest.fixture
def clock() -> Moments:
    return Moments()


@pytest.fixture
def shared(clock: Moments) -> Shared:
    return Shared(clock)


@pytest.fixture
def turnstile(shared: Shared, clock: Moments) -> Turnstile:
    return Turnstile(shared, clock)


def passages(turnstile: Turnstile, clock: Moments, count: int) -> list[float]:
    seen = []
    for _ in range(count):
        turnstile.wait()
        seen.append(clock.now)
    return seen


def test_calls_leave_evenly_across_blocks(turnstile: Turnstile, clock: Moments) -> None:
    assert passages(turnstile, clock, 20) == [SPACING * n for n in range(20)]


def test_a_lease_asks_for_twice_what_was_used_of_the_one_before(
    turnstile: Turnstile, clock: Moments, shared: Shared
) -> None:
    passages(turnstile, clock, 12)
    assert shared.asked == [1, 2, 4, 8, 8]


def test_whoever_calls_seldom_takes_one_slot_at_a_time(
    turnstile: Turnstile, clock: Moments, shared: Shared
) -> None:
    passages(turnstile, clock, 12)
    for _ in range(3):
        clock.now += 60
        turnstile.wait()
    assert shared.asked[-3:] == [2, 2, 2]


def test_slots_of_others_are_kept_free(
    turnstile: Turnstile, clock: Moments, shared: Shared
) -> None:
    turnstile.wait()
    shared.free_at += 3
    turnstile.wait()
    assert clock.now == SPACING + 3


def test_a_slot_that_is_over_is_lost_and_crowds_nobody(
    turnstile: Turnstile, clock: Moments
) -> None:
    passages(turnstile, clock, 4)  # the fourth has the first slot of a block of four
    clock.now += SPACING + 0.04
    turnstile.wait()
    assert clock.now == 5 * SPACING


@given(st.lists(st.sampled_from([0, 0, 0, 0.004, 0.02, 0.029, 0.2]), min_size=1, max_size=40))
def test_no_second_holds_more_than_the_limit_however_late_sleepers_wake(late: list[float]) -> None:
    lateness = cycle([*late, 0])
    clock = Moments(late=lambda: next(lateness))
    seen = passages(Turnstile(Shared(clock), clock), clock, 60)
    # The real pace spreads a second's slots over 1.08 s, this one over 1 s: look at less.
    most = max(sum(start <= at < start + 1 - 0.03 for at in seen) for start in seen)
    assert most <= 1 / SPACING


def test_a_refusal_drops_the_rest_of_the_block_and_slows_everybody_once(
    turnstile: Turnstile, clock: Moments, shared: Shared
) -> None:
    passages(turnstile, clock, 4)  # one of a block of four
    leased = len(shared.asked)
    turnstile.slow_down()
    turnstile.slow_down()
    turnstile.wait()
    assert (shared.slowed, len(shared.asked)) == (1, leased + 1)
    clock.now += 1
    turnstile.slow_down()
    assert shared.slowed == 2


def test_nobody_passes_while_the_pace_cannot_be_had(
    turnstile: Turnstile, shared: Shared, clock: Moments, caplog: pytest.LogCaptureFixture
) -> None:
    passages(turnstile, clock, 1)
    shared.lost = True
    turnstile.slow_down()
    assert "could not be slowed down" in caplog.text
    with pytest.raises(NotPaced):
        turnstile.wait()
    shared.lost = False
    turnstile.wait()
