"""Alembic's entry point: on a connection that is given to it, or on the configured database."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from alembic import context

from goodword.db import embedded
from goodword.db.models import Base
from goodword.db.session import Database
from goodword.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection


def run(connection: Connection) -> None:
    """Run the asked migrations in the transaction that is open on `connection`."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        compare_server_default=True,
    )
    context.run_migrations()


def configured_url() -> str:
    """Return the database that the commands would use."""
    settings = Settings.from_environment(os.environ)
    return settings.database_url.reveal() or embedded.start(settings.home)


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    database = Database(configured_url())
    with database.transaction() as transaction:
        run(transaction)
    database.dispose()
