"""Migrations: one line of versions that ends in the data dictionary, forwards and backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from goodword.db import schema
from goodword.db.models import Base

if TYPE_CHECKING:
    from goodword.db.session import Database
    from tests.conftest import Template


def test_the_migrations_lay_down_exactly_the_data_dictionary(database: Database) -> None:
    with database.transaction() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_newest_file_is_the_one_head() -> None:
    scripts = ScriptDirectory(str(schema.MIGRATIONS))
    assert scripts.get_heads() == [schema.wanted()]


def test_a_database_that_is_up_to_date_is_left_alone(database: Database) -> None:
    schema.upgrade(database)
    schema.require(database)
    assert schema.current(database) == schema.wanted()


def test_another_version_is_refused_with_both_versions_and_the_way_out(
    template: Template,
) -> None:
    with template.clone() as database:
        with database.transaction() as tx:
            tx.execute(text("UPDATE alembic_version SET version_num = '0000'"))
        with pytest.raises(schema.SchemaDiffers, match=r"at version 0000.*goodword init"):
            schema.require(database)
