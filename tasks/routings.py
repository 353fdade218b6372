"""Routing: new leads and deals of protected accounts to their partners, the same night."""

from __future__ import annotations

from collections import Counter
from datetime import date

from goodword.actions import routing_letters, routings
from goodword.db.queries import routings as queries
from goodword.rules import routings as rules
from goodword.wiring import wiring
from tasks import nights
from tasks.retries import network


@network
def route(today: date) -> Counter[str]:
    """Decide what goes to whom, and tell direct sales whose the accounts are that it works on.

    The CRM is written to with the protections (tasks/protections.py). Where the org lacks the
    program's own fields nothing is routed.
    """
    program = nights.program(today)
    if not wiring().crm(program.currency, program.crm).has_own_fields:
        return Counter()
    staff = program.staff_email
    with wiring().database.transaction() as tx:
        by_hand = routings.notice_hands(tx, today)
        counts = routings.settle(tx, staff, today)
        counts["left to people"] = by_hand
        routed, touched = [], []
        for found in queries.candidates(tx, today):
            match rules.decide(found.arrival, found.protectors, program.crm.route_to):
                case rules.Route() as given:
                    routed.append(
                        routings.Routed(found.crm_object, found.crm_id, found.arrival.owner, given)
                    )
                case rules.Tell() as tell:
                    touched.append(routing_letters.Touched(found, tell))
        counts["to route"] = routings.route(tx, routed, today)
        counts["direct sales told"] = routing_letters.tell_of_touched(tx, touched, staff, today)
    return +counts
