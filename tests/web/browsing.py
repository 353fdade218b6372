"""Browsers on trial: one without JavaScript, over plain HTTP, and Debian's Chromium."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import event

from goodword.actions import credentials, sessions, staff
from goodword.db.queries import staff as queries
from goodword.rules.rights import Role
from goodword.wiring import wiring
from tests import factories as make
from tests.waiting import PATIENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab
    from sqlalchemy import Connection

    from goodword.db.session import Database

NO_CHROMIUM = "Chromium is missing: apt install chromium (Debian), or set GOODWORD_CHROMIUM."
_numbers = count(1)


@dataclass
class Answer:
    """A page as a person without a mouse and without colours would have it."""

    status: int
    path: str
    html: str
    headers: Any = field(repr=False)

    @property
    def text(self) -> str:
        """Everything that can be read, with single spaces."""
        return _read(self.html).text

    @property
    def rows(self) -> list[list[str]]:
        """The cells of every table row, headers too."""
        return _read(self.html).rows


class _Reading(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.rows: list[list[str]] = []
        self._cell: list[str] | None = None

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert attrs is not None
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"} and self._cell is not None:
            self.rows[-1].append(" ".join(" ".join(self._cell).split()))
            self._cell = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._cell is not None:
            self._cell.append(data)


def _read(html: str) -> _Reading:
    reading = _Reading()
    reading.feed(html)
    return reading


@dataclass
class Client:
    """A browser that keeps its cookies and sends what is in the forms."""

    url: str
    name: str = ""
    http: requests.Session = field(default_factory=requests.Session)

    @property
    def cookie(self) -> str:
        return str(self.http.cookies.get("goodword", ""))

    @property
    def token(self) -> str:
        """What this browser's forms hold."""
        return credentials.form_token(self.cookie)

    def get(self, path: str, **params: Any) -> Answer:
        """Ask for a page, and follow where it leads."""
        return self._answer(self.http.get(self.url + path, params=params, timeout=PATIENT))

    def post(self, path: str, **fields: Any) -> Answer:
        """Send a form of this browser's own pages, and follow where it leads."""
        return self.send(path, {"token": self.token, **fields})

    def send(self, path: str, fields: dict[str, Any], **headers: str) -> Answer:
        """Send any form at all, and follow where it leads."""
        sent = self.http.post(self.url + path, data=fields, headers=headers, timeout=PATIENT)
        return self._answer(sent)

    def _answer(self, got: requests.Response) -> Answer:
        return Answer(got.status_code, urlsplit(got.url).path, got.text, got.headers)


FIRST = "ada"
"""The administrator who is there before anybody else."""


def _insert(tx: Connection, name: str, roles: Sequence[str]) -> None:
    given = frozenset(map(Role, roles))
    staff.insert(tx, staff.NewMember(name, f"{name}@example.com", given), "tests")


@dataclass(frozen=True)
class Console:
    """The console over real HTTP, one database below it, and whoever works with it."""

    database: Database
    url: str

    def visitor(self) -> Client:
        """Return somebody who is not signed in."""
        return Client(self.url)

    def add(self, *roles: str, name: str = "") -> str:
        """Put somebody on the staff, without a password; returns their name."""
        name = name or f"{'-'.join(roles)}-{next(_numbers)}"
        with self.database.transaction() as tx:
            if name != FIRST and queries.is_empty(tx):
                _insert(tx, FIRST, [Role.ADMINISTRATOR])
            _insert(tx, name, roles)
        return name

    def first_password(self, *roles: str, name: str) -> str:
        """Put somebody on the staff; returns their first password."""
        self.add(*roles, name=name)
        with self.database.transaction() as tx:
            return staff.reset(tx, name, "tests", datetime.now(UTC))

    def signed_in(self, *roles: str, name: str = "") -> Client:
        """Return somebody with these roles, new on the staff unless named, and signed in.

        As if by the identity provider: with no password to hash and no code to wait for.
        """
        with self.database.transaction() as tx:
            member = queries.named(tx, name)
        if member is None:
            name = self.add(*roles, name=name)
        with self.database.transaction() as tx:
            member = queries.named(tx, name)
            assert member is not None
            token = sessions.with_provider(tx, member, "127.0.0.1", datetime.now(UTC))
        client = Client(self.url, name)
        client.http.cookies.set("goodword", token)
        return client

    def rows(self, statement: str, **given: Any) -> list[tuple[Any, ...]]:
        with self.database.transaction() as tx:
            return [tuple(row) for row in tx.execute(make.text(statement), given)]

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """Collect the statements that the console sends to the database meanwhile."""
        sent: list[str] = []

        def note(*given: Any) -> None:
            sent.append(str(given[2]))

        engine = wiring().database.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            event.remove(engine, "before_cursor_execute", note)

    @contextmanager
    def connections(self) -> Iterator[list[int]]:
        """Collect how many connections the console has in use, each time that it takes one."""
        pool, taken = wiring().database.engine.pool, list[int]()

        def note(*_: Any) -> None:
            taken.append(pool.checkedout())  # type: ignore[attr-defined] # of a QueuePool

        event.listen(pool, "checkout", note)
        try:
            yield taken
        finally:
            event.remove(pool, "checkout", note)

    def trail(self, *subjects: str) -> list[tuple[str, str]]:
        """Return who did what, of these subjects ("reward", "staff"), oldest first."""
        found = self.rows("SELECT actor, action, subject FROM audit_events ORDER BY id")
        return [(who, did) for who, did, subject in found if subject in subjects]


# Chromium ---------------------------------------------------------------------------------------


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium without a window; where there is none, say how to get it.

    On a developer's machine the tests that need it are skipped then; in CI they fail.
    """
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only tests in Chromium

    path = os.environ.get("GOODWORD_CHROMIUM") or shutil.which("chromium")
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(NO_CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            timeout=PATIENT * 1_000,
            # As root, in a container, it has no sandbox of its own; it sees nothing but our pages.
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        try:
            yield browser
        finally:
            browser.close()


PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}


@contextmanager
def tab(browser: Browser, client: Client, *, phone: bool = False, **options: Any) -> Iterator[Tab]:
    """Open a tab of whoever this client is; what its page complains of fails the test."""
    context = browser.new_context(
        base_url=client.url, viewport=PHONE if phone else DESKTOP, has_touch=phone, **options
    )
    context.set_default_timeout(PATIENT * 1_000)
    if client.cookie:
        context.add_cookies([{"name": "goodword", "value": client.cookie, "url": client.url}])
    complaints: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console",
        lambda said: complaints.append(said.text) if said.type == "error" else None,
    )
    try:
        yield opened
    finally:
        context.close()
    assert complaints == []
