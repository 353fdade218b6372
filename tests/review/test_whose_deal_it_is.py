"""Whose deal it is: claims on one account, in a real database, read as the night reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import Connection, text

from goodword.actions import claims, conversions, opportunities, registrations, rewards
from goodword.db.queries import conversions as conversion_queries
from goodword.db.queries import live_claims as live_queries
from goodword.db.queries import new_claims as new_queries
from goodword.db.queries import referrals as referral_queries
from goodword.db.queries import rewards as reward_queries
from goodword.money import Money
from goodword.rules import live_claims, new_claims
from goodword.rules import registrations as rules
from goodword.rules.crm import CrmObject, StageChange
from tests import factories as make
from tests.factories import NOW, TODAY, ZONE

if TYPE_CHECKING:
    from goodword.db.session import Database

STAGES = ("Prospecting", "Needs Analysis", "Proposal", "Closed Won", "Closed Lost")
OPEN = {"is_closed": False, "is_won": False}


def protected(tx: Connection, account: str, **other: Any) -> int:
    """Make a live registration of a participant of its own."""
    who = make.participant(tx)
    number = make.registration(tx, who, account_crm_id=account, **other)
    registrations.apply(tx, [make.approval_of(number, who)], TODAY)
    return number


def history(tx: Connection, deal: str, *steps: tuple[str, datetime]) -> None:
    """Give a deal the rows of its stage history."""
    rows: Sequence[StageChange] = [
        StageChange(
            f"008{deal[6:]}{i:03}",
            deal,
            stage,
            1,
            "USD",
            None,
            at,
            is_deleted=False,
            modified_at=at,
        )
        for i, (stage, at) in enumerate(steps)
    ]
    opportunities.save_page(tx, CrmObject.STAGE_CHANGE, rows, [])
    opportunities.date_wins(tx, [deal], ZONE)


def reviewed(tx: Connection, *numbers: int) -> dict[int, tuple[str, str | None]]:
    """Return what tonight's review says of live claims, and by which deal."""
    claims = live_queries.live_facts(tx, list(numbers), TODAY, ZONE, STAGES)
    return {
        claim.facts.registration_id: (
            type(live_claims.review(claim.facts, rules.RegistrationPolicy(), TODAY)).__name__,
            claim.won_by,
        )
        for claim in claims
    }


def qualified(tx: Connection) -> dict[int, date]:
    rows = referral_queries.newly_qualified(tx, TODAY, ZONE, STAGES, "Needs Analysis")
    return {row.id: row.qualified_on for row in rows}


def test_a_deal_that_one_division_names_is_not_won_by_another_divisions_claim(
    database: Database,
) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        deal = make.deal(tx, account_crm_id=account)
        named = protected(tx, account, division="EMEA", opportunity_crm_id=deal)
        older = protected(tx, account, division="APAC", submitted_at=NOW - timedelta(days=40))
        assert reviewed(tx, named, older) == {named: ("Win", deal), older: ("Keep", None)}


def test_a_deal_that_a_live_registration_won_waits_for_the_review_of_it(
    database: Database,
) -> None:
    with database.transaction() as tx:
        make.program(tx)
        account = make.account(tx)
        deal = make.deal(tx, account_crm_id=account)
        make.referral(tx, make.participant(tx), opportunity_crm_id=deal)
        number = protected(tx, account)
        assert conversion_queries.waiting(tx, TODAY, ZONE) == []
        win = registrations.Change(
            number, 1, rules.RegistrationState.WON, ("won",), deal=deal, happened_on=TODAY
        )
        registrations.apply(tx, [win], TODAY)
        assert conversion_queries.waiting(tx, TODAY, ZONE) == [deal]


def test_a_claim_made_after_the_win_keeps_nobody_waiting(database: Database) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        deal = make.deal(tx, account_crm_id=account)
        make.referral(tx, make.participant(tx), opportunity_crm_id=deal)
        protected(tx, account, submitted_at=NOW - timedelta(days=1))
        assert conversion_queries.waiting(tx, TODAY, ZONE) == [deal]


