"""Exported cells: a spreadsheet shows them and obeys none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from goodword.rules.exported_cells import safe


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+x",
        "-x",
        "@SUM(A1)",
        "|cmd",
        "%x",
        " =1",
        "\tx",
        "\rx",
        "\nx",
        "\uff1d1+1",  # a wide equals sign
        "+1-2",
        "-",
    ],
)
def test_what_would_be_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        ("", ""),
        (-5, "-5"),
        (Decimal("-5.20"), "-5.20"),
        ("+5", "+5"),
        ("a=b", "a=b"),
        ("O'Neil", "O'Neil"),
        (True, "True"),
    ],
)
def test_what_is_none_stays_as_it_is(value: object, cell: str) -> None:
    assert safe(value) == cell


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("Acme;=1+1", "Acme;'=1+1"),
        ("Acme; @SUM(A1)", "Acme; '@SUM(A1)"),
        ("Acme\n=1+1", "Acme\n'=1+1"),
        ("Acme\t\uff1d1+1;-x", "Acme\t'\uff1d1+1;'-x"),
        ("=1;=2", "'=1;'=2"),
        ('Acme;"=1+1;b', "Acme;\"'=1+1;b"),
        ('Acme; " "=1', 'Acme; " "\'=1'),
        ("Acme;\ufe661+1;\ufe62x;\ufe6bx", "Acme;'\ufe661+1;'\ufe62x;'\ufe6bx"),
        ("Acme;\ufe63x;\ufe6ax", "Acme;'\ufe63x;'\ufe6ax"),
        ("it is 2 - 1; 3 = 3", "it is 2 - 1; 3 = 3"),
    ],
)
def test_where_a_spreadsheet_parts_cells_at_semicolons_no_part_is_a_formula(
    text: str, cell: str
) -> None:
    assert safe(text) == cell
