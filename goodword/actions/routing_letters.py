"""Letters about routing: to the partner, to who owned the record, and to direct sales."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy import Connection

from goodword.actions import messages
from goodword.db.queries import routings as queries
from goodword.db.queries.routings import Candidate, Given, Named
from goodword.rules.routings import Tell

_KINDS = {"Lead": "lead", "Opportunity": "deal"}


def tell_of_routed(tx: Connection, given: Sequence[Given], staff_email: str, today: date) -> int:
    """Tell both sides what was given to whom tonight; returns how many letters were new.

    A partner gets one letter a claim, an owner one for all of theirs. Staff hears instead of an
    owner who is not known or no longer active.
    """
    by_claim = sorted(given, key=lambda one: (one.registration_id, one.routing_id))
    partners = [
        _to_partner(list(group)) for _, group in groupby(by_claim, lambda one: one.registration_id)
    ]
    by_owner = sorted(given, key=lambda one: (one.former_owner or "", one.routing_id))
    owners = [
        _to_owner(list(group), recipient or staff_email)
        for recipient, group in groupby(by_owner, lambda one: one.former_owner)
    ]
    told = messages.queue(tx, partners, today)
    return told + messages.queue_all_for_staff(tx, owners, today)


def _to_partner(given: Sequence[Given]) -> messages.Letter:
    first = given[0]
    context = {
        "company": first.claimed,
        "until": first.until.isoformat(),
        "records": [
            {"kind": _KINDS[one.crm_object], "name": one.name, "is_owner": one.is_owner}
            for one in given
        ],
    }
    fact = f"routing:{first.routing_id}:registration_routed"
    return messages.Letter(fact, "registration_routed", first.participant_id, context)


def _to_owner(given: Sequence[Given], recipient: str) -> messages.StaffLetter:
    records = [
        {
            "kind": _KINDS[one.crm_object],
            "name": one.name,
            "account": one.account,
            "partner": one.partner,
            "until": one.until.isoformat(),
            "is_owner": one.is_owner,
        }
        for one in given
    ]
    fact = f"routing:{given[0].routing_id}:lead_routed"
    return messages.StaffLetter(fact, "lead_routed", recipient, {"records": records})


@dataclass(frozen=True, slots=True)
class Touched:
    """A lead or deal that direct sales has on a protected account, and what the rules say of it."""

    candidate: Candidate
    tell: Tell


def tell_of_touched(
    tx: Connection, touched: Sequence[Touched], staff_email: str, today: date
) -> int:
    """Tell owners whose the account is that they work on, once for a new record and each day.

    Staff is asked whose a new record is when its division is not known and several partners share
    the account. Returns how many letters were new.
    """
    records = [
        (
            one.candidate.crm_object,
            one.candidate.crm_id,
            [claim.registration_id for claim in one.tell.protectors],
        )
        for one in touched
    ]
    found = queries.named(tx, records)
    letters = [
        letter
        for one in touched
        if (what := found.get((one.candidate.crm_object, one.candidate.crm_id)))
        for letter in _of_touched(one, what, staff_email)
    ]
    return messages.queue_all_for_staff(tx, letters, today)


def _of_touched(touched: Touched, what: Named, staff_email: str) -> Iterator[messages.StaffLetter]:
    is_new = any(claim.may_have for claim in touched.tell.protectors)
    active_on = touched.candidate.active_on
    fact = f"touched:{what.crm_object}:{what.crm_id}"
    context: dict[str, object] = {
        "kind": _KINDS[what.crm_object],
        "name": what.name,
        "account": what.account,
        "partners": [
            {"name": name, "division": division, "until": until.isoformat()}
            for name, division, until in what.partners
        ],
        "active_on": active_on.isoformat() if active_on and not is_new else None,
        "ask": False,
    }
    template, owner = "protected_account_touched", what.owner or staff_email
    if is_new:
        yield messages.StaffLetter(f"{fact}:new", template, owner, context)
    elif active_on:
        yield messages.StaffLetter(f"{fact}:{active_on}", template, owner, context)
    if touched.tell.ask:
        asked = context | {"active_on": None, "ask": True}
        yield messages.StaffLetter(f"{fact}:whose", template, staff_email, asked)
