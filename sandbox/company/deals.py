"""Opportunities and their stage history, from a plan of stages and moments."""

import random
from dataclasses import dataclass
from typing import Final

from sandbox.company.dates import DAY, day_of, stamp
from sandbox.company.draft import Draft
from sandbox.world import Row

PIPELINE: Final = (
    "Prospecting",
    "Qualification",
    "Needs Analysis",
    "Value Proposition",
    "Id. Decision Makers",
    "Perception Analysis",
    "Proposal/Price Quote",
    "Negotiation/Review",
)
"""The open stages of a standard Salesforce sales process, in order."""

WON: Final = "Closed Won"
LOST: Final = "Closed Lost"
_PROBABILITY: Final = dict(zip(PIPELINE, "10 10 20 50 60 70 75 90".split(), strict=True)) | {
    WON: "100",
    LOST: "0",
}
_USUAL_CYCLE: Final = 90 * DAY

Step = tuple[str, int]
"""A stage, and the moment at which the deal entered it."""


@dataclass(frozen=True)
class DealPlan:
    """What is to be written about one opportunity.

    Args:
        id: Its Salesforce id.
        account_id: "" when nobody linked it.
        name: Its name.
        owner: Id of the sales person.
        amount: Whole or decimal text in units of the currency.
        currency: ISO 4217.
        steps: The stages it went through; the first moment is its creation.
        source: LeadSource.
        kind: Type.
        activity: Date of own sales' last activity, or "".
        deleted: It lies in the recycle bin.
    """

    id: str
    account_id: str
    name: str
    owner: str
    amount: str
    currency: str
    steps: list[Step]
    source: str
    kind: str = "New Customer"
    activity: str = ""
    deleted: bool = False


def climb(rng: random.Random, created: int, moved: int, last: str) -> list[Step]:
    """Lay out the way of a deal from its creation to its last stage, which it entered at `moved`.

    A deal that never moved has entered its stage at creation.
    """
    reached = PIPELINE.index(last) if last in PIPELINE else len(PIPELINE)
    if reached == 0:
        return [(last, created)]
    first = rng.randrange(min(2, reached))
    passed = sorted(
        rng.sample(range(first + 1, reached), min(rng.randrange(4), reached - first - 1))
    )
    moments = sorted(rng.randrange(created, moved) for _ in passed)
    between = [(PIPELINE[stage], moment) for stage, moment in zip(passed, moments, strict=True)]
    return [(PIPELINE[first], created), *between, (last, moved)]


def reopen(rng: random.Random, steps: list[Step], again: str, moved: int) -> list[Step]:
    """Go on after a deal was won: back to negotiation, then to its second end."""
    won_at = steps[-1][1]
    reopened = won_at + (moved - won_at) * rng.randint(3, 7) // 10
    return [*steps, (PIPELINE[-1], reopened), (again, moved)]


def write_deal(draft: Draft, plan: DealPlan) -> Row:
    """Add an opportunity and its history to the tables; return the opportunity's row."""
    created = plan.steps[0][1]
    stage, moved = plan.steps[-1]
    closed = stage in (WON, LOST)
    planned_close = day_of(created + _USUAL_CYCLE)
    modified = stamp(moved)
    deleted = "true" if plan.deleted else "false"
    row: Row = {
        "Id": plan.id,
        "AccountId": plan.account_id,
        "Name": plan.name,
        "StageName": stage,
        "Amount": plan.amount,
        "CurrencyIsoCode": plan.currency,
        "Probability": _PROBABILITY[stage],
        "CloseDate": day_of(moved) if closed else max(planned_close, day_of(moved + _USUAL_CYCLE)),
        "CreatedDate": stamp(created),
        "LastModifiedDate": modified,
        "SystemModstamp": modified,
        "LastActivityDate": plan.activity,
        "LeadSource": plan.source,
        "Type": plan.kind,
        "OwnerId": plan.owner,
        "IsClosed": "true" if closed else "false",
        "IsWon": "true" if stage == WON else "false",
        "IsDeleted": deleted,
        "Goodword_Partner__c": "",
        "Goodword_Protected_Until__c": "",
    }
    draft.tables["Opportunity"].append(row)
    history = draft.tables["OpportunityHistory"]
    for entered, moment in plan.steps:
        text = stamp(moment)
        ends = entered in (WON, LOST)
        history.append(
            {
                "Id": draft.next_id("OpportunityHistory"),
                "OpportunityId": plan.id,
                "StageName": entered,
                "Amount": plan.amount,
                "CurrencyIsoCode": plan.currency,
                "Probability": _PROBABILITY[entered],
                "CloseDate": day_of(moment) if ends else planned_close,
                "CreatedDate": text,
                "CreatedById": plan.owner,
                "SystemModstamp": text,
                "IsDeleted": deleted,
            }
        )
    return row
