"""simulate: what another program file would have given for the company's own past."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.arguments import AsJson, read_date
from cli.output import emit, money, say, table
from goodword.rules import comparisons
from goodword.rules.comparisons import Difference, Line, Worth
from goodword.rules.histories import Days, Outlook, Person, Proceeds
from goodword.wiring import wiring

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from goodword.rules.programs import Program

MOST = 10
"""Lines of a table that may be long; the JSON document has all."""


class DaysRefused(ValueError):  # noqa: N818 - it says what was refused
    """The last day is before the first one."""

    def __init__(self, days: Days) -> None:
        super().__init__(
            f"--from {days.first} is after --to {days.last}: give the first day, then the last"
        )


class NoProgram(LookupError):  # noqa: N818 - it says what is missing
    """Nothing has been published, so there is no past to compare with."""

    def __init__(self) -> None:
        super().__init__("No program is published yet: there is no past to compare with.")


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(simulate)


def simulate(
    file: Annotated[
        Path, typer.Option("--program", metavar="FILE", help="The program file to try.")
    ],
    first: Annotated[
        date,
        typer.Option("--from", parser=read_date, metavar="YYYY-MM-DD", help="The first day."),
    ],
    last: Annotated[
        date, typer.Option("--to", parser=read_date, metavar="YYYY-MM-DD", help="The last day.")
    ],
    as_json: AsJson = False,
) -> None:
    """Replay your own past through another program file, writing nothing."""
    from goodword.program import load_program  # noqa: PLC0415 - only here

    days = Days(first, last)
    if first > last:
        raise DaysRefused(days)
    program, _ = load_program(file)
    with wiring().ready_database.transaction() as tx, uncollected():
        found = run(tx, program, days)
    emit(as_json, document(found), lambda: show(found))


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: what is read stays, and there is ever more to look through."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a program really gave in some days, and what another one would have given."""

    name: str
    days: Days
    people: Mapping[int, Person]
    before: Outlook
    after: Outlook
    worth: Mapping[str, tuple[Worth, Worth]]

    @property
    def currencies(self) -> list[str]:
        """The currencies of what was given or brought."""
        return sorted(self.worth)


def run(tx: Connection, program: Program, days: Days) -> Simulated:
    """Read the past in a transaction that can write nothing, and simulate it.

    Raises:
        NoProgram: none is published.
    """
    from goodword.db.queries import (  # noqa: PLC0415 - only here
        invoices,
        programs,
        recorded_rewards,
        suspicions,
        tiers,
    )
    from goodword.db.queries import simulations as queries  # noqa: PLC0415 - as above
    from goodword.rules import simulations as rules  # noqa: PLC0415 - as above

    queries.read_only(tx)
    published = {v.number: wiring().program(v.source) for v in programs.versions(tx)}
    if not published:
        raise NoProgram
    whole = Days(rules.run_up(days.first, program), days.last)
    people, known = queries.people(tx), queries.kept(tx, whole)
    leads = queries.leads(tx, whole, known)
    if any(version.stages != program.stages for version in published.values()):
        leads = queries.leads_by(tx, whole, program.time_zone, program.stages, known)
    past = rules.Past(
        people,
        tuple(leads),
        suspicions.introduced(tx, program.suspicion),
        {number: version.attribution for number, version in published.items()},
        tiers.changes(tx),
    )
    proceeds = Proceeds()
    paid = invoices.past(tx, whole, known)
    found = queries.deals(tx, whole, program.time_zone, known, paid)
    deals = rules.noting(found, days, proceeds)
    after = rules.simulate(program, days, deals, past)
    before = Outlook(
        tuple(recorded_rewards.rewards(tx, days, people, known)),
        recorded_rewards.payments(tx, days),
        recorded_rewards.left(tx, days),
        proceeds,
        {},
    )
    in_force = wiring().program(programs.in_force(tx, days.last).source)
    worth = _worth(tx, (before, in_force), (after, program), days)
    return Simulated(program.name, days, people, before, after, worth)


def _worth(
    tx: Connection, before: tuple[Outlook, Program], after: tuple[Outlook, Program], days: Days
) -> dict[str, tuple[Worth, Worth]]:
    from goodword.db.queries import simulations as queries  # noqa: PLC0415 - only here

    currencies = {
        currency
        for outlook, _ in (before, after)
        for currency in (*outlook.proceeds.minor, *(each.currency for each in outlook.rewards))
    }
    sides: list[dict[str, Worth]] = []
    for outlook, program in (before, after):
        customers = sorted(set().union(*outlook.proceeds.customers.values()))
        lifetimes = queries.lifetimes(tx, customers)
        sides.append(
            {
                each: comparisons.worth(outlook, each, lifetimes, program.figures, days)
                for each in currencies
            }
        )
    return {each: (sides[0][each], sides[1][each]) for each in sorted(currencies)}


# Shown ------------------------------------------------------------------------------------------

RULES = (
    "Every deal, lead and paid invoice goes by this one program, whatever version was in force for "
    "it; people approve what they are asked about on the same day. Nothing was written."
)

HELD = (
    "Held as it was: which registrations were made and which of them won their deal (no claim is "
    "reviewed again); the tier that each participant really had (no simulated win moves one); what "
    "was refunded, cancelled or paid by customers; and how many deals there were: a better reward "
    "might have brought more of them."
)
"""What a simulation takes from the past as it is, however the program that is tried differs."""


def tables(found: Simulated) -> dict[str, list[Line]]:
    """Return every table of amounts, by its title."""
    before, after = found.before, found.after
    return {
        "By kind": comparisons.lines(before, after, lambda each: each.kind),
        "By rule": comparisons.lines(before, after, lambda each: each.rule),
        "By month of the outcome": comparisons.lines(
            before, after, lambda each: f"{each.on:%Y-%m}"
        ),
        "Paid, by month": comparisons.by_month(before.payments, after.payments),
        "By participant": comparisons.by_participant(before, after, found.people),
    }


