"""Conditions: which deals an incentive is for, beyond the kind and tier of who brought them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from goodword.money import Money
from goodword.phrases import because, either
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
        products: of what the deal sells, as the program's product field has it; one is enough.
        deal_from: the smallest deal, minor units by currency; none in a currency not listed.
        deal_below: the deal is smaller than this, likewise.
        first_deal_only: the customer's first deal alone.
        customers_from: from so many customers on that the participant brought, this one included.
    """

    countries: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    lead_sources: tuple[str, ...] = ()
    deal_types: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
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
        if facts.deal.is_first is None:
            yield because("it is for a customer's first deal only, its first is not known")
        else:
            yield because("it is for a customer's first deal only, this is not it")
    least = conditions.customers_from
    brought = facts.brought.get(EVER)
    customers = brought.customers if brought else 0
    if least is not None and customers < least:
        yield because(
            "it pays from {least} customers on, this is number {number}",
            least=least,
            number=customers,
        )


def _words(conditions: Conditions, deal: DealFacts) -> Iterator[str]:
    if unlike := _unlike(conditions.countries, deal.country):
        yield because("it is for customers in {names}, not {found}", **unlike)
    if unlike := _unlike(conditions.industries, deal.industry):
        yield because("it is for customers of industry {names}, not {found}", **unlike)
    if unlike := _unlike(conditions.lead_sources, deal.lead_source):
        yield because("it is for deals with lead source {names}, not {found}", **unlike)
    if unlike := _unlike(conditions.deal_types, deal.type):
        yield because("it is for deals of type {names}, not {found}", **unlike)

    sold = [name.strip() for name in (deal.product or "").split(";")]
    if all(_unlike(conditions.products, name) for name in sold):
        yield because(
            "it is for deals with product {names}, not {found}",
            names=either(conditions.products),
            found=deal.product or because("an unknown one"),
        )


def _unlike(allowed: Collection[str], found: str | None) -> dict[str, str] | None:
    """Return what was allowed and what was found, in words, where that is none of it."""
    if not allowed or (found or "").casefold() in {word.casefold() for word in allowed}:
        return None
    return {"names": either(allowed), "found": found or because("an unknown one")}


def _size(conditions: Conditions, facts: OutcomeFacts) -> Iterator[str]:
    deal = Money(facts.deal_minor, facts.currency)
    for limits, is_least in ((conditions.deal_from, True), (conditions.deal_below, False)):
        limit = limits.get(facts.currency)
        if limits and limit is None:
            yield because("it names no size of deal in {currency}", currency=facts.currency)
        elif limit is not None and (facts.deal_minor >= limit) is not is_least:
            bound = Money(limit, facts.currency)
            if is_least:
                yield because("it is for deals from {limit}, not of {deal}", limit=bound, deal=deal)
            else:
                yield because(
                    "it is for deals below {limit}, not of {deal}", limit=bound, deal=deal
                )
