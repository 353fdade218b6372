"""Routing: new leads and deals of protected accounts given to their partners, and given back.

A routing is written down with the owner that the record had, then the CRM is asked by difference
(db/queries/protections.py). What the mirror shows afterwards says what came of it, so a night that
is interrupted in between is taken up by the next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.actions import audit, routing_letters
from goodword.db.bulk import stage
from goodword.db.queries import routings as queries
from goodword.db.queries.protections import LIVE, PARTNER, RECORDS, ROUTED, shows
from goodword.phrases import because
from goodword.rules.routings import Route


class RoutingRefused(Exception):
    """A partner cannot decline this record; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Routed:
    """A lead or deal, and to whom the rules give it."""

    crm_object: str
    crm_id: str
    owner_before: str | None
    route: Route


def route(tx: Connection, routed: Sequence[Routed], today: date) -> int:
    """Write down what is given to whom; returns how many were new.

    A record that is given to somebody already, or was under the same claim, is left as it is.
    """
    rows = [
        (
            item.crm_object,
            item.crm_id,
            item.route.protector.registration_id,
            item.owner_before,
            item.route.owner,
        )
        for item in routed
    ]
    stage(tx, "arrivals", _ARRIVALS, rows)
    new = {row.crm_id for row in tx.execute(_ROUTE, {"today": today})}
    events = [_routed(item) for item in routed if item.crm_id in new]
    audit.record(tx, events)
    return len(events)


_ARRIVALS = {
    "crm_object": "text",
    "crm_id": "text",
    "registration_id": "bigint",
    "owner_before": "text",
    "owner_after": "text",
}

_ROUTE = text(f"""
WITH live AS ({LIVE})
INSERT INTO routings (crm_object, crm_id, registration_id, partner, owner_before, owner_after,
                      routed_on)
SELECT a.crm_object, a.crm_id, a.registration_id, v.partner, a.owner_before, a.owner_after, :today
FROM arrivals a JOIN live v ON v.id = a.registration_id
ORDER BY a.crm_object, a.crm_id
ON CONFLICT DO NOTHING
RETURNING crm_id
""")


def _routed(item: Routed) -> audit.Event:
    facts = {"record": f"{item.crm_object} {item.crm_id}", "owner_before": item.owner_before}
    if item.route.owner:
        facts["owner"] = item.route.owner
    number = item.route.protector.registration_id
    return audit.Event(audit.NIGHT, "routed", "registration", number, item.route.reason, facts)


# What came of it --------------------------------------------------------------------------------


def settle(tx: Connection, staff_email: str, today: date) -> Counter[str]:
    """Take note of what the CRM took, and tell both sides; close what is over and put back.

    Over is a routing whose claim has ended, that was declined, or whose record is gone or of
    another account. It is put back when the partner field says no longer what was written there,
    and the owner is not the one that was set, or who had it before has left.
    """
    written = queries.written(tx)
    ids = [given.routing_id for given in written]
    tx.execute(_MARK_WRITTEN, {"ids": ids, "today": today})
    routing_letters.tell_of_routed(tx, written, staff_email, today)
    released = tx.execute(_RELEASE, {"today": today}).all()
    audit.record(tx, [_over("released", row, row.over) for row in released])
    return +Counter({"routed": len(ids), "routings released": len(released)})


_MARK_WRITTEN = text("UPDATE routings SET written_on = :today WHERE id = ANY(:ids)")

_RELEASE = text(f"""
{ROUTED}
UPDATE routings t SET released_on = :today
FROM routed o
WHERE o.id = t.id AND o.over IS NOT NULL
  AND (NOT o.is_there OR NOT {shows("o.shown", "o.given")} AND o.can_give_back IS NOT true)
RETURNING t.id, t.registration_id, t.crm_object, t.crm_id, o.over
""")


def notice_hands(tx: Connection, today: date) -> int:
    """Close routings of which a person has changed the partner field or the owner since.

    What they set stays, and the record is never routed again. That a partner was renamed, that our
    write was taken though its answer was lost, and that a record came back from the bin, is no
    person's change. Do it before `settle`, which takes for put back what no longer shows the
    partner. Returns how many there were.
    """
    tx.execute(_RENAME)
    back = tx.execute(_TAKE_BACK).all()
    found = tx.execute(_NOTICE_HANDS, {"today": today}).all()
    why = because("a person has changed its partner field or its owner")
    again = because("its record came back as it was")
    events = [_over("routed again", row, again) for row in back]
    audit.record(tx, events + [_over("left to people", row, why) for row in found])
    return len(found)


