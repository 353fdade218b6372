"""The local servers: started once however many ask, found again, and stopped with all of theirs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
import pytest

from cli import local
from goodword.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="goodword-local-"))
    yield folder
    local.stop_all(folder)
    shutil.rmtree(folder)


@pytest.mark.prefect
def test_commands_that_start_at_once_share_one_prefect_server(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)  # the session's own server is not meant
    before = psutil.Process().children()
    with ThreadPoolExecutor(3) as commands:
        urls = set(commands.map(local.ensure_prefect, [home] * 3))
    assert len(urls) == 1
    started = set(psutil.Process().children()) - set(before)
    servers = [process for process in started if is_prefect(process)]
    assert len(servers) == 1
    assert local.ensure_prefect(home) in urls, "a later command finds it again"
    assert (home / "prefect").stat().st_mode & 0o077 == 0, "its database has people's names"
    url = next(iter(urls))
    with urlopen(f"{url.removesuffix('/api')}/ui-settings") as settings:  # noqa: S310 - loopback
        assert json.load(settings)["api_url"] in urls, "its pages ask it, wherever it listens"
    own = url.removesuffix("/api").replace("127.0.0.1", "localhost")
    answered = [page for page in (own, "http://evil.example") if answers_to(page, url)]
    assert answered == [own], "no page of another origin reads what runs here"
    with pytest.raises(HTTPError, match="403"):  # as a page sends it, of which CORS minds nothing
        urlopen(Request(f"{url}/flow_runs/count", method="POST"))  # noqa: S310 - loopback

    family = [*servers, *servers[0].children(recursive=True)]
    assert local.stop_all(home) == ["prefect"]
    assert psutil.wait_procs(family, timeout=60)[1] == []
    assert local.stop_all(home) == []


def answers_to(page: str, url: str) -> bool:
    asked = Request(f"{url}/health", headers={"Origin": page})  # noqa: S310 - loopback
    with urlopen(asked) as answer:  # noqa: S310 - loopback
        return "Access-Control-Allow-Origin" in answer.headers


def is_prefect(process: psutil.Process) -> bool:
    return process.status() != psutil.STATUS_ZOMBIE and "prefect" in process.cmdline()


def test_a_recorded_server_whose_number_is_another_programs_by_now_is_left_alone(
    home: Path,
) -> None:
    (home / "prefect.json").write_text(
        f'{{"url": "http://127.0.0.1:1/api", "pid": {os.getpid()}, "born_at": 1.0}}'
    )
    assert local.stop_all(home) == []


class Busy(BaseHTTPRequestHandler):
    """A server that has no time at first."""

    asked = 0

    def do_GET(self) -> None:
        Busy.asked += 1
        self.send_response(HTTPStatus.OK if Busy.asked > 2 else HTTPStatus.SERVICE_UNAVAILABLE)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


def test_a_server_that_is_busy_is_waited_for_and_one_that_has_ended_is_not() -> None:
    with HTTPServer(("127.0.0.1", 0), Busy) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        born_at = psutil.Process().create_time()
        assert not local._serves(local._Running(url, os.getpid(), born_at - 60), url)
        assert local._serves(local._Running(url, os.getpid(), born_at), url)
        server.shutdown()
    assert Busy.asked == 3


def test_commands_that_start_at_once_share_one_sandbox(home: Path) -> None:
    with ThreadPoolExecutor(3) as commands:
        found = set(commands.map(local.ensure_sandbox, [home] * 3))
    assert len(found) == 1
    assert Settings.from_environment({"GOODWORD_HOME": str(home)}).sandbox in found
    assert local.stop_all(home) == ["sandbox"]
    assert Settings.from_environment({"GOODWORD_HOME": str(home)}).sandbox is None


def test_a_server_that_ends_at_once_is_reported_with_its_last_words(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOODWORD_SMTP_URL", "nonsense")
    with pytest.raises(local.ServerDidNotStart, match=r"(?s)ended with code 1.*GOODWORD_SMTP_URL"):
        local.ensure_sandbox(home)


def test_looking_after_servers_does_not_import_prefect() -> None:
    look = "import sys, cli.local; sys.exit('prefect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0  # noqa: S603 - fixed text
