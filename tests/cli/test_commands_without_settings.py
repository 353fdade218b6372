"""A newcomer's and an unlucky operator's commands, each a process: one sentence, and no secret."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from cli import local
from goodword.settings import SandboxInfo
from tests.cli.conftest import GOODWORD, ROOT, Said, process, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Template

NOWHERE = "http://127.0.0.1:1"
SECRETS = {
    "GOODWORD_SALESFORCE_CONSUMER_SECRET": "hunter2-salesforce",
    "GOODWORD_STRIPE_API_KEY": "sk_test_hunter2",
    "GOODWORD_SMTP_URL": "smtp://robot:hunter2-mail@127.0.0.1:1",
    "GOODWORD_STRIPE_WEBHOOK_SECRET": "whsec_hunter2",
}
REAL = {
    "GOODWORD_SALESFORCE_DOMAIN": "acme.my.salesforce.com",
    "GOODWORD_SALESFORCE_API_BASE": NOWHERE,
    "GOODWORD_SALESFORCE_CONSUMER_KEY": "key",
    "GOODWORD_STRIPE_API_BASE": NOWHERE,
    "GOODWORD_MAIL_FROM": "partners@acme.example",
    "GOODWORD_FIRST_WAIT": "0",
    **SECRETS,
}


@contextmanager
def a_home(template: Template, folder: Path) -> Iterator[Path]:
    """Point this process at a home with a database that has its tables, and nothing else."""
    with template.clone() as database:
        url = database.engine.url.render_as_string(hide_password=False)
        with settings(GOODWORD_HOME=str(folder), GOODWORD_DATABASE_URL=url):
            yield folder


@pytest.fixture(scope="module")
def empty_home(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with a_home(template, tmp_path_factory.mktemp("home")) as home:
        yield home


def refused(said: Said) -> str:
    """Return what a command that could not do its work said, and nothing else."""
    assert said.code == 1
    assert "Traceback" not in said.err
    assert "hunter2" not in said.out + said.err
    return said.err


def test_before_init_a_command_says_what_to_do(empty_home: Path) -> None:
    assert empty_home.is_dir()
    for words in (("import", "events", "README.md"), ("program", "show")):
        said = process(*words)
        assert said.out == ""
        assert "run `goodword init` first" in refused(said)


def test_doctor_says_for_each_system_what_to_set(empty_home: Path) -> None:
    assert empty_home.is_dir()
    said = process("doctor", "--json")
    assert refused(said) == ""
    found = {item["what"]: item for item in said.document}
    missing = [name for name, item in found.items() if item["ok"] is False]
    assert missing == ["published program", "stages", "Salesforce", "Stripe", "mail"]
    assert (
        "GOODWORD_SALESFORCE_DOMAIN is not set: give the My Domain" in found["Salesforce"]["said"]
    )
    assert "GOODWORD_STRIPE_API_KEY is not set" in found["Stripe"]["said"]
    assert "GOODWORD_SMTP_URL is not set" in found["mail"]["said"]
    assert "`goodword sandbox`" in process("doctor").out


def test_doctor_reaches_out_and_keeps_the_keys_to_itself(empty_home: Path) -> None:
    assert empty_home.is_dir()
    said = process("doctor", "--json", **REAL)
    assert refused(said) == ""
    found = {item["what"]: item["said"] for item in said.document}
    assert "cannot be reached" in found["Salesforce"]
    assert "no answer came back" in found["Stripe"]
    assert "127.0.0.1:1 cannot be used" in found["mail"]


@pytest.mark.prefect
@pytest.mark.usefixtures("prefect_server")
def test_a_night_that_cannot_reach_the_crm_says_so_once_and_where_to_look(
    template: Template, tmp_path: Path
) -> None:
    with a_home(template, tmp_path):
        assert process("init").code == 0
        said = process("night", "--date", "2026-06-30", **REAL)
    told = refused(said).splitlines()
    assert told[0].startswith("FAILED  sync: the CRM cannot be reached")
    assert told[1].startswith("FAILED  review, detect, compute, approve, pay: not run, since")
    assert told[-1].startswith("The traces are at http://127.0.0.1:")
    assert "sync       failed" in said.out


def test_a_database_that_does_not_answer_is_named_without_its_password(empty_home: Path) -> None:
    assert empty_home.is_dir()
    url = "postgresql://user:hunter2@127.0.0.1:1/goodword"
    said = process("status", GOODWORD_DATABASE_URL=url)
    assert refused(said).startswith("The database cannot be used: connection failed")
    assert said.err.count("\n") == 1


def test_a_setting_that_cannot_be_right_is_refused_without_its_value(empty_home: Path) -> None:
    assert empty_home.is_dir()
    for name, value in {
        "GOODWORD_DATABASE_URL": "mysql://user:hunter2@db/x",
        "GOODWORD_STRIPE_API_KEY": "pk_live_hunter2",
        "GOODWORD_SMTP_URL": "hunter2",
        "GOODWORD_STRIPE_API_KEYS": "sk_live_hunter2",
    }.items():
        assert refused(process("status", **{name: value})).startswith(name)


def test_a_home_that_cannot_be_made_is_a_sentence(empty_home: Path, tmp_path: Path) -> None:
    assert empty_home.is_dir()
    blocked = tmp_path / "file"
    blocked.touch()
    said = process("stop", GOODWORD_HOME=str(blocked / "home"))
    assert str(blocked) in refused(said)


def test_the_sample_never_runs_against_real_systems(empty_home: Path) -> None:
    assert empty_home.is_dir()
    said = process("sample", GOODWORD_SALESFORCE_DOMAIN="acme.my.salesforce.com")
    assert "the sample company never runs against real systems" in refused(said)


def test_a_second_sandbox_on_a_taken_port_leaves_the_first_one_alone(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        local.record_sandbox(tmp_path, NOWHERE, 1)
        said = process("sandbox", "--port", str(port), GOODWORD_HOME=str(tmp_path))
        assert refused(said).startswith(f"Port {port} or {port + 1} is taken on this machine")
        assert SandboxInfo.read(tmp_path) is not None


def test_a_sandbox_says_where_it_is_in_one_document_and_is_forgotten_when_it_ends(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "Account.csv").write_text("Id,Name\n001000000000001AAA,Acme\n")
    (folder / "Opportunity.csv").write_text("Id,Name\n")
    port = free_pair()
    running = subprocess.Popen(  # noqa: S603 - our own command
        [str(GOODWORD), "sandbox", "--data", str(folder), "--port", str(port), "--json"],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env=os.environ | {"GOODWORD_HOME": str(tmp_path)},
    )  # fmt: skip
    assert running.stdout is not None
    lines = [running.stdout.readline() for _ in range(5)]
    assert json.loads("".join(lines)) == {
        "company": "data",
        "base_url": f"http://127.0.0.1:{port}",
        "smtp_port": port + 1,
    }
    assert SandboxInfo.read(tmp_path) is not None
    running.terminate()
    running.communicate(timeout=60)
    assert running.returncode == 0
    assert not (tmp_path / "sandbox.json").exists()


def free_pair() -> int:
    """Return a port that is free, as is the one after it."""
    port = local._free_port(0, 1)
    assert port
    return port
