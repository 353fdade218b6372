"""Touches of deals that are still open, and what happens to the participants themselves."""

import random
from typing import Final

from sandbox.company.cast import Cast, Member
from sandbox.company.crowd import OpenDeal
from sandbox.company.dates import days_ago_of, draw_days_ago, instant, office_hours
from sandbox.company.draft import Draft, scaled
from sandbox.company.names import person

CAMPAIGNS: Final = ("spring-webinar", "harbour-days-2026", "newsletter", "search-ads")

_TOUCHES: Final = 400
_EVENTS: Final = 100
_TOUCHED_BY: Final = ("marketing",) * 5 + ("direct",) * 3 + ("partner", "referral")
_TOUCHERS: Final = {"partner": "affiliate reseller service".split(), "referral": ["customer"]}
_NAMED_BY_DEAL: Final = 0.7
_EVENT_KINDS: Final = ("nps", "nps", "win", "renewal", "support_solved", "milestone", "purchase")
_PURCHASES: Final = (900, 2_400, 4_900, 12_000)
_TERMS: Final = (12, 24, 36)
_MILESTONES: Final = (100, 500, 1_000)


def write_touches(draft: Draft, cast: Cast, deals: list[OpenDeal]) -> None:
    """Write touches up to the company's number of them.

    A participant's touch names its deal: a domain alone could claim any deal of the account.
    """
    rng = draft.rng("touches")
    helpers = {source: _active(cast, kinds) for source, kinds in _TOUCHERS.items()}
    missing = scaled(_TOUCHES, draft.opportunities) - len(draft.imports["touches"])
    for number in range(1, missing + 1 if deals else 1):
        deal = rng.choice(deals)
        source = rng.choice(_TOUCHED_BY)
        helper = rng.choice(helpers[source]) if source in helpers else None
        moment = office_hours(rng, rng.randint(1, max(days_ago_of(deal.created), 1)))
        by_deal = helper is not None or rng.random() < _NAMED_BY_DEAL
        contact = person(rng, deal.company.country)
        cells = {
            "key": f"touch-{number:06}",
            "opportunity_id": deal.id if by_deal else "",
            "domain": "" if by_deal else deal.company.domain,
            "contact_email": f"{contact.mailbox}@{deal.company.domain}",
            "at": instant(moment, deal.company.country.zone),
            "source": source,
            "participant": helper.key if helper else "",
            "campaign": rng.choice(CAMPAIGNS) if source == "marketing" else "",
        }
        draft.add_import("touches", moment, cells)


def write_events(draft: Draft, cast: Cast) -> None:
    """Write events of participating customers up to the company's number of them."""
    rng = draft.rng("events")
    customers = _active(cast, ["customer"])
    missing = scaled(_EVENTS, draft.opportunities) - len(draft.imports["events"])
    for number in range(1, missing + 1):
        member = rng.choice(customers)
        kind = rng.choice(_EVENT_KINDS)
        moment = office_hours(rng, draw_days_ago(rng, (180, 1)))
        cells = {
            "key": f"event-{number:06}",
            "kind": kind,
            "participant": member.key,
            "at": instant(moment, member.zone),
            "value": _event_value(rng, kind),
        }
        draft.add_import("events", moment, cells)


def _active(cast: Cast, kinds: list[str]) -> list[Member]:
    """List the crowd's participants of some kinds; the scenarios' roles stay out of it."""
    return [member for member in cast.crowd if member.kind in kinds]


def _event_value(rng: random.Random, kind: str) -> str:
    """Draw what an event is worth: a score, months, users or whole units of money; or nothing."""
    match kind:
        case "nps":
            return str(rng.randint(0, 10))
        case "renewal":
            return str(rng.choice(_TERMS))
        case "milestone":
            return str(rng.choice(_MILESTONES))
        case "purchase":
            return str(rng.choice(_PURCHASES))
        case _:
            return ""
