"""The words that scenarios are written in: what is told by hand, the rest is drawn.

Days are days before the business date (see `dates.Span`), in the program's time zone; amounts are
whole units of the deal's currency, written for USD and EUR and made a hundred times larger in JPY.
"""

from dataclasses import dataclass
from typing import Final, Literal

from sandbox.company.cast import ROLE_KEYS
from sandbox.company.dates import Span
from sandbox.company.draft import STANDARD_SIZE, scaled
from sandbox.company.ids import scenario_record_id

Spoil = tuple[tuple[str, str], ...]
"""Cells that are overwritten to make a row wrong on purpose: (column, text)."""

Outcome = Literal["open", "won", "lost", "reopened", "won_then_lost"]
Named = Literal["domain", "name", "respelled", "lookalike", "opportunity", "everything"]
"""How a claim names its company: `domain` and `everything` give name and domain, and `everything`
and `opportunity` the deal's id; `opportunity` calls the company by another name."""


@dataclass(frozen=True)
class DealSketch:
    """One opportunity.

    Args:
        outcome: How it stands; `reopened` was won, reopened and won again.
        created: When it was created.
        moved: When its stage changed for the last time.
        amount: Lowest and highest amount, or the exact text of it.
        stage: The stage that it has reached, when it is open.
        activity: When somebody of the company's own sales last worked on it; None: never.
        straight: It went from its first stage to its last one at once.
        direct: Own sales found it, though a partner claims the account.
        spoil: What is wrong with the row.
    """

    outcome: Outcome
    created: Span
    moved: Span
    amount: Span | str = (8_000, 60_000)
    stage: str = "Proposal/Price Quote"
    activity: Span | None = None
    straight: bool = False
    direct: bool = False
    spoil: Spoil = ()


@dataclass(frozen=True)
class RegistrationSketch:
    """One claim of a partner. `rank` tells two partners in one scenario apart."""

    who: str
    days_ago: Span
    evidence: str = "meeting"
    named: Named = "domain"
    division: str = ""
    rank: int = 0
    late_evening: bool = False
    spoil: Spoil = ()


@dataclass(frozen=True)
class ReferralSketch:
    """One introduction. `alias` gives the participant's own mailbox, tagged, as the contact."""

    who: str
    days_ago: Span
    named: Named = "domain"
    channel: str = ""
    rank: int = 0
    alias: bool = False
    spoil: Spoil = ()


@dataclass(frozen=True)
class LeadSketch:
    """One lead of the company, which own sales got from elsewhere."""

    days_ago: Span


@dataclass(frozen=True)
class TouchSketch:
    """One dated contact; without `who` nobody earns by it."""

    days_ago: Span
    source: str
    who: str = ""
    named: Literal["opportunity", "domain"] = "opportunity"
    rank: int = 0
    spoil: Spoil = ()


@dataclass(frozen=True)
class EventSketch:
    """One event of a participant's own life as a customer."""

    kind: str
    who: str
    days_ago: Span
    value: str = ""
    spoil: Spoil = ()


@dataclass(frozen=True)
class Keys:
    """The keys and ids of everything in a scenario."""

    accounts: tuple[str, ...] = ()
    opportunities: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()
    registrations: tuple[str, ...] = ()
    referrals: tuple[str, ...] = ()
    touches: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    participants: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scenario:
    """One situation that the night must meet.

    Args:
        name: Snake case; with hyphens it is part of every key.
        sentence: The situation, and what is to become of it.
        copies: How often it occurs in the usual company.
        fixed: The number of copies does not depend on the company's size.
        currencies: Currencies of its copies, in turn.
        account: Type of the account; "" where the CRM does not know the company.
        twin: The CRM has a second account of the same name, in another legal form.
        company_of: Key of a role whose own company it is about.
        participants: Roles it is about that no claim below names.
        position: Its place in the list of all scenarios; set there.
    """

    name: str
    sentence: str
    copies: int = 1
    fixed: bool = False
    currencies: tuple[str, ...] = ("USD",)
    account: str = "Prospect"
    twin: bool = False
    company_of: str = ""
    deals: tuple[DealSketch, ...] = ()
    leads: tuple[LeadSketch, ...] = ()
    registrations: tuple[RegistrationSketch, ...] = ()
    referrals: tuple[ReferralSketch, ...] = ()
    touches: tuple[TouchSketch, ...] = ()
    events: tuple[EventSketch, ...] = ()
    participants: tuple[str, ...] = ()
    position: int = 0

    def count(self, opportunities: int) -> int:
        """Return how often it occurs in a company with that many opportunities."""
        return self.copies if self.fixed else scaled(self.copies, opportunities)

    def key(self, kind: str, copy: int, part: int) -> str:
        """Return the key of a claim, e.g. "registrations" -> reg-two-divisions-1b."""
        letter = "abcdefghij"[part] if len(getattr(self, kind)) > 1 else ""
        return f"{KEY_STEMS[kind]}-{self.name.replace('_', '-')}-{copy}{letter}"

    def account_id(self, copy: int, part: int = 0) -> str:
        """Return the id of a copy's account; part 1 is its twin."""
        return scenario_record_id("Account", self.position, copy, part)

    def opportunity_id(self, copy: int, part: int) -> str:
        """Return the id of one of a copy's deals, from 0."""
        return scenario_record_id("Opportunity", self.position, copy, part)

    def lead_id(self, copy: int, part: int) -> str:
        """Return the id of one of a copy's leads, from 0."""
        return scenario_record_id("Lead", self.position, copy, part)

    def keys(self, opportunities: int = STANDARD_SIZE) -> Keys:
        """Return the keys of all its copies in a company with that many opportunities."""
        copies = range(1, self.count(opportunities) + 1)

        def claims(kind: str) -> tuple[str, ...]:
            parts = range(len(getattr(self, kind)))
            return tuple(self.key(kind, copy, part) for copy in copies for part in parts)

        return Keys(
            accounts=tuple(
                self.account_id(copy, part)
                for copy in copies
                if self.account
                for part in range(1 + self.twin)
            ),
            opportunities=tuple(
                self.opportunity_id(copy, part)
                for copy in copies
                for part in range(len(self.deals))
            ),
            leads=tuple(
                self.lead_id(copy, part) for copy in copies for part in range(len(self.leads))
            ),
            registrations=claims("registrations"),
            referrals=claims("referrals"),
            touches=claims("touches"),
            events=claims("events"),
            participants=self._roles(),
        )

    def _roles(self) -> tuple[str, ...]:
        named = [
            *(registration.who for registration in self.registrations),
            *(referral.who for referral in self.referrals),
            *(touch.who for touch in self.touches),
            *(event.who for event in self.events),
        ]
        roles = (who for who in named if who in ROLE_KEYS)
        return tuple(dict.fromkeys((*self.participants, *roles)))


KEY_STEMS: Final = {
    "registrations": "reg",
    "referrals": "ref",
    "touches": "touch",
    "events": "event",
}
"""What the keys of an import file begin with."""
