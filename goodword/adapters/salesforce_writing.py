"""Writing the program's own fields, and owners when routing says so, through sObject collections.

Source: Salesforce, "REST API Developer Guide", Update Multiple Records with Fewer Round-Trips: up
to 200 records a request; with allOrNone false each has its own result inside HTTP 200.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from goodword.adapters.crm import CrmUnreachable, Protection, WriteResult, WriteState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simple_salesforce.api import Salesforce as Client

    from goodword.adapters.salesforce_access import Patience
    from goodword.rules.crm_policy import CrmPolicy

LARGEST_COLLECTION = 200
LOCKED_ATTEMPTS = 4
"""A row that somebody holds is free again after seconds; longer is left to the next night."""


class Writer:
    """Writes to one org; `policy` says what the program's own fields are called there."""

    def __init__(self, client: Client, patience: Patience, policy: CrmPolicy) -> None:
        self._client = client
        self._patience = patience
        self._policy = policy

    def write(self, updates: Sequence[Protection]) -> list[WriteResult]:
        """Write protections, one result each, in their order.

        A collection may change its object ten times at most, so each object's records go together.

        Raises:
            CrmError: no answer, or a refusal of a whole request.
        """
        by_object = sorted(range(len(updates)), key=lambda index: updates[index].crm_object)
        results: dict[int, WriteResult] = {}
        for start in range(0, len(by_object), LARGEST_COLLECTION):
            places = by_object[start : start + LARGEST_COLLECTION]
            written = self._write_patiently([updates[place] for place in places])
            results.update(zip(places, written, strict=True))
        return [results[place] for place in range(len(updates))]

    def _write_patiently(self, updates: Sequence[Protection]) -> list[WriteResult]:
        """Write one collection, and those of its rows that were locked a few times more."""
        results = self._write_once(updates)
        for attempt in range(LOCKED_ATTEMPTS - 1):
            locked = [i for i, result in enumerate(results) if result.state is WriteState.LOCKED]
            if not locked:
                break
            self._patience.pause(attempt)
            again = self._write_once([updates[i] for i in locked])
            for i, result in zip(locked, again, strict=True):
                results[i] = result
        return results

    def _write_once(self, updates: Sequence[Protection]) -> list[WriteResult]:
        body = {"allOrNone": False, "records": [self._record(update) for update in updates]}
        # each record is set to given values, so sending it again is safe
        answers = self._patience.insist(
            lambda: self._client.restful("composite/sobjects", method="PATCH", json=body),
        )
        if not isinstance(answers, list) or len(answers) != len(updates):
            raise CrmUnreachable(f"it did not answer for each of {len(updates)} records written")
        return [_result(update, answer) for update, answer in zip(updates, answers, strict=True)]

    def _record(self, update: Protection) -> dict[str, Any]:
        """Null clears a field; a field left out is left as it is."""
        record = {
            "attributes": {"type": update.crm_object.value},
            "id": update.crm_id,
            self._policy.partner_field: update.partner,
            self._policy.protected_until_field: update.until and update.until.isoformat(),
        }
        return record | ({"OwnerId": update.owner_crm_id} if update.owner_crm_id else {})


def _result(update: Protection, answer: dict[str, Any]) -> WriteResult:
    if answer["success"]:
        return WriteResult(update, WriteState.WRITTEN)
    errors = answer["errors"]
    reason = "; ".join(f"{error['statusCode']}: {error['message']}" for error in errors)
    is_locked = any(error["statusCode"] == "UNABLE_TO_LOCK_ROW" for error in errors)
    return WriteResult(update, WriteState.LOCKED if is_locked else WriteState.REFUSED, reason)
