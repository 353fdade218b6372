"""Protection in the CRM: written where it differs, remembered once written, parked when refused."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import protections
from goodword.actions.protections import Written
from goodword.db.queries import protections as queries
from goodword.db.session import Database
from tests import factories as make

UNTIL = date(2026, 8, 29)


def differing(tx: Connection) -> list[tuple[object, ...]]:
    return [(row.crm_object, row.crm_id, row.partner, row.until) for row in queries.differing(tx)]


def protected(tx: Connection, key: str, account: str, division: str = "") -> None:
    make.registration(
        tx,
        make.participant(tx, key),
        account_crm_id=account,
        division=division,
        state="approved",
        expires_on=UNTIL,
    )


def test_what_was_written_no_longer_differs(database: Database) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        protected(tx, "ann", account)
        assert differing(tx) == [("Account", account, "Ann", UNTIL)]
        written = [Written("Account", account, "Ann", UNTIL, None)]
        assert protections.record(tx, written) == {"protection written": 1}
        assert differing(tx) == []


def test_divisions_are_named_each_with_its_partner(database: Database) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        protected(tx, "bob", account, "west")
        protected(tx, "ann", account, "east")
        assert differing(tx) == [("Account", account, "Ann (east); Bob (west)", UNTIL)]


def test_a_protection_that_ended_is_cleared(database: Database) -> None:
    with database.transaction() as tx:
        account = make.account(tx, protected_partner="Ann", protected_until=UNTIL)
        assert differing(tx) == [("Account", account, None, None)]


def test_a_deleted_account_is_not_written_to(database: Database) -> None:
    with database.transaction() as tx:
        protected(tx, "ann", make.account(tx, is_deleted=True))
        assert differing(tx) == []


def test_a_refused_write_is_parked_until_it_succeeds(database: Database) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        protected(tx, "ann", account)
        refused = [Written("Account", account, "Ann", UNTIL, "the record is locked")]
        for _ in range(2):
            assert protections.record(tx, refused) == {"protection refused": 1}
        parked = "SELECT count(*) FROM quarantine WHERE resolved_at IS NULL"
        assert make.value(tx, parked) == 1
        assert differing(tx)
        protections.record(tx, [Written("Account", account, "Ann", UNTIL, None)])
        assert make.value(tx, parked) == 0


def test_a_deal_that_a_claim_names_is_protected_too(database: Database) -> None:
    with database.transaction() as tx:
        deal = make.deal(tx)
        make.registration(
            tx,
            make.participant(tx, "ann"),
            opportunity_crm_id=deal,
            state="extended",
            expires_on=UNTIL,
        )
        assert differing(tx) == [("Opportunity", deal, "Ann", UNTIL)]
        protections.record(tx, [Written("Opportunity", deal, "Ann", UNTIL, None)])
        assert differing(tx) == []


def test_a_lead_that_a_claim_came_in_by_is_protected_until_it_is_converted(
    database: Database,
) -> None:
    with database.transaction() as tx:
        lead = make.lead(tx)
        make.registration(
            tx,
            make.participant(tx, "ann"),
            source="crm_lead",
            source_id=lead,
            state="approved",
            expires_on=UNTIL,
        )
        assert differing(tx) == [("Lead", lead, "Ann", UNTIL)]
        protections.record(tx, [Written("Lead", lead, "Ann", UNTIL, None)])
        assert differing(tx) == []
        tx.execute(text("UPDATE registrations SET state = 'expired'"))
        assert differing(tx) == [("Lead", lead, None, None)]
        tx.execute(text("UPDATE leads SET is_converted = true"))
        assert differing(tx) == []


def test_a_partner_that_a_person_filled_in_without_a_date_stays(database: Database) -> None:
    with database.transaction() as tx:
        make.deal(tx, protected_partner="Direct")
        assert differing(tx) == []


def test_a_refusal_is_closed_when_there_is_nothing_left_to_write(database: Database) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        protected(tx, "ann", account)
        protections.record(tx, [Written("Account", account, "Ann", UNTIL, "no")])
        assert protections.drop_settled(tx, [account]) == 0
        assert protections.drop_settled(tx, []) == 1
