"""A won deal is credited to one claim, in a real database, whatever chunk the claims come in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, text

from goodword.actions import live_claims as live_actions
from goodword.actions import opportunities, registrations
from goodword.db.queries import conversions as conversion_queries
from goodword.db.queries import live_claims as live_queries
from goodword.rules import live_claims as rules
from goodword.rules.crm import CrmObject, StageChange
from goodword.rules.registrations import RegistrationPolicy
from tests import factories as make
from tests.factories import NOW, TODAY, ZONE

if TYPE_CHECKING:
    from goodword.db.session import Database

STAGES = ("Prospecting", "Proposal", "Closed Won", "Closed Lost")
OPEN = {"is_closed": False, "is_won": False, "stage": "Proposal"}
POLICY = RegistrationPolicy()
EARLIER = NOW - timedelta(days=40)


def claim(tx: Connection, account: str, division: str = "", **other: Any) -> int:
    """Make a live registration of a participant of its own."""
    who = make.participant(tx)
    number = make.registration(tx, who, account_crm_id=account, division=division, **other)
    registrations.apply(tx, [make.approval_of(number, who)], TODAY)
    return number


def reviewed(tx: Connection, ids: Sequence[int], today: date = TODAY) -> None:
    claims = live_queries.live_facts(tx, ids, today, ZONE, STAGES)
    claimants = [
        rules.Claimant(claim.facts, POLICY, claim.submitted_at, claim.wins) for claim in claims
    ]
    courses = rules.courses(claimants, today)
    live_actions.record_courses(tx, list(zip(claims, courses, strict=True)), today)


def states(tx: Connection) -> dict[int, tuple[str, str | None]]:
    rows = tx.execute(text("SELECT id, state, opportunity_crm_id FROM registrations"))
    return {row.id: (row.state, row.opportunity_crm_id) for row in rows}


LIVE = ("approved", None)


@pytest.mark.parametrize("chunk", [(0, 1), (0,), (1,)])
def test_a_deal_that_says_no_division_is_the_first_registered_claims(
    database: Database, chunk: tuple[int, ...]
) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        late = claim(tx, account, "EMEA")
        first = claim(tx, account, "APAC", submitted_at=EARLIER)
        deal = make.deal(tx, account_crm_id=account)
        reviewed(tx, [(late, first)[i] for i in chunk])
        assert states(tx) == {late: LIVE, first: ("won", deal)}
        reviewed(tx, make.live(tx))
        assert states(tx)[late] == LIVE


@pytest.mark.parametrize(
    "deal",
    [{"name": "Acme (EMEA), 200 seats"}, {"name": "Seats, APAC", "division": "emea"}],
)
def test_a_deal_that_says_its_division_is_that_divisions_claims(
    database: Database, deal: dict[str, str]
) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        first = claim(tx, account, "APAC", submitted_at=EARLIER)
        named = claim(tx, account, "EMEA")
        won = make.deal(tx, account_crm_id=account, **deal)
        reviewed(tx, [first])
        assert states(tx)[first] == LIVE
        reviewed(tx, make.live(tx))
        assert states(tx) == {first: LIVE, named: ("won", won)}


def test_a_deal_that_the_crm_says_is_another_divisions_wins_nothing(database: Database) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        number = claim(tx, account, "APAC")
        make.deal(tx, account_crm_id=account, division="EMEA")
        reviewed(tx, [number])
        assert states(tx) == {number: LIVE}


def test_each_of_two_deals_is_credited_to_one_of_two_claims(database: Database) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        late = claim(tx, account, "EMEA")
        first = claim(tx, account, "APAC", submitted_at=EARLIER)
        deals = [
            make.deal(tx, account_crm_id=account, close_on=TODAY - timedelta(days=days))
            for days in (9, 5)
        ]
        reviewed(tx, [late])
        assert states(tx) == {late: ("won", deals[1]), first: ("won", deals[0])}


def test_two_claims_that_name_one_deal_are_not_both_credited(database: Database) -> None:
    with database.transaction() as tx:
        make.program(tx)
        account = make.account(tx)
        deal = make.deal(tx, account_crm_id=account)
        late = claim(tx, account, "EMEA", opportunity_crm_id=deal)
        first = claim(tx, account, "APAC", opportunity_crm_id=deal, submitted_at=EARLIER)
        reviewed(tx, [late])
        assert conversion_queries.waiting(tx, TODAY, ZONE) == [deal]
        reviewed(tx, make.live(tx))
        assert states(tx) == {late: ("approved", deal), first: ("won", deal)}


def test_the_first_whose_window_holds_the_win_is_credited(database: Database) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        over = claim(tx, account, "APAC", submitted_at=EARLIER)
        holds = claim(tx, account, "EMEA")
        won_on = TODAY - timedelta(days=10)
        tx.execute(
            text("UPDATE registrations SET expires_on = :on WHERE id = :id"),
            {"id": over, "on": won_on - timedelta(days=1)},
        )
        deal = make.deal(tx, account_crm_id=account, close_on=won_on)
        reviewed(tx, [over, holds])
        assert states(tx) == {over: ("expired", None), holds: ("won", deal)}


# Progress ---------------------------------------------------------------------------------------


def on_its_last_day(tx: Connection, **expected: Any) -> tuple[int, str]:
    """Make a claim that ends today, with an open deal; returns both."""
    account = make.account(tx)
    number = claim(tx, account, **expected)
    tx.execute(text("UPDATE registrations SET expires_on = :on"), {"on": TODAY})
    return number, make.deal(tx, account_crm_id=account, close_on=None, amount_minor=None, **OPEN)


def amounts(tx: Connection, deal: str, *steps: tuple[int, int | None, str]) -> None:
    """Give a deal a stage history that changes nothing but its amount; days ago, amount, code."""
    rows = [
        StageChange(
            f"008{deal[6:]}{i:03}",
            deal,
            "Proposal",
            minor,
            currency,
            None,
            NOW - timedelta(days=days),
            is_deleted=False,
            modified_at=NOW,
        )
        for i, (days, minor, currency) in enumerate(steps)
    ]
    opportunities.save_page(tx, CrmObject.STAGE_CHANGE, rows, [])


@pytest.mark.parametrize(
    ("steps", "confirmed"),
    [
        ([(9, None, "USD"), (5, 500_000, "USD")], [5]),
        (
            [(9, 499_999, "USD"), (5, 500_000, "USD"), (4, 500_000, "USD"), (3, 600_000, "USD")],
            [5, 3],
        ),
        ([(5, 500_000, "USD")], [5]),
        ([(9, 900_000, "USD"), (5, 499_999, "USD")], [9]),
        ([(5, 500_000, "EUR")], []),
        ([(5, None, "USD")], []),
    ],
)
def test_an_amount_that_reaches_what_the_partner_expects_is_progress(
    database: Database, steps: list[tuple[int, int | None, str]], confirmed: list[int]
) -> None:
    with database.transaction() as tx:
        number, deal = on_its_last_day(tx, expected_amount_minor=500_000, currency="USD")
        amounts(tx, deal, *steps)
        [found] = live_queries.live_facts(tx, [number], TODAY, ZONE, STAGES)
        expected = {(NOW - timedelta(days=days)).date() for days in confirmed}
        assert set(found.facts.confirmed_on) == expected


def test_without_an_expected_amount_none_is_confirmed(database: Database) -> None:
    with database.transaction() as tx:
        number, deal = on_its_last_day(tx)
        amounts(tx, deal, (5, 500_000, "USD"))
        [found] = live_queries.live_facts(tx, [number], TODAY, ZONE, STAGES)
        assert found.facts.confirmed_on == ()
