"""One pace for many processes: what Stripe's stand-in counts in each second of theirs together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from goodword.adapters.patience import Patience, send_patiently
from goodword.adapters.payments import ProviderUnreachable
from goodword.adapters.stripe import StripePayouts
from goodword.adapters.stripe_client import StripeAccess
from goodword.db.session import Database
from goodword.rules.payouts import Answer, NotNow, Paid, Rail
from goodword.wiring import Pace
from sandbox.server import Sandbox
from sandbox.stripe.rate import RateLimit
from sandbox.world import Company

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk_test_abcdefghijklmnop"
THREADS, CALLS = 6, 25
WORKERS = ("killed", "first", "second", "third")
LIMIT = 40
# What is on its way when the machine stalls arrives at once when that is over: a call a thread.
ON_THEIR_WAY = len(WORKERS) * THREADS
NUMBERS = count(1)


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    account = {"id": "acct_1ready", "country": "US", "default_currency": "usd"}
    company = Company("Contoso", "00D000000000001AAA", {}, stripe_accounts=[account])
    with Sandbox(company) as sandbox:
        yield sandbox


@pytest.fixture
def rate(running: Sandbox) -> Iterator[RateLimit]:
    yield running.world.stripe.rate
    running.world.stripe.rate.set(None)


def url(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def connected(database: Database, sandbox_url: str, per_second: int) -> StripePayouts:
    pace = Pace(database, "stripe", per_second)
    return StripePayouts(StripeAccess(KEY, pace, sandbox_url, timeout=(60, 60)))


def send(provider: StripePayouts, name: str) -> Answer:
    request: dict[str, Any] = {"amount": 100, "currency": "usd", "destination": "acct_1ready"}
    return provider.send(Rail.STRIPE_TRANSFER, request, f"{name}:1")


def work(database_url: str, sandbox_url: str, per_second: str, name: str) -> None:
    """Send from several threads as a worker does, once told to start; fail unless all is paid.

    The one of the name "killed" dies in the middle.
    """
    database = Database(database_url)
    provider = connected(database, sandbox_url, int(per_second))
    print("ready", flush=True)  # noqa: T201 - read by whoever started this process
    sys.stdin.readline()

    def one(number: int) -> Answer:
        if name == "killed" and number == CALLS // 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return send(provider, f"{name}-{number}")

    with ThreadPoolExecutor(THREADS) as pool:
        answers = Counter(type(answer) for answer in pool.map(one, range(CALLS)))
    database.dispose()
    assert answers == {Paid: CALLS}


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - this very file
        [sys.executable, __file__, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_processes_and_threads_together_never_exceed_the_limit_of_any_second(
    database: Database, running: Sandbox, rate: RateLimit
) -> None:
    rate.set(LIMIT + ON_THEIR_WAY)
    workers = [start(url(database), running.base_url, str(LIMIT), name) for name in WORKERS]
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
    sent, began = running.world.calls.total(), time.monotonic()
    with ThreadPoolExecutor(len(workers)) as pool:
        list(pool.map(lambda worker: worker.communicate("start\n", timeout=300), workers))
    seconds, sent = time.monotonic() - began, running.world.calls.total() - sent
    assert [worker.returncode for worker in workers] == [-signal.SIGKILL, 0, 0, 0]
    assert rate.refused == 0
    assert rate.most_in_a_second >= 10
    assert seconds >= (sent - 1) / LIMIT, f"{sent} calls, each of which had a slot of its own"


def test_a_provider_that_takes_less_than_it_was_said_to_slows_everybody_and_all_is_paid(
    database: Database, running: Sandbox, rate: RateLimit
) -> None:
    rate.set(10)
    provider = connected(database, running.base_url, LIMIT)
    patience = Patience(attempts=100, first_wait=0.2, longest_wait=1, within=300)

    def one(_: int) -> Answer:
        name = f"slowed-{next(NUMBERS)}"
        return send_patiently(lambda: send(provider, name), lambda: True, patience)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(40)))
    assert all(isinstance(answer, Paid) for answer in answers)
    assert 0 < rate.refused < 40
    with database.transaction() as tx:
        assert tx.exec_driver_sql("SELECT per_second < 40 FROM paces").scalar_one()


def test_when_the_pace_cannot_be_had_nothing_is_sent_and_nothing_moved(
    running: Sandbox, rate: RateLimit
) -> None:
    rate.set(100)
    provider = connected(Database("postgresql+psycopg://127.0.0.1:9/x"), running.base_url, 100)
    answer = send(provider, "unpaced")
    assert isinstance(answer, NotNow)
    assert (answer.code, answer.at_once) == ("not_paced", False)
    assert "stripe was not called, since the database" in answer.reason
    with pytest.raises(ProviderUnreachable, match="stripe was not called"):
        provider.balance()
    assert rate.most_in_a_second == 0


if __name__ == "__main__":
    work(*sys.argv[1:])
