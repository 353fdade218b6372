"""Harbour Software, the seeded sample company that `make night` runs on.

A fictitious vendor in New York (program time zone America/New_York) that sells in USD, EUR and JPY
and runs a referral and partner program. Its history ends where its first night begins, on
30 June 2026. `SCENARIOS` names every situation that it contains on purpose; the rest is business
as usual.
"""

import hashlib

from sandbox.company.cast import cast_participants
from sandbox.company.crowd import write_accounts, write_deals
from sandbox.company.dates import BUSINESS_DATE
from sandbox.company.draft import COLUMNS, STANDARD_SIZE, Draft, rng_of
from sandbox.company.encounters import write_events, write_touches
from sandbox.company.ids import record_id
from sandbox.company.names import Namer
from sandbox.company.people import hire_sales_people, write_contacts, write_leads
from sandbox.company.play import play_scenarios
from sandbox.company.scenarios import SCENARIOS
from sandbox.company.sketches import Keys, Scenario
from sandbox.company.subscribers import buyers, own_subscriptions
from sandbox.world import Company

__all__ = ["SCENARIOS", "Keys", "Scenario", "sample"]


def sample(seed: int = 7, opportunities: int = STANDARD_SIZE) -> Company:
    """Draw the sample company; the same arguments give the same bytes in any process.

    Args:
        seed: What everything that no scenario fixes is drawn from.
        opportunities: Its size, to which everything else is in proportion. Every scenario occurs
            at least once, so that a company below 100 has a few more than it was asked for.
    """
    draft = Draft(seed, opportunities, Namer(rng_of(seed, "names")))
    hire_sales_people(draft)
    cast, stripe_accounts, stripe_customers = cast_participants(draft)
    play_scenarios(draft, cast)
    places = write_accounts(draft, cast)
    open_deals = write_deals(draft, places, customers=len(cast.companies("customer")))
    write_touches(draft, cast, open_deals)
    write_events(draft, cast)
    write_contacts(draft, [(place.id, place.company) for place in places])
    write_leads(draft)
    paying, bought = buyers(draft.tables["Opportunity"], opportunities)
    digest = hashlib.sha256(f"harbour-software/{seed}/{opportunities}".encode()).digest()
    return Company(
        name="Harbour Software",
        org_id=record_id("Organization", int.from_bytes(digest[:7])),
        tables=draft.tables,
        stripe_accounts=stripe_accounts,
        stripe_customers=[*stripe_customers, *paying],
        stripe_subscriptions=[*own_subscriptions(stripe_customers), *bought],
        imports={kind: draft.csv(kind) for kind in COLUMNS},
        business_date=BUSINESS_DATE,
    )
