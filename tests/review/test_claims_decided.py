"""New claims in a real database, decided as the night decides them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from goodword.actions import new_claims, registrations
from goodword.actions.registrations import RegistrationRefused, StaffRuling
from goodword.rules.registrations import RegistrationPolicy
from goodword.rules.registrations import RegistrationState as State
from tests import factories as make
from tests.factories import NOW, TODAY, ZONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from goodword.db.session import Database

POLICY = RegistrationPolicy()


def decided(tx: Connection, numbers: Sequence[int], today: date = TODAY) -> list[str]:
    new_claims.decide(tx, list(numbers), POLICY, ZONE, today)
    return [make.state(tx, "registrations", number) for number in numbers]


def reasons(tx: Connection, number: int) -> list[str]:
    statement = "SELECT reasons FROM registrations WHERE id = :n"
    return list(make.value(tx, statement, n=number))


def test_a_division_is_the_same_however_it_is_capitalised(database: Database) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        numbers = [
            make.registration(tx, make.participant(tx), account_crm_id=account, division=name)
            for name in ("EMEA", "emea", "Emea")
        ]
        assert decided(tx, numbers[:2]) == ["approved", "conflicting"]
        assert decided(tx, numbers[2:]) == ["conflicting"]
        ruling = StaffRuling(numbers[2], State.APPROVED, "both", "sam")
        try:
            registrations.decide(tx, ruling, POLICY, ZONE, TODAY)
        except RegistrationRefused as refused:
            assert "protects this account" in str(refused)  # noqa: PT017 - the rest follows
        assert make.live(tx) == numbers[:1]


def test_a_company_that_no_account_is_known_of_is_one_with_its_domain_and_without(
    database: Database,
) -> None:
    """One partner gives the domain and the other does not: staff looks before both hold it."""
    with database.transaction() as tx:
        first, second, third = (
            make.registration(tx, make.participant(tx), "Acme", domain=domain, submitted_at=at)
            for domain, at in (
                ("acme.com", NOW - timedelta(days=3)),
                (None, NOW - timedelta(days=2)),
                (None, NOW - timedelta(days=1)),
            )
        )
        assert decided(tx, [first, second]) == ["approved", "submitted"]
        assert decided(tx, [second, third]) == ["submitted", "submitted"]
        assert f"(claim {first})" in reasons(tx, second)[0]


def test_a_rival_whose_window_covered_the_day_of_a_claim_wins_though_it_expired_since(
    database: Database,
) -> None:
    """Whether the night reviews or decides first, and how late it runs, makes no difference."""
    with database.transaction() as tx:
        account = make.account(tx)
        held, on_the_last_day, the_day_after = (
            make.registration(tx, make.participant(tx), account_crm_id=account, submitted_at=at)
            for at in (NOW - timedelta(days=90), NOW - timedelta(days=3), NOW - timedelta(days=2))
        )
        registrations.apply(tx, [make.approval_of(held, 1)], TODAY)
        tx.execute(
            text("UPDATE registrations SET state = 'expired', expires_on = :on WHERE id = :n"),
            {"n": held, "on": TODAY - timedelta(days=3)},
        )
        states = decided(tx, [on_the_last_day, the_day_after])
        assert states == ["conflicting", "approved"]
        assert (
            make.value(
                tx, "SELECT conflicts_with_id FROM registrations WHERE id = :n", n=on_the_last_day
            )
            == held
        )
