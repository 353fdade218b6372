"""What staff and partners may do to a claim, in a real database."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from goodword.actions import extensions, registrations
from goodword.actions.registrations import RegistrationRefused, StaffRuling
from goodword.db import checks
from goodword.rules.registrations import RegistrationPolicy
from goodword.rules.registrations import RegistrationState as State
from tests import factories as make
from tests.factories import TODAY, ZONE

if TYPE_CHECKING:
    from goodword.db.session import Database

POLICY = RegistrationPolicy()


def test_how_often_a_partner_may_ask_for_more_days_goes_by_its_kind(database: Database) -> None:
    policy = RegistrationPolicy(
        max_extensions=0, by_kind={"reseller": replace(POLICY, max_extensions=1)}
    )
    with database.transaction() as tx:
        numbers = []
        for key, kind in (("ann", "reseller"), ("bob", "affiliate")):
            who = make.participant(tx, key, kind=kind)
            numbers.append(make.registration(tx, who))
            registrations.apply(tx, [make.approval_of(numbers[-1], who)], TODAY)
        assert extensions.ask(tx, extensions.Wish(numbers[0], "ann", "soon"), policy, TODAY) == 1
        with pytest.raises(extensions.ExtensionRefused, match="no extension left"):
            extensions.ask(tx, extensions.Wish(numbers[1], "bob", "soon"), policy, TODAY)


@pytest.mark.parametrize("reason", ["Northwind Traders had it first", "it is ANN's account"])
def test_the_reason_of_a_refusal_does_not_tell_the_partner_who_the_other_one_is(
    database: Database, reason: str
) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx, "ann", name="Northwind Traders")
        bob = make.participant(tx, "bob", name="Tailspin Toys")
        held, asked = (make.registration(tx, who, "Acme") for who in (ann, bob))
        registrations.apply(tx, [make.approval_of(held, ann)], TODAY)
        ruling = StaffRuling(asked, State.REJECTED, reason, "sam")
        with pytest.raises(
            RegistrationRefused, match=r"the partner reads the reason, .* in the note"
        ):
            registrations.decide(tx, ruling, POLICY, ZONE, TODAY)
        told = replace(ruling, reason="Tailspin Toys came too late", note=reason)
        registrations.decide(tx, told, POLICY, ZONE, TODAY)
        context = "SELECT context::text FROM messages WHERE template = 'registration_rejected'"
        assert "orthwind" not in make.value(tx, context)


def test_nobody_decides_in_the_name_of_the_night(database: Database) -> None:
    with database.transaction() as tx:
        number = make.registration(tx, make.participant(tx))
        ruling = StaffRuling(number, State.APPROVED, "it is theirs", "night")
        with pytest.raises(RegistrationRefused, match="night is the program itself"):
            registrations.decide(tx, ruling, POLICY, ZONE, TODAY)


def test_a_whole_account_and_a_division_of_it_that_are_both_protected_are_found(
    database: Database,
) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        for division in ("EMEA", "", "emea"):
            who = make.participant(tx)
            number = make.registration(tx, who, account_crm_id=account, division=division)
            registrations.apply(tx, [make.approval_of(number, who)], TODAY)
        found = [each.sentence for each in checks.violations(tx)]
        assert found == [
            f"{account} is protected by registrations 1 (EMEA) and 2 (the whole)",
            f"{account} is protected by registrations 1 (EMEA) and 3 (emea)",
            f"{account} is protected by registrations 2 (the whole) and 3 (emea)",
        ]
        tx.execute(text("UPDATE registrations SET state = 'withdrawn'"))
