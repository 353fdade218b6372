"""What an error of the database may say: no value of a row.

An error is kept by logs and the orchestrator, and sent by its automations. PostgreSQL's DETAIL and
CONTEXT hold rows and keys (people's names, accounts, hashes), and what it says of a value that it
cannot read is that value. Its own log has them all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from sqlalchemy.engine import ExceptionContext

_DATA_EXCEPTION = "22"
"""The class of codes whose messages hold the value: `invalid input syntax for type bigint: "x"`."""

_COPIED = re.compile(r'COPY "?\w+"?, line \d+(, column "?\w+"?)?')


def without_values(error: psycopg.Error) -> None:
    """Leave of the server's message what failed and where; what only the driver says stays.

    The code and the names of table, column and constraint can be asked of `error.diag` as before.
    """
    said, code = error.diag.message_primary, error.diag.sqlstate
    if said is None or code is None:
        return
    if code.startswith(_DATA_EXCEPTION):
        said = f"a value is refused (SQLSTATE {code})"
    copied = _COPIED.match(error.diag.context or "")
    error.args = (f"{said}, {copied[0]}" if copied else said,)


def hide_values(context: ExceptionContext) -> None:
    """Take the values out of an error of a statement, and out of the one that it came of."""
    error, wrapped = context.original_exception, context.sqlalchemy_exception
    if not isinstance(error, psycopg.Error):
        return
    before = str(error)
    without_values(error)
    if wrapped is not None:
        text, *others = wrapped.args
        wrapped.args = (text.replace(before, str(error)), *others)
