"""OpportunityHistory: one row for each change of an opportunity's stage, amount or close date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sandbox.salesforce.ids import new_id
from sandbox.salesforce.stages import FIRST, Stages
from sandbox.salesforce.values import BadValue, Record, Value

TRACKED = ("StageName", "Amount", "CloseDate", "Probability")
_COPIED = (*TRACKED, "ExpectedRevenue", "ForecastCategory", "CurrencyIsoCode")


def changed(before: Record | None, after: Record) -> bool:
    """Whether a write leaves a row in the history."""
    return before is None or any(before.get(name) != after.get(name) for name in TRACKED)


def row_of(opportunity: Record, number: int, at: Value, by: Value) -> Record:
    """The history row that says what an opportunity looked like from an instant on."""
    copied = {name: opportunity[name] for name in _COPIED if name in opportunity}
    return {
        "Id": new_id("008", number),
        "OpportunityId": opportunity["Id"],
        "CreatedById": by,
        "CreatedDate": at,
        "SystemModstamp": at,
        "IsDeleted": False,
        **copied,
    }


def synthesize(opportunities: Iterable[Record], stages: Stages) -> Iterator[Record]:
    """The least history that explains opportunities loaded without one.

    Each begins in the first stage on its CreatedDate; one that stands in another stage reached
    it on its last change (its closing, when it is closed).
    """
    number = 0
    for opportunity in opportunities:
        by = opportunity.get("CreatedById")
        created = opportunity.get("CreatedDate")
        began = {**opportunity, "StageName": FIRST, **stages[FIRST].fields()}
        number += 1
        yield row_of(began, number, created, by)
        if opportunity.get("StageName") != FIRST:
            number += 1
            yield row_of(opportunity, number, _reached(opportunity), by)


def _reached(opportunity: Record) -> Value:
    """When an opportunity came to its present stage, as near as its own fields tell."""
    told = opportunity.get("LastStageChangeDate")
    if told is not None:
        return told
    created = str(opportunity.get("CreatedDate") or "")
    last = str(opportunity.get("LastModifiedDate") or opportunity.get("SystemModstamp") or created)
    closes = opportunity.get("CloseDate")
    if opportunity.get("IsClosed") is True and closes and not isinstance(closes, BadValue):
        return min(max(f"{closes}T00:00:00.000+0000", created), last)
    return last
