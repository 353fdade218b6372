"""Past earnings: what a simulation rewards of a company's past: leads, won deals, paid invoices.

What a participant was, and what the CRM said of a deal, is what was kept when it was really
rewarded; where it was not, what is known now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from goodword.rules.attribution import recorded
from goodword.rules.conversions import ClaimKind, Credited
from goodword.rules.earnings import Earning
from goodword.rules.histories import PastDeal, PastInvoice, PastLead, Person
from goodword.rules.invoices import Holder, Part, months_since, parts
from goodword.rules.outcomes import Outcome, OutcomeFacts

VERSION = 0
"""The number that the simulated program goes by: no published version has it."""


@dataclass(frozen=True, slots=True)
class PastEarning:
    """One earning and what it is of; `referrals` are those that a person would look at."""

    earning: Earning
    past: PastDeal | PastLead | PastInvoice
    referrals: tuple[int, ...]

    @property
    def turn(self) -> tuple[date, int, date, int, str, int]:
        """Orders them as the nights computed them: of one night leads, then deals, then invoices.

        Invoices follow one another by the day of payment and their id.
        """
        earning, past = self.earning, self.past
        if isinstance(past, PastInvoice):
            place = 2, earning.outcome_on, 0, past.invoice_id
        elif isinstance(past, PastDeal):
            place = 1, earning.outcome_on, earning.conversion_id or 0, ""
        else:
            place = 0, earning.outcome_on, past.referral_id, ""
        return past.computed_on, *place, earning.participant_id


def of_lead(lead: PastLead, people: Mapping[int, Person]) -> PastEarning:
    """Return what a qualified lead is to its participant."""
    person = people[lead.participant_id].at(lead.moment)
    facts = OutcomeFacts(
        Outcome.QUALIFIED,
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
        lead.qualified_on,
        VERSION,
        referral_id=lead.referral_id,
        participant_key=person.key,
        claimed_at=lead.claimed_at,
        customer=lead.account,
    )
    return PastEarning(earning, lead, (lead.referral_id,))


# Deals ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Converted:
    """A past deal that the simulated program converts, by number, and who is credited with it."""

    found: PastDeal
    number: int
    credited: Sequence[Credited]

    @property
    def by_participant(self) -> list[tuple[int | None, list[Credited]]]:
        """What is credited to each participant in the order of their numbers, to nobody last."""
        own: dict[int | None, list[Credited]] = defaultdict(list)
        for each in self.credited:
            own[each.claim.participant_id].append(each)
        return sorted(own.items(), key=lambda item: (item[0] is None, item[0] or 0))


def of_deal(won: Converted, people: Mapping[int, Person]) -> Iterator[PastEarning]:
    """Give each participant of a deal what they are credited in all."""
    found, before = won.found, 0
    for participant_id, own in won.by_participant:
        if participant_id is None:
            return
        minor = sum(each.credit.minor for each in own)
        if any(each.credit.weight for each in own):
            person = people[participant_id].at(found.moment)
            facts = OutcomeFacts(
                Outcome.CONVERTED,
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
                facts = _of_invoice(invoice, won.found, part, person)
                yield _earning(won, facts, person, own, invoice)


def _weight(own: Iterable[Credited]) -> Fraction:
    """Sum what one participant holds, as the shares of a conversion keep it."""
    return sum((Fraction(recorded(each.credit.weight)) for each in own), Fraction(0))


def _of_invoice(invoice: PastInvoice, found: PastDeal, part: Part, person: Person) -> OutcomeFacts:
    months = months_since(found.deal.won_on, invoice.paid_on)
    return OutcomeFacts(
        Outcome.INVOICE_PAID,
        person.kind,
        person.tier,
        invoice.value_minor,
        part.credited_minor,
        invoice.currency,
        part.before_minor,
        replace(invoice.facts or found.facts, months=months),
        prefers=person.prefers,
    )


def _earning(
    won: Converted,
    facts: OutcomeFacts,
    person: Person,
    own: Sequence[Credited],
    invoice: PastInvoice | None = None,
) -> PastEarning:
    referrals = (each.claim for each in own if each.claim.kind is ClaimKind.REFERRAL)
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
    )
    return PastEarning(
        earning, invoice or won.found, tuple(referral.claim_id for referral in referrals)
    )