def test_direct_sales_that_goes_on_after_a_claim_still_leaves_it_to_staff(
    database: Database,
) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        number = make.registration(tx, make.participant(tx), account_crm_id=account)
        make.deal(tx, account_crm_id=account, **OPEN, last_activity_on=TODAY)
        [facts] = new_queries.claim_facts(tx, [number], ZONE)
        assert new_claims.decide(facts, rules.RegistrationPolicy()) == new_claims.Ask(
            (
                f"direct sales was active on this account on {TODAY}",
                "direct sales opened a deal on this account on 2026-05-01",
            )
        )


def test_editing_a_deal_that_was_qualified_before_qualifies_no_referral(
    database: Database,
) -> None:
    with database.transaction() as tx:
        make.program(tx)
        before, since = (make.deal(tx, **OPEN, stage="Needs Analysis") for _ in range(2))
        late = make.referral(tx, make.participant(tx), opportunity_crm_id=before)
        early = make.referral(tx, make.participant(tx), opportunity_crm_id=since)
        assert late < early
        long_ago, lately = NOW - timedelta(days=90), NOW - timedelta(days=3)
        history(tx, before, ("Needs Analysis", long_ago), ("Needs Analysis", lately))
        history(tx, since, ("Prospecting", long_ago), ("Needs Analysis", lately))
        assert qualified(tx) == {early: lately.date()}


def test_losing_a_deal_qualifies_no_referral_even_when_it_is_reopened(
    database: Database,
) -> None:
    with database.transaction() as tx:
        make.program(tx)
        make.deal(tx, is_won=False, stage="Closed Lost")
        deal = make.deal(tx, **OPEN, stage="Prospecting")
        make.referral(tx, make.participant(tx), opportunity_crm_id=deal)
        lost, reopened = NOW - timedelta(days=5), NOW - timedelta(days=3)
        history(tx, deal, ("Closed Lost", lost), ("Prospecting", reopened))
        assert qualified(tx) == {}


def test_a_deal_that_is_deleted_long_after_it_was_won_is_cancelled_on_that_day(
    database: Database,
) -> None:
    with database.transaction() as tx:
        number = make.conversion(tx, make.participant(tx))
        deal = make.value(tx, "SELECT opportunity_crm_id FROM conversions WHERE id = :n", n=number)
        history(tx, deal, ("Closed Won", NOW - timedelta(days=200)))
        tx.execute(text("UPDATE opportunities SET is_deleted = true"))
        [standing] = conversion_queries.doubtful(tx, TODAY, ZONE)
        assert standing.changed_on == TODAY


def reopened_and_won_again(tx: Connection, deal: str) -> None:
    """Let a deal that was won go back to negotiation, and be won a few days later."""
    won, lost = NOW - timedelta(days=2), NOW - timedelta(days=5)
    first = ("Closed Won", NOW - timedelta(days=9))
    history(tx, deal, first, ("Negotiation", lost), ("Closed Won", won))


def again(tx: Connection) -> list[str]:
    """Return the deals that convert tonight, and convert them."""
    deals = conversion_queries.waiting(tx, TODAY, ZONE)
    conversions.record(tx, [make.detected(item) for item in make.candidates(tx, *deals)], TODAY)
    return deals


def test_a_deal_that_was_taken_back_and_is_won_again_is_rewarded_again(
    database: Database,
) -> None:
    with database.transaction() as tx:
        who = make.participant(tx)
        reward = make.approved(tx, who, 50_000)
        deal = make.value(tx, "SELECT opportunity_crm_id FROM conversions")
        assert again(tx) == []
        make.cancel(tx, reward)
        reopened_and_won_again(tx, deal)
        assert again(tx) == [deal]
        assert again(tx) == []
        states = tx.execute(text("SELECT state FROM conversions ORDER BY id")).scalars()
        assert list(states) == ["cancelled", "active"]
        [second] = reward_queries.unrewarded_conversions(tx)
        rewards.record_earned(tx, make.earned(tx, [second], Money(50_000, "USD")), TODAY)
        assert make.value(tx, "SELECT conversion_id FROM referrals") == second


def test_a_deal_whose_reward_was_let_stand_is_not_rewarded_twice(database: Database) -> None:
    with database.transaction() as tx:
        make.approved(tx, make.participant(tx), 50_000)
        [(number, deal)] = tx.execute(text("SELECT id, opportunity_crm_id FROM conversions"))
        conversions.cancel(tx, [conversions.Cancelled(number, TODAY, "the customer left late")])
        reopened_and_won_again(tx, deal)
        assert again(tx) == []


