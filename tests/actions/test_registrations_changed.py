"""Registrations in a real database: one live claim in a place, whoever comes at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from goodword.actions import live_claims as live_actions
from goodword.actions import new_claims as new_actions
from goodword.actions import registrations
from goodword.actions.registrations import Change, RegistrationRefused, StaffRuling
from goodword.db.queries import new_claims as new_queries
from goodword.db.session import Database
from goodword.rules import live_claims, new_claims
from goodword.rules import registrations as rules
from goodword.rules.registrations import RegistrationState as State
from tests import factories as make
from tests.actions.conftest import Overtake

POLICY = rules.RegistrationPolicy()
ENDS = date(2026, 8, 29)  # 90 days from 31 May


def rules_on(registration: int, who: int, state: State, **other: object) -> Change:
    """A change that the rules decided."""
    until = ENDS if state in rules.LIVE else None
    change = Change(registration, who, state, ("so the rules say",), expires_on=until)
    return change._replace(**other)


def staff(registration: int, state: State, reason: str = "we know them") -> StaffRuling:
    return StaffRuling(registration, state, reason, "olivia")


def ruled(ruling: StaffRuling) -> Callable[[Connection], object]:
    return lambda tx: registrations.decide(tx, ruling, POLICY, make.ZONE, make.TODAY)


def rivals(tx: Connection, count: int = 2) -> list[tuple[int, int]]:
    """Claims of several participants on one place: (registration, participant)."""
    people = [make.participant(tx) for _ in range(count)]
    return [(make.registration(tx, who, "Acme"), who) for who in people]


# By the rules -----------------------------------------------------------------------------------


def test_claims_are_decided_in_the_order_they_came_with_one_letter_each(
    database: Database,
) -> None:
    with database.transaction() as tx:
        ann, bob = make.participant(tx, "ann"), make.participant(tx, "bob")
        first, second = (make.registration(tx, who, "Acme") for who in (ann, bob))
        facts = new_queries.claim_facts(
            tx, new_queries.submitted(tx, make.TODAY, make.ZONE), make.ZONE
        )
        verdicts = new_claims.decide_in_order(facts, POLICY)
        counts = new_actions.record_verdicts(tx, verdicts, make.TODAY)
        assert counts == {"approved": 1, "conflicting": 1}
        assert make.facts(tx) == [
            f"registration:{first}:approved:{ENDS}",
            f"registration:{second}:conflicting",
        ]
        assert make.told(tx, "registration", second) == ["conflicting"]
        assert make.value(tx, "SELECT conflicts_with_id FROM registrations WHERE id = 2") == first
        letter = "SELECT context::text FROM messages WHERE participant_id = :bob"
        assert "Ann" not in make.value(tx, letter, bob=bob)
        before = make.everything(tx)
        assert new_actions.record_verdicts(tx, verdicts, make.TODAY)
        assert make.everything(tx) == before
        assert make.live(tx) == [first]


def test_a_claim_that_waits_for_staff_takes_the_reasons_and_tells_nobody(
    database: Database,
) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        number = make.registration(tx, ann)
        ask = rules_on(number, ann, State.SUBMITTED)
        assert registrations.apply(tx, [ask], make.TODAY) == [ask]
        assert registrations.apply(tx, [ask], make.TODAY) == []
        assert make.facts(tx) == []
        assert make.told(tx, "registration", number) == ["asked staff"]
        assert make.state(tx, "registrations", number) == "submitted"


def test_an_extension_moves_the_last_day_and_counts(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        number = make.registration(tx, ann)
        until = ENDS + timedelta(days=30)
        extend = rules_on(number, ann, State.EXTENDED, expires_on=until, extensions=1)
        changes = [rules_on(number, ann, State.APPROVED), extend]
        for change in changes:
            registrations.apply(tx, [change], make.TODAY)
        assert registrations.apply(tx, [extend], make.TODAY) == []
        kept = "SELECT (state, expires_on, extensions_used)::text FROM registrations"
        assert make.value(tx, kept) == f"(extended,{until},1)"


@pytest.mark.parametrize("state", [State.EXPIRED, State.WON, State.LOST])
def test_a_claim_ends_once(database: Database, state: State) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        number = make.registration(tx, ann)
        registrations.apply(tx, [rules_on(number, ann, State.APPROVED)], make.TODAY)
        end = rules_on(number, ann, state, happened_on=make.TODAY)
        assert registrations.apply(tx, [end], make.TODAY) == [end]
        before = make.everything(tx)
        assert registrations.apply(tx, [end], make.TOMORROW) == []
        for other in {State.EXPIRED, State.WON, State.LOST} - {state}:
            assert registrations.apply(tx, [end._replace(state=other)], make.TODAY) == []
        assert make.everything(tx) == before
        assert len(make.facts(tx)) == 2


@pytest.mark.parametrize("state", [State.APPROVED, State.REJECTED, State.CONFLICTING])
def test_the_night_decides_nothing_over_staff_who_came_first(
    database: Database, overtake: Overtake, state: State
) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        number = make.registration(tx, ann)
    change = rules_on(number, ann, state)
    late = overtake(
        ruled(staff(number, State.WITHDRAWN)),
        lambda tx: registrations.apply(tx, [change], make.TODAY),
    )
    assert late.result() == []
    with database.transaction() as tx:
        assert make.state(tx, "registrations", number) == "withdrawn"
        assert make.facts(tx) == []


def test_a_second_live_claim_in_one_place_is_refused_by_the_database(database: Database) -> None:
    with database.transaction() as tx:
        both = [rules_on(*claim, State.APPROVED) for claim in rivals(tx)]
    with (
        pytest.raises(IntegrityError, match="uq_registrations_live"),
        database.transaction() as tx,
    ):
        registrations.apply(tx, both, make.TODAY)


def test_two_divisions_of_an_account_are_two_places(database: Database) -> None:
    with database.transaction() as tx:
        for division in ("east", "west"):
            who = make.participant(tx)
            number = make.registration(tx, who, "Acme", division=division)
            registrations.apply(tx, [rules_on(number, who, State.APPROVED)], make.TODAY)
        assert len(make.live(tx)) == 2


def test_a_warning_is_sent_once_for_each_window_and_step(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        number = make.registration(tx, ann)
        registrations.apply(tx, [rules_on(number, ann, State.APPROVED)], make.TODAY)
        review = live_actions.Reviewed(number, ann, live_claims.Keep(14), None, ENDS, "Acme")
        for today, warned in ((make.TODAY, 1), (make.TODAY, 0), (make.TOMORROW, 0)):
            counts = live_actions.record_reviews(tx, [review], today)
            assert (counts["kept"], counts["warned"]) == (1, warned)
        closer = review._replace(decision=live_claims.Keep(3))
        assert live_actions.record_reviews(tx, [closer], make.TOMORROW)["warned"] == 1


# By staff ---------------------------------------------------------------------------------------


def test_staff_approves_refuses_extends_and_withdraws_with_a_reason(database: Database) -> None:
    with database.transaction() as tx:
        (first, _), (second, _) = rivals(tx)
        for ruling in (
            staff(first, State.APPROVED),
            staff(second, State.REJECTED),
            staff(first, State.EXTENDED),
            staff(first, State.WITHDRAWN),
            staff(second, State.APPROVED),
        ):
            ruled(ruling)(tx)
            assert make.state(tx, "registrations", ruling.registration_id) == ruling.state
        assert make.told(tx, "registration", first) == ["approved", "extended", "withdrawn"]
        assert make.value(tx, "SELECT decided_by FROM registrations WHERE id = 2") == "olivia"


@pytest.mark.parametrize(
    ("number", "state", "reason", "sentence"),
    [
        (1, State.APPROVED, "again", "only one that is submitted, conflicting or rejected can be"),
        (1, State.REJECTED, "late", "registration 1 is approved; only one that is submitted or"),
        (2, State.EXTENDED, "why not", "registration 2 is submitted; only one that is approved or"),
        (2, State.APPROVED, "ours", "registration 1 protects this account: withdraw it first"),
        (2, State.REJECTED, " ", "a decision by a person needs its reason: give one"),
        (3, State.APPROVED, "old", "the window of registration 3 would have ended on 2025-"),
        (99, State.APPROVED, "ours", "there is no registration 99"),
    ],
)
def test_what_staff_may_not_do_is_refused_and_changes_nothing(
    database: Database, number: int, state: State, reason: str, sentence: str
) -> None:
    with database.transaction() as tx:
        (first, _), _ = rivals(tx)
        long_ago = make.NOW - timedelta(days=400)
        make.registration(tx, make.participant(tx), submitted_at=long_ago)
        ruled(staff(first, State.APPROVED))(tx)
        before = make.everything(tx)
        with pytest.raises(RegistrationRefused, match=sentence):
            ruled(staff(number, state, reason))(tx)
        assert make.everything(tx) == before


def test_a_claim_is_not_approved_against_a_rival_approved_at_the_same_instant(
    database: Database, overtake: Overtake
) -> None:
    with database.transaction() as tx:
        (first, _), (second, _) = rivals(tx)
    late = overtake(ruled(staff(first, State.APPROVED)), ruled(staff(second, State.APPROVED)))
    assert isinstance(late.exception(), RegistrationRefused)
    assert f"registration {first} protects this account" in str(late.exception())
    with database.transaction() as tx:
        assert make.live(tx) == [first]


def test_of_twenty_approvals_in_one_place_at_once_exactly_one_lives(database: Database) -> None:
    with database.transaction() as tx:
        claims = rivals(tx, 20)

    def approve(registration: int) -> bool:
        try:
            with database.transaction() as tx:
                ruled(staff(registration, State.APPROVED))(tx)
        except RegistrationRefused:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        approved = list(pool.map(approve, [number for number, _ in claims]))
    assert approved.count(True) == 1
    with database.transaction() as tx:
        assert make.live(tx) == [claims[approved.index(True)][0]]
        assert make.value(tx, "SELECT count(*) FROM messages") == 1
        assert make.value(tx, "SELECT count(*) FROM audit_events") == 1


def test_a_withdrawn_claim_frees_its_place(database: Database) -> None:
    with database.transaction() as tx:
        (first, _), (second, _) = rivals(tx)
        ruled(staff(first, State.APPROVED))(tx)
        ruled(staff(first, State.WITHDRAWN))(tx)
        ruled(staff(second, State.APPROVED))(tx)
        assert make.live(tx) == [second]
