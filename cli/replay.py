"""night --replay: whether each decision of a past night comes out the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

import typer

from cli.output import complain, emit, say, table
from goodword.actions import replays
from goodword.db.queries import simulations
from goodword.rules.replays import Replayed, Verdict
from goodword.wiring import wiring


class ReplayAlone(ValueError):
    """A replay was asked for without a date, or together with what would run a night."""

    def __init__(self) -> None:
        super().__init__("--replay takes the --date of a past night, and no other option beside it")


def replay(on: date, *, as_json: bool) -> None:
    """Recompute a past night, say what comes out the same, and exit 1 where something does not.

    Raises:
        NoSuchNight: none ran for the date.
    """
    with wiring().ready_database.transaction() as tx:
        simulations.read_only(tx)
        found = list(replays.decisions(tx, on, wiring().program))
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
        several = f"{len(different):,} decisions of that night come out differently."
        complain(
            "1 decision of that night comes out differently." if len(different) == 1 else several
        )
        raise typer.Exit(1)


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
