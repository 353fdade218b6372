"""goodword simulate on the sample company: the program in force, and a doubled customer bonus."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import ROOT, goodword
from tests.factories import everything

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Office

pytestmark = pytest.mark.prefect

IN_FORCE = ROOT / "config" / "program.toml"
HALF_A_YEAR = ("--from", "2026-01-01", "--to", "2026-06-30")


def simulate(file: Path, *words: str) -> Any:
    said = goodword("simulate", "--program", str(file), *HALF_A_YEAR, "--json", *words)
    assert (said.code, said.err) == (0, "")
    return said.document


def amounts(document: Any, title: str) -> Counter[tuple[str, str, str]]:
    """Return a table as (name, currency, before or after) -> minor units."""
    return Counter(
        {
            (line["name"], line["currency"], side): line[f"{side}_minor"]
            for line in document["tables"][title]
            for side in ("before", "after")
        }
    )


@pytest.fixture
def doubled(tmp_path: Path) -> Path:
    """The sample company's program, its customer bonus doubled."""

    def twice(found: re.Match[str]) -> str:
        amount = found[1]
        return f" pay {float(amount) * 2:.2f}" if "." in amount else f" pay {int(amount) * 2}"

    text = IN_FORCE.read_text(encoding="utf-8")
    start = text.index('name = "Customer referral"')
    end = text.index("[[incentives]]", start)
    file = tmp_path / "doubled.toml"
    bonus = re.sub(r" pay ([\d.]+)", twice, text[start:end])
    file.write_text(text[:start] + bonus + text[end:], encoding="utf-8")
    return file


def test_the_program_in_force_gives_exactly_what_was_computed(office: Office) -> None:
    assert office.first.code == 0
    found = simulate(IN_FORCE)
    assert found["differences"] == []
    assert found["asked"]["before"] == found["asked"]["after"]
    assert found["asked"]["before"]["rewards"] > 40
    for totals in found["totals"].values():
        same = ("rewards", "computed_minor", "kept_minor", "revenue_minor", "customers")
        assert [totals["before"][name] for name in same] == [totals["after"][name] for name in same]
    assert all(line["change_minor"] == 0 for lines in found["tables"].values() for line in lines)
    assert {(each["gain"], each["lose"]) for each in found["changes"].values()} == {(0, 0)}
    assert "the tier that each participant really had" in found["held"]


def test_doubling_the_customer_bonus_would_have_cost_the_customer_bonus_once_more(
    office: Office, doubled: Path
) -> None:
    assert office.first.code == 0
    found = simulate(doubled)
    by_rule = amounts(found, "By rule")
    names = {(name, currency) for name, currency, _ in by_rule}
    assert ("Customer referral", "JPY") in names
    for name, currency in names:
        times = 2 if name == "Customer referral" else 1
        assert by_rule[name, currency, "after"] == times * by_rule[name, currency, "before"]
    for currency, totals in found["totals"].items():
        more = totals["after"]["kept_minor"] - totals["before"]["kept_minor"]
        assert more == by_rule["Customer referral", currency, "before"]
        assert Decimal(totals["after"]["roi_percent"]) < Decimal(totals["before"]["roi_percent"])
    assert {each["participant"][:4] for each in found["differences"]} == {"cust"}


def test_a_simulation_writes_nothing(office: Office, doubled: Path) -> None:
    with office.database.transaction() as tx:
        before = everything(tx)
    simulate(doubled)
    with office.database.transaction() as tx:
        assert everything(tx) == before


def test_a_simulation_is_told_to_people_with_what_it_goes_by(office: Office, doubled: Path) -> None:
    assert office.first.code == 0
    said = goodword("simulate", "--program", str(doubled), *HALF_A_YEAR)
    assert said.code == 0
    for words in ("whatever version was in force", "Who gains most", "Budget, by month", "really"):
        assert words in said.out


def test_a_program_file_with_an_error_is_refused_as_program_check_does(
    office: Office, tmp_path: Path
) -> None:
    assert office.first.code == 0
    file = tmp_path / "wrong.toml"
    wrong = IN_FORCE.read_text(encoding="utf-8").replace('"first_touch"', '"best_touch"', 1)
    file.write_text(wrong, encoding="utf-8")
    said = goodword("simulate", "--program", str(file), *HALF_A_YEAR)
    checked = goodword("program", "check", str(file))
    assert (said.code, said.err) == (1, checked.err)
    assert "best_touch" in said.err


def test_days_the_wrong_way_round_are_refused(office: Office) -> None:
    assert office.first.code == 0
    days = ("--from", "2026-06-30", "--to", "2026-01-01")
    said = goodword("simulate", "--program", str(IN_FORCE), *days)
    assert said.code == 1
    assert "is after --to 2026-01-01" in said.err
