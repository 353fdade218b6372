"""The night and staff at once: two transactions about one place, in a real database."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from goodword.actions import (
    account_questions,
    claims,
    live_claims,
    new_claims,
    registrations,
)
from goodword.actions.registrations import RegistrationRefused, StaffRuling
from goodword.db.queries import live_claims as live_queries
from goodword.rules import live_claims as live_rules
from goodword.rules.registrations import RegistrationPolicy
from goodword.rules.registrations import RegistrationState as State
from tests import factories as make
from tests.actions.conftest import overtake
from tests.factories import NOW, TODAY, ZONE

if TYPE_CHECKING:
    from goodword.db.session import Database
    from tests.actions.conftest import Act, Overtake

__all__ = ["overtake"]  # a fixture
POLICY = RegistrationPolicy()


def decided(*numbers: int) -> Act:
    """Let the night decide new claims."""

    def act(tx: Connection) -> None:
        new_claims.decide(tx, list(numbers), POLICY, ZONE, TODAY)

    return act


def ruled(number: int, state: State = State.APPROVED) -> Act:
    """Let staff change a claim."""

    def act(tx: Connection) -> None:
        ruling = StaffRuling(number, state, "it is theirs", "sam")
        registrations.decide(tx, ruling, POLICY, ZONE, TODAY)

    return act


def whole_and_division(database: Database) -> tuple[int, int]:
    """Make a claim on a whole account and one on a division of it, of two partners."""
    with database.transaction() as tx:
        account = make.account(tx)
        whole, division = (
            make.registration(tx, make.participant(tx), account_crm_id=account, division=name)
            for name in ("", "EMEA")
        )
        return whole, division


def live(database: Database) -> list[int]:
    with database.transaction() as tx:
        return make.live(tx)


def raised(future: Future[Any]) -> BaseException | None:
    return future.exception(timeout=30)


def test_the_night_sees_the_division_that_staff_is_just_giving_away(
    database: Database, overtake: Overtake
) -> None:
    whole, division = whole_and_division(database)
    assert raised(overtake(ruled(division), decided(whole))) is None
    assert live(database) == [division]


def test_staff_sees_the_whole_account_that_the_night_is_just_giving_away(
    database: Database, overtake: Overtake
) -> None:
    whole, division = whole_and_division(database)
    assert isinstance(raised(overtake(decided(whole), ruled(division))), RegistrationRefused)
    assert live(database) == [whole]


def test_a_live_claim_is_not_moved_to_where_staff_is_just_approving_another(
    database: Database, overtake: Overtake
) -> None:
    with database.transaction() as tx:
        mover = make.registration(tx, make.participant(tx), "Acme", domain="acme.com")
        registrations.apply(tx, [make.approval_of(mover, 1)], TODAY)
        account = make.account(tx, name="Acme", website="acme.com")
        other = make.registration(
            tx, make.participant(tx), account_crm_id=account, division="EMEA", submitted_at=NOW
        )
    assert raised(overtake(ruled(other), claims.link)) is None
    with database.transaction() as tx:
        assert make.live(tx) == [mover, other]
        statement = "SELECT account_crm_id FROM registrations WHERE id = :n"
        assert make.value(tx, statement, n=mover) is None


def test_a_live_claim_is_not_moved_by_hand_to_where_staff_is_just_approving_another(
    database: Database, overtake: Overtake
) -> None:
    with database.transaction() as tx:
        mover = make.registration(tx, make.participant(tx), "Acme", domain="acme.com")
        registrations.apply(tx, [make.approval_of(mover, 1)], TODAY)
        account = make.account(tx)
        other = make.registration(
            tx, make.participant(tx), account_crm_id=account, division="EMEA", submitted_at=NOW
        )

    def same(tx: Connection) -> None:
        answered = account_questions.Answered(
            mover, account, is_same=True, reason="it is Acme", actor="sam"
        )
        account_questions.answer(tx, answered, TODAY)

    refused = raised(overtake(ruled(other), same))
    assert isinstance(refused, account_questions.AnswerRefused)


def test_a_claim_that_staff_extended_meanwhile_does_not_expire_tonight(
    database: Database,
) -> None:
    """The night has read a claim before staff extends it, and writes after that."""
    with database.transaction() as tx:
        make.program(tx)
        number = make.registration(tx, make.participant(tx))
        registrations.apply(tx, [make.approval_of(number, 1)], TODAY)
        tx.execute(text("UPDATE registrations SET expires_on = :on"), {"on": TODAY})
        tomorrow = TODAY + timedelta(days=1)
        [claim] = live_queries.live_facts(tx, [number], tomorrow, ZONE, ("Prospecting",))
        asked = live_rules.Claimant(claim.facts, POLICY, claim.submitted_at, claim.wins)
        [course] = live_rules.courses([asked], tomorrow)
        assert isinstance(course.decisions[-1], live_rules.Expire)
    with database.transaction() as tx:
        ruled(number, State.EXTENDED)(tx)
    with database.transaction() as tx:
        counts = live_claims.record_courses(tx, [(claim, course)], tomorrow)
        assert make.state(tx, "registrations", number) == "extended"
        assert "expired" not in counts
