"""What pages take from addresses and forms: numbers, names, reasons, each with its limit."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Path, Query

LAST_ID = 2**63 - 1
LONGEST = 200
ROWS = 50

Number = Annotated[int, Path(ge=1, le=LAST_ID)]
After = Annotated[int | None, Query(ge=1, le=LAST_ID)]
Asked = Annotated[str, Query(max_length=LONGEST)]
Words = Annotated[str, Form(max_length=2_000)]
Name = Annotated[str, Form(max_length=LONGEST)]


def after(rows: list[int]) -> int | None:
    """Return the key of a page's last row where there may be another page; None at the end."""
    return rows[-1] if len(rows) == ROWS else None
