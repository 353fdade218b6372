"""What many commands take: a date, a number, who decides; and the rows that they look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.output import emit, money, plain, say, table
from goodword.rules.rights import Action
from goodword.wiring import wiring

if TYPE_CHECKING:
    from sqlalchemy import Connection


def read_date(given: str) -> date:
    """Read a date option.

    Raises:
        BadParameter: it is none.
    """
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise typer.BadParameter(
            f"{plain(given)!r} is no date; write it as YYYY-MM-DD, for example 2026-06-30"
        ) from None


AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Number = Annotated[
    int,
    typer.Argument(metavar="ID", min=1, max=2**63 - 1, help="Its number, as the lists show it."),
]
Actor = Annotated[
    str, typer.Option("--as", envvar="USER", help="Who decides, for the audit trail.")
]
Date = Annotated[
    date | None,
    typer.Option(
        "--date",
        parser=read_date,
        metavar="YYYY-MM-DD",
        help="The business date; today in the program's time zone without.",
    ),
]


@contextmanager
def acting(actor: str, action: Action) -> Iterator[Connection]:
    """Open a transaction for somebody who may do this.

    Raises:
        NotStaff: nobody active on the staff has this name.
        NotAllowed: no role of theirs allows it.
    """
    from goodword.actions import staff

    with wiring().ready_database.transaction() as tx:
        staff.authorise(tx, actor, action)
        yield tx


def authorise(actor: str, action: Action) -> None:
    """Refuse who may not do what needs more than one transaction; raises as `acting`."""
    with acting(actor, action):
        return


class NoSuchThing(LookupError):
    """There is nothing of this number."""

    def __init__(self, name: str, number: int) -> None:
        self.number = number
        super().__init__(
            f"There is no {name.replace('-', ' ')} {number}: `goodword {name}s list` shows those "
            "there are."
        )


def newest_program(on: date | None) -> tuple[Any, date]:
    """Return the program published last, and the business date: `on`, or the program's today.

    Raises:
        NoProgram: none is published.
    """
    from goodword.db.queries import programs as queries

    with wiring().ready_database.transaction() as tx:
        newest = queries.require_newest(tx)
    program = wiring().program(newest.source)
    return program, on or program.date_of(datetime.now(UTC))


def rows_of(name: str, **filters: object) -> list[dict[str, Any]]:
    """Return the rows of one list."""
    from goodword.db.queries import lists

    with wiring().ready_database.transaction() as tx:
        return lists.rows_of(tx, name, **filters)


def show_list(title: str, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    """Print a list as a table, and say so when there may be more rows than it shows."""
    from goodword.db.queries import lists

    table(title, columns, rows)
    if len(rows) == lists.MOST:
        say(f"Only the first {lists.MOST:,} are shown.")


def show_one(name: str, number: int, *, as_json: bool) -> None:
    """Show one row of a list with everything that is known of it.

    Raises:
        NoSuchThing: there is none of this number.
    """
    rows = rows_of(name, id=number)
    if not rows:
        raise NoSuchThing(name, number)

    def show() -> None:
        table(f"{name.capitalize()} {number}", ("", ""), list(_told(rows[0]).items()))
        say(f"\nWhy it is so: goodword explain {name} {number}")

    emit(as_json, rows[0], show)


def _told(row: dict[str, Any]) -> dict[str, object]:
    """Put a row into a person's words: amounts with their currency, names without underscores."""
    told: dict[str, object] = {}
    for name, value in row.items():
        is_nothing = value in (None, "", []) or (name, value) == ("reversed_minor", 0)
        if name == "id" or is_nothing:
            continue
        if name.endswith("_minor"):
            told[name.removesuffix("_minor").replace("_", " ")] = money(value, row["currency"])
        elif name == "state":
            told[name] = value.replace("_", " ")
        elif isinstance(value, datetime):
            told[name.removesuffix("_at").replace("_", " ")] = f"{value:%Y-%m-%d %H:%M} UTC"
        elif name != "currency":
            told[name.removesuffix("_id").replace("_", " ")] = value
    return told
