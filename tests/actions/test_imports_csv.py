"""CSV files as spreadsheets and people write them, cut into rows with their lines."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from goodword.actions.import_files import HeaderRefused, RawRow, read_csv
from goodword.rules.imports import Kind

HEADER = b"key,kind,participant,at,value\n"


def rows(text: bytes, size: int = 1000) -> list[RawRow]:
    return [row for chunk in read_csv(BytesIO(text), Kind.EVENTS, size) for row in chunk]


def keys(text: bytes) -> list[tuple[int, str]]:
    return [(row.line, row.problem or row.cells["key"]) for row in rows(text)]


def refusal(text: bytes) -> str:
    with pytest.raises(HeaderRefused) as refused:
        read_csv(BytesIO(text), Kind.EVENTS)
    return str(refused.value)


def test_a_row_is_its_cells_by_column_in_any_order() -> None:
    (row,) = rows(b"value, at ,kind,key,participant\n9,2026-06-30,nps,e1,ada\n")
    assert row.cells == {
        "value": "9",
        "at": "2026-06-30",
        "kind": "nps",
        "key": "e1",
        "participant": "ada",
    }
    assert (row.line, row.last_line, row.problem) == (2, 2, "")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_byte_order_marks_and_line_ends_do_not_count(mark: bytes, end: bytes) -> None:
    text = mark + (HEADER + "e1,win,林,,\n\n,,,,\ne2,win,b,,\n".encode()).replace(b"\n", end)
    assert keys(text) == [(2, "e1"), (5, "e2")]


def test_a_quoted_cell_may_have_commas_quotation_marks_and_line_breaks() -> None:
    first, second = rows(HEADER + b'e1,win,ada,,"one, ""two""\r\nthree"\ne2,win,ada,,\n')
    assert first.cells["value"] == 'one, "two"\r\nthree'
    assert (first.line, first.last_line, second.line) == (2, 3, 4)


def test_a_row_of_too_many_or_too_few_cells_is_refused_with_its_line() -> None:
    assert keys(HEADER + b"e1,win,a,,\ne2,win\ne3,win,a,,,,\ne4,win,a,,\n") == [
        (2, "e1"),
        (3, "the row has 2 cells, the first line 5"),
        (4, "the row has 7 cells, the first line 5"),
        (5, "e4"),
    ]


@pytest.mark.parametrize(
    "bad",
    [
        b'e1,win,"ada,,\n',
        b'e1,win,"ada" lim,,\n',
        b'e1,win,"ada,,\n' + b"e0,win,a,,\n" * 200,
        b"e1,win," + b"x" * 200_000 + b",,\n",
    ],
    ids=["unclosed", "text after the mark", "unclosed for long", "endless cell"],
)
def test_a_lost_quotation_mark_costs_one_row(bad: bytes) -> None:
    found = rows(HEADER + bad + b'e2,win,"b",,\ne3,win,c,,\n')
    assert found[0].line == 2
    assert "cannot be read" in found[0].problem
    assert not any(row.problem for row in found[1:])
    assert [row.cells["key"] for row in found[-2:]] == ["e2", "e3"]
    assert found[-1].line == 2 + bad.count(b"\n") + 1


def test_a_quotation_mark_that_takes_in_the_next_row_costs_one_row() -> None:
    found = keys(HEADER + b'e1,win,"ada,,\ne2,win,b,,"x"\n')
    assert [line for line, _ in found] == [2, 3]
    assert found[1] == (3, "e2")


def test_bytes_that_are_no_utf8_stay_in_their_cell() -> None:
    first, second = rows(HEADER + b"e1,win,J\xe9r\xf4me,,\ne2,win,ada,,\n")
    assert first.cells["participant"] == "J\udce9r\udcf4me"
    assert second.cells["participant"] == "ada"


def test_chunks_are_of_the_size_asked_for() -> None:
    text = HEADER + b"".join(b"e%d,win,a,,\n" % n for n in range(7))
    sizes = [len(chunk) for chunk in read_csv(BytesIO(text), Kind.EVENTS, 3)]
    assert sizes == [3, 3, 1]


def test_a_file_of_a_header_has_no_rows() -> None:
    assert rows(HEADER) == []


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"key,kind,partcipant,at,value\n", "'partcipant' is unknown (is it participant?)"),
        (b"key,kind,partcipant,at,value\n", "participant is missing"),
        (b"Key,kind,participant,at,value\n", "'Key' is unknown (is it key?)"),
        (b"key,kind,participant,at,value,note\n", "'note' is unknown. It has"),
        (b"key,key,kind,participant,at,value\n", "'key' is there more than once"),
        (b"key;kind;participant;at;value\n", "not parted by commas"),
        (b"key\tkind\tparticipant\tat\tvalue\n", "not parted by commas"),
        ("key,kind,participant,at,value\n".encode("utf-16"), "it is not UTF-8"),
        (b'"key,kind\n', "cannot be read"),
        (b"e1,win,ada,,\n", "key is missing"),
    ],
)
def test_a_first_line_that_is_no_header_is_refused_before_any_row(
    header: bytes, sentence: str
) -> None:
    said = refusal(header)
    assert sentence in said
    assert said.startswith("The first line of a file of events names its columns: ")
    assert said.endswith("in any order: key,kind,participant,at,value")


@given(st.binary() | st.text('ab,"\r\n;\0é').map(str.encode))
@example(b'"')
@example(b'\xef\xbb"\n')
def test_no_bytes_break_the_cutting_and_lines_only_grow(text: bytes) -> None:
    lines = [row.line for row in rows(HEADER + text, size=2)]
    assert lines == sorted(set(lines))
    try:
        read_csv(BytesIO(text), Kind.EVENTS)
    except HeaderRefused as refused:
        str(refused).encode()
