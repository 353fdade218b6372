"""Outcomes: what happened that an incentive may pay for, with every fact that its rules ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from goodword.rules.windows import Period, Window


class Outcome(StrEnum):
    """What an incentive pays for."""

    REFERRED = "referred"
    QUALIFIED = "qualified"
    CONVERTED = "converted"
    RENEWED = "renewed"
    INVOICE_PAID = "invoice_paid"

    @property
    def words(self) -> str:
        """The outcome as a sentence has it: "invoice paid"."""
        return self.value.replace("_", " ")


LEADS = frozenset({Outcome.REFERRED, Outcome.QUALIFIED})
"""The outcomes of a referral before anything is won: each is paid for by an amount of its own."""


@dataclass(frozen=True, slots=True)
class DealFacts:
    """What the CRM said of the deal and its account when its rewards were computed.

    `product` is what is sold, several things apart by semicolons. `seats` is the deal's quantity;
    `is_first` is whether its account had won no deal before it.
    `months` is of a paid invoice: the whole months from the win to its payment.
    """

    seats: Decimal | None = None
    type: str | None = None
    lead_source: str | None = None
    country: str | None = None
    industry: str | None = None
    is_first: bool | None = None
    months: int | None = None
    product: str | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """What a participant brought in a window before an outcome.

    `count` is of deals won, `minor` what of them was credited in the outcome's currency (minor
    units). `customers` is of the companies that they were won from, that of the outcome included.
    """

    count: int = 0
    minor: int = 0
    customers: int = 0


@dataclass(frozen=True, slots=True)
class OutcomeFacts:
    """One outcome of one participant: the deal's whole value and the part credited, minor units.

    Of a paid invoice the deal's value is what was paid by it.

    Attributes:
        outcome: what happened.
        participant_kind: what the participant was then.
        participant_tier: and of which tier.
        deal_minor: the deal's whole value.
        credited_minor: the part of it that is the participant's.
        currency: of both.
        credited_before_minor: the part of the same deal credited to the participants before this
            one in its journey: fixed amounts are shared by it so that the parts sum to the whole.
        deal: what else is known of the deal.
        brought: what the participant brought before, by each window that the rules count over.
        prefers: what the participant would rather be paid, where a rule leaves the choice.
        tier_on: the day that the tier is of, of participants whom the program has moved.
    """

    outcome: Outcome
    participant_kind: str
    participant_tier: str
    deal_minor: int
    credited_minor: int
    currency: str
    credited_before_minor: int = 0
    deal: DealFacts = DealFacts()
    brought: Mapping[Window, Brought] = field(default_factory=dict)
    prefers: str | None = None
    tier_on: date | None = None


# As a reward keeps them -------------------------------------------------------------------------


def kept(facts: OutcomeFacts) -> dict[str, Any]:
    """Return the facts that no other column of a reward has, as JSON; what is unknown is left out.

    They are kept so that the reward can be explained after the CRM has changed.
    """
    deal = {name: getattr(facts.deal, name) for name in DealFacts.__slots__}
    document: dict[str, Any] = {name: value for name, value in deal.items() if value is not None}
    if "seats" in document:
        document["seats"] = str(document["seats"])
    if facts.prefers:
        document["prefers"] = facts.prefers
    if facts.tier_on:
        document |= {"tier": facts.participant_tier, "tier_on": facts.tier_on.isoformat()}
    if facts.brought:
        document["brought"] = [
            {
                "period": window.period.value if window.period else None,
                "days": window.days,
                "count": before.count,
                "minor": before.minor,
                "customers": before.customers,
            }
            for window, before in facts.brought.items()
        ]
    return document


def recalled(document: Mapping[str, Any]) -> tuple[DealFacts, dict[Window, Brought]]:
    """Return what `kept` wrote down of the deal, and of what was brought before."""
    said = {name: document.get(name) for name in DealFacts.__slots__}
    if said["seats"] is not None:
        said["seats"] = Decimal(said["seats"])
    return DealFacts(**said), {
        Window(_period(row["period"]), row["days"]): Brought(
            row["count"], row["minor"], row["customers"]
        )
        for row in document.get("brought", ())
    }


def _period(value: str | None) -> Period | None:
    return Period(value) if value else None
