"""The rest of the company's business: the accounts and deals that nobody claims."""

import random
from dataclasses import dataclass
from typing import Final

from sandbox.company.accounts import account_row
from sandbox.company.cast import Cast
from sandbox.company.countries import COUNTRIES, MARKETS
from sandbox.company.dates import DAY, Span, day_of, draw_days_ago, office_hours, stamp
from sandbox.company.deals import LOST, PIPELINE, WON, DealPlan, climb, write_deal
from sandbox.company.draft import Draft, scaled
from sandbox.company.names import CompanyName
from sandbox.company.people import sales_person
from sandbox.world import Row

PRODUCTS: Final = ("Harbour Dock", "Harbour Pilot", "Harbour Crane", "Harbour Ledger")
YEN_PER_UNIT: Final = 100
"""What an amount written for USD and EUR is multiplied by in JPY."""

_ACCOUNTS: Final = 420
_DELETED: Final = 6
_MERGED: Final = 2
# Slightly more euros and yen than are sold: most scenarios are in dollars.
_CURRENCIES: Final = ("USD",) * 13 + ("EUR",) * 4 + ("JPY",) * 3
_SOURCES: Final = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
_PRICES: Final = (1_500, 2_500, 4_800, 7_500, 9_900, 12_000, 18_000, 25_000, 42_000, 75_000)
_SUBSIDIARIES: Final = 0.06
_WON: Final = 0.32
_LOST: Final = 0.38
_UNLINKED: Final = 0.01
_CLOSED_SPAN: Final[Span] = (900, 3)
_OPEN_SPAN: Final[Span] = (260, 3)
_FIRST_SALES: Final[Span] = (900, 200)
_SHORTEST_CYCLE: Final = 10
# On these days a batch touched about half of the older deals: many rows share one stamp.
_MASS_UPDATES: Final = (200, 79, 17)
_MASS_UPDATED: Final = 0.4


@dataclass(frozen=True)
class Place:
    """An account of the crowd."""

    id: str
    company: CompanyName
    row: Row


@dataclass(frozen=True)
class OpenDeal:
    """An open deal of the crowd, for whoever touches it next. `created` is a moment."""

    id: str
    company: CompanyName
    created: int


def write_accounts(draft: Draft, cast: Cast) -> list[Place]:
    """Write the participants' own companies first, customers before partners, then others."""
    rng = draft.rng("accounts")
    customers = cast.companies("customer")
    partners = cast.companies("reseller", "technology", "service")
    known = len(customers) + len(partners)
    others = scaled(_ACCOUNTS, draft.opportunities) - len(draft.tables["Account"]) - known
    strangers = [
        draft.namer.company(COUNTRIES[rng.choice(MARKETS[_CURRENCIES[number % len(_CURRENCIES)]])])
        for number in range(max(others, _MERGED + 1))
    ]
    places: list[Place] = []
    for number, company in enumerate([*customers, *partners, *strangers]):
        kind = "Partner" if len(customers) <= number < known else "Prospect"
        created = office_hours(rng, draw_days_ago(rng, (1_400, 901)))
        record = draft.next_id("Account")
        row = account_row(rng, record, company, kind, created)
        if number > known and rng.random() < _SUBSIDIARIES:
            row["ParentId"] = places[rng.randrange(len(places))].id
        draft.tables["Account"].append(row)
        places.append(Place(record, company, row))
    for loser in places[-_MERGED:]:
        loser.row.update(IsDeleted="true", MasterRecordId=places[known].id)
    return places


def write_deals(draft: Draft, places: list[Place], customers: int) -> list[OpenDeal]:
    """Write deals until the company has its number of them; return those that are open.

    The first deals were won long ago: they made the `customers` first accounts customers.
    """
    rng = draft.rng("deals")
    mass_updates = [office_hours(rng, days_ago) for days_ago in _MASS_UPDATES]
    missing = draft.opportunities - len(draft.tables["Opportunity"])
    first_deleted = customers
    last_deleted = customers + scaled(_DELETED, draft.opportunities)
    living = places[:-_MERGED]
    open_deals: list[OpenDeal] = []
    for number in range(missing):
        if number < customers:
            place, last, span = places[number], WON, _FIRST_SALES
        else:
            place, last = living[rng.randrange(len(living))], _last_stage(rng)
            span = _OPEN_SPAN if last in PIPELINE else _CLOSED_SPAN
        deleted = first_deleted <= number < last_deleted
        plan = _plan(rng, draft.next_id("Opportunity"), place, (last, span), deleted=deleted)
        row = write_deal(draft, plan)
        _mass_update(rng, row, plan.steps[-1][1], mass_updates)
        if deleted or not plan.account_id:
            continue
        _note(place, plan, last)
        if last in PIPELINE:
            open_deals.append(OpenDeal(plan.id, place.company, plan.steps[0][1]))
    return open_deals


def _last_stage(rng: random.Random) -> str:
    chance = rng.random()
    if chance < _WON:
        return WON
    if chance < _WON + _LOST:
        return LOST
    return PIPELINE[rng.randrange(len(PIPELINE))]


def _plan(
    rng: random.Random, record: str, place: Place, end: tuple[str, Span], *, deleted: bool
) -> DealPlan:
    last, (oldest, newest) = end
    moved_days_ago = rng.randint(newest, oldest - _SHORTEST_CYCLE)
    created_days_ago = min(oldest, moved_days_ago + rng.randint(_SHORTEST_CYCLE, 120))
    steps = climb(rng, office_hours(rng, created_days_ago), office_hours(rng, moved_days_ago), last)
    active = max(steps[-1][1] - rng.randint(0, 9) * DAY, steps[0][1])
    currency = place.company.country.currency
    price = _PRICES[rng.randrange(len(_PRICES))] * rng.randint(1, 3)
    upgrade = place.row["Type"] == "Customer"
    return DealPlan(
        id=record,
        account_id="" if rng.random() < _UNLINKED else place.id,
        name=f"{place.company.bare} - {PRODUCTS[rng.randrange(len(PRODUCTS))]}",
        owner=sales_person(rng),
        amount=str(price * YEN_PER_UNIT) if currency == "JPY" else str(price),
        currency=currency,
        steps=steps,
        source=_SOURCES[rng.randrange(len(_SOURCES))],
        kind="Existing Customer - Upgrade" if upgrade else "New Customer",
        activity=day_of(active),
        deleted=deleted,
    )


def _mass_update(rng: random.Random, row: Row, moved: int, updates: list[int]) -> None:
    """Give some rows that were older than a mass update its one stamp."""
    for update in updates:
        if moved < update and rng.random() < _MASS_UPDATED:
            row["LastModifiedDate"] = row["SystemModstamp"] = stamp(update)


def _note(place: Place, plan: DealPlan, last: str) -> None:
    """Write on the account what the deal made of it."""
    row = place.row
    row["LastActivityDate"] = max(row["LastActivityDate"] or "", plan.activity)
    if last == WON and row["Type"] == "Prospect":
        row["Type"] = "Customer"
        row["LastModifiedDate"] = row["SystemModstamp"] = stamp(plan.steps[-1][1])
