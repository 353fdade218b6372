"""Writing the program's own fields, and no others, through sObject collections.

Source: Salesforce, "REST API Developer Guide", Update Multiple Records with Fewer Round-Trips: up
to 200 records a request; with allOrNone false each has its own result inside HTTP 200.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from goodword.adapters.crm import CrmUnreachable, Protection, WriteResult, WriteState
from goodword.rules.crm import PARTNER_FIELD, PROTECTED_UNTIL_FIELD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simple_salesforce.api import Salesforce as Client

    from goodword.adapters.salesforce_access import Patience

LARGEST_COLLECTION = 200
LOCKED_ATTEMPTS = 4
"""A row that somebody holds is free again after seconds; longer is left to the next night."""


def write(client: Client, patience: Patience, updates: Sequence[Protection]) -> list[WriteResult]:
    """Write protections, one result each, in their order.

    A collection may change its object ten times at most, so each object's records go together.
    """
    by_object = sorted(range(len(updates)), key=lambda index: updates[index].crm_object)
    results: dict[int, WriteResult] = {}
    for start in range(0, len(by_object), LARGEST_COLLECTION):
        places = by_object[start : start + LARGEST_COLLECTION]
        written = _write_patiently(client, patience, [updates[place] for place in places])
        results.update(zip(places, written, strict=True))
    return [results[place] for place in range(len(updates))]


def _write_patiently(
    client: Client, patience: Patience, updates: Sequence[Protection]
) -> list[WriteResult]:
    """Write one collection, and those of its rows that were locked a few times more."""
    results = _write_once(client, patience, updates)
    for attempt in range(LOCKED_ATTEMPTS - 1):
        locked = [i for i, result in enumerate(results) if result.state is WriteState.LOCKED]
        if not locked:
            break
        patience.pause(attempt)
        again = _write_once(client, patience, [updates[i] for i in locked])
        for i, result in zip(locked, again, strict=True):
            results[i] = result
    return results


def _write_once(
    client: Client, patience: Patience, updates: Sequence[Protection]
) -> list[WriteResult]:
    body = {"allOrNone": False, "records": [_record(update) for update in updates]}
    # each record is set to given values, so sending it again is safe
    answers = patience.insist(
        lambda: client.restful("composite/sobjects", method="PATCH", json=body),
    )
    if not isinstance(answers, list) or len(answers) != len(updates):
        raise CrmUnreachable(f"it did not answer for each of {len(updates)} records written")
    return [_result(update, answer) for update, answer in zip(updates, answers, strict=True)]


def _record(update: Protection) -> dict[str, Any]:
    """Null clears a field; a field left out would be left as it is."""
    return {
        "attributes": {"type": update.crm_object.value},
        "id": update.crm_id,
        PARTNER_FIELD: update.partner,
        PROTECTED_UNTIL_FIELD: update.until and update.until.isoformat(),
    }


def _result(update: Protection, answer: dict[str, Any]) -> WriteResult:
    if answer["success"]:
        return WriteResult(update, WriteState.WRITTEN)
    errors = answer["errors"]
    reason = "; ".join(f"{error['statusCode']}: {error['message']}" for error in errors)
    is_locked = any(error["statusCode"] == "UNABLE_TO_LOCK_ROW" for error in errors)
    return WriteResult(update, WriteState.LOCKED if is_locked else WriteState.REFUSED, reason)