def test_a_referral_whose_deal_was_taken_back_means_the_next_deal_of_its_account(
    database: Database,
) -> None:
    with database.transaction() as tx:
        make.program(tx)
        account = make.account(tx)
        first = make.deal(tx, account_crm_id=account, close_on=TODAY - timedelta(days=12))
        make.referral(tx, make.participant(tx), account_crm_id=account)
        assert again(tx) == [first]
        number = make.value(tx, "SELECT id FROM conversions")
        conversions.cancel(tx, [conversions.Cancelled(number, TODAY, "it was a mistake")])
        tx.execute(text("UPDATE opportunities SET won_at = NULL, is_won = false"))
        second = make.deal(tx, account_crm_id=account)
        assert again(tx) == [second]


@pytest.mark.parametrize(
    ("held", "wanted", "expected"),
    [
        ("", "EMEA", new_claims.Conflict),
        ("EMEA", "", new_claims.Conflict),
        ("EMEA", "APAC", new_claims.Approve),
    ],
)
def test_a_claim_on_the_whole_account_and_one_on_a_division_are_rivals(
    database: Database, held: str, wanted: str, expected: type[new_claims.Verdict]
) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        protected(tx, account, division=held)
        who = make.participant(tx)
        number = make.registration(tx, who, account_crm_id=account, division=wanted)
        [after] = new_queries.claim_facts(tx, [number], ZONE)
        assert type(new_claims.decide(after, rules.RegistrationPolicy())) is expected
        first = replace(after, place=(account, held), rival=None, participant_id=0)
        batch = [first, replace(after, rival=None)]
        verdicts = new_claims.decide_in_order(batch, rules.RegistrationPolicy())
        assert type(verdicts[1][1]) is expected


# Which account is meant --------------------------------------------------------------------------


def linked(tx: Connection, number: int) -> str | None:
    """Connect claims to accounts; returns the account of one registration."""
    claims.link(tx)
    statement = "SELECT account_crm_id FROM registrations WHERE id = :n"
    return cast("str | None", make.value(tx, statement, n=number))


def test_a_name_whose_domains_differ_is_a_question_that_staff_settles(database: Database) -> None:
    with database.transaction() as tx:
        account = make.account(tx, name="Acme Inc.", website="acme.com")
        number = make.registration(tx, make.participant(tx), "Acme", domain="acme-pumps.com")
        assert linked(tx, number) is None
        [facts] = new_queries.claim_facts(tx, [number], ZONE)
        assert new_claims.decide(facts, rules.RegistrationPolicy()) == new_claims.Ask(
            ("an account in the CRM goes by this name, with another domain",)
        )
        registrations.apply(tx, [make.approval_of(number, 1, actor="ann")], TODAY)
        assert linked(tx, number) == account


def test_a_name_alone_still_matches_where_one_side_has_no_domain(database: Database) -> None:
    with database.transaction() as tx:
        account = make.account(tx, name="Acme Inc.", website="acme.com")
        number = make.registration(tx, make.participant(tx), "Acme")
        assert linked(tx, number) == account


def test_an_account_that_was_merged_twice_is_followed_to_the_last_one(database: Database) -> None:
    with database.transaction() as tx:
        last = make.account(tx, name="Last", website="last.com")
        gone: dict[str, Any] = {"is_deleted": True}
        middle = make.account(tx, name="Middle", website="acme.com", master_crm_id=last, **gone)
        make.account(tx, name="Acme", website="acme.com", master_crm_id=middle, **gone)
        number = make.registration(tx, make.participant(tx), "Acme", domain="acme.com")
        assert linked(tx, number) == last


def test_of_two_live_claims_that_turn_out_to_be_one_place_the_first_submitted_holds_it(
    database: Database,
) -> None:
    with database.transaction() as tx:
        later, first = (
            make.registration(
                tx, make.participant(tx), "Acme", domain=domain, submitted_at=NOW - ago
            )
            for domain, ago in (("acme.com", timedelta(days=8)), (None, timedelta(days=9)))
        )
        for number in (later, first):
            registrations.apply(tx, [make.approval_of(number, 1)], TODAY)
        account = make.account(tx, name="Acme", website="acme.com")
        assert (linked(tx, first), linked(tx, later)) == (account, None)
