"""A night that is killed again and again ends as if it had run through.

Each kill is a SIGKILL to a process of its own, at a place that is held until it has been reached: a
table that cannot be written, a transfer that is not answered, a mail server that does not greet.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from sqlalchemy import text

from sandbox.company import sample
from sandbox.company.dates import BUSINESS_DATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.flows.conftest import Trial, Trials

pytestmark = pytest.mark.prefect

# All is imported once; every night is a fork of this process.
NURSERY = """
import os, signal, sys
from datetime import date, datetime
from flows.nightly import nightly
from goodword.wiring import wiring
from tests.plainly import without_prefect
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
with without_prefect():
    for line in sys.stdin:
        today, now, smtp = line.split()
        pid = os.fork()
        if pid == 0:
            os.environ["GOODWORD_SMTP_URL"] = smtp
            wiring.cache_clear()
            nightly.fn(today=date.fromisoformat(today), now=datetime.fromisoformat(now))
            os._exit(0)
        print(pid, flush=True)
"""

TABLES = {
    "sync": "opportunities",
    "review": "messages",
    "detect": "conversions",
    "compute": "rewards",
    "approve": "approvals",
    "pay": "payouts",
}
"""What each stage is the first to write, so that it is killed in the middle of its writing."""

# The server's other databases are clones as well: their tables have the same numbers.
LOCKS = (
    "SELECT count(*) FROM pg_locks WHERE database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
)

PATIENCE_SECONDS = 180


@dataclass(frozen=True)
class Nursery:
    """A process whose forks run nights."""

    trial: Trial
    process: subprocess.Popen[str]
    said: Path

    def start(self, smtp_port: int | None = None) -> psutil.Process:
        """Start a night in a process of its own."""
        assert self.process.stdin
        assert self.process.stdout
        self._wait_for_the_lock()
        now = self.trial.go_to(BUSINESS_DATE)
        smtp = f"smtp://127.0.0.1:{smtp_port or self.trial.sandbox.smtp_port}"
        self.process.stdin.write(f"{BUSINESS_DATE} {now.isoformat()} {smtp}\n")
        self.process.stdin.flush()
        return psutil.Process(int(self.process.stdout.readline()))

    def _wait_for_the_lock(self) -> None:
        """PostgreSQL frees the lock of a killed night when it notices, which may take a moment."""
        end = time.monotonic() + PATIENCE_SECONDS
        held = f"{LOCKS} AND locktype = 'advisory' AND granted"
        while self.trial.value(held):
            assert time.monotonic() < end, "a killed night still holds its lock"
            time.sleep(0.02)


@contextmanager
def nursery(trial: Trial, said: Path) -> Iterator[Nursery]:
    with said.open("w") as stderr:
        process = subprocess.Popen(  # noqa: S603 - the text above
            [sys.executable, "-c", NURSERY],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    with process:
        yield Nursery(trial, process, said)
        assert process.stdin
        process.stdin.close()


def kill_when(kept: Nursery, night: psutil.Process, reached: Callable[[], bool]) -> None:
    """Kill a night once it has reached a place; fail when it ends before."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        assert night.is_running(), f"the night ended too early:\n{kept.said.read_text()}"
        assert time.monotonic() < end, "the night did not reach the place"
        time.sleep(0.02)
    os.kill(night.pid, signal.SIGKILL)
    night.wait(PATIENCE_SECONDS)


def kill_writing(kept: Nursery, table: str) -> None:
    """Kill a night that waits to write a table."""
    with kept.trial.database.engine.connect() as holder, holder.begin():
        holder.execute(text(f"LOCK TABLE {table} IN SHARE MODE"))
        waits = text(f"{LOCKS} AND NOT granted AND relation = to_regclass(:table)")
        night = kept.start()
        kill_when(kept, night, lambda: holder.execute(waits, {"table": table}).scalar_one() > 0)


def kill_paying(kept: Nursery) -> None:
    """Kill a night while two transfers are under way: one has moved, the other has not."""
    faults = kept.trial.world.faults
    for kind in ("timeout_after", "timeout_before"):
        kept.trial.fail("stripe", kind, method="POST", path="/v1/transfers", seconds=600)
    kill_when(kept, kept.start(), lambda: all(fired for _, fired in faults.list()))
    faults.clear()


