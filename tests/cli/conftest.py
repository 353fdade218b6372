"""The command line on trial: `goodword(...)` in this process, `process(...)` as one of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import sysconfig
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cli import local
from cli.main import main
from goodword.wiring import close
from sandbox.company import sample
from sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from goodword.db.session import Database
    from tests.conftest import Template

ROOT = Path(__file__).parents[2]
GOODWORD = Path(sysconfig.get_path("scripts")) / "goodword"


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output; anything beside it is an error."""
        return json.loads(self.out)


def goodword(*words: str) -> Said:
    """Run a command through its entry point, in this process."""
    out, err = io.StringIO(), io.StringIO()
    code: int | str | None = 0
    with (
        pytest.MonkeyPatch.context() as patched,
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        patched.setattr(sys, "argv", ["goodword", *words])
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    return Said(int(code or 0), out.getvalue(), err.getvalue())


def process(*words: str, **environment: str) -> Said:
    """Run a command as a process of its own, with more environment than this one's."""
    done = subprocess.run(  # noqa: S603 - our own command
        [str(GOODWORD), *words],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        env=os.environ | environment,
    )
    return Said(done.returncode, done.stdout, done.stderr)


@contextmanager
def settings(**given: str) -> Iterator[None]:
    """Set these variables of ours and no others."""
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("GOODWORD_")]:
            if name != "GOODWORD_TEST_HOME":
                environment.delenv(name)
        for name, value in given.items():
            environment.setenv(name, value)
        close()
        yield
        close()


@dataclass(frozen=True)
class Office:
    """The sample company after `goodword sample`, run twice."""

    database: Database
    sandbox: Sandbox
    home: Path
    first: Said
    second: Said
    sent: tuple[tuple[int, int], tuple[int, int]]


@pytest.fixture(scope="module")
def office(
    template: Template, prefect_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    assert prefect_server
    home = tmp_path_factory.mktemp("home")
    with (
        template.clone() as database,
        Sandbox(sample()) as sandbox,
        settings(
            GOODWORD_HOME=str(home),
            GOODWORD_DATABASE_URL=database.engine.url.render_as_string(hide_password=False),
            GOODWORD_PROGRAM=str(ROOT / "config" / "program.toml"),
        ),
    ):
        local.record_sandbox(home, sandbox.base_url, sandbox.smtp_port)

        def sent() -> tuple[int, int]:
            return len(sandbox.world.stripe.transfers), len(sandbox.world.mailbox.messages)

        first, sent_first = goodword("sample", "--json"), sent()
        second, sent_second = goodword("sample", "--json"), sent()
        yield Office(database, sandbox, home, first, second, (sent_first, sent_second))
