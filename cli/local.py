"""The local servers behind the commands: Prefect and the sandbox, started when needed and reused.

Each runs in the background, in a session of its own, and stays up between commands. What is
known of it is in `home/NAME.json`; what it prints is in `home/NAME/server.log`.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import SystemRandom
from urllib.parse import urlsplit

import psutil
from rich.console import Console

from goodword.db import embedded
from goodword.locks import hold
from goodword.settings import SandboxInfo

SANDBOX_PORT = 8900
"""Of its HTTP; its mail is at the next one."""

_HOST = "127.0.0.1"
_PREFECT_SECONDS = 300  # 12 s on a quiet machine, 45 s on a busy one with cold files
_SANDBOX_SECONDS = 180
_BUSY_SECONDS = 60
_STOP_SECONDS = 10
_PROBE_SECONDS = 5
_LOOK_SECONDS = 0.1
_PORT_TRIES = 20
_QUIET_PORTS = range(20_000, 30_000)
"""Below those that systems lend to outgoing connections (Linux from 32768 on, macOS from 49152): a
server binds its port seconds after it was found to be free, and nobody is lent it meanwhile."""


class ServerDidNotStart(Exception):
    """A local server ended, or did not answer in time."""

    def __init__(self, name: str, why: str, log: Path) -> None:
        self.name = name
        self.log = log
        lines = log.read_text(errors="replace").splitlines()[-5:] if log.exists() else []
        said = "".join(f"\n  {line}" for line in lines)
        super().__init__(f"The local {name} server {why}. See {log}, which ends with:{said}")


class PrefectCommandFailed(Exception):
    """One of Prefect's own commands failed."""

    def __init__(self, words: Sequence[str], code: int) -> None:
        super().__init__(f"`prefect {' '.join(words)}` ended with code {code}; it says why above.")


