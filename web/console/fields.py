"""What pages take from addresses and forms: numbers, names, reasons, each with its limit."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Form, Path, Query
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

LAST_ID = 2**63 - 1
LONGEST = 200
ROWS = 50

Number = Annotated[int, Path(ge=1, le=LAST_ID)]
After = Annotated[int | None, Query(ge=1, le=LAST_ID)]
Asked = Annotated[str, Query(max_length=LONGEST)]
Words = Annotated[str, Form(max_length=2_000)]
Name = Annotated[str, Form(max_length=LONGEST)]


def _iso(given: object) -> object:
    # Pydantic takes numbers as well, for seconds since 1970: “0” would be a day of that year.
    try:
        return date.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        raise PydanticCustomError("day", "A day is written as 2026-06-30") from None


Day = Annotated[date, BeforeValidator(_iso), Form()]


def after(rows: list[int]) -> int | None:
    """Return the key of a page's last row where there may be another page; None at the end."""
    return rows[-1] if len(rows) == ROWS else None
