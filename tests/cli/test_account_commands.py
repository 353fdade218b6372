"""Whose account it is, and what was routed: asked and answered from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from goodword.actions import claims, matchings, protections, routings
from goodword.companies import Index
from goodword.db.queries import matchings as matching_queries
from goodword.db.queries import protections as protection_queries
from goodword.db.queries import routings as routing_queries
from goodword.rules import routings as rules
from goodword.rules.crm_policy import RouteTo
from tests import factories as make
from tests.cli.conftest import goodword, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from goodword.db.session import Database

ON = ("--date", "2026-06-30")


@pytest.fixture
def company(database: Database, tmp_path: Path) -> Iterator[Database]:
    """Ann's claim 1 may mean the account of Acme; her claim 2 protects Globex, with a new lead."""
    url = database.engine.url.render_as_string(hide_password=False)
    with settings(GOODWORD_HOME=str(tmp_path), GOODWORD_DATABASE_URL=url, USER="olivia"):
        with database.transaction() as tx:
            make.program(tx)
            ann = make.participant(tx, "ann")
            acme = {"crm_id": "001000000000001AAA", "website": "acme.example"}
            make.account(tx, name="Acme Anvils", **acme)
            make.registration(tx, ann, "Acme Anvils", domain="anvils.example")
            globex = make.account(tx, name="Globex")
            live = {"state": "approved", "expires_on": make.TOMORROW, "decided_on": make.TODAY}
            make.registration(tx, ann, "Globex", account_crm_id=globex, **live)
            make.lead(tx, crm_id="00Q000000000001AAA", company="Globex", website=None)
            claims.link(tx)
            index = Index.of(matching_queries.known_accounts(tx))
            found = [
                matchings.Matched(one, matchings.find(one, index))
                for one in matching_queries.unmatched(tx)
            ]
            matchings.record(tx, found, make.TODAY)
        yield database


def route(database: Database, refused: str | None) -> None:
    with database.transaction() as tx:
        for found in routing_queries.candidates(tx, make.TODAY):
            given = rules.decide(found.arrival, found.protectors, RouteTo.FIELD)
            assert isinstance(given, rules.Route)
            routed = routings.Routed(found.crm_object, found.crm_id, found.arrival.owner, given)
            routings.route(tx, [routed], make.TODAY)
        written = [
            protections.Written(row.crm_object, row.crm_id, row.partner, row.until, refused)
            for row in protection_queries.differing(tx)
        ]
        protections.record(tx, written)
        routings.settle(tx, "staff@example.com", make.TODAY)


def test_a_question_is_listed_and_answered_once(company: Database) -> None:
    [asked] = goodword("registrations", "questions", "--json").document
    assert (asked["registration_id"], asked["account"]) == (1, "Acme Anvils")
    assert "claims whose account is not clear" in goodword("status").out
    answer = ("registrations", "match", "1", "--account", asked["account_crm_id"], *ON)
    refused = goodword(*answer, "--same", "--reason", " ")
    assert (refused.code, refused.out) == (1, "")
    assert "needs its reason" in refused.err
    said = goodword(*answer, "--same", "--reason", "their office says so")
    assert said.out == "Registration 1 is about account 001000000000001AAA.\n"
    assert goodword("registrations", "questions", "--json").document == []
    assert "claims whose account is not clear" not in goodword("status").out
    with company.transaction() as tx:
        event = tx.execute(text("SELECT actor, reason FROM audit_events ORDER BY id DESC")).first()
    assert tuple(event or ()) == ("olivia", "their office says so")


def test_what_is_routed_is_listed_with_what_the_crm_refused_and_can_be_declined(
    company: Database,
) -> None:
    route(company, "FIELD_CUSTOM_VALIDATION_EXCEPTION: no")
    [routed] = goodword("registrations", "routed", "--json").document
    assert (routed["crm_id"], routed["partner_key"]) == ("00Q000000000001AAA", "ann")
    listed = " ".join(goodword("registrations", "routed").out.split())
    assert "refused" in listed
    route(company, None)
    assert "written" in goodword("registrations", "routed").out
    decline = ("registrations", "decline", routed["crm_id"], "--reason", "no time", *ON)
    assert "is not routed to bob now" in goodword(*decline, "--as", "bob").err
    said = goodword(*decline, "--as", "ann")
    assert said.out.startswith("00Q000000000001AAA is declined; the next night gives it back.")
