"""Replay: whether each decision of a past night comes out the same; nothing is written."""

from __future__ import annotations

from collections import Counter
from datetime import date

from goodword.actions import replays
from goodword.db.queries import simulations
from goodword.db.queries import status as night_queries
from goodword.rules.replays import Replayed, Verdict
from goodword.wiring import wiring


class DecidesOtherwise(Exception):
    """Some decisions of a past night come out differently."""

    def __init__(self, on: date, count: int) -> None:
        super().__init__(
            f"{count:,} decisions of the night of {on} come out differently: something was changed "
            "past the program, or the rules' code was. The artifact `replay` lists them"
        )


class NoNightYet(LookupError):
    """No night has run that could be replayed."""

    def __init__(self) -> None:
        super().__init__("no night has run yet: there is nothing to replay")


def last_night() -> date:
    """Return the business date of the newest night.

    Raises:
        NoNightYet: none has run.
    """
    with wiring().ready_database.transaction() as tx:
        newest = night_queries.newest_date(tx)
    if newest is None:
        raise NoNightYet
    return newest


def replay(on: date) -> tuple[Counter[str], list[Replayed]]:
    """Take a night's decisions again; return counts by verdict, and those that differ.

    Raises:
        NoSuchNight: none ran for the date.
    """
    with wiring().ready_database.transaction() as tx:
        simulations.read_only(tx)
        found = list(replays.decisions(tx, on, wiring().program))
    different = [each for each in found if each.verdict is Verdict.DIFFERENT]
    return Counter(each.verdict.value for each in found), different
