"""Reading the CSV files of a data folder, without losing a row."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path


class DataFolderError(ValueError):
    """A data folder that cannot be loaded; the sentence names the file, and the line if any."""


@dataclass(frozen=True)
class CsvRow:
    """One row: its cells by column, and where it began."""

    cells: dict[str, str]
    file: str
    line: int

    def refuse(self, why: str) -> DataFolderError:
        """The refusal of this row."""
        return DataFolderError(f"{self.file}, line {self.line}: {why}")


@dataclass(frozen=True)
class CsvTable:
    """A CSV file: its columns and its rows, in order."""

    file: str
    columns: list[str]
    rows: list[CsvRow]

    def need(self, *columns: str) -> None:
        """Check that columns are there.

        Raises:
            DataFolderError: one is not.
        """
        missing = [column for column in columns if column not in self.columns]
        if missing:
            raise DataFolderError(
                f"{self.file}, line 1: the column {', '.join(missing)} is missing; "
                f"the file has {', '.join(self.columns)}"
            )


def read_table(path: Path) -> CsvTable:
    """Read a CSV file in UTF-8, with or without a byte order mark; cells may span lines.

    Raises:
        DataFolderError: the file is empty, is not UTF-8, quotes a cell badly, repeats a column,
            or has a row with more or fewer cells than columns.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    rows: list[CsvRow] = []
    columns: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            if columns is None:
                columns = _columns(path.name, cells)
            elif cells:
                rows.append(_row(path.name, line, columns, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataFolderError(f"{path.name}, line {line}: {error}") from error
    if columns is None:
        raise DataFolderError(f"{path.name} is empty; its first line should name the columns")
    return CsvTable(path.name, columns, rows)


def _text(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataFolderError(
            f"{path.name}, line {line}: the file is not UTF-8 ({error.reason}); "
            "save it as UTF-8 and load it again"
        ) from error


def _columns(file: str, names: list[str]) -> list[str]:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataFolderError(f"{file}, line 1: the column {', '.join(repeated)} is there twice")
    return names


def _row(file: str, line: int, columns: list[str], cells: list[str]) -> CsvRow:
    if len(cells) != len(columns):
        raise DataFolderError(
            f"{file}, line {line}: the row has {len(cells)} cells, "
            f"and the first line names {len(columns)} columns"
        )
    return CsvRow(dict(zip(columns, cells, strict=True)), file, line)
