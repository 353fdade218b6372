"""What is sent again within a run, how often, and what is believed in the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from goodword.adapters.patience import Patience, send_patiently
from goodword.rules.payouts import (
    Answer,
    HandedOver,
    Held,
    NotNow,
    Paid,
    Refused,
    TryLater,
    Unknown,
)

PAID = Paid("tr_1")
BUSY = NotNow("rate_limit", "too many", at_once=True)
IN_USE = Unknown("the key is in use", at_once=True)
LOST = Unknown("no answer came back")
KEY = NotNow("authentication", "the key is not accepted")
PATIENCE = Patience()


@dataclass
class Waits:
    """A clock that notes how long it was waited; each call takes `call_seconds`."""

    now: float = 0
    waited: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.waited.append(seconds)
        self.now += seconds


def sent(
    answers: Sequence[Answer],
    is_ours: Callable[[], bool] = lambda: True,
    seconds: float = 0,
) -> tuple[Answer, Waits]:
    """Send what is answered so in turn, the last answer for ever; each takes so long."""
    clock, left = Waits(), list(answers)

    def send() -> Answer:
        clock.now += seconds
        return left.pop(0) if len(left) > 1 else left[0]

    return send_patiently(send, is_ours, PATIENCE, clock), clock


@pytest.mark.parametrize(
    "answer",
    [
        PAID,
        Refused("account_closed", "closed", "ask"),
        TryLater("balance_insufficient", "empty"),
        HandedOver("next file"),
        Held("two"),
        LOST,
        KEY,
    ],
)
def test_what_must_not_or_need_not_be_repeated_is_sent_once(answer: Answer) -> None:
    found, clock = sent([answer, PAID])
    assert (found, clock.waited) == (answer, [])


@pytest.mark.parametrize("again", [BUSY, IN_USE])
def test_what_may_be_repeated_at_once_is_until_it_is_answered(again: Answer) -> None:
    found, clock = sent([again, again, PAID])
    assert found == PAID
    assert len(clock.waited) == 2


def test_waits_double_and_differ() -> None:
    waits = [sent([BUSY])[1].waited for _ in range(20)]
    assert all(
        0.5 * 0.5 * 2**n <= wait <= min(0.5 * 1.5 * 2**n, PATIENCE.longest_wait)
        for tried in waits
        for n, wait in enumerate(tried)
    )
    assert len({tried[0] for tried in waits}) > 1


def test_it_ends_after_a_few_times_with_what_was_said_last() -> None:
    answer, clock = sent([BUSY])
    assert answer == BUSY
    assert 3 <= len(clock.waited) < PATIENCE.attempts


def test_no_try_begins_after_the_time_is_up() -> None:
    answer, clock = sent([BUSY], seconds=15)
    assert answer == BUSY
    assert clock.now <= PATIENCE.within + 15


def test_a_payment_that_is_another_s_by_now_is_not_sent_again() -> None:
    answer, clock = sent([BUSY, PAID], is_ours=lambda: False)
    assert answer == BUSY
    assert len(clock.waited) == 1


@pytest.mark.parametrize("later", [BUSY, KEY, NotNow("not_paced", "no slot")])
def test_nothing_moved_is_not_believed_once_a_try_was_unknown(later: Answer) -> None:
    assert sent([IN_USE, later])[0] == IN_USE


@pytest.mark.parametrize("definite", [PAID, Refused("account_closed", "closed", "ask"), Held("x")])
def test_what_the_provider_keeps_under_the_key_is_believed_after_an_unknown_try(
    definite: Answer,
) -> None:
    assert sent([IN_USE, BUSY, definite])[0] == definite
