"""The minutes of a claim say how it found its account, and what was given to its partner."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from goodword.actions import account_questions, claims, protections, routings
from goodword.db.queries import protections as protection_queries
from goodword.db.queries import routings as routing_queries
from goodword.db.session import Database
from goodword.rules import routings as rules
from goodword.rules.crm_policy import RouteTo
from goodword.rules.explanations import Kind
from tests import factories as make
from tests.explain.test_explained_disputes import Told


def test_how_the_account_was_found_and_what_was_routed_and_declined(database: Database) -> None:
    with database.transaction() as tx:
        make.program(tx)
        ann = make.participant(tx, "ann")
        make.account(tx, name="Acme", website="acme.example")
        live = {"state": "approved", "expires_on": make.TODAY + timedelta(days=30)}
        claim = make.registration(tx, ann, "Acme", domain="acme.example", **live)
        lead = make.lead(tx, website="acme.example")
        claims.link(tx)
        for found in routing_queries.candidates(tx, make.TODAY):
            route = rules.decide(found.arrival, found.protectors, RouteTo.FIELD)
            assert isinstance(route, rules.Route)
            routed = routings.Routed(found.crm_object, found.crm_id, found.arrival.owner, route)
            routings.route(tx, [routed], make.TODAY)
        written = [
            protections.Written(row.crm_object, row.crm_id, row.partner, row.until, None)
            for row in protection_queries.differing(tx)
        ]
        protections.record(tx, written)
        routings.settle(tx, "staff@example.com", make.TODAY)
        shown = Told.of(tx, Kind.REGISTRATION, claim).sections
        routings.decline(tx, routings.Declined(lead, "ann", "no time", "ann"), make.TODAY)
        account = make.value(tx, "SELECT account_crm_id FROM registrations")
        wrong = account_questions.Answered(
            claim, account, is_same=False, reason="another Acme", actor="grace"
        )
        tx.execute(text("UPDATE registrations SET state = 'submitted'"))
        account_questions.answer(tx, wrong, make.TODAY)
        minutes = Told.of(tx, Kind.REGISTRATION, claim).sections["Minutes"]
    assert f"Lead {lead} shows Ann until 2026-07-30." in shown["In the CRM"]
    assert f"the night: linked account {account}; same domain: acme.example." in minutes
    assert f"the night: routed Lead {lead}; the whole account is protected." in minutes
    assert f"Ann (ann): declined Lead {lead}; no time." in minutes
    assert f"grace: said not to be account {account}; another Acme." in minutes
