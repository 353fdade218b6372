"""Programs: published once, in force from a date, and never edited."""

from __future__ import annotations

from datetime import date

import pytest

from goodword.actions import nights, programs
from goodword.db.queries import programs as queries
from goodword.db.session import Database
from tests import factories as make


def test_the_same_file_is_published_once(database: Database) -> None:
    with database.transaction() as tx:
        assert programs.publish(tx, "text", "digest", date(2026, 1, 1), "olivia") == 1
        before = make.everything(tx)
        assert programs.publish(tx, "text", "digest", date(2026, 1, 1), "olivia") is None
        assert make.everything(tx) == before
        assert make.told(tx, "program version", 1) == ["published"]


def test_an_older_text_may_be_published_again(database: Database) -> None:
    with database.transaction() as tx:
        for digest in ("a", "b", "a"):
            assert programs.publish(tx, digest, digest, date(2026, 1, 1), "olivia")
        assert [version.source for version in queries.versions(tx)] == ["a", "b", "a"]


def test_the_version_in_force_is_the_last_that_began_and_before_all_the_first(
    database: Database,
) -> None:
    with database.transaction() as tx:
        for source, effective_on in (
            ("spring", date(2026, 3, 1)),
            ("spring, corrected", date(2026, 3, 1)),
            ("summer", date(2026, 6, 1)),
        ):
            programs.publish(tx, source, source, effective_on, "olivia")
        days = {
            date(2025, 1, 1): "spring",
            date(2026, 3, 1): "spring, corrected",
            date(2026, 5, 31): "spring, corrected",
            date(2026, 6, 1): "summer",
            date(2030, 1, 1): "summer",
        }
        assert {day: queries.in_force(tx, day).source for day in days} == days
        newest = queries.newest(tx)
        assert newest is not None
        assert newest.source == "summer"


def test_rules_are_never_changed_for_days_that_a_night_has_decided(database: Database) -> None:
    with database.transaction() as tx:
        programs.publish(tx, "first", "first", date(2026, 1, 1), "olivia")
        nights.begin(tx, make.TODAY)
        with pytest.raises(programs.RulesOfThePast, match="Set effective_on after 2026-06-30"):
            programs.publish(tx, "second", "second", make.TODAY, "olivia")
        assert programs.publish(tx, "second", "second", make.TOMORROW, "olivia")
