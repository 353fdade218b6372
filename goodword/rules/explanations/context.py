"""A case with the programs it goes by: looked up by number, dated in the program's time zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo

from goodword.phrases import Said, say
from goodword.rules.explanations.facts import (
    Case,
    Conversion,
    Deal,
    Event,
    PaidInvoice,
    Payout,
    Person,
    Reward,
    Version,
)


@dataclass(frozen=True)
class Context:
    """What a story is told from. `versions` are all published programs, by number."""

    case: Case
    versions: Mapping[int, Version]

    @cached_property
    def zone(self) -> tzinfo:
        """The time zone of the newest program; UTC while none is published."""
        if not self.versions:
            return ZoneInfo("UTC")
        return self.versions[max(self.versions)].program.zone

    @cached_property
    def people(self) -> dict[int, Person]:
        """The participants of the case, by number."""
        return {person.id: person for person in self.case.people}

    @cached_property
    def deals(self) -> dict[str, Deal]:
        """The deals of the case, by the CRM's id."""
        return {deal.crm_id: deal for deal in self.case.deals}

    @cached_property
    def conversions(self) -> dict[int, Conversion]:
        """The conversions of the case, by number."""
        return {conversion.id: conversion for conversion in self.case.conversions}

    @cached_property
    def invoices(self) -> dict[str, PaidInvoice]:
        """The paid invoices of the case, by the provider's name of each."""
        return {invoice.id: invoice for invoice in self.case.invoices}

    @cached_property
    def rewards(self) -> dict[int, Reward]:
        """The rewards of the case, by number."""
        return {reward.id: reward for reward in self.case.rewards}

    @cached_property
    def payouts(self) -> dict[int, Payout]:
        """The payouts of the case, by number."""
        return {payout.id: payout for payout in self.case.payouts}

    def day(self, at: datetime) -> date:
        """Return the program's calendar day of an instant."""
        return at.astimezone(self.zone).date()

    def name(self, participant_id: int | None) -> str:
        """Return a participant's name; nobody's is "nobody"."""
        return say("nobody") if participant_id is None else self.people[participant_id].name

    def person(self, who: str) -> str:
        """Name whoever an act is recorded of: a participant who acts by their key, or another."""
        known = next((person for person in self.case.people if person.key == who), None)
        return who if known is None else say("{name} ({key})", name=known.name, key=who)

    def version(self, number: int) -> Said:
        """Name a program version: "version 2 of the program (in force from 2026-01-01)"."""
        return say(
            "version {version} of the program (in force from {since})",
            version=number,
            since=self.versions[number].effective_on,
        )

    def version_on(self, on: date) -> Version | None:
        """Return the version in force on a day; before the first one there is, the first."""
        order = sorted(self.versions.values(), key=lambda v: (v.effective_on, v.number))
        begun = [version for version in order if version.effective_on <= on]
        return begun[-1] if begun else next(iter(order), None)

    def deal_name(self, crm_id: str) -> Said:
        """Name a deal with its company: `“500 seats” of Fabrikam (006…)`."""
        deal = self.deals.get(crm_id)
        if deal is None:
            return say("deal {deal}, which is not in the mirror of the CRM", deal=crm_id)
        if not deal.company:
            return say("“{name}”, which has no account ({deal})", name=deal.name, deal=crm_id)
        return say(
            "“{name}” of {company} ({deal})", name=deal.name, company=deal.company, deal=crm_id
        )

    def events_of(self, subject: str, number: int) -> list[Event]:
        """Return the audit events of one subject, in order."""
        return [e for e in self.case.events if (e.subject, e.subject_id) == (subject, number)]
