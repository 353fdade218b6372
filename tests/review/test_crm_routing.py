"""What the CRM is told of leads and deals, against interrupted nights, people and other records."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, text

from goodword.actions import quarantine
from goodword.db.session import Database
from tests import factories as make
from tests.actions import test_routings_written as nights
from tests.actions.test_routings_written import (
    SAM,
    UNTIL,
    by_hand,
    claim,
    deal,
    ends,
    lead,
    letters,
    night,
    says,
)

tx = nights.tx
BY_HAND = "SELECT count(*) FROM routings WHERE by_hand_on IS NOT NULL"


def user(tx: Connection, crm_id: str, *, is_active: bool) -> None:
    tx.execute(
        text(
            "INSERT INTO crm_users (crm_id, name, email, is_active, modified_at)"
            " VALUES (:id, 'U', 'u@firm.example', :active, now())"
            " ON CONFLICT (crm_id) DO UPDATE SET is_active = excluded.is_active"
        ),
        {"id": crm_id, "active": is_active},
    )


def test_an_owner_set_by_hand_stays_although_the_answer_to_our_write_was_lost(
    tx: Connection,
) -> None:
    claim(tx, "ann", account := make.account(tx))
    number = lead(tx, account)
    night(tx, refused=[number])  # the CRM did take it, and a person changed the owner after
    by_hand(tx, number, protected_partner="Ann", protected_until=UNTIL, owner_crm_id="005else")
    assert night(tx) == {}
    assert says(tx, number) == ("Ann", UNTIL, "005else")
    assert make.value(tx, BY_HAND) == 1


def test_a_partner_filled_in_by_hand_on_the_day_the_claim_ends_stays(tx: Connection) -> None:
    ended = claim(tx, "ann", account := make.account(tx))
    number = deal(tx, account)
    night(tx)
    by_hand(tx, number, protected_partner="Direct")
    ends(tx, ended)
    assert night(tx) == {}
    assert says(tx, number)[0] == "Direct"


def test_when_a_person_empties_the_partner_no_date_is_left_standing(tx: Connection) -> None:
    ended = claim(tx, "ann", account := make.account(tx))
    number = deal(tx, account)
    night(tx)
    by_hand(tx, number, protected_partner=None)
    night(tx)
    assert says(tx, number) == (None, None, "005ann")
    ends(tx, ended)
    assert night(tx) == {}


def test_a_write_that_put_back_and_was_not_noted_is_no_persons_change(tx: Connection) -> None:
    ended = claim(tx, "ann", account := make.account(tx))
    number = deal(tx, account)
    night(tx)
    ends(tx, ended)
    by_hand(tx, number, protected_partner=None, protected_until=None, owner_crm_id=SAM)
    assert night(tx) == {}
    assert make.value(tx, BY_HAND) == 0


def test_a_former_owner_who_has_left_does_not_keep_the_protection_standing(
    tx: Connection,
) -> None:
    """Salesforce refuses the whole record with INACTIVE_OWNER_OR_USER."""
    ended = claim(tx, "ann", account := make.account(tx))
    number = deal(tx, account)
    night(tx)
    user(tx, SAM, is_active=False)
    ends(tx, ended)
    assert night(tx) == {number: (None, None)}
    assert says(tx, number) == (None, None, "005ann")
    assert make.value(tx, "SELECT count(*) FROM routings WHERE released_on IS NULL") == 0


def test_a_registration_that_waits_in_quarantine_is_nobody_elses_lead(tx: Connection) -> None:
    claim(tx, "ann", account := make.account(tx))
    number = lead(tx, account)
    aside = quarantine.Aside(number, "no participant is known to have made it", {})
    quarantine.set_aside(tx, "salesforce.registration.Lead", [aside])
    assert night(tx) == {}
    assert says(tx, number) == (None, None, SAM)


def test_a_partner_renamed_in_an_interrupted_night_is_cleared_all_the_same(
    tx: Connection,
) -> None:
    ended = claim(tx, "ann", account := make.account(tx))
    number = deal(tx, account)
    night(tx)
    tx.execute(text("UPDATE participants SET name = 'Ann & Sons' WHERE key = 'ann'"))
    by_hand(tx, number, protected_partner="Ann & Sons")  # written, and the answer was lost
    night(tx)
    ends(tx, ended)
    night(tx)
    assert says(tx, number) == (None, None, SAM)


def test_a_lead_that_comes_back_from_the_bin_is_still_the_partners(tx: Connection) -> None:
    ended = claim(tx, "ann", account := make.account(tx))
    number = lead(tx, account)
    night(tx)
    told = letters(tx)
    by_hand(tx, number, is_deleted=True)
    night(tx)
    by_hand(tx, number, is_deleted=False)
    assert night(tx) == {}
    assert says(tx, number) == ("Ann", UNTIL, "005ann")
    assert letters(tx) == told
    ends(tx, ended)
    night(tx)
    assert says(tx, number) == (None, None, SAM)


@pytest.mark.parametrize("make_record", [lead, deal])
def test_what_turns_out_to_be_of_another_account_is_put_back(
    tx: Connection, make_record: Any
) -> None:
    claim(tx, "ann", account := make.account(tx))
    number = make_record(tx, account)
    night(tx)
    by_hand(tx, number, account_crm_id=make.account(tx))
    night(tx)
    assert says(tx, number) == (None, None, SAM)
    assert night(tx) == {}


def test_what_is_on_a_merged_account_stays_with_the_claim_that_moved_there(
    tx: Connection,
) -> None:
    number_of_claim = claim(tx, "ann", account := make.account(tx))
    number = deal(tx, account)
    night(tx)
    kept = make.account(tx)
    tx.execute(
        text("UPDATE accounts SET is_deleted = true, master_crm_id = :to WHERE crm_id = :id"),
        {"id": account, "to": kept},
    )
    tx.execute(
        text("UPDATE registrations SET account_crm_id = :to WHERE id = :id"),
        {"to": kept, "id": number_of_claim},
    )
    night(tx)
    assert says(tx, number) == ("Ann", UNTIL, "005ann")


def test_many_partners_never_end_in_a_space_that_the_crm_would_cut(database: Database) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        live = {"account_crm_id": account, "state": "approved", "expires_on": UNTIL}
        for key, division in (("a", "East"), ("b", "West")):
            who = make.participant(tx, key, name=key * 246)
            make.registration(tx, who, "Acme", division=division, **live)
        nights.crm_writes(tx)
        partner = make.value(tx, "SELECT protected_partner FROM accounts")
        assert partner == partner.strip()