def kill_mailing(kept: Nursery) -> None:
    """Kill a night that has told the outbox what it sends, and waits for the mail server."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE_SECONDS)
        night = kept.start(smtp_port=silent.getsockname()[1])
        connection, _ = silent.accept()
        with connection:
            kill_when(kept, night, lambda: True)


@dataclass(frozen=True)
class End:
    """How a company stands at the end, without the numbers that rows happen to have."""

    facts: dict[str, Counter[tuple[Any, ...]]]
    balances: dict[tuple[str, str], int]
    moved: Counter[tuple[int, str]]


FACTS = {
    "registrations": "SELECT key, state, reasons::text, expires_on, extensions_used"
    " FROM registrations",
    "referrals": "SELECT key, state, qualified_on, qualified_by FROM referrals",
    "conversions": "SELECT opportunity_crm_id, state, value_minor, won_on FROM conversions",
    "rewards": "SELECT p.key, incentive, amount_minor, r.currency, state, payable_on,"
    " carried_because FROM rewards r JOIN participants p ON p.id = r.participant_id",
    "payouts": "SELECT p.key, rail, amount_minor, y.currency, state"
    " FROM payouts y JOIN participants p ON p.id = y.participant_id",
    "letters": "SELECT template, recipient FROM messages",
    "protected": "SELECT crm_id, protected_partner, protected_until FROM accounts",
}


def end_of(trial: Trial) -> End:
    return End(
        {name: Counter(tuple(row) for row in trial.rows(sql)) for name, sql in FACTS.items()},
        trial.balances(),
        Counter((abs(row["amount"]), row["currency"]) for row in trial.moved()),
    )


@dataclass(frozen=True)
class Killed:
    """A company whose night was killed at every stage and then ran through, and one left alone."""

    trial: Trial
    undisturbed: End
    after_paying: dict[str, int]
    after_mailing: dict[str, int]
    letters_before: int
    failures: list[str]


@pytest.fixture(scope="module")
def killed(trial: Trials, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killed]:
    company = sample(opportunities=100)
    with trial(company) as opened:
        assert opened.night(BUSINESS_DATE).failures == []
        undisturbed = end_of(opened)
    with trial(company) as opened:
        with nursery(opened, tmp_path_factory.mktemp("nights") / "said") as kept:
            for table in TABLES.values():
                kill_writing(kept, table)
            kill_paying(kept)
            after_paying = opened.states("payouts")
            kill_mailing(kept)
            after_mailing = opened.states("messages")
        letters = len(opened.world.mailbox.messages)
        report = opened.night(BUSINESS_DATE)
        yield Killed(opened, undisturbed, after_paying, after_mailing, letters, report.failures)


def test_each_killed_night_is_marked_and_the_last_one_is_done(killed: Killed) -> None:
    assert killed.failures == []
    assert killed.trial.states("nights") == {"interrupted": len(TABLES) + 2, "done": 1}


def test_payouts_under_way_when_it_was_killed_are_settled_by_the_next(killed: Killed) -> None:
    assert killed.after_paying.keys() == {"submitting"}
    assert killed.trial.states("payouts") == {"paid": killed.after_paying["submitting"]}


def test_no_transfer_is_made_twice(killed: Killed) -> None:
    assert end_of(killed.trial).moved == killed.undisturbed.moved


@pytest.mark.parametrize("noun", FACTS)
def test_everything_is_as_if_it_had_run_through(killed: Killed, noun: str) -> None:
    assert end_of(killed.trial).facts[noun] == killed.undisturbed.facts[noun]


def test_the_ledger_is_as_if_it_had_run_through(killed: Killed) -> None:
    assert end_of(killed.trial).balances == killed.undisturbed.balances
    assert killed.trial.broken() == []


def test_letters_that_were_being_sent_wait_for_a_person_and_are_not_sent_again(
    killed: Killed,
) -> None:
    assert killed.after_mailing.keys() == {"sending"}
    assert killed.letters_before == 0
    assert killed.trial.states("messages") == {"unconfirmed": killed.after_mailing["sending"]}
    assert killed.trial.sent()["letters"] == 0
