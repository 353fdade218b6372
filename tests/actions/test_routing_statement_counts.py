"""However many leads and claims: the same number of statements, from matching to giving back."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Connection, text

from goodword.actions import claims, matchings, protections, routing_letters, routings
from goodword.companies import Index
from goodword.db.queries import matchings as matching_queries
from goodword.db.queries import protections as protection_queries
from goodword.db.queries import routings as queries
from goodword.db.session import Database
from goodword.rules import routings as rules
from goodword.rules.crm_policy import RouteTo
from tests import factories as make
from tests.actions.test_ledger_statement_counts import Counted, Counter

STAFF = "staff@example.com"

# Of every five accounts four are protected whole, and one is shared by two divisions.
_FILL = """
INSERT INTO accounts (crm_id, name, name_key, domain, is_deleted, modified_at)
SELECT 'a' || n, 'Company ' || n, 'company ' || n, 'c' || n || '.example', false, :now
FROM generate_series(1, :count) n;
INSERT INTO crm_users (crm_id, name, email, is_active, modified_at)
SELECT 'u' || n, 'User', 'u' || n || '@example.com', true, :now FROM generate_series(1, 7) n;
INSERT INTO participants (key, kind, name, email, locale, country, currency, tier, status,
                          crm_user_id)
SELECT 'p' || n, 'reseller', 'Partner ' || n, 'p' || n || '@example.com', 'en', 'US', 'USD',
       'gold', 'active', 'x' || n
FROM generate_series(1, :count) n;
INSERT INTO registrations (key, participant_id, company, name_key, domain, division, submitted_at,
                           evidence, state, expires_on, decided_on)
SELECT p.key || d, p.id, 'Company', 'company', 'c' || substr(p.key, 2) || '.example', d,
       CAST(:now AS timestamptz) - interval '5 days', '[]', 'approved', :until, :today
FROM participants p CROSS JOIN LATERAL unnest(
    CASE WHEN p.id % 5 = 0 THEN ARRAY['East', 'West'] ELSE ARRAY[''] END) d;
INSERT INTO leads (crm_id, company, name_key, domain, status, owner_crm_id, created_at,
                   is_converted, is_deleted, modified_at)
SELECT 'l' || n, 'Company', 'company', 'c' || n || '.example', 'Open', 'u' || n % 7 + 1, :now,
       false, false, :now
FROM generate_series(1, :count) n;
INSERT INTO referrals (key, participant_id, company, name_key, submitted_at, channel)
SELECT p.key, p.id, 'Unheard ' || p.id, 'unheard ' || p.id, :now, 'form' FROM participants p;
"""


@pytest.fixture
def tx(database: Database) -> Iterator[Connection]:
    """A transaction of which nothing is kept, with every statement counted."""
    with database.engine.connect() as connection, connection.begin() as whole:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.cursor_factory = Counted
        yield connection
        driver.cursor_factory = psycopg.Cursor
        whole.rollback()


def fill(tx: Connection, count: int) -> None:
    make.program(tx)
    given = {"count": count, "now": make.NOW, "until": make.TOMORROW, "today": make.TODAY}
    for statement in _FILL.strip().removesuffix(";").split(";\n"):
        names = {name: value for name, value in given.items() if f":{name}" in statement}
        tx.execute(text(statement), names)


def link(tx: Connection, counted: Counter) -> None:
    counted("link", lambda: claims.link(tx))
    unmatched = counted("unmatched", lambda: matching_queries.unmatched(tx))
    index = Index.of(counted("known", lambda: matching_queries.known_accounts(tx)))
    found = [matchings.Matched(one, matchings.find(one, index)) for one in unmatched]
    counted("match", lambda: matchings.record(tx, found, make.TODAY))


def route(tx: Connection, counted: Counter) -> None:
    found = counted("candidates", lambda: queries.candidates(tx, make.TODAY))
    routed, touched = [], []
    for one in found:
        decided = rules.decide(one.arrival, one.protectors, RouteTo.OWNER)
        if isinstance(decided, rules.Route):
            owner = one.arrival.owner
            routed.append(routings.Routed(one.crm_object, one.crm_id, owner, decided))
        elif decided:
            touched.append(routing_letters.Touched(one, decided))
    assert len(routed) == 4 * len(touched)
    assert counted("route", lambda: routings.route(tx, routed, make.TODAY)) == len(routed)
    counted("touched", lambda: routing_letters.tell_of_touched(tx, touched, STAFF, make.TODAY))


def write(tx: Connection, counted: Counter) -> None:
    rows = counted("differing", lambda: protection_queries.differing(tx))
    written = [
        protections.Written(row.crm_object, row.crm_id, row.partner, row.until, None, row.owner)
        for row in rows
    ]
    ids = [row.crm_id for row in rows]
    counted("drop settled", lambda: protections.drop_settled(tx, ids))
    counted("record", lambda: protections.record(tx, written))
    counted("settle", lambda: routings.settle(tx, STAFF, make.TODAY))
    assert protection_queries.differing(tx) == []


def everything(tx: Connection, count: int) -> dict[str, int]:
    counted, ended = Counter(), Counter()
    fill(tx, count)
    link(tx, counted)
    route(tx, counted)
    write(tx, counted)
    tx.execute(text("UPDATE leads SET owner_crm_id = 'u1' WHERE crm_id IN ('l1', 'l2')"))
    assert counted("hands", lambda: routings.notice_hands(tx, make.TODAY)) == 2
    tx.execute(text("UPDATE registrations SET state = 'expired'"))
    write(tx, ended)
    left = "SELECT count(*) FROM leads WHERE protected_partner IS NOT NULL OR owner_crm_id ~ '^x'"
    assert make.value(tx, left) == 0
    return counted.counts | {f"{name} at the end": n for name, n in ended.counts.items()}


def test_ten_leads_and_five_hundred_take_the_same_statements(tx: Connection) -> None:
    with tx.begin_nested() as small:
        of_ten = everything(tx, 10)
        small.rollback()
    assert everything(tx, 500) == of_ten
    assert max(of_ten.values()) <= 20
