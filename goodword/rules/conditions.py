"""Conditions: which deals an incentive is for, beyond the kind and tier of who brought them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from goodword.money import Money
from goodword.rules.outcomes import DealFacts, OutcomeFacts
from goodword.rules.windows import EVER


@dataclass(frozen=True, slots=True)
class Conditions:
    """All of them must hold; what is empty is no condition. Words are compared without case.

    Attributes:
        countries: of the customer, as the CRM writes them.
        industries: of the customer.
        lead_sources: of the deal.
        deal_types: of the deal.
        deal_from: the smallest deal, minor units by currency; none in a currency not listed.
        deal_below: the deal is smaller than this, likewise.
        first_deal_only: the customer's first deal alone.
        customers_from: from so many customers on that the participant brought, this one included.
    """

    countries: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    lead_sources: tuple[str, ...] = ()
    deal_types: tuple[str, ...] = ()
    deal_from: Mapping[str, int] = field(default_factory=dict)
    deal_below: Mapping[str, int] = field(default_factory=dict)
    first_deal_only: bool = False
    customers_from: int | None = None


NONE = Conditions()


def unmet(conditions: Conditions, facts: OutcomeFacts) -> str | None:
    """Return the first condition that does not hold, in words; None: all hold."""
    if conditions is NONE:
        return None
    return next(_unmet(conditions, facts), None)


def _unmet(conditions: Conditions, facts: OutcomeFacts) -> Iterator[str]:
    yield from _words(conditions, facts.deal)
    yield from _size(conditions, facts)
    if conditions.first_deal_only and not facts.deal.is_first:
        known = "its first is not known" if facts.deal.is_first is None else "this is not it"
        yield f"it is for a customer's first deal only, {known}"
    least = conditions.customers_from
    brought = facts.brought.get(EVER)
    customers = brought.customers if brought else 0
    if least is not None and customers < least:
        yield f"it pays from {least} customers on, this is number {customers}"


def _words(conditions: Conditions, deal: DealFacts) -> Iterator[str]:
    for what, allowed, found in (
        ("customers in", conditions.countries, deal.country),
        ("customers of industry", conditions.industries, deal.industry),
        ("deals with lead source", conditions.lead_sources, deal.lead_source),
        ("deals of type", conditions.deal_types, deal.type),
    ):
        if allowed and (found or "").casefold() not in {word.casefold() for word in allowed}:
            yield f"it is for {what} {' or '.join(allowed)}, not {found or 'an unknown one'}"


def _size(conditions: Conditions, facts: OutcomeFacts) -> Iterator[str]:
    deal = Money(facts.deal_minor, facts.currency)
    for limits, is_least in ((conditions.deal_from, True), (conditions.deal_below, False)):
        limit = limits.get(facts.currency)
        if limits and limit is None:
            yield f"it names no size of deal in {facts.currency}"
        elif limit is not None and (facts.deal_minor >= limit) is not is_least:
            side = "from" if is_least else "below"
            yield f"it is for deals {side} {Money(limit, facts.currency)}, not of {deal}"