_RENAME = text(f"""
UPDATE routings t SET partner = {PARTNER}
FROM registrations r, participants p, ({RECORDS}) s
WHERE r.id = t.registration_id AND p.id = r.participant_id
  AND (s.crm_object, s.crm_id) = (t.crm_object, t.crm_id)
  AND t.released_on IS NULL AND t.partner <> {PARTNER} AND {shows("s.partner", PARTNER)}
""")

_TAKE_BACK = text(f"""
WITH live AS ({LIVE})
UPDATE routings t SET released_on = NULL
FROM live v, ({RECORDS}) s
WHERE v.id = t.registration_id AND (s.crm_object, s.crm_id) = (t.crm_object, t.crm_id)
  AND t.released_on IS NOT NULL AND t.written_on IS NOT NULL
  AND t.by_hand_on IS NULL AND t.declined_on IS NULL
  AND {shows("s.partner", "t.partner")} AND (t.owner_after IS NULL OR s.owner = t.owner_after)
  AND NOT EXISTS (SELECT FROM routings o
                  WHERE (o.crm_object, o.crm_id) = (t.crm_object, t.crm_id)
                    AND o.released_on IS NULL)
RETURNING t.id, t.registration_id, t.crm_object, t.crm_id
""")

_NOTICE_HANDS = text(f"""
{ROUTED}
UPDATE routings t
SET written_on = COALESCE(t.written_on, :today), by_hand_on = :today, released_on = :today
FROM (
    SELECT o.*, {shows("o.shown", "o.given")} AS is_shown FROM routed o WHERE o.is_there
) o
WHERE o.id = t.id AND (o.written_on IS NOT NULL OR o.is_shown)
  AND (NOT o.is_shown AND (o.over IS NULL OR o.shown IS NOT NULL)
       OR o.owner_after IS NOT NULL AND o.owner IS DISTINCT FROM o.owner_after
          AND (o.over IS NULL OR o.owner IS DISTINCT FROM o.owner_before))
RETURNING t.id, t.registration_id, t.crm_object, t.crm_id
""")


def _over(action: str, row: Row[Any], why: str, actor: str = audit.NIGHT) -> audit.Event:
    facts = {"record": f"{row.crm_object} {row.crm_id}"}
    return audit.Event(actor, action, "registration", row.registration_id, why, facts)


# By partners ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Declined:
    """A partner does not want a lead or deal. `crm_id` is the CRM's id; `actor` says it for them.

    `partner` is the participant's key: nobody declines for another.
    """

    crm_id: str
    partner: str
    reason: str
    actor: str


def decline(tx: Connection, declined: Declined, today: date) -> int:
    """Let a partner decline what was routed to them; the next night puts it back.

    It is never offered to them again. Returns the claim under which they had it.

    Raises:
        RoutingRefused: no reason is given, or the record is not routed to this partner now.
    """
    if not declined.reason.strip():
        raise RoutingRefused("declining needs a reason: give one")
    row = tx.execute(
        _DECLINE, {"crm_id": declined.crm_id, "partner": declined.partner, "today": today}
    ).one_or_none()
    if row is None:
        raise RoutingRefused(
            f"{declined.crm_id} is not routed to {declined.partner} now: only the partner that "
            "has a lead or deal can decline it; `goodword registrations routed` lists them"
        )
    audit.record(tx, [_over("declined", row, declined.reason, declined.actor)])
    return int(row.registration_id)


_DECLINE = text("""
UPDATE routings t SET declined_on = :today
FROM registrations r JOIN participants p ON p.id = r.participant_id
WHERE r.id = t.registration_id AND t.crm_id = :crm_id AND p.key = :partner
  AND t.released_on IS NULL AND t.declined_on IS NULL
RETURNING t.id, t.registration_id, t.crm_object, t.crm_id
""")
