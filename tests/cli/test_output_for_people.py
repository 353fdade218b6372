"""What data may hold never steers a terminal, and a document is one document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest
from rich.console import Console

from cli import output
from goodword.money import Money

NAMES = {
    "[red]Acme[/red]": "[red]Acme[/red]",
    "[/]": "[/]",
    ":smile: Ltd": ":smile: Ltd",
    "\x1b[2J\x1b]0;owned\x07Acme": r"\x1b[2J\x1b]0;owned\x07Acme",
    "two\nlines\r": r"two\nlines\r",
    "\x9b31mC1": r"\x9b31mC1",
    "abc\u202efed": r"abc\u202efed",
    "=HYPERLINK(1)": "=HYPERLINK(1)",
    "a\u00a0no-break\u3000space": "a\u00a0no-break\u3000space",
}


@pytest.mark.parametrize(("name", "shown"), NAMES.items())
def test_a_name_is_shown_as_it_is_and_obeyed_by_nothing(
    name: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output.table(name, ("company", "reasons"), [(name, [name, name])])
    output.say(f"About {name.split(chr(10), maxsplit=1)[0]}")
    output.complain(name.replace("\n", " "))
    said = capsys.readouterr()
    assert shown in said.out
    assert f"{shown}; {shown}" in said.out
    for text in (said.out, said.err):
        assert not set(text) & set("\x1b\x07\x9b\r\u202e")


def test_wide_and_long_names_keep_the_columns_in_their_places(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.table(
        "Rewards", ("company", "amount"), [("松風化学合同会社", "75,000 JPY"), ("A", "1 JPY")]
    )
    wide, narrow = capsys.readouterr().out.splitlines()[2:4]
    assert len(wide) + 8 == len(narrow), "each of the eight characters takes two cells"
    assert wide.endswith("75,000 JPY")
    assert narrow.endswith("    1 JPY")

    output.table("Rewards", ("company", "amount"), [("x" * 5000, "1 JPY")])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= output.console.width
    assert sum(line.count("x") for line in lines) == 5000, "folded, not cut"


def test_a_table_without_rows_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    output.table("Payouts", ("id",), [])
    assert capsys.readouterr().out == "Payouts: none\n"


def test_counts_are_words_and_not_names_of_the_database() -> None:
    assert output.counts({"paid": 1_200, "handed_over": 3}) == "1,200 paid, 3 handed over"
    assert output.counts({}) == "nothing to do"


def test_a_document_holds_money_in_minor_units_and_dates_as_iso(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.emit(
        as_json=True,
        document={"amount": Money(1050, "USD"), "on": date(2026, 6, 30), "name": "\x1b林"},
        show=lambda: pytest.fail("people were spoken to"),
    )
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert json.loads(said) == {
        "amount": {"minor": 1050, "currency": "USD"},
        "on": "2026-06-30",
        "name": "\x1b林",
    }


def test_a_long_complaint_is_one_line_that_can_be_searched_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.complain("word " * 100)
    assert capsys.readouterr().err.count("\n") == 1


PAYOUTS = (
    ("id", "participant", "division", "amount", "paid", "provider's id"),
    [
        (1, "Quinn Reyes", "", "350.00 USD", "2026-06-30", "tr_FwsKLRKDYh07CswtqordrVMt"),
        (27, "林 香織", "", "12,350.00 USD", "2026-07-01", "the account is closed for good"),
    ],
)


@pytest.fixture
def narrow() -> Iterator[Console]:
    usual = output.console.width
    output.console.width = 80
    yield output.console
    output.console.width = usual


@pytest.mark.usefixtures("narrow")
def test_a_narrow_window_breaks_between_words_and_leaves_out_what_is_empty(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.table("Payouts", *PAYOUTS)
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    assert "division" not in said
    whole = ("participant", "12,350.00 USD", "2026-06-30", "tr_FwsKLRKDYh07CswtqordrVMt", "closed")
    for word in whole:
        assert word in said


@pytest.mark.parametrize("width", [30, 40, 60, 80])
def test_of_a_cell_that_goes_on_in_the_next_line_nothing_is_lost(
    width: int, narrow: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    narrow.width = width
    columns, rows = PAYOUTS
    output.table("Payouts", *PAYOUTS)
    headings = [column for column in columns if column != "division"]
    expected = ["Payouts", *headings, *(str(cell) for row in rows for cell in row)]
    printed = "".join(capsys.readouterr().out.split())
    assert sorted(printed) == sorted("".join(expected).replace(" ", ""))
