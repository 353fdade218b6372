"""COPY into a temporary table: what goes in comes out, and nothing stays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from goodword.db.bulk import BadName, append, stage

if TYPE_CHECKING:
    from goodword.db.session import Database


class Colour(StrEnum):
    RED = "red"


def test_every_kind_of_value_comes_out_as_it_went_in(database: Database) -> None:
    columns = {
        "number": "bigint",
        "word": "text",
        "amount": "numeric(12,2)",
        "day": "date",
        "at": "timestamptz",
        "facts": "jsonb",
        "words": "text[]",
        "colour": "text",
        "nothing": "text",
    }
    row: tuple[Any, ...] = (
        2**62,
        'a\ttab, a\nline, a \\ and "quotes" and \\N',
        Decimal("1234.50"),
        date(2026, 2, 28),
        datetime(2026, 6, 30, 2, tzinfo=UTC),
        {"because": ["a", None]},
        ["x", 'y"', ""],
        Colour.RED,
        None,
    )
    with database.transaction() as tx:
        assert stage(tx, "incoming", columns, [row]) == 1
        assert tuple(tx.execute(text("SELECT * FROM incoming")).one()) == row


@given(rows=st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.none() | st.text())))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
def test_any_text_survives(database: Database, rows: list[tuple[int, str | None]]) -> None:
    rows = [(n, t.replace("\0", "") if t else t) for n, t in rows]  # PostgreSQL has no NUL
    rows = [(n, t.encode(errors="ignore").decode() if t else t) for n, t in rows]
    with database.transaction() as tx:
        assert stage(tx, "incoming", {"n": "bigint", "t": "text"}, iter(rows)) == len(rows)
        assert [tuple(row) for row in tx.execute(text("SELECT n, t FROM incoming"))] == rows


def test_a_table_staged_again_in_one_transaction_is_a_new_one(database: Database) -> None:
    with database.transaction() as tx:
        stage(tx, "incoming", {"a": "bigint"}, [(1,), (2,)])
        stage(tx, "incoming", {"b": "text"}, [("x",)])
        assert tx.execute(text("SELECT b FROM incoming")).all() == [("x",)]


def test_a_staged_table_hides_but_never_touches_a_real_one_of_its_name(
    database: Database,
) -> None:
    with database.transaction() as tx:
        stage(tx, "accounts", {"a": "bigint"}, [(1,)])
        stage(tx, "accounts", {"a": "bigint"}, [(1,)])
        assert tx.scalar(text("SELECT count(*) FROM public.accounts")) == 0


def test_nothing_is_left_after_the_transaction(database: Database) -> None:
    with database.transaction() as tx:
        stage(tx, "incoming", {"a": "bigint"}, [(1,)])
    with pytest.raises(ProgrammingError), database.transaction() as tx:
        tx.execute(text("SELECT * FROM incoming"))


def test_a_rehearsal_may_stage_the_same_name_many_times(database: Database) -> None:
    with database.rehearsal():
        for number in range(3):
            with database.transaction() as tx:
                stage(tx, "incoming", {"a": "bigint"}, [(number,)])
                assert tx.scalar(text("SELECT a FROM incoming")) == number


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("incoming; DROP TABLE accounts", {"a": "bigint"}),
        ('in"coming', {"a": "bigint"}),
        ("incoming", {"A": "bigint"}),
        ("incoming", {"a": "bigint DEFAULT (SELECT 1)"}),
        ("incoming", {"a": "bigint); DROP TABLE accounts; --"}),
    ],
)
def test_a_name_that_is_not_a_plain_word_is_refused(
    database: Database, name: str, columns: dict[str, str]
) -> None:
    with database.transaction() as tx, pytest.raises(BadName):
        stage(tx, name, columns, [])


def test_a_row_that_does_not_fit_is_refused_with_all_the_others(database: Database) -> None:
    with pytest.raises(Exception, match="a value is refused"), database.transaction() as tx:
        stage(tx, "incoming", {"a": "bigint"}, [(1,), ("x",)])


def test_rows_are_copied_into_a_table_itself_and_what_they_leave_out_has_its_default(
    database: Database,
) -> None:
    columns = ("id", "opportunity_crm_id", "paid_minor", "billed_minor", "currency", "paid_on")
    day, since = date(2026, 2, 28), datetime.now(UTC) - timedelta(minutes=1)
    rows = [("in_1", "006\t\\N", 100, 100, "USD", day), ("in_2", None, 200, 250, "JPY", day)]
    with database.transaction() as tx:
        assert append(tx, "paid_invoices", columns, iter(rows)) == 2
        kept = tx.execute(text(f"SELECT {', '.join(columns)} FROM paid_invoices ORDER BY id"))
        assert [tuple(row) for row in kept] == rows
        assert tx.execute(text("SELECT min(recorded_at) FROM paid_invoices")).scalar_one() > since
    with pytest.raises(BadName), database.transaction() as tx:
        append(tx, "paid_invoices; --", columns, [])