@dataclass(frozen=True, slots=True)
class _Running:
    """A server that we started. `born_at` (epoch seconds) tells its process from a later one."""

    url: str
    pid: int
    born_at: float

    @classmethod
    def read(cls, record: Path) -> _Running | None:
        try:
            raw = json.loads(record.read_text())
            return cls(str(raw["url"]), int(raw["pid"]), float(raw["born_at"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def is_alive(self) -> bool:
        try:
            return abs(psutil.Process(self.pid).create_time() - self.born_at) < 1
        except psutil.NoSuchProcess:
            return False


# Prefect ----------------------------------------------------------------------------------------


def ensure_prefect(home: Path) -> str:
    """Return the URL of the Prefect API, starting a local server when there is none.

    A PREFECT_API_URL in the environment is taken as it is.

    Raises:
        ServerDidNotStart: It ended at once, or did not answer within 300 s.
    """
    if configured := os.environ.get("PREFECT_API_URL"):
        return configured
    home = home.resolve()
    record = home / "prefect.json"
    with hold(home / "prefect.lock"):
        known = _Running.read(record)
        if known and _serves(known, f"{known.url}/health"):
            return known.url
        if known:
            _end(known)
        port = _free_port(urlsplit(known.url).port or 0 if known else 0)
        url = f"http://{_HOST}:{port}/api"
        command = [sys.executable, "-m", "prefect", "server", "start"]
        command += ["--host", _HOST, "--port", str(port)]
        log = home / "prefect" / "server.log"
        # Its pages ask this address; left alone they would ask port 4200, and any other page that
        # is open in a browser here could ask as well: nobody signs in to it.
        own = f"http://{_HOST}:{port},http://localhost:{port}"
        pages = {
            "PREFECT_SERVER_UI_API_URL": url,
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": own,
            # CORS keeps answers from other pages, and lets through what they send.
            "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        }
        process = _spawn(command, log, _prefect_environment(home) | pages)
        running = _Running(url, process.pid, process.create_time())
        _write(record, asdict(running))
        with _telling("Starting the local Prefect server (once; about 15 seconds)"):
            _await("Prefect", process, log, f"{url}/health", _PREFECT_SECONDS)
        return url


def use_prefect(home: Path) -> str:
    """Point this process at the Prefect API, before anything imports prefect; return its URL."""
    url = ensure_prefect(home)
    if "PREFECT_API_URL" not in os.environ:
        os.environ.update(_prefect_environment(home.resolve()) | {"PREFECT_API_URL": url})
    return url


def run_prefect(words: Sequence[str]) -> None:
    """Run one of Prefect's own commands against the API that `use_prefect` chose.

    What it prints goes to standard error: it is no result of ours.

    Raises:
        PrefectCommandFailed: It failed; its output has been shown.
    """
    done = subprocess.run(  # noqa: S603 - our words
        [sys.executable, "-m", "prefect", *words], check=False, stdout=sys.stderr
    )
    if done.returncode:
        raise PrefectCommandFailed(words, done.returncode)


def _prefect_environment(home: Path) -> dict[str, str]:
    return {
        "PREFECT_HOME": str(home / "prefect"),
        # Beside PREFECT_HOME a person's own profile would decide which server is meant.
        "PREFECT_PROFILES_PATH": str(home / "prefect" / "profiles.toml"),
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        # One writer at a time: a busy SQLite is waited for instead of answered with a 503.
        "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
    }


# The sandbox ------------------------------------------------------------------------------------


def ensure_sandbox(home: Path) -> SandboxInfo:
    """Return the running sandbox of `home`, starting one with the sample company when none runs.

    Raises:
        ServerDidNotStart: It ended at once, or did not answer within 180 s.
    """
    home = home.resolve()
    with hold(home / "sandbox.lock"):
        known, running = SandboxInfo.read(home), _Running.read(home / "sandbox.json")
        if known and running and _serves(running, f"{known.base_url}/sandbox/company"):
            return known
        (home / "sandbox.json").unlink(missing_ok=True)
        log = home / "sandbox" / "server.log"
        goodword = Path(sysconfig.get_path("scripts")) / "goodword"
        command = [str(goodword), "sandbox", "--port", str(_free_port(SANDBOX_PORT, 1))]
        process = _spawn(command, log, {"GOODWORD_HOME": str(home)})
        with _telling("Starting the sandbox: Salesforce, Stripe and a mailbox on this machine"):
            info = _await_sandbox(home, process, log)
            _await("sandbox", process, log, f"{info.base_url}/sandbox/company", _SANDBOX_SECONDS)
        return info


def record_sandbox(home: Path, base_url: str, smtp_port: int) -> None:
    """Say in `home/sandbox.json` that this process is the sandbox; the settings find it there."""
    pid = os.getpid()
    born_at = psutil.Process(pid).create_time()
    record = {"base_url": base_url, "smtp_port": smtp_port, "pid": pid, "born_at": born_at}
    _write(home / "sandbox.json", record | {"url": base_url})


def forget_sandbox(home: Path) -> None:
    """Take back what `record_sandbox` said, unless another sandbox of this home has said it."""
    info = SandboxInfo.read(home)
    if info is None or info.pid == os.getpid():
        (home / "sandbox.json").unlink(missing_ok=True)


def _await_sandbox(home: Path, process: psutil.Process, log: Path) -> SandboxInfo:
    for _ in _tries("sandbox", process, log, _SANDBOX_SECONDS):
        info = SandboxInfo.read(home)
        if info:
            return info
    raise ServerDidNotStart("sandbox", f"said nothing within {_SANDBOX_SECONDS} s", log)


# All of them ------------------------------------------------------------------------------------


def stop_all(home: Path) -> list[str]:
    """Stop the servers of `home`, PostgreSQL last; return the names of those that were running."""
    home = home.resolve()
    stopped = []
    for name in ("prefect", "sandbox"):
        with hold(home / f"{name}.lock"):
            running = _Running.read(home / f"{name}.json")
            if running and _end(running):
                stopped.append(name)
            if name == "sandbox":
                # The settings look here; Prefect's record stays, so that its port does.
                (home / "sandbox.json").unlink(missing_ok=True)
    if embedded.stop(home):
        stopped.append("postgres")
    return stopped


def _end(running: _Running) -> bool:
    """End a server with its children; False when it was not running."""
    if not running.is_alive():
        return False
    server = psutil.Process(running.pid)
    family = [server, *server.children(recursive=True)]
    server.send_signal(signal.SIGTERM)
    _, stubborn = psutil.wait_procs(family, timeout=_STOP_SECONDS)
    for process in stubborn:
        process.kill()
    psutil.wait_procs(stubborn, timeout=_STOP_SECONDS)
    return True


def _spawn(command: list[str], log: Path, environment: Mapping[str, str]) -> psutil.Process:
    """Start a server that outlives this command, and that no Ctrl-C of its terminal reaches."""
    log.parent.mkdir(parents=True, exist_ok=True)
    log.parent.chmod(0o700)  # Prefect's database has runs, their parameters and people's names
    write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    pid = os.posix_spawn(
        command[0],
        command,
        os.environ | environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), write, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    return psutil.Process(pid)


def _await(name: str, process: psutil.Process, log: Path, url: str, seconds: float) -> None:
    for _ in _tries(name, process, log, seconds):
        if _answers(url):
            return
    process.kill()
    raise ServerDidNotStart(name, f"did not answer within {seconds} s", log)


def _tries(name: str, process: psutil.Process, log: Path, seconds: float) -> Iterator[None]:
    """Come round ten times a second while the server lives, until the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        try:
            code = process.wait(timeout=_LOOK_SECONDS)
        except psutil.TimeoutExpired:
            continue
        raise ServerDidNotStart(name, f"ended with code {code}", log)


def _serves(running: _Running, url: str) -> bool:
    """Tell whether a server runs and answers, if need be later: others may keep it busy."""
    end = time.monotonic() + _BUSY_SECONDS
    while running.is_alive():
        if _answers(url):
            return True
        if time.monotonic() > end:
            return False
        time.sleep(_LOOK_SECONDS)
    return False


def _answers(url: str) -> bool:
    """Tell whether a GET is answered with 200. No proxy is asked: the server is on this machine."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(
        parts.hostname or _HOST, parts.port, timeout=_PROBE_SECONDS
    )
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _free_port(wanted: int, neighbours: int = 0) -> int:
    """Return `wanted` when it is free, so that links stay good, and else any free port.

    The `neighbours` ports after it are free too.
    """
    drawn = SystemRandom().sample(_QUIET_PORTS, _PORT_TRIES)  # which no seed makes another's too
    for first in (wanted, *drawn):
        if first and all(_is_free(first + step) for step in range(neighbours + 1)):
            return first
    raise OSError("no port is free on 127.0.0.1")


def _is_free(port: int) -> bool:
    """Tell whether it can be bound; False as well when it is no port at all."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except (OSError, OverflowError):
            return False
        return True


def _write(record: Path, facts: Mapping[str, object]) -> None:
    """Write a record whole, so that no reader sees half of one."""
    record.parent.mkdir(parents=True, exist_ok=True)
    half = record.with_suffix(".new")
    half.write_text(json.dumps(facts, indent=2) + "\n")
    half.replace(record)


@contextmanager
def _telling(sentence: str) -> Iterator[None]:
    """Show on a terminal what is waited for; say nothing anywhere else."""
    console = Console(stderr=True)
    if console.is_terminal:
        with console.status(sentence):
            yield
    else:
        yield
