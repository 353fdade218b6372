# ruff: noqa: INP001 - a script beside the pages that it fills, no package
"""Fill the tables of docs/money.md from the program's own rules.

    .venv/bin/python docs/fill_money.py            write them
    .venv/bin/python docs/fill_money.py --check    exit 1 when the page says something else

Each table stands between `<!-- NAME -->` and `<!-- end -->`. Nothing is computed here that the
program computes itself: `goodword.money`, `goodword.rules` and the ledger's own list of accounts.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

from goodword.actions.ledger import ACCOUNTS, Kind
from goodword.adapters.stripe_amounts import to_stripe
from goodword.money import Money, decimals, percent, split
from goodword.rules import corrections, refunds, rewards
from goodword.rules.attribution import AttributionPolicy, Model, weights
from goodword.rules.payout_plans import Carried, Due, PayoutPolicy, Planned, plan
from goodword.rules.payouts import Rail, Refused, settle

PAGE = Path(__file__).with_name("money.md")

NIGHT = datetime(2026, 6, 30, 6, tzinfo=UTC)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def currencies() -> str:
    """Show minor units, and what Stripe is sent for them."""
    shown = [Money(123450, "USD"), Money(123450, "JPY"), Money(123450, "KWD"), Money(500, "ISK")]
    return _table(
        ("stored", "decimals", "means", "sent to Stripe"),
        ((f"`{m.minor}`, `{m.currency}`", decimals(m.currency), m, f"`{_sent(m)}`") for m in shown),
    )


def _sent(money: Money) -> int:
    amount = to_stripe(Rail.STRIPE_TRANSFER, money)
    assert not isinstance(amount, Refused), "the examples can be paid"
    return amount


def percentages() -> str:
    """Round half away from zero, in minor units."""
    cases = [
        (Money(500, "USD"), 290),
        (Money(3, "USD"), 2000),
        (Money(15, "USD"), 1000),
        (Money(1, "USD"), 5000),
        (Money(-1, "USD"), 5000),
        (Money(2, "USD"), 2000),
        (Money(1000, "JPY"), 333),
        (Money(249995, "USD"), 2000),
    ]
    rows = []
    for money, bps in cases:
        exact = Fraction(money.minor * bps, 10_000)
        rounded = Money(percent(money.minor, bps), money.currency)
        rows.append((money, f"{bps / 100:g}%", f"{float(exact):g}", rounded.minor, rounded))
    return _table(("of", "rate", "exactly, in minor units", "rounded", "reward"), rows)


def splits() -> str:
    """Divide by largest remainder; parts sum to the whole."""
    third = [Fraction(1)] * 3
    ends = [Fraction(2, 5), Fraction(1, 5), Fraction(2, 5)]
    cases = [
        (Money(10000, "USD"), "three equal", third),
        (Money(14000, "USD"), "three equal", third),
        (Money(1000, "JPY"), "three equal", third),
        (Money(99, "USD"), "40%, 20%, 40%", ends),
        (Money(-10000, "USD"), "three equal", third),
    ]
    rows = []
    for money, words, parts in cases:
        minor = split(money.minor, parts)
        rows.append((money, words, ", ".join(map(str, minor)), sum(minor)))
    return _table(("whole", "weights", "parts, in minor units", "sum"), rows)


def models() -> str:
    """Divide 12,000.00 USD among five touches, by each model."""
    won_at = NIGHT
    ages = (38, 33, 26, 8, 0)
    ats = tuple(won_at - timedelta(days=age) for age in ages)
    rows = []
    for model in Model:
        given = split(1_200_000, weights(ats, won_at, AttributionPolicy(model=model)))
        rows.append((f"`{model.value}`", *(Money(part, "USD") for part in given)))
    return _table(("model", *(f"{age} days before" for age in ages)), rows)


def accounts() -> str:
    """List what each kind of posting debits and credits."""
    when = {
        "accrue": "a reward is approved",
        "void": "an approved reward does not stand, and was not reserved",
        "take_back": "a clawback is approved",
        "reserve": "a payout is planned",
        "release": "a planned payout is given back, since its participant changed",
        "submit": "a payout is marked `submitting`, before the call",
        "recall": "a look-up proves that it was never made, or the provider says “not now”",
        "return": "the provider refuses it",
        "transferred": "a transfer or a line of a bank file is confirmed",
        "credited": "a billing credit, a coupon or a perk is confirmed",
        "reversed": "the provider took money of a paid payout back by itself",
    }
    rows = [
        (f"`{kind.value}`", when[kind.value], f"`{debit}`", f"`{credit}`")
        for kind, (debit, credit) in ACCOUNTS.items()
    ]
    return _table(("posting", "when", "debit", "credit"), rows)


def story() -> str:
    """Follow one reward of 195.00, its clawback, and the next reward that it is netted against."""
    return _story(
        [
            ("approved", Kind.ACCRUE, 19500),
            ("planned", Kind.RESERVE, 19500),
            ("about to be sent", Kind.SUBMIT, 19500),
            ("Stripe made the transfer", Kind.TRANSFERRED, 19500),
            ("the deal is cancelled: clawback of 195.00", Kind.TAKE_BACK, 19500),
            ("another reward is approved", Kind.ACCRUE, 50000),
            ("a payout of both, 500.00 less 195.00, is planned", Kind.RESERVE, 30500),
            ("about to be sent", Kind.SUBMIT, 30500),
            ("Stripe made the transfer", Kind.TRANSFERRED, 30500),
        ]
    )


def _story(steps: Sequence[tuple[str, Kind, int]]) -> str:
    """Post steps one after the other, with what is owed after each and what is left at the end."""
    balances: dict[str, int] = {}
    rows = []
    for words, kind, minor in steps:
        debit, credit = ACCOUNTS[kind]
        balances[debit] = balances.get(debit, 0) + minor
        balances[credit] = balances.get(credit, 0) - minor
        owed = Money(-balances.get("owed", 0), "USD")
        amount = Money(minor, "USD")
        rows.append((words, f"`{kind.value}`", f"`{debit}`", f"`{credit}`", amount, owed))
    assert sum(balances.values()) == 0, "every posting balances"
    left = ", ".join(
        f"`{name}` {Money(minor, 'USD')}" for name, minor in sorted(balances.items()) if minor
    )
    head = ("what happened", "posting", "debit", "credit", "amount", "owed after it")
    return f"{_table(head, rows)}\n\nAt the end (debits positive, sum zero): {left}."


def clawbacks() -> str:
    """Take back 79 cents in two refunds, and say what happens before it is paid and too late."""
    policy = rewards.RewardPolicy()
    won = date(2026, 4, 1)
    cases = [
        ("40% refunded after it was paid", 79, 0, True, Fraction(2, 5), 10),
        ("then all of it", 79, 32, True, Fraction(1), 20),
        ("all of it, before it was reserved", 79, 0, False, Fraction(1), 10),
        ("half of it, before it was reserved", 79, 0, False, Fraction(1, 2), 10),
        ("all of it, on day 90", 79, 0, True, Fraction(1), 90),
        ("all of it, on day 91", 79, 0, True, Fraction(1), 91),
    ]
    rows = []
    for words, earned, before, paid, part, days in cases:
        reward = rewards.EarnedReward(earned, before, paid, won)
        verdict = rewards.claw_back(reward, part, policy, won + timedelta(days=days))
        minor = verdict.minor if isinstance(verdict, rewards.TakeBack) else ""
        rows.append((words, earned, before, type(verdict).__name__, minor, verdict.reason))
    head = ("refund", "earned", "taken back before", "decision", "takes back", "reason kept")
    return _table(head, rows)


def refunded() -> str:
    """Follow one reward of 49.99 through refunds of a deal of 1,000.00, in three currencies."""
    won, policy = date(2026, 4, 1), rewards.RewardPolicy()
    rows = []
    for currency, value, earned in (("USD", 100_000, 4_999), ("JPY", 100_000, 4_999)):
        taken = 0
        lost: list[refunds.Refund] = []
        for number, (minor, days) in enumerate(((33_333, 10), (33_333, 20), (40_000, 30)), 1):
            back = won + timedelta(days=days)
            lost.append(refunds.Refund(f"re_{number}", currency, minor, back))
            losses = refunds.losses(lost, currency)
            reward = rewards.EarnedReward(earned, taken, is_paid=True, outcome_on=won)
            verdict = refunds.judge(reward, losses, value, policy).verdict
            now = verdict.minor if isinstance(verdict, rewards.TakeBack) else 0
            taken += now
            rows.append(
                (
                    f"{Money(minor, currency)} on day {days}",
                    f"{float(refunds.part_of(losses, value)):.3%}",
                    Money(earned, currency),
                    Money(-now, currency),
                    Money(-taken, currency),
                    Money(earned - taken, currency),
                )
            )
    head = ("refund", "refunded in all", "earned", "new negative reward", "in all", "stays")
    return _table(head, rows)


def reversal() -> str:
    """Follow a transfer of 195.00 of which 60.00 is clawed back and taken back on command."""
    return _story(
        [
            ("approved", Kind.ACCRUE, 19500),
            ("planned", Kind.RESERVE, 19500),
            ("about to be sent", Kind.SUBMIT, 19500),
            ("Stripe made the transfer", Kind.TRANSFERRED, 19500),
            ("part of the deal is refunded: clawback of 60.00", Kind.TAKE_BACK, 6000),
            ("an operator takes it back: a payout of -60.00", Kind.RESERVE, -6000),
            ("about to be sent", Kind.SUBMIT, -6000),
            ("Stripe reversed 60.00 of the transfer", Kind.TRANSFERRED, -6000),
        ]
    )


def returned() -> str:
    """Follow a transfer of 195.00 of which the provider takes 50.00 back by itself."""
    return _story(
        [
            ("approved", Kind.ACCRUE, 19500),
            ("planned", Kind.RESERVE, 19500),
            ("about to be sent", Kind.SUBMIT, 19500),
            ("Stripe made the transfer", Kind.TRANSFERRED, 19500),
            ("the reconciliation finds that 50.00 came back", Kind.REVERSED, 5000),
            ("an approver says that it is paid again", Kind.ACCRUE, 5000),
            ("planned", Kind.RESERVE, 5000),
            ("about to be sent", Kind.SUBMIT, 5000),
            ("Stripe made the transfer", Kind.TRANSFERRED, 5000),
        ]
    )


def corrected() -> str:
    """Change the amount of a deal of 1,000.00 after its reward of 20% was earned."""
    won, first = date(2026, 4, 1), Money(100_000, "USD")
    cases = [
        (Money(60_000, "USD"), 10, False),
        (Money(60_000, "USD"), 10, True),
        (Money(150_050, "USD"), 90, True),
        (Money(150_050, "USD"), 91, True),
        (Money(100_000, "EUR"), 10, True),
    ]
    rows = []
    for now, days, paid in cases:
        changed = corrections.Changed(first, now, won, won + timedelta(days=days))
        verdict = corrections.judge(changed, [90])
        before, after = (Money(percent(m.minor, 2000), m.currency) for m in (first, now))
        is_done = isinstance(verdict, corrections.Correct)
        became = (f"{Money(-before.minor, 'USD')}" if paid else "void") if is_done else ""
        rows.append(
            (
                f"{now}, on day {days}",
                f"{before}{', paid' if paid else ', not paid'}",
                type(verdict).__name__,
                became,
                after if is_done else "",
                after if is_done else before,
                verdict.reason,
            )
        )
    head = ("the CRM says", "earned", "decision", "taken back", "earned anew", "stays", "reason")
    return _table(head, rows)


def netting() -> str:
    """Plan payouts of one participant from what is due."""
    policy = PayoutPolicy({"USD": 2000})
    cases = [
        ("two rewards", (("USD", 33000, "acct_a"), ("USD", 15000, "acct_a"))),
        ("a reward and a clawback", (("USD", 50000, "acct_a"), ("USD", -19500, None))),
        ("a clawback larger than what is due", (("USD", 10000, "acct_a"), ("USD", -19500, None))),
        ("a clawback alone", (("USD", -19500, None),)),
        ("below the minimum of 20.00", (("USD", 1500, "acct_a"),)),
        ("two currencies", (("USD", 5000, "acct_a"), ("EUR", 7000, "acct_a"))),
        ("it nets to nothing", (("USD", 19500, "acct_a"), ("USD", -19500, None))),
        (
            "two accounts and a clawback",
            (("USD", 10000, "acct_a"), ("USD", 40000, "acct_b"), ("USD", -15000, None)),
        ),
    ]
    rows = []
    for words, due in cases:
        dues = [
            Due(i, 1, Money(minor, currency), Rail.STRIPE_TRANSFER, to, None)
            for i, (currency, minor, to) in enumerate(due, 1)
        ]
        given = ", ".join(str(item.money) for item in dues)
        rows.append((words, given, "; ".join(_step(step) for step in plan(dues, policy))))
    return _table(("case", "due", "tonight"), rows)


def _step(step: Planned | Carried) -> str:
    if isinstance(step, Planned):
        return f"pay {step.money}"
    return f"carry over {step.money}: {step.reason}"


def ages() -> str:
    """Say what is done about an unknown payout by its age."""
    hours = (0, 1, 19, 20, 25, 26, 49, -1)
    rows = []
    for hour in hours:
        step = settle(Rail.STRIPE_TRANSFER, NIGHT - timedelta(hours=hour), NIGHT)
        rows.append((f"{hour} h", f"`{step.value}`"))
    return _table(("since the first call", "step"), rows)


TABLES: dict[str, Callable[[], str]] = {
    made.__name__: made
    for made in (
        currencies,
        percentages,
        splits,
        models,
        accounts,
        story,
        reversal,
        returned,
        clawbacks,
        refunded,
        corrected,
        netting,
        ages,
    )
}


def main() -> None:
    """Fill the page, or with --check only compare."""
    before = after = PAGE.read_text()
    for name, made in TABLES.items():
        block = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        filled = f"\n{made()}\n\n"
        after, found = block.subn(rf"\g<1>{filled}\g<2>", after)
        if found != 1:
            sys.exit(f"{PAGE.name} has {found} places for {name}, not one")
    if "--check" in sys.argv and after != before:
        sys.exit(f"{PAGE.name} is out of date: run python docs/fill_money.py")
    PAGE.write_text(after)


if __name__ == "__main__":
    main()
