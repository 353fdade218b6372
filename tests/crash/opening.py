"""How the world is made, once a process: a Stripe, a populated database, the program joined."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from goodword.actions import conversions, programs
from goodword.db.queries import rewards as reward_queries
from goodword.db.session import Database
from goodword.rules.earnings import Earning
from goodword.rules.incentives import Pay
from goodword.wiring import close
from sandbox.company.ids import record_id
from sandbox.stripe.standin import StripeStandIn
from tests import factories as make
from tests.crash.world import DEAL_MINOR, OUTCOMES, PEOPLE, START, World, administrator_of

_PROGRAM = Path(__file__).with_name("program.toml")


@contextmanager
def opened(url: str) -> Iterator[World]:
    """Open the world in a migrated database with nothing in it, and join the program to it."""
    with (
        StripeStandIn(
            accounts=[
                {"id": p.account, "country": p.country, "default_currency": p.currency.lower()}
                for p in PEOPLE
            ],
            customers=[{"id": p.customer, "currency": p.currency.lower()} for p in PEOPLE],
            subscriptions=[
                {
                    "id": p.subscription,
                    "customer": p.customer,
                    "price": 4_900,
                    "currency": p.currency.lower(),
                }
                for p in PEOPLE
                if p.pay is Pay.FREE_MONTHS
            ],
            at=START,
        ) as stripe,
        pytest.MonkeyPatch.context() as environment,
    ):
        for name, value in _environment(url, stripe.base_url).items():
            environment.setenv(name, value)
        close()
        database = Database(url)
        earnings = _populate(database)
        administrator = administrator_of(url)
        world = World(url, database, stripe, administrator, earnings, _as_now(administrator))
        try:
            yield world
        finally:
            close()
            world.administrator.close()
            database.dispose()


def _environment(url: str, stripe: str) -> dict[str, str]:
    return {
        "GOODWORD_DATABASE_URL": url,
        "GOODWORD_FIRST_WAIT": "0",
        "GOODWORD_STRIPE_API_BASE": stripe,
        "GOODWORD_STRIPE_API_KEY": "sk_test_crash",
        "GOODWORD_STRIPE_MAX_PER_SECOND": "1000",
    }


def _populate(database: Database) -> dict[str, list[Earning]]:
    """Let everybody in, each with a number of won deals to their credit."""
    source = _PROGRAM.read_text(encoding="utf-8")
    digest = hashlib.sha256(source.encode()).hexdigest()
    earnings, numbers = {}, count(1)
    with database.transaction() as tx:
        programs.publish(tx, source, digest, date(2026, 1, 1), "tests")
        for person in PEOPLE:
            number = make.participant(
                tx,
                person.key,
                currency=person.currency,
                country=person.country,
                payout_method=person.method,
                stripe_subscription=person.subscription,
            )
            won = [
                make.conversion(
                    tx,
                    number,
                    crm_id=record_id("Opportunity", next(numbers)),
                    currency=person.currency,
                    amount_minor=DEAL_MINOR,
                )
                for _ in range(OUTCOMES)
            ]
            conversions.mark_rewarded(tx, won, make.TODAY)
            earnings[person.key] = reward_queries.converted_earnings(tx, won)
    return earnings


_ALL_STAND = """
UPDATE conversions SET state = 'active', cancelled_on = NULL, cancel_reason = NULL
WHERE state <> 'active'
"""


def _as_now(administrator: psycopg.Connection[Any]) -> str:
    """Return the statements that leave the database as it is now."""
    tables = administrator.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace = 'public'::regnamespace ORDER BY relname"
    ).fetchall()
    empty = [
        name
        for (name,) in tables
        if administrator.execute(f"SELECT NOT EXISTS (SELECT FROM {name})").fetchone() == (True,)
    ]
    sequences = administrator.execute(
        "SELECT pg_get_serial_sequence(table_name::text, column_name::text)"
        " FROM information_schema.columns"
        " WHERE table_name = ANY(%s) AND is_identity = 'YES' AND table_schema = 'public'",
        [empty],
    ).fetchall()
    last = administrator.execute("SELECT max(id) FROM audit_events").fetchone()
    return ";".join(
        [
            *(f"DELETE FROM {name}" for name in empty),
            *(f"SELECT setval('{name}', 1, false)" for (name,) in sequences),
            f"DELETE FROM audit_events WHERE id > {last[0] if last else 0}",
            _ALL_STAND,
            "UPDATE installation SET payments_account = NULL, reconciled_until = '2026-06-29Z'",
        ]
    )
