"""History is append-only and what was decided is frozen: the database itself refuses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from goodword.db.session import Database
from goodword.rules.payouts import Paid
from tests import factories as make

APPEND_ONLY = (
    *("postings", "entries", "audit_events", "program_versions"),
    *("dispute_statements", "dispute_rulings", "tier_changes"),
)
NEVER_DELETED = (
    *("rewards", "payouts", "payout_rewards", "conversions", "shares", "registrations"),
    "approvals",
)
FROZEN = {
    "rewards": (
        "participant_id incentive outcome conversion_id referral_id reverses_id"
        " program_version_id pay base_minor computed_minor amount_minor currency outcome_on"
    ),
    "payouts": "reference participant_id rail destination amount_minor currency planned_on",
    "conversions": "opportunity_crm_id value_minor currency won_on model program_version_id",
    "approvals": (
        "reward_id decision decided_by acting_for reason note amount_minor decided_on decided_at"
    ),
    "shares": "conversion_id position claim claim_id participant_id weight value_minor",
}


@pytest.fixture(scope="module")
def company(module_database: Database) -> Database:
    """A database with a row in each of the tables."""
    with module_database.transaction() as tx:
        ann = make.participant(tx)
        make.participant(tx)
        make.registration(tx, ann)
        paid = make.submit(tx, make.reserved(tx, make.approved(tx, ann, 4_000)))
        make.settle(tx, paid, Paid("tr_1"))
    return module_database


@pytest.fixture
def tx(company: Database) -> Iterator[Connection]:
    """A transaction of which nothing is kept."""
    with company.engine.connect() as connection, connection.begin() as whole:
        yield connection
        whole.rollback()


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {0} SET id = DEFAULT", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"],
)
def test_history_is_only_added_to(tx: Connection, table: str, statement: str) -> None:
    if "DEFAULT" in statement and table == "audit_events":
        statement = "UPDATE {0} SET reason = ''"
    with pytest.raises(DBAPIError, match=r"is append-only: (UPDATE|DELETE|TRUNCATE) is refused"):
        tx.execute(text(statement.format(table)))


@pytest.mark.parametrize("table", NEVER_DELETED)
@pytest.mark.parametrize("statement", ["DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
def test_what_money_hangs_on_is_never_deleted(tx: Connection, table: str, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"is append-only: (DELETE|TRUNCATE) is refused"):
        tx.execute(text(statement.format(table)))


@pytest.mark.parametrize(
    ("table", "column"),
    [(table, column) for table, columns in FROZEN.items() for column in columns.split()],
)
def test_what_was_decided_is_never_edited(tx: Connection, table: str, column: str) -> None:
    kind = make.value(
        tx,
        "SELECT data_type FROM information_schema.columns"
        " WHERE table_name = :table AND column_name = :column",
        table=table,
        column=column,
    )
    another = {"text": "'another'", "date": "'2020-01-01'"}.get(
        kind, "now()" if kind.startswith("timestamp") else "2"
    )
    if column == "position":
        another = "7"
    with pytest.raises(DBAPIError, match=rf"{table} (of )?\d+ is frozen: what was decided"):
        tx.execute(text(f"UPDATE {table} SET {column} = {another}"))


@pytest.mark.parametrize(
    "legs",
    [
        "(1, 'owed', 1, 'USD', 5)",
        "(1, 'owed', 1, 'USD', 5), (1, 'reserved', 1, 'USD', -4)",
        "(1, 'owed', 1, 'USD', 5), (1, 'reserved', 1, 'EUR', -5)",
        "(1, 'owed', 1, 'USD', 5), (2, 'reserved', 1, 'USD', -5)",
    ],
)
def test_legs_that_do_not_balance_are_refused(tx: Connection, legs: str) -> None:
    columns = "posting_id, account, participant_id, currency, amount_minor"
    with pytest.raises(DBAPIError, match="does not balance in one currency"):
        tx.execute(text(f"INSERT INTO entries ({columns}) VALUES {legs}"))
