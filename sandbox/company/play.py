"""Turns scenarios into records: each copy is a company of its own, with its deals and claims."""

import random
from dataclasses import dataclass
from typing import Final

from sandbox.company.accounts import account_row
from sandbox.company.cast import Cast, Member
from sandbox.company.countries import COUNTRIES, MARKETS
from sandbox.company.crowd import PRODUCTS, YEN_PER_UNIT
from sandbox.company.dates import Span, day, draw_days_ago, instant, late_evening, office_hours
from sandbox.company.deals import LOST, WON, DealPlan, Step, climb, reopen, write_deal
from sandbox.company.draft import Draft
from sandbox.company.encounters import CAMPAIGNS
from sandbox.company.names import CompanyName, lookalike, person, respelled, twin
from sandbox.company.people import sales_person, write_lead
from sandbox.company.scenarios import SCENARIOS
from sandbox.company.sketches import (
    DealSketch,
    EventSketch,
    Named,
    ReferralSketch,
    RegistrationSketch,
    Scenario,
    TouchSketch,
)

_CHANNELS: Final = ("link", "code", "form", "email", "slack", "crm")
_ENDS: Final = {"won": WON, "lost": LOST}
_OLDEST_DEAL_DAYS: Final = 30


@dataclass(frozen=True)
class Copy:
    """One copy of a scenario while it is being written."""

    scenario: Scenario
    number: int
    company: CompanyName
    rng: random.Random

    @property
    def currency(self) -> str:
        """Currency of its deals, ISO 4217."""
        return self.company.country.currency

    def member(self, cast: Cast, who: str, rank: int = 0) -> Member:
        """Pick the participant for a part; another rank gives another one."""
        return cast.pick(who, self.currency, self.scenario.position + self.number + rank)


def play_scenarios(draft: Draft, cast: Cast) -> None:
    """Write every copy of every scenario."""
    own_companies = {member.key: member.company for member in cast.members}
    for scenario in SCENARIOS.values():
        for number in range(1, scenario.count(draft.opportunities) + 1):
            rng = draft.rng(scenario.name, number)
            currency = scenario.currencies[(number - 1) % len(scenario.currencies)]
            company = own_companies.get(scenario.company_of) or draft.namer.company(
                COUNTRIES[rng.choice(MARKETS[currency])]
            )
            _play(draft, cast, Copy(scenario, number, company, rng))


def _play(draft: Draft, cast: Cast, copy: Copy) -> None:
    scenario = copy.scenario
    if scenario.account:
        _write_account(draft, copy)
    for part, deal in enumerate(scenario.deals):
        _write_deal(draft, copy, part, deal)
    for part, lead in enumerate(scenario.leads):
        record = scenario.lead_id(copy.number, part)
        write_lead(draft, copy.rng, copy.company, record, lead.days_ago)
    for part, registration in enumerate(scenario.registrations):
        _write_registration(draft, cast, copy, (part, registration))
    for part, referral in enumerate(scenario.referrals):
        _write_referral(draft, cast, copy, (part, referral))
    for part, touch in enumerate(scenario.touches):
        _write_touch(draft, cast, copy, (part, touch))
    for part, event in enumerate(scenario.events):
        _write_event(draft, cast, copy, (part, event))


def _write_account(draft: Draft, copy: Copy) -> None:
    oldest = max((deal.created[0] for deal in copy.scenario.deals), default=_OLDEST_DEAL_DAYS)
    created = office_hours(copy.rng, oldest + copy.rng.randint(1, 300))
    companies = [copy.company, twin(copy.company)] if copy.scenario.twin else [copy.company]
    for part, company in enumerate(companies):
        record = copy.scenario.account_id(copy.number, part)
        kind = copy.scenario.account
        draft.tables["Account"].append(account_row(copy.rng, record, company, kind, created))


def _write_deal(draft: Draft, copy: Copy, part: int, sketch: DealSketch) -> None:
    rng = copy.rng
    partner_led = bool(copy.scenario.registrations) and not sketch.direct
    activity = "" if sketch.activity is None else day(draw_days_ago(rng, sketch.activity))
    plan = DealPlan(
        id=copy.scenario.opportunity_id(copy.number, part),
        account_id=copy.scenario.account_id(copy.number),
        name=f"{copy.company.bare} - {rng.choice(PRODUCTS)}",
        owner=sales_person(rng),
        amount=_amount(rng, sketch.amount, copy.currency),
        currency=copy.currency,
        steps=_steps(rng, sketch),
        source="Partner Referral" if partner_led else "Phone Inquiry",
        kind="Existing Customer - Upgrade" if part else "New Customer",
        activity=activity,
    )
    row = write_deal(draft, plan)
    row.update(dict(sketch.spoil))
    account = draft.tables["Account"][-1]
    account["LastActivityDate"] = max(account["LastActivityDate"] or "", activity)


