"""night --replay: whether each decision of a past night comes out the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import typer

from cli.arguments import NoProgram
from cli.output import complain, emit, say, table
from goodword.db.queries import programs, replayed_claims, simulations, suspicions, tiers
from goodword.db.queries import replays as queries
from goodword.rules import replays as rules
from goodword.rules.dated_tiers import dated
from goodword.rules.earnings import Earned, Rules, earn
from goodword.rules.replays import Replayed, Verdict
from goodword.wiring import wiring

if TYPE_CHECKING:
    from sqlalchemy import Connection


class NoSuchNight(LookupError):  # noqa: N818 - it says what was found
    """No night ran for this business date."""

    def __init__(self, on: date) -> None:
        super().__init__(f"No night ran for {on}: there is nothing to replay.")


class ReplayAlone(ValueError):  # noqa: N818 - it says what is wrong
    """A replay was asked for without a date, or together with what would run a night."""

    def __init__(self) -> None:
        super().__init__("--replay takes the --date of a past night, and no other option beside it")


def replay(on: date, *, as_json: bool) -> None:
    """Recompute a past night, say what comes out the same, and exit 1 where something does not.

    Raises:
        NoSuchNight: none ran for the date.
        NoProgram: none is published.
    """
    with wiring().ready_database.transaction() as tx:
        simulations.read_only(tx)
        found = list(decisions(tx, on))
    different = [each for each in found if each.verdict is Verdict.DIFFERENT]
    document = {
        "business_date": on,
        "counts": Counter(each.verdict.value for each in found),
        "decisions": [
            {
                "subject": each.subject,
                "decision": each.decision,
                "verdict": each.verdict.value,
                "reason": each.reason,
            }
            for each in found
        ],
    }
    emit(as_json, document, lambda: _show(on, found))
    if different:
        complain(f"{len(different):,} decisions of that night come out differently.")
        raise typer.Exit(1)


def decisions(tx: Connection, on: date) -> Iterator[Replayed]:
    """Take every decision of a night once more that its stored inputs allow.

    Raises:
        NoSuchNight: none ran for the date.
        NoProgram: none is published.
    """
    versions = programs.versions(tx)
    if not versions:
        raise NoProgram
    since = queries.began(tx, on)
    if since is None:
        raise NoSuchNight(on)
    published = {each.number: wiring().program(each.source) for each in versions}
    program = wiring().program(programs.in_force(tx, on).source)
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


_LEFT_OUT = (
    "Replayed from what is stored; nothing was written. Not replayed: deals that did not convert, "
    "letters, and payouts (`goodword check` and reconciliation answer for those)."
)


def _show(on: date, found: Sequence[Replayed]) -> None:
    say(f"The night of {on}, replayed", "bold")
    say(f"{_LEFT_OUT}\n")
    counts = Counter((each.subject.split()[0], each.verdict) for each in found)
    nouns = list(dict.fromkeys(each.subject.split()[0] for each in found))
    rows = [(f"{noun}s", *(counts[noun, verdict] for verdict in Verdict)) for noun in nouns]
    table("Decisions", ("about", *(verdict.value for verdict in Verdict)), rows)
    different = [(e.subject, e.decision, e.reason) for e in found if e.verdict is Verdict.DIFFERENT]
    if different:
        say("")
        table("What comes out differently", ("", "that night", "now"), different)
    unknown = Counter(
        (each.subject.split()[0], each.reason) for each in found if each.verdict is Verdict.UNKNOWN
    )
    if unknown:
        say("")
        shown = [(count, f"{noun}s", reason) for (noun, reason), count in unknown.most_common()]
        table("What cannot be known any more", ("", "about", "why"), shown)
        say("`--json` lists each one.")
