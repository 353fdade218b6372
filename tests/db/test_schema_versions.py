"""Migrations: one line of versions that ends in the data dictionary, forwards and backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from goodword.db import schema
from goodword.db.models import Base
from tests import factories as given

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
    assert "no tables yet: run `goodword init` first" in str(schema.SchemaDiffers(None, "0019"))


def test_a_migration_that_fails_says_so_in_a_sentence_and_changes_nothing(
    template: Template,
) -> None:
    with template.clone() as database:
        with database.transaction() as tx:
            tx.execute(text("UPDATE alembic_version SET version_num = '0004'"))
        with pytest.raises(schema.MigrationFailed, match=r'"leads" already exists. Nothing was'):
            schema.upgrade(database)
        assert schema.current(database) == "0004"


def test_clawbacks_keep_their_amounts_on_the_way_back_to_0003_and_up_again(
    template: Template,
) -> None:
    with template.clone() as database:
        with database.transaction() as tx:
            earned = given.reward(tx, given.participant(tx), 10_000)
            parts = ((1, 4_000, 4_000), (2, 6_000, 10_000))
            for day, minor, taken in parts:
                row = {"earned": earned, "day": day, "minor": minor, "taken": taken}
                tx.execute(text(_CLAWBACK), row)
            before = tx.execute(text(_CLAWBACKS)).all()
        _downgrade(database, "0003")
        with database.transaction() as tx:
            bases = set(tx.execute(text("SELECT base_minor FROM rewards")).scalars())
        schema.upgrade(database)
        with database.transaction() as tx:
            after = tx.execute(text(_CLAWBACKS)).all()

    assert len(bases) == 1, "at 0003 a clawback has the base of what it takes back"
    assert after == before


_CLAWBACKS = "SELECT id, base_minor, amount_minor FROM rewards WHERE reverses_id IS NOT NULL"
_CLAWBACK = """
INSERT INTO rewards (participant_id, incentive, outcome, conversion_id, reverses_id,
                     program_version_id, pay, base_minor, computed_minor, amount_minor, currency,
                     reason, outcome_on, payable_on, computed_on)
SELECT participant_id, incentive, outcome, conversion_id, id, program_version_id, pay, :taken,
       -:minor, -:minor, currency, 'refunded', outcome_on + :day, payable_on, computed_on
FROM rewards WHERE id = :earned
"""


def test_a_second_factor_that_nobody_finished_before_0020_begins_anew(template: Template) -> None:
    with template.clone() as database:
        _downgrade(database, "0019")
        with database.transaction() as tx:
            for name, since in (("begun", None), ("set up", "2026-11-01T00:00:00Z")):
                member = {"roles": ["approver"], "factor_secret": "sealed", "factor_since": since}
                given.insert(tx, "staff", name=name, email=f"{name}@x.example", **member)
        schema.upgrade(database)
        with database.transaction() as tx:
            kept = tx.execute(text("SELECT name FROM staff WHERE factor_secret IS NOT NULL")).all()
    assert [row.name for row in kept] == ["set up"]


def _downgrade(database: Database, version: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    with database.transaction() as tx:
        config.attributes["connection"] = tx
        command.downgrade(config, version)
