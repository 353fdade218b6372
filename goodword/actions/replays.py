"""Replays: a past night's decisions taken once more from what is stored; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from sqlalchemy import Connection

from goodword.db.queries import programs, replayed_claims, simulations, suspicions, tiers
from goodword.db.queries import replays as queries
from goodword.rules import replays as rules
from goodword.rules.dated_tiers import dated
from goodword.rules.earnings import Earned, Rules, earn
from goodword.rules.programs import Program


class NoSuchNight(LookupError):
    """No night ran for this business date."""

    def __init__(self, on: date) -> None:
        super().__init__(f"No night ran for {on}: there is nothing to replay.")


def decisions(tx: Connection, on: date, read: Callable[[str], Program]) -> Iterator[rules.Replayed]:
    """Take every decision of a night once more that its stored inputs allow.

    Args:
        tx: a transaction, better one that may only read.
        on: the night's business date.
        read: reads the text of a published program.

    Raises:
        NoSuchNight: none ran for the date.
    """
    since = queries.began(tx, on)
    if since is None:
        raise NoSuchNight(on)
    published = {each.number: read(each.source) for each in programs.versions(tx)}
    program = read(programs.in_force(tx, on).source)
    zone = program.time_zone
    for claim in replayed_claims.claims(tx, on, zone, program.stages.order, since):
        yield rules.claim(claim, program.registrations, on)
    for conversion in queries.conversions(tx, on, zone, since):
        yield from rules.conversion(conversion, published)
    people = simulations.people(tx)
    by_version = {number: Rules.of(version) for number, version in published.items()}
    book, moved = queries.book_before(tx, on, since), tiers.changes(tx)
    earned: list[Earned] = []
    for outcomes in queries.earnings(tx, on, zone, people):
        earned += earn(dated(outcomes, moved, by_version), by_version, book)
    yield from rules.rewards(queries.rewards(tx, on), earned, queries.changed(tx, since))
    introduced = suspicions.introduced(tx, program.suspicion)
    for approval in queries.approvals(tx, on, people, introduced):
        yield rules.approval(approval, program)