def document(found: Simulated) -> dict[str, Any]:
    """Return everything as one JSON document; amounts in minor units."""
    return {
        "program": found.name,
        "from": found.days.first,
        "to": found.days.last,
        "rules": RULES,
        "held": HELD,
        "totals": {
            currency: {"before": _totals(found, currency, 0), "after": _totals(found, currency, 1)}
            for currency in found.currencies
        },
        "asked": {"before": _asked(found.before), "after": _asked(found.after)},
        "tables": {
            title: [
                {
                    "name": line.name,
                    "currency": line.currency,
                    "before_minor": line.before_minor,
                    "after_minor": line.after_minor,
                    "change_minor": line.change_minor,
                }
                for line in lines
            ]
            for title, lines in tables(found).items()
        },
        "unclaimed": dict(found.after.unclaimed),
        "differences": [
            {
                "subject": each.subject,
                "participant": found.people[each.participant_id].key,
                "currency": each.currency,
                "before_minor": each.before_minor,
                "after_minor": each.after_minor,
                "before_kept_minor": each.before_kept_minor,
                "after_kept_minor": each.after_kept_minor,
                "before": each.before_reason,
                "after": each.after_reason,
            }
            for each in comparisons.differences(found.before, found.after)
        ],
    }


def _totals(found: Simulated, currency: str, side: int) -> dict[str, Any]:
    outlook, worth = (found.before, found.after)[side], found.worth[currency][side]
    own = [each for each in outlook.rewards if each.currency == currency]
    paid = (minor for (_, code), minor in outlook.payments.items() if code == currency)
    return {
        "rewards": len(own),
        "computed_minor": sum(each.minor for each in own),
        "kept_minor": sum(each.kept_minor for each in own),
        "paid_minor": sum(paid),
        "left_minor": outlook.left.get(currency, 0),
        "revenue_minor": worth.revenue_minor,
        "cost_minor": worth.cost_minor,
        "customers": worth.customers,
        "lifetime_minor": worth.lifetime_minor,
        "roi_percent": worth.return_,
        "ltv_to_cac": worth.ltv_to_cac,
    }


def _asked(outlook: Outlook) -> dict[str, int]:
    asked = [each.asked for each in outlook.rewards if each.asked]
    return {"rewards": len(asked), "decisions": sum(asked)}


_TOTALS = (
    ("computed", "computed_minor"),
    ("stays, less what is refused or taken back", "kept_minor"),
    ("paid in these days", "paid_minor"),
    ("left to be paid after them", "left_minor"),
    ("revenue of credited deals", "revenue_minor"),
    ("cost, running costs included", "cost_minor"),
    ("rewards", "rewards"),
    ("new customers", "customers"),
    ("return on cost, percent", "roi_percent"),
    ("lifetime value to cost of acquisition", "ltv_to_cac"),
)


def show(found: Simulated) -> None:
    """Show a simulation to people."""
    days = found.days
    say(f"“{found.name}” on your own past, {days.first} to {days.last}", "bold")
    say(RULES)
    say(f"{HELD}\n")
    for currency in found.currencies:
        _show_totals(found, currency)
    _show_asked(found)
    for title, lines in tables(found).items():
        if title != "By participant":
            _show_lines(title, lines)
    changed = [line for line in tables(found)["By participant"] if line.change_minor]
    winners = sorted(changed, key=lambda line: -line.change_minor)
    _show_lines("Who gains most", [line for line in winners if line.change_minor > 0][:MOST])
    losers = [line for line in reversed(winners) if line.change_minor < 0]
    _show_lines("Who loses most", losers[:MOST])
    if found.after.unclaimed:
        count = len(found.after.unclaimed)
        say(f"Nobody would be credited with {count:,} of the won deals that somebody claims.\n")
    _show_differences(comparisons.differences(found.before, found.after), found)


def _show_totals(found: Simulated, currency: str) -> None:
    before, after = (_totals(found, currency, side) for side in (0, 1))

    def shown(name: str, value: Any) -> object:
        return money(value, currency) if name.endswith("_minor") else value

    rows = [
        (label, shown(name, before[name]), shown(name, after[name]))
        for label, name in _TOTALS
        if before[name] is not None or after[name] is not None
    ]
    table(f"In {currency}", ("", "really", "simulated"), rows)
    say("")


def _show_asked(found: Simulated) -> None:
    before, after = _asked(found.before), _asked(found.after)
    rows = [
        ("rewards that people look at", before["rewards"], after["rewards"]),
        ("decisions that they take", before["decisions"], after["decisions"]),
    ]
    table("Approvals", ("", "really", "simulated"), rows)
    say("")


def _show_lines(title: str, lines: Sequence[Line]) -> None:
    rows = [
        (
            line.name,
            money(line.before_minor, line.currency),
            money(line.after_minor, line.currency),
            money(line.change_minor, line.currency),
        )
        for line in lines
    ]
    table(title, ("", "really", "simulated", "change"), rows)
    say("")


def _show_differences(differences: Sequence[Difference], found: Simulated) -> None:
    if not differences:
        say("Nobody would have been given anything else.")
        return
    rows = [
        (
            each.subject,
            found.people[each.participant_id].key,
            f"{money(each.before_minor, each.currency)}, {each.before_reason}",
            f"{money(each.after_minor, each.currency)}, {each.after_reason}",
        )
        for each in differences[:MOST]
    ]
    columns = ("what for", "participant", "really", "simulated")
    table(f"What is different, {len(rows)} of {len(differences):,}", columns, rows)
    if len(differences) > MOST:
        say("`--json` lists them all.")
