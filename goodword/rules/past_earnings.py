"""Past earnings: what a simulation rewards of a company's past, from referrals to paid invoices.

What a participant was, and what the CRM said of a deal, is what was kept when it was really
rewarded; where it was not, what is known now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from goodword.rules.attribution import recorded
from goodword.rules.conversions import ClaimKind, Credited
from goodword.rules.earnings import Earning
from goodword.rules.histories import PastDeal, PastInvoice, PastLead, Person
from goodword.rules.invoices import Holder, Part, months_since, parts
from goodword.rules.outcomes import Outcome, OutcomeFacts
from goodword.rules.past_conversions import Converted

VERSION = 0
"""The number that the simulated program goes by: no published version has it."""


@dataclass(frozen=True, slots=True)
class PastEarning:
    """One earning and what it is of; `referrals` are those that a person would look at."""

    earning: Earning
    past: PastDeal | PastLead | PastInvoice
    referrals: tuple[int, ...]

    @property
    def turn(self) -> tuple[Any, ...]:
        """Orders them as the nights computed them.

        Of one night that is referrals as such in the order they came, then leads, then deals, then
        invoices by the day of payment and their id.
        """
        earning, past, place = self.earning, self.past, tuple[Any, ...]()
        if isinstance(past, PastInvoice):
            place = 3, earning.outcome_on, past.invoice_id
        elif isinstance(past, PastDeal):
            place = 2, earning.outcome_on, earning.conversion_id
        elif past.outcome is Outcome.REFERRED:
            place = 0, past.claimed_at, past.referral_id
        else:
            place = 1, earning.outcome_on, past.referral_id
        return past.computed_on, *place, earning.participant_id


def of_lead(lead: PastLead, people: Mapping[int, Person]) -> PastEarning:
    """Return what a qualified lead, or a referral as such, is to its participant."""
    person = people[lead.participant_id].at(lead.moment)
    facts = OutcomeFacts(
        lead.outcome,
        person.kind,
        person.tier,
        lead.deal_minor,
        lead.deal_minor,
        lead.currency,
        deal=lead.facts,
        prefers=person.prefers,
    )
    earning = Earning(
        person.id,
        facts,
        lead.on,
        VERSION,
        referral_id=lead.referral_id,
        participant_key=person.key,
        claimed_at=lead.claimed_at,
        customer=lead.account,
    )
    return PastEarning(earning, lead, (lead.referral_id,))


# Deals ------------------------------------------------------------------------------------------


def of_deal(won: Converted, people: Mapping[int, Person]) -> Iterator[PastEarning]:
    """Give each participant of a deal, or of a renewal, what they are credited in all."""
    found, before = won.found, 0
    outcome = Outcome.RENEWED if won.first else Outcome.CONVERTED
    for participant_id, own in won.by_participant:
        if participant_id is None:
            return
        minor = sum(each.credit.minor for each in own)
        if any(each.credit.weight for each in own):
            person = people[participant_id].at(found.moment)
            facts = OutcomeFacts(
                outcome,
                person.kind,
                person.tier,
                found.value_minor,
                minor,
                found.currency,
                before,
                found.facts,
                prefers=person.prefers,
            )
            yield _earning(won, facts, person, own)
        before += minor


def of_invoices(won: Converted, people: Mapping[int, Person]) -> Iterator[PastEarning]:
    """Give each participant of a deal their part of every invoice that was paid of it."""
    if not won.found.invoices:
        return
    by_participant = won.by_participant
    holders = [Holder(number, _weight(own)) for number, own in by_participant]
    for invoice in won.found.invoices:
        for part, (number, own) in zip(
            parts(invoice.value_minor, holders), by_participant, strict=True
        ):
            if number is not None and part.holder.weight:
                person = people[number].at(invoice.moment)
                facts = _of_invoice(invoice, won, part, person)
                yield _earning(won, facts, person, own, invoice)


def _weight(own: Iterable[Credited]) -> Fraction:
    """Sum what one participant holds, as the shares of a conversion keep it."""
    return sum((Fraction(recorded(each.credit.weight)) for each in own), Fraction(0))


def _of_invoice(invoice: PastInvoice, won: Converted, part: Part, person: Person) -> OutcomeFacts:
    """Months count from the win of the customer, whatever renewal the invoice is of."""
    first = _first(won, invoice) or won
    months = months_since(first.found.deal.won_on, invoice.paid_on)
    return OutcomeFacts(
        Outcome.INVOICE_PAID,
        person.kind,
        person.tier,
        invoice.value_minor,
        part.credited_minor,
        invoice.currency,
        part.before_minor,
        replace(invoice.facts or won.found.facts, months=months),
        prefers=person.prefers,
    )


def _first(won: Converted, invoice: PastInvoice | None) -> Converted | None:
    """Return the deal that won a renewal's customer, if it stood on the night of an invoice."""
    if won.first is None or invoice is None or won.first.found.stood(invoice.computed_on):
        return won.first
    return None


def _earning(
    won: Converted,
    facts: OutcomeFacts,
    person: Person,
    own: Sequence[Credited],
    invoice: PastInvoice | None = None,
) -> PastEarning:
    referrals = (each.claim for each in own if each.claim.kind is ClaimKind.REFERRAL)
    first = _first(won, invoice)
    earning = Earning(
        person.id,
        facts,
        invoice.paid_on if invoice else won.found.deal.won_on,
        VERSION,
        conversion_id=won.number,
        participant_key=person.key,
        claimed_at=min(each.claim.at for each in own),
        customer=won.found.account,
        invoice_id=invoice.invoice_id if invoice else None,
        renews_id=first.number if first else None,
    )
    return PastEarning(
        earning, invoice or won.found, tuple(referral.claim_id for referral in referrals)
    )
