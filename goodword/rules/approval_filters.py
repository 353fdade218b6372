"""Which of the rewards that wait somebody asks for, and how they write it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from goodword.money import Money
from goodword.rules.participants import KINDS

MOST_DAYS = 3_650
"""Days a reward can be asked to have waited for."""


class FilterRefused(ValueError):
    """This cannot be asked for; the sentence says what can."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which of the rewards that wait; what is empty is not asked for.

    Attributes:
        kind: of participants, as "reseller".
        participant: their key.
        incentive: the name of the rule.
        currency: of the amounts below, which mean nothing without it.
        from_minor: this amount or more.
        below_minor: less than this amount.
        name: a part of the participant's name or key, or of the company's name.
        asked_until: asked about on this day or before.
        among: of these alone, by number; None: of all.
    """

    kind: str = ""
    participant: str = ""
    incentive: str = ""
    currency: str = ""
    from_minor: int | None = None
    below_minor: int | None = None
    name: str = ""
    asked_until: date | None = None
    among: Sequence[int] | None = None


ALL = Filter()


@dataclass(frozen=True, slots=True)
class Wanted:
    """The same as a person writes it: amounts as "1,000.00", age in days."""

    kind: str = ""
    participant: str = ""
    incentive: str = ""
    currency: str = ""
    from_: str = ""
    below: str = ""
    name: str = ""
    days: str = ""

    def read(self, today: date) -> Filter:
        """Return it as it is asked of the queue.

        Raises:
            FilterRefused: there is no such kind, an amount has no currency, or the days are no
                number of days.
            UnknownCurrency: ISO 4217 does not list the currency.
            UnreadableAmount: an amount is none.
        """
        kind = self.kind.strip()
        if kind and kind not in KINDS:
            raise FilterRefused(f"{kind!r} is no kind of participants: {', '.join(KINDS)}")
        currency = self.currency.strip().upper()
        if (self.from_ or self.below) and not currency:
            raise FilterRefused("an amount needs its currency: two currencies are not compared")
        return Filter(
            kind,
            self.participant.strip(),
            self.incentive.strip(),
            currency,
            _minor(self.from_, currency),
            _minor(self.below, currency),
            self.name.strip(),
            self._asked_until(today),
        )

    def _asked_until(self, today: date) -> date | None:
        days = self.days.strip()
        if not days:
            return None
        if not (days.isascii() and days.isdecimal() and int(days) <= MOST_DAYS):
            raise FilterRefused(f"{days!r} is no number of days from 0 through {MOST_DAYS:,}")
        return today - timedelta(days=int(days))


def _minor(amount: str, currency: str) -> int | None:
    return Money.parse(f"{amount.strip()} {currency}").minor if amount.strip() else None
