"""Which live claims a night looks at, and what nights that did not run may cost: nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, text

from goodword.actions import live_claims as live_actions
from goodword.actions import nights, registrations
from goodword.db.queries import live_claims as queries
from goodword.db.queries import protections
from goodword.db.session import instant
from goodword.rules import live_claims as rules
from goodword.rules.registrations import RegistrationPolicy
from tests import factories as make
from tests.factories import NOW, TODAY, ZONE

if TYPE_CHECKING:
    from goodword.db.session import Database

STAGES = ("Prospecting", "Proposal", "Closed Won", "Closed Lost")
OPEN = {"is_closed": False, "is_won": False, "stage": "Proposal"}
POLICY = RegistrationPolicy()
DAY = timedelta(days=1)


def claim(tx: Connection, expires_on: date, **other: Any) -> int:
    """Make a live claim that was decided long ago."""
    who = make.participant(tx)
    number = make.registration(tx, who, account_crm_id=make.account(tx), **other)
    registrations.apply(tx, [make.approval_of(number, who)], TODAY)
    given = {"on": expires_on, "id": number, "long_ago": TODAY - 300 * DAY}
    tx.execute(
        text("UPDATE registrations SET expires_on = :on, decided_on = :long_ago WHERE id = :id"),
        given,
    )
    return number


def ran(tx: Connection, on: date, failures: Sequence[str] = ()) -> None:
    at = instant(tx)
    nights.record_stage(tx, nights.StageResult(None, on, "review", {}, failures, at))


def due(tx: Connection, on: date = TODAY) -> list[int]:
    return queries.to_review(tx, on, POLICY.warn_before_days)


def review(tx: Connection, on: date) -> None:
    claims = queries.live_facts(tx, due(tx, on), on, ZONE, STAGES)
    asked = [rules.Claimant(c.facts, POLICY, c.submitted_at, c.wins) for c in claims]
    followed = list(zip(claims, rules.courses(asked, on), strict=True))
    live_actions.record_courses(tx, followed, on)
    ran(tx, on)


def test_only_claims_that_end_are_warned_of_or_whose_deal_is_closed_are_looked_at(
    database: Database,
) -> None:
    with database.transaction() as tx:
        make.program(tx)
        ran(tx, TODAY - DAY)
        over, ends = claim(tx, TODAY - 9 * DAY), claim(tx, TODAY)
        warned = [claim(tx, TODAY + left * DAY) for left in (14, 3)]
        kept = [claim(tx, TODAY + left * DAY) for left in (1, 2, 4, 13, 15, 80)]
        deals = [make.deal(tx), make.deal(tx, is_won=False), make.deal(tx, **OPEN)]
        won, lost, moves = (claim(tx, TODAY + 80 * DAY, opportunity_crm_id=deal) for deal in deals)
        account = make.value(
            tx, "SELECT account_crm_id FROM registrations WHERE id = :id", id=kept[5]
        )
        make.deal(tx, account_crm_id=account, close_on=(NOW - 40 * DAY).date())  # before the claim
        assert due(tx) == [over, ends, *warned, won, lost]
        assert moves not in due(tx)
        make.deal(tx, account_crm_id=account)
        assert due(tx) == [over, ends, *warned, kept[5], won, lost]


def test_after_missed_nights_every_warning_that_came_due_is_looked_at(database: Database) -> None:
    with database.transaction() as tx:
        make.program(tx)
        ran(tx, TODAY - 6 * DAY)
        ran(tx, TODAY - DAY, failures=["the CRM cannot be reached"])
        numbers = {left: claim(tx, TODAY + left * DAY) for left in range(1, 20)}
        expected = [*range(1, 4), *range(9, 15)]
        assert due(tx) == [numbers[left] for left in expected]


@pytest.mark.parametrize(
    ("days", "told"), [(1, [14, 3]), (5, [14, 3]), (20, [14]), (29, [3]), (31, [])]
)
def test_each_warning_is_sent_once_whatever_nights_are_missed(
    database: Database, days: int, told: list[int]
) -> None:
    """Of two that came due since the last night only the nearest is sent."""
    with database.transaction() as tx:
        make.program(tx)
        ends = TODAY + 30 * DAY
        number = claim(tx, ends)
        for on in (TODAY + n * DAY for n in range(0, 31, days)):
            review(tx, on)
            review(tx, on)
        warnings = [fact for fact in make.facts(tx) if ":expiring:" in fact]
        assert warnings == [f"registration:{number}:expiring:{ends}:{left}" for left in told]


def test_a_claim_decided_since_the_last_night_and_a_changed_program_are_looked_at(
    database: Database,
) -> None:
    with database.transaction() as tx:
        make.program(tx)
        ran(tx, TODAY - DAY)
        number = claim(tx, TODAY + 5 * DAY)
        assert due(tx) == []
        tx.execute(text("UPDATE registrations SET decided_on = :on"), {"on": TODAY - DAY})
        assert due(tx) == [number]
        tx.execute(text("UPDATE registrations SET decided_on = '2026-01-01'"))
        tx.execute(
            text(
                "INSERT INTO program_versions (effective_on, digest, source, published_by)"
                " SELECT effective_on, 'new', source, 'tests' FROM program_versions"
            )
        )
        assert due(tx) == [number]


def test_an_expired_claim_protects_nothing_after_any_number_of_missed_nights(
    database: Database,
) -> None:
    with database.transaction() as tx:
        make.program(tx)
        number = claim(tx, TODAY - 20 * DAY)
        account = make.value(tx, "SELECT account_crm_id FROM registrations")
        tx.execute(
            text("UPDATE accounts SET protected_partner = 'X', protected_until = '2026-06-10'")
        )
        review(tx, TODAY)
        assert make.state(tx, "registrations", number) == "expired"
        [row] = protections.differing(tx)
        assert (row.crm_id, row.partner, row.until) == (account, None, None)


def test_activity_after_missed_nights_does_not_hide_what_came_before_it(
    database: Database,
) -> None:
    ends = TODAY - 3 * DAY
    with database.transaction() as tx:
        make.program(tx)
        ran(tx, ends - DAY)  # and none on the last day
        number = claim(tx, ends)
        account = make.value(tx, "SELECT account_crm_id FROM registrations")
        make.deal(tx, account_crm_id=account, last_activity_on=TODAY - DAY, **OPEN)
        review(tx, TODAY)
        kept = tx.execute(text("SELECT state, expires_on, reasons FROM registrations")).one()
        assert (kept.state, kept.expires_on) == ("extended", ends + 30 * DAY)
        [reason] = kept.reasons
        told = f"there was activity on {TODAY - DAY}, and no night ran on the last day, {ends}"
        assert reason.startswith(told)
        assert make.told(tx, "registration", number)[-1] == "extended"


def test_activity_after_the_end_extends_nothing_when_a_night_saw_the_last_day(
    database: Database,
) -> None:
    ends = TODAY - 3 * DAY
    with database.transaction() as tx:
        make.program(tx)
        ran(tx, ends)
        number = claim(tx, ends)
        account = make.value(tx, "SELECT account_crm_id FROM registrations")
        make.deal(tx, account_crm_id=account, last_activity_on=TODAY - DAY, **OPEN)
        review(tx, TODAY)
        assert make.state(tx, "registrations", number) == "expired"
