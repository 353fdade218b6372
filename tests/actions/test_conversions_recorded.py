"""Conversions in a real database: a deal converts once, and its shares are whole."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import text

from goodword.actions import conversions
from goodword.db.queries import conversions as queries
from goodword.db.session import Database
from goodword.rules.attribution import attribute
from tests import factories as make
from tests.actions.conftest import Overtake


def test_a_deal_converts_once_and_closes_its_claims(database: Database) -> None:
    with database.transaction() as tx:
        make.program(tx)
        deal = make.deal(tx, amount_minor=100_001)
        ids = [make.participant(tx), make.participant(tx), make.participant(tx)]
        claims = [make.referral(tx, who, opportunity_crm_id=deal) for who in ids]
        assert queries.waiting(tx, make.TODAY, make.ZONE) == [deal]
        detected = make.detected(*make.candidates(tx, deal))
        assert conversions.record(tx, [detected], make.TODAY) == 1
        parts = "SELECT array_agg(value_minor ORDER BY position) FROM shares"
        assert make.value(tx, parts) == [33_334, 33_334, 33_333]
        assert {make.state(tx, "referrals", claim) for claim in claims} == {"converted"}
        assert make.told(tx, "conversion", 1) == ["detected"]
        assert queries.waiting(tx, make.TODAY, make.ZONE) == []
        before = make.everything(tx)
        assert conversions.record(tx, [detected], make.TODAY) == 0
        assert make.everything(tx) == before


def test_a_deal_detected_twice_at_once_keeps_the_first_journey(
    database: Database, overtake: Overtake
) -> None:
    with database.transaction() as tx:
        make.program(tx)
        deal = make.deal(tx)
        first, second = (
            make.referral(tx, make.participant(tx), opportunity_crm_id=deal) for _ in range(2)
        )
        whole = make.detected(*make.candidates(tx, deal))
    journey = whole.journey[:1]
    won_at = whole.candidate.deal.won_at
    alone = replace(
        whole,
        journey=journey,
        credits=attribute(100_000, (journey[0].at,), won_at, make.ATTRIBUTION),
    )
    late = overtake(
        lambda tx: conversions.record(tx, [alone], make.TODAY),
        lambda tx: conversions.record(tx, [whole], make.TODAY),
    )
    assert late.result() == 0
    with database.transaction() as tx:
        assert make.value(tx, "SELECT count(*) FROM shares") == 1
        assert make.state(tx, "referrals", first) == "converted"
        assert make.state(tx, "referrals", second) == "received"


def test_a_registration_takes_the_share_of_the_deal_that_it_was_won_by(database: Database) -> None:
    with database.transaction() as tx:
        make.program(tx)
        deal, ann = make.deal(tx), make.participant(tx)
        won = make.registration(tx, ann, opportunity_crm_id=deal, state="won")
        make.referral(tx, make.participant(tx), opportunity_crm_id=deal)
        conversions.record(tx, [make.detected(*make.candidates(tx, deal))], make.TODAY)
        assert make.value(tx, "SELECT (claim, claim_id)::text FROM shares") == (
            f"(registration,{won})"
        )
        assert make.value(tx, "SELECT conversion_id FROM registrations") == 1


def test_a_touch_of_nobody_takes_a_share_and_earns_nothing(database: Database) -> None:
    with database.transaction() as tx:
        make.program(tx)
        deal = make.deal(tx)
        make.referral(tx, make.participant(tx), opportunity_crm_id=deal)
        make.insert(
            tx,
            "touches",
            key="t1",
            opportunity_crm_id=deal,
            at=make.NOW.replace(day=1),
            source="marketing",
        )
        conversions.record(tx, [make.detected(*make.candidates(tx, deal))], make.TODAY)
        assert make.value(tx, "SELECT value_minor FROM shares WHERE participant_id IS NULL") == (
            50_000
        )


def test_a_conversion_is_cancelled_once(database: Database) -> None:
    with database.transaction() as tx:
        number = make.conversion(tx, make.participant(tx))
        tx.execute(text("UPDATE opportunities SET is_won = false, stage = 'Closed Lost'"))
        (standing,) = queries.doubtful(tx, make.TODAY, make.ZONE)
        assert (standing.conversion_id, standing.stage) == (number, "Closed Lost")
        gone = [conversions.Cancelled(number, make.TODAY, "it was lost after all")]
        assert conversions.cancel(tx, gone) == 1
        before = make.everything(tx)
        assert conversions.cancel(tx, gone) == 0
        assert make.everything(tx) == before
        assert queries.doubtful(tx, make.TODAY, make.ZONE) == []
        assert make.told(tx, "conversion", number) == ["detected", "cancelled"]


def test_nothing_detected_writes_nothing(database: Database) -> None:
    with database.transaction() as tx:
        before = make.everything(tx)
        assert conversions.record(tx, [], make.TODAY) == 0
        assert conversions.cancel(tx, []) == 0
        assert make.everything(tx) == before
