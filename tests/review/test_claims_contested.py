"""Disputes over claims that change meanwhile, in a real database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from goodword.actions import disputes, registrations
from goodword.actions.disputes import Appeal
from goodword.actions.registrations import Change
from goodword.db.queries import conversions as conversion_queries
from goodword.rules.disputes import DisputeRefused, DisputeState, Outcome
from goodword.rules.registrations import RegistrationState as State
from tests import factories as make
from tests.contested import POLICY, TODAY, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from goodword.db.session import Database


@pytest.fixture
def place(database: Database) -> Iterator[Place]:
    with database.transaction() as tx:
        yield Place(tx)


def change(place: Place, registration: int, who: int, state: State) -> None:
    """Let the night change a claim."""
    happened = Change(registration, who, state, ("it came so",), happened_on=TODAY)
    assert registrations.apply(place.tx, [happened], TODAY)


def test_on_appeal_a_claim_that_ended_by_itself_meanwhile_is_not_put_back(place: Place) -> None:
    """Before, it was "changed meanwhile: try again", for ever."""
    dispute = place.open()
    change(place, place.held, place.ann, State.EXPIRED)
    place.rule(dispute, Outcome.TRANSFERRED)
    assert place.states() == ("expired", "approved")
    disputes.appeal(place.tx, Appeal(dispute, "ann", "it held until June"), POLICY, TODAY)
    assert place.rule(dispute, Outcome.UPHELD, "pavel") is DisputeState.CLOSED
    assert place.states() == ("expired", "withdrawn")


def test_a_claim_that_its_partner_gave_up_is_not_put_in_the_place(place: Place) -> None:
    dispute = place.open()
    given_up = Change(place.lost, place.bob, State.WITHDRAWN, ("they bought elsewhere",), "carl")
    assert registrations.apply(place.tx, [given_up], TODAY)
    with pytest.raises(DisputeRefused, match=f"registration {place.lost} was withdrawn"):
        place.rule(dispute, Outcome.TRANSFERRED)
    assert place.states() == ("approved", "withdrawn")


def test_a_deal_won_while_a_refusal_is_contested_waits_for_the_ruling(database: Database) -> None:
    """Converted before, it would be credited to others for good, and a ruling would be of no use"""
    with database.transaction() as tx:
        place = Place(tx, State.REJECTED)
        change(place, place.held, place.ann, State.EXPIRED)
        account = make.account(tx)
        tx.execute(text("UPDATE registrations SET account_crm_id = :a"), {"a": account})
        deal = make.deal(tx, account_crm_id=account)
        make.referral(tx, make.participant(tx), opportunity_crm_id=deal)
        assert conversion_queries.waiting(tx, TODAY, make.ZONE) == [deal]
        dispute = place.open()
        assert conversion_queries.waiting(tx, TODAY, make.ZONE) == []
        assert conversion_queries.waiting(tx, TODAY + timedelta(days=30), make.ZONE) == []
        disputes.withdraw(tx, dispute, "bob", TODAY)
        assert conversion_queries.waiting(tx, TODAY, make.ZONE) == [deal]


def test_a_deal_that_another_claim_has_won_does_not_wait_for_a_refused_one(
    database: Database,
) -> None:
    """Its rewards are held while the dispute lasts."""
    with database.transaction() as tx:
        place = Place(tx)
        account = make.account(tx)
        tx.execute(text("UPDATE registrations SET account_crm_id = :a"), {"a": account})
        deal = place.win(account_crm_id=account)
        place.open()
        assert conversion_queries.waiting(tx, TODAY, make.ZONE) == [deal]
