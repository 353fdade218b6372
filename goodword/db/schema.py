"""The schema's version: bring a database up to date, or refuse to work on another version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

    from goodword.db.session import Database

MIGRATIONS = Path(__file__).parents[2] / "migrations"
_LOCK = 0x676F6F64_0001  # one migration at a time, whoever starts it


class SchemaDiffers(Exception):
    """The database's tables are of another version than the program."""

    def __init__(self, found: str | None, wanted: str) -> None:
        self.found = found
        self.wanted = wanted
        super().__init__(
            f"The database is at version {found} and the program needs {wanted}. "
            "Run `goodword init`, which brings it up to date and keeps every row; "
            "when the database is the newer one, install the newer program."
            if found
            else "The database has no tables yet: run `goodword init` first."
        )


class MigrationFailed(Exception):
    """The tables could not be brought up to date, and are as they were."""

    def __init__(self, error: SQLAlchemyError) -> None:
        first = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        super().__init__(
            f"The database could not be brought to version {wanted()}: {first}. Nothing was "
            "changed. When something else held its tables, stop it and run `goodword init` again; "
            "else keep this sentence and the installed version for who mends the program."
        )


def upgrade(database: Database) -> None:
    """Bring the tables up to date, in one transaction; does nothing when they are.

    Raises:
        MigrationFailed: the database refused; nothing of it is kept.
    """
    if current(database) == wanted():
        return
    try:
        with database.transaction() as tx:
            _migrate(tx)
    except SQLAlchemyError as error:
        raise MigrationFailed(error) from error


def _migrate(tx: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - half a second that only a migration has to pay

    # A migration may take long, but it must not queue behind a night and block everyone else.
    tx.execute(text("SET LOCAL statement_timeout = 0"))
    tx.execute(text("SET LOCAL lock_timeout = '10s'"))
    tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = _config()
    config.attributes["connection"] = tx
    command.upgrade(config, "head")


def require(database: Database) -> None:
    """Raise SchemaDiffers when the tables are not those of this program."""
    found = current(database)
    if found != wanted():
        raise SchemaDiffers(found, wanted())


def current(database: Database) -> str | None:
    """Return the version of the tables; None when there are none yet."""
    with database.transaction() as tx:
        if not inspect(tx).has_table("alembic_version"):
            return None
        version: str | None = tx.scalar(text("SELECT version_num FROM alembic_version"))
        return version


def wanted() -> str:
    """Return the version of the newest migration: the files are named YYYY_MM_DD_NNNN_title."""
    newest = max(path.name for path in (MIGRATIONS / "versions").glob("*_*_*_*_*.py"))
    return newest.split("_")[3]


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