def _steps(rng: random.Random, sketch: DealSketch) -> list[Step]:
    created = _moment(rng, sketch.created)
    moved = _moment(rng, sketch.moved)
    if sketch.outcome in ("reopened", "won_then_lost"):
        first_win = created + (moved - created) // 2
        again = WON if sketch.outcome == "reopened" else LOST
        return reopen(rng, climb(rng, created, first_win, WON), again, moved)
    steps = climb(rng, created, moved, _ENDS.get(sketch.outcome, sketch.stage))
    return [steps[0], steps[-1]] if sketch.straight else steps


def _moment(rng: random.Random, span: Span) -> int:
    return office_hours(rng, draw_days_ago(rng, span))


def _amount(rng: random.Random, amount: Span | str, currency: str) -> str:
    if isinstance(amount, str):
        return amount
    low, high = amount
    return str(rng.randrange(low, high + 1, 50) * (YEN_PER_UNIT if currency == "JPY" else 1))


def _naming(copy: Copy, named: Named) -> dict[str, str]:
    """Write how a claim names its company and deal."""
    company = copy.company
    deal = copy.scenario.opportunity_id(copy.number, 0)
    match named:
        case "domain":
            return {"company": company.name, "domain": company.domain}
        case "everything":
            return {"company": company.name, "domain": company.domain, "opportunity_id": deal}
        case "opportunity":
            return {"company": f"Group of {company.bare.split(' ')[0]}", "opportunity_id": deal}
        case "respelled":
            return {"company": respelled(company, copy.number)}
        case "lookalike":
            return {"company": lookalike(company)}
        case "name":
            return {"company": company.name}


def _evidence(rng: random.Random, kinds: str, submitted_days_ago: int) -> str:
    """Date each kind of evidence in the days before the claim."""
    if not kinds:
        return ""
    days_ago = submitted_days_ago + rng.randint(8, 20)
    items = []
    for kind in kinds.split(";"):
        items.append(f"{kind}={day(days_ago)}")
        days_ago -= rng.randint(0, 2)
    return ";".join(items)


def _write_registration(
    draft: Draft, cast: Cast, copy: Copy, numbered: tuple[int, RegistrationSketch]
) -> None:
    part, sketch = numbered
    rng = copy.rng
    member = copy.member(cast, sketch.who, sketch.rank)
    days_ago = draw_days_ago(rng, sketch.days_ago)
    moment = late_evening(days_ago) if sketch.late_evening else office_hours(rng, days_ago)
    cells = {
        "key": copy.scenario.key("registrations", copy.number, part),
        "participant": member.key,
        **_naming(copy, sketch.named),
        "division": sketch.division,
        "submitted_at": instant(moment, member.zone),
        "evidence": _evidence(rng, sketch.evidence, days_ago),
        "expected_amount": _amount(rng, (8_000, 60_000), copy.currency),
        "currency": copy.currency,
    }
    draft.add_import("registrations", moment, cells | dict(sketch.spoil))


def _write_referral(
    draft: Draft, cast: Cast, copy: Copy, numbered: tuple[int, ReferralSketch]
) -> None:
    part, sketch = numbered
    member = copy.member(cast, sketch.who, sketch.rank)
    moment = _moment(copy.rng, sketch.days_ago)
    contact = person(copy.rng, copy.company.country)
    email = f"{contact.mailbox}@{copy.company.domain}"
    if sketch.alias:
        email = member.email.replace("@", "+friend@")
    cells = {
        "key": copy.scenario.key("referrals", copy.number, part),
        "participant": member.key,
        **_naming(copy, sketch.named),
        "contact_name": contact.full,
        "contact_email": email,
        "submitted_at": instant(moment, member.zone),
        "channel": sketch.channel or copy.rng.choice(_CHANNELS),
    }
    draft.add_import("referrals", moment, cells | dict(sketch.spoil))


def _write_touch(draft: Draft, cast: Cast, copy: Copy, numbered: tuple[int, TouchSketch]) -> None:
    part, sketch = numbered
    moment = _moment(copy.rng, sketch.days_ago)
    member = copy.member(cast, sketch.who, sketch.rank) if sketch.who else None
    by_deal = sketch.named == "opportunity"
    contact = person(copy.rng, copy.company.country)
    cells = {
        "key": copy.scenario.key("touches", copy.number, part),
        "opportunity_id": copy.scenario.opportunity_id(copy.number, 0) if by_deal else "",
        "domain": "" if by_deal else copy.company.domain,
        "contact_email": f"{contact.mailbox}@{copy.company.domain}",
        "at": instant(moment, copy.company.country.zone),
        "source": sketch.source,
        "participant": member.key if member else "",
        "campaign": copy.rng.choice(CAMPAIGNS) if sketch.source == "marketing" else "",
    }
    draft.add_import("touches", moment, cells | dict(sketch.spoil))


def _write_event(draft: Draft, cast: Cast, copy: Copy, numbered: tuple[int, EventSketch]) -> None:
    part, sketch = numbered
    moment = _moment(copy.rng, sketch.days_ago)
    member = copy.member(cast, sketch.who)
    cells = {
        "key": copy.scenario.key("events", copy.number, part),
        "kind": sketch.kind,
        "participant": member.key,
        "at": instant(moment, member.zone),
        "value": sketch.value,
    }
    draft.add_import("events", moment, cells | dict(sketch.spoil))
