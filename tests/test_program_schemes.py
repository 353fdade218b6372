"""Schemes that articles and vendors publish: program files with outcomes worked out by hand.

tests/programs/NAME.toml is the program, NAME.expected.toml the outcomes of one participant unless
they say who, in order; `billed` is what that one is billed on the day. An invoice and a renewal are
of the last deal that was won before.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from goodword.money import Money
from goodword.program import describe, load_program
from goodword.rules.books import CapBook
from goodword.rules.earnings import Earning, Rules, earn
from goodword.rules.invoices import months_since
from goodword.rules.outcomes import LEADS, DealFacts, Outcome, OutcomeFacts

SCHEMES = sorted(
    path.name.removesuffix(".expected.toml")
    for path in (Path(__file__).parent / "programs").glob("*.expected.toml")
)


def program_file(scheme: str) -> Path:
    return Path(__file__).parent / "programs" / f"{scheme}.toml"


@dataclass
class Case:
    """One participant's outcomes as they come, with what is known of the deals before."""

    participants: dict[str, int] = field(default_factory=dict)
    deals: list[date] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def earning(self, row: dict[str, Any]) -> Earning:
        outcome, day, who = Outcome(row["on"]), row["day"], row.get("who", "ann")
        if outcome is Outcome.CONVERTED:
            self.deals.append(day)
        number = len(self.deals)
        deal = Money.parse(row["deal"])
        facts = OutcomeFacts(
            outcome,
            row["kind"],
            row.get("tier", "basic"),
            deal.minor,
            Money.parse(row.get("part", row["deal"])).minor,
            deal.currency,
            Money.parse(row["before"]).minor if "before" in row else 0,
            self.known(row, outcome),
            prefers=row.get("prefers"),
        )
        return Earning(
            self.participants.setdefault(who, len(self.participants) + 1),
            facts,
            day,
            1,
            self.conversion(outcome),
            participant_key=who,
            claimed_at=datetime.combine(day, time(12), UTC),
            customer=row.get("customer"),
            invoice_id=f"in_{day}" if outcome is Outcome.INVOICE_PAID else None,
            renews_id=number if outcome is Outcome.RENEWED else None,
        )

    def conversion(self, outcome: Outcome) -> int | None:
        """Return the conversion that an outcome is, or is of; a renewal is one of its own."""
        if outcome in LEADS:
            return None
        return 1_000 + next(self.numbers) if outcome is Outcome.RENEWED else len(self.deals)

    def known(self, row: dict[str, Any], outcome: Outcome) -> DealFacts:
        paid = outcome is Outcome.INVOICE_PAID
        return DealFacts(
            Decimal(row["seats"]) if "seats" in row else None,
            row.get("type"),
            row.get("source"),
            row.get("country"),
            row.get("industry"),
            row.get("first"),
            months_since(self.deals[-1], row["day"]) if paid else None,
            row.get("product"),
        )


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_published_scheme_pays_what_is_worked_out_by_hand(scheme: str) -> None:
    program, _ = load_program(program_file(scheme))
    expected = tomllib.loads(program_file(f"{scheme}.expected").read_text(encoding="utf-8"))[
        "outcomes"
    ]
    case, book = Case(), CapBook()
    for row in expected:
        if "billed" in row:
            book.billed.setdefault(1, []).append((row["day"], Money.parse(row["billed"])))
        earned = earn([case.earning(row)], {1: Rules.of(program)}, book)
        paid = {
            each.incentive.name: Money(each.amount_minor, each.earning.facts.currency)
            for each in earned
        }
        wanted = {name: Money.parse(amount) for name, amount in row["pays"].items()}
        assert paid == wanted, (row["day"], row["hand"], [each.reason for each in earned])


def test_there_are_thirty_schemes_and_more() -> None:
    assert len(SCHEMES) >= 30


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_published_scheme_is_read_aloud_in_sentences(scheme: str) -> None:
    program, _ = load_program(program_file(scheme))
    sentences = describe(program)
    assert all(sentence.endswith((".", ":")) for sentence in sentences)
    for incentive in program.incentives:
        assert sum(sentence.startswith(f"{incentive.name}: ") for sentence in sentences) == 1
