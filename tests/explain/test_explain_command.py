"""The command itself: its JSON, its refusals, its width, and how little it loads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from goodword.db.queries import explanations as queries
from goodword.rules.explanations import Kind

if TYPE_CHECKING:
    from goodword.db.session import Database
    from tests.explain.conftest import Company


@pytest.mark.parametrize("kind", list(Kind))
def test_a_document_has_facts_amounts_and_no_address(company: Company, kind: Kind) -> None:
    document = company.document(kind, 1)
    assert (document["kind"], document["id"]) == (kind, 1)
    assert {"heading", "sentences"} == set(document["sections"][0])
    assert "@" not in json.dumps(document)


def test_the_document_of_a_reward_has_rules_weights_amounts_and_entries(company: Company) -> None:
    document = company.document(Kind.REWARD, company.reward_of("aff"))
    again = document["recomputed"]
    assert (again["version"], again["incentive"]) == (2, "Affiliate commission, basic")
    assert (again["computed_minor"], again["currency"]) == (500_01, "USD")
    assert [rule["incentive"] for rule in again["rules_tried"] if rule["pays"]] == [
        "Affiliate commission, basic"
    ]
    shares = document["facts"]["shares"]
    assert [share["value_minor"] for share in shares] == [5_000_13, 5_000_12]
    assert [float(share["weight"]) for share in shares] == [0.5, 0.5]


def test_the_number_of_statements_does_not_depend_on_how_much_there_is(company: Company) -> None:
    counts = []
    for kind, number in ((Kind.REWARD, 1), (Kind.REWARD, 3), (Kind.CONVERSION, 2)):
        statements: list[str] = []
        with company.database.transaction() as tx:
            event.listen(tx, "before_cursor_execute", lambda *said: statements.append(said[2]))  # noqa: B023 - used before the next turn
            queries.read(tx, kind, number)
        counts.append(len(statements))
    assert len(set(counts)) == 1


def test_an_unknown_number_is_refused_with_the_last_one_there_is(company: Company) -> None:
    with pytest.raises(queries.NothingToExplain) as refusal:
        company.tell(Kind.REWARD, 99)
    assert str(refusal.value) == "there is no reward 99; the last one is 4"


def test_an_empty_database_says_that_there_is_none(database: Database) -> None:
    with (
        database.transaction() as tx,
        pytest.raises(queries.NothingToExplain, match="there is no payout 1; there is none yet"),
    ):
        queries.read(tx, Kind.PAYOUT, 1)


COMMAND = """
import sys, typer
from cli import explain
app = typer.Typer()
explain.register(app)
try:
    app(sys.argv[1:])
finally:
    print(sorted(sys.modules.keys() & {"prefect", "stripe", "simple_salesforce"}), file=sys.stderr)
"""


def run(company: Company, *arguments: str) -> subprocess.CompletedProcess[str]:
    url = company.database.engine.url.render_as_string(hide_password=False)
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", COMMAND, *arguments],
        env={**os.environ, "GOODWORD_DATABASE_URL": url},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_prints_at_most_100_columns_and_imports_no_adapter(company: Company) -> None:
    done = run(company, "reward", "1")
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == "[]"
    assert "20% of 12,000.00 USD = 2,400.00 USD." in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_the_command_prints_one_json_document(company: Company) -> None:
    document = json.loads(run(company, "payout", "1", "--json").stdout)
    assert (document["kind"], document["id"]) == ("payout", 1)
    (payout,) = document["facts"]["payouts"]
    assert (payout["amount_minor"], payout["currency"]) == (2_400_00, "USD")


def test_an_unknown_kind_is_wrong_use_and_names_the_known_ones(company: Company) -> None:
    done = run(company, "invoice", "1")
    assert done.returncode == 2
    for kind in Kind:
        assert kind.value in done.stderr
