"""Every page of the console in a large company, against what it may take.

    make bench-console                    200,000 rewards, of which 10,000 wait for a person
    make bench-console REWARDS=20000

Each page is asked for over HTTP, on a kept connection, by somebody who has every role; the server
runs in a thread of this process. The median of the rounds counts, after one that warms up. A page's
SQL statements are counted in a company a hundred times smaller as well: they must be as many.
Pages are found by themselves: every GET of the navigation's pages, with a number of what it is
about, some questions to the search, and the queue and its list narrowed down by some names. At the
end a list of 1,000 rewards is approved, once.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from fastapi.routing import APIRoute
from rich.console import Console
from rich.table import Table
from sqlalchemy import event, text

from benchmarks import large_company
from benchmarks.served import serving, signed_in
from cli import setup
from goodword.db import embedded
from goodword.wiring import close, wiring
from web.console.pages import PAGES

MOST_MS, MOST_BYTES = 150, 100_000
LIST, MOST_MS_OF_LIST = "/console/rewards/list", 2_000
QUEUES = ("/console/rewards", LIST)
SMALLER, LEAST = 100, 200
"""How much smaller the other company is, and the fewest rewards with which every page has one."""
OK, SEE_OTHER = 200, 303

NUMBERS = {
    "rewards": "SELECT min(id) FROM rewards WHERE state = 'waiting'",
    "payouts": "SELECT min(id) FROM payouts WHERE state = 'refused'",
    "registrations": "SELECT min(id) FROM registrations WHERE state = 'submitted'",
}
"""Which one of a noun is looked at; of the others number 1."""

KINDS = ("reward", "payout", "registration", "referral", "conversion")
QUESTIONS = ("company 77", "partner", "partner7@example.com", "77", "nothing of this name", "c")
NAMES = ("company 77", "partner 1", "nothing of this name", "o")
"""What the queue is narrowed down by: a few companies, many people, nothing, everything."""


def main() -> None:
    """Ask for every page in an empty home, and leave with 1 when a gate is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rewards", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=11)
    asked = parser.parse_args()
    few, many = (max(count, LEAST) for count in (asked.rewards // SMALLER, asked.rewards))
    small = measure(few, 1)
    large = measure(many, asked.rounds)
    sys.exit(not show((few, many), small, large))


@dataclass(frozen=True, slots=True)
class Reading:
    """What one page took: status, milliseconds (median, slowest, allowed), bytes, statements."""

    status: int
    median: float
    slowest: float
    size: int
    statements: int
    most_ms: int = MOST_MS


def measure(rewards: int, rounds: int) -> dict[str, Reading]:
    """Make a company of so many rewards in a home of its own, and read every page."""
    with tempfile.TemporaryDirectory(prefix="goodword-bench-") as folder:
        os.environ["GOODWORD_HOME"] = folder
        close()
        try:
            setup.prepare(wiring())
            large_company.make(wiring().database, rewards, datetime.now(UTC).date())
            with serving() as address:
                visitor = Visitor(address, signed_in("bench"))
                read = {name: visitor.read(page, rounds) for name, page in addresses().items()}
                return read | {"approving a list": visitor.approve()}
        finally:
            close()
            embedded.stop(Path(folder))


def addresses() -> dict[str, str]:
    """Return everything that can be read by its route, with the address of one such page."""
    found = {}
    for page in PAGES:
        number = _number_of(page.path.removeprefix("/"))
        for route in page.router.routes:
            if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
                for name in _of_each_kind(page.address + route.path):
                    found[name] = re.sub(r"\{[^}]*\}", str(number), name)
    searches = {f"search: {asked}": f"/console/search?q={asked}" for asked in QUESTIONS}
    queues = {f"{page}: {name}": f"{page}?name={name}" for page in QUEUES for name in NAMES}
    return found | searches | queues


def _of_each_kind(route: str) -> list[str]:
    return [route.replace("{kind}", kind) for kind in KINDS] if "{kind}" in route else [route]


def _number_of(noun: str) -> int:
    with wiring().database.transaction() as tx:
        return int(tx.execute(text(NUMBERS.get(noun, "SELECT 1"))).scalar_one())


class Visitor:
    """A browser of somebody who is signed in."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address
        self._http = requests.Session()
        self._http.cookies.set("goodword", token)

    def read(self, page: str, rounds: int) -> Reading:
        """Ask for a page so many times, and once before that."""
        with counting() as statements:
            first = self._get(page)
        took = []
        for _ in range(rounds):
            began = time.perf_counter()
            self._get(page)
            took.append(1000 * (time.perf_counter() - began))
        size = len(first.content)
        return Reading(first.status_code, statistics.median(took), max(took), size, len(statements))

    def approve(self) -> Reading:
        """Confirm the list of everything that waits, as it is shown."""
        shown = self._get(LIST).text
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="(.*?)">', shown))
        with counting() as statements:
            began = time.perf_counter()
            done = self._http.post(
                self._address + LIST, data=fields, timeout=60, allow_redirects=False
            )
            took = 1000 * (time.perf_counter() - began)
        status = OK if done.status_code == SEE_OTHER else done.status_code
        return Reading(status, took, took, len(done.content), len(statements), MOST_MS_OF_LIST)

    def _get(self, page: str) -> requests.Response:
        return self._http.get(self._address + page, timeout=60, allow_redirects=False)


@contextmanager
def counting() -> Iterator[list[str]]:
    """Collect the statements that the application sends to the database meanwhile."""
    sent: list[str] = []

    def note(*given: Any) -> None:
        sent.append(str(given[2]))

    engine = wiring().database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def show(
    rewards: tuple[int, int], small: Mapping[str, Reading], large: Mapping[str, Reading]
) -> bool:
    """Print every page of the companies of so many rewards; returns whether each kept its gates."""
    few, many = rewards
    table = Table(
        title=f"The console with {many:,} rewards (at most {MOST_MS} ms in the median, "
        f"{MOST_MS_OF_LIST:,} for a list, and {MOST_BYTES:,} bytes a page, "
        f"as many statements as with {few:,})",
        title_justify="left",
        box=None,
    )
    for column in ("page", "median ms", "slowest", "kB", "statements", "with few", ""):
        table.add_column(column, justify="left" if column == "page" else "right")
    missed = 0
    for page, reading in large.items():
        faults = wrong(reading, small.get(page))
        missed += bool(faults)
        table.add_row(
            page,
            f"{reading.median:.0f}",
            f"{reading.slowest:.0f}",
            f"{reading.size / 1000:.0f}",
            str(reading.statements),
            str(small[page].statements) if page in small else "",
            f"MISSED: {', '.join(faults)}" if faults else "kept",
        )
    Console(highlight=False, width=140).print(table)
    return not missed


def wrong(reading: Reading, small: Reading | None) -> list[str]:
    """Return the gates that a page missed; one that leads elsewhere has none."""
    if reading.status in {302, 303, 307}:
        return []
    return [
        gate
        for gate, is_missed in (
            (f"status {reading.status}", reading.status != OK),
            ("time", reading.median > reading.most_ms),
            ("size", reading.size > MOST_BYTES),
            ("statements", small is not None and small.statements != reading.statements),
        )
        if is_missed
    ]


if __name__ == "__main__":
    main()
