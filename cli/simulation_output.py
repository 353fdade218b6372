"""What a simulation found, as a document and as people read it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cli.output import money, say, table
from goodword.rules import comparisons
from goodword.rules.comparisons import Difference, Line, Worth
from goodword.rules.histories import Days, Outlook, Person

MOST = 10
"""Lines of a table that may be long; the JSON document has all."""

RULES = (
    "Every referral, lead, deal, renewal and paid invoice goes by this one program, whatever "
    "version was in force for it; people approve what they are asked about on the same day. What a "
    "customer or a company is given stands with the participant who brought it. Nothing was "
    "written."
)

HELD = (
    "Held as it was: which registrations were made and which of them won their deal (no claim is "
    "reviewed again); the tier that each participant really had (no simulated win moves one); what "
    "customers were billed, paid, cancelled or had refunded; and how many referrals, deals and "
    "renewals there were: a better reward might have brought more of them."
)
"""What a simulation takes from the past as it is, however the program that is tried differs."""


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


def tables(found: Simulated) -> dict[str, list[Line]]:
    """Return every table of amounts, by its title."""
    before, after = found.before, found.after
    return {
        "By kind": comparisons.lines(before, after, lambda each: each.kind),
        "By rule": comparisons.lines(before, after, lambda each: each.rule),
        "By month of the outcome": comparisons.lines(
            before, after, lambda each: f"{each.on:%Y-%m}"
        ),
        "Budget, by month": comparisons.by_month(before.payments, after.payments),
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
        "changes": {each.currency: dataclasses.asdict(each) for each in changes(found)},
        "really_paid": [
            {"month": f"{month:%Y-%m}", "currency": currency, "minor": minor}
            for (month, currency), minor in sorted(found.before.really_paid.items())
        ],
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
    due = (minor for (_, code), minor in outlook.payments.items() if code == currency)
    return {
        "rewards": len(own),
        "computed_minor": sum(each.minor for each in own),
        "kept_minor": sum(each.kept_minor for each in own),
        "due_minor": sum(due),
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
    ("due in these days, all approved at once", "due_minor"),
    ("due after them", "left_minor"),
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
    for change in changes(found):
        say(_in_words(change))
    say("")
    for currency in found.currencies:
        _show_totals(found, currency)
    _show_asked(found)
    for title, lines in tables(found).items():
        if title not in {"Budget, by month", "By participant"}:
            _show_lines(title, lines)
    _show_budget(found)
    changed = [line for line in tables(found)["By participant"] if line.change_minor]
    winners = sorted(changed, key=lambda line: -line.change_minor)
    _show_lines("Who gains most", [line for line in winners if line.change_minor > 0][:MOST])
    losers = [line for line in reversed(winners) if line.change_minor < 0]
    _show_lines("Who loses most", losers[:MOST])
    really, simulated = len(found.before.unclaimed), len(found.after.unclaimed)
    if really or simulated:
        say(
            f"Of the won deals that somebody claims {simulated:,} would be credited to nobody; "
            f"really {really:,} were not.\n"
        )
    _show_differences(comparisons.differences(found.before, found.after), found)


@dataclass(frozen=True, slots=True)
class Change:
    """How much more of one currency another program would have given, and to how many people."""

    currency: str
    before_minor: int
    after_minor: int
    gain: int
    lose: int


def changes(found: Simulated) -> list[Change]:
    """Sum up the simulation by currency: what stays of rewards, and who is better or worse off."""
    people = tables(found)["By participant"]
    return [
        Change(
            currency,
            sum(line.before_minor for line in people if line.currency == currency),
            sum(line.after_minor for line in people if line.currency == currency),
            sum(line.change_minor > 0 for line in people if line.currency == currency),
            sum(line.change_minor < 0 for line in people if line.currency == currency),
        )
        for currency in found.currencies
    ]


def _in_words(change: Change) -> str:
    before, after = (
        money(minor, change.currency) for minor in (change.before_minor, change.after_minor)
    )
    more = change.after_minor - change.before_minor
    if not (more or change.gain or change.lose):
        return f"It would have given the same in {change.currency}: {after}."
    how = f"{money(abs(more), change.currency)} {'less' if more < 0 else 'more'}"
    if change.before_minor:
        how += f" ({Decimal(100 * more) / change.before_minor:+.1f}%)"
    who = f"{change.gain:,} of the participants would be better off, {change.lose:,} worse off"
    return f"It would have given {after} in place of {before}: {how}; {who}."


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


def _show_budget(found: Simulated) -> None:
    """Show when money falls due, on the same terms for both, and what was really paid."""
    really, before, after = (
        found.before.really_paid,
        found.before.payments,
        found.after.payments,
    )
    rows = []
    for month, currency in sorted({*really, *before, *after}):
        key = month, currency
        paid, own, other = really.get(key, 0), before.get(key, 0), after.get(key, 0)
        minors = (money(minor, currency) for minor in (paid, own, other, other - own))
        rows.append((f"{month:%Y-%m}", *minors))
    columns = "", "really paid", "really, approved at once", "simulated", "change"
    table("Budget, by month", columns, rows)
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
