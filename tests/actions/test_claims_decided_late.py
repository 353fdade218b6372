"""Claims that wait for staff: deals wait with them, staff is reminded, partners hear the truth."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from goodword.actions import live_claims as live_actions
from goodword.actions import messages, new_claims, registrations
from goodword.actions.new_claims import Reminder
from goodword.actions.registrations import StaffRuling
from goodword.db.queries import conversions as conversion_queries
from goodword.db.queries import new_claims as queries
from goodword.db.session import Database
from goodword.rules import live_claims
from goodword.rules.conversions import STAFF_DAYS
from goodword.rules.new_claims import ClaimFacts, OlderDeal
from goodword.rules.registrations import RegistrationPolicy
from goodword.rules.registrations import RegistrationState as State
from goodword.rules.review_times import Waiting
from tests import factories as make
from tests.factories import NOW, TODAY, ZONE

OPEN = {"is_closed": False, "is_won": False, "stage": "Prospecting"}
LOST = {"is_closed": True, "is_won": False, "stage": "Closed Lost"}


def at_night(tx: Connection, number: int, who: int, decision: live_claims.Decision) -> None:
    review = live_actions.Reviewed(number, who, decision, None, TODAY, "Acme")
    live_actions.record_reviews(tx, [review], TODAY)


def approve(tx: Connection, number: int) -> None:
    ruling = StaffRuling(number, State.APPROVED, "it is theirs", "olivia")
    registrations.decide(tx, ruling, RegistrationPolicy(), ZONE, TODAY)


def received(tx: Connection, number: int, who: int) -> None:
    fact, context = f"registration:{number}:received", {"company": "Acme"}
    messages.queue(tx, [messages.Letter(fact, "registration_received", who, context)], TODAY)


@pytest.mark.parametrize("is_named", [True, False])
def test_a_won_deal_waits_for_staff_to_decide_its_claim_but_not_for_ever(
    database: Database,
    is_named: bool,  # noqa: FBT001 - parametrised
) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        deal = make.deal(tx, account_crm_id=account)  # won ten days ago
        make.referral(tx, make.participant(tx), opportunity_crm_id=deal)
        named = {"opportunity_crm_id": deal} if is_named else {}
        make.registration(tx, make.participant(tx), account_crm_id=account, **named)
        last = TODAY - timedelta(days=10) + timedelta(days=STAFF_DAYS)
        assert conversion_queries.waiting(tx, TODAY, ZONE) == []
        assert conversion_queries.waiting(tx, last, ZONE) == []
        assert conversion_queries.waiting(tx, last + timedelta(days=1), ZONE) == [deal]


def test_a_claim_that_came_after_the_win_keeps_nobody_waiting(database: Database) -> None:
    with database.transaction() as tx:
        deal = make.deal(tx)
        make.referral(tx, make.participant(tx), opportunity_crm_id=deal)
        late = NOW - timedelta(days=1)
        make.registration(tx, make.participant(tx), opportunity_crm_id=deal, submitted_at=late)
        assert conversion_queries.waiting(tx, TODAY, ZONE) == [deal]


def test_a_partner_whose_deal_was_lost_while_staff_had_the_claim_hears_only_that(
    database: Database,
) -> None:
    with database.transaction() as tx:
        who = make.participant(tx)
        number = make.registration(tx, who, opportunity_crm_id=make.deal(tx, **LOST))
        received(tx, number, who)
        approve(tx, number)
        assert make.facts(tx) == [f"registration:{number}:received"]
        at_night(tx, number, who, live_claims.Lose(TODAY - timedelta(days=20)))
        assert make.facts(tx)[1:] == [f"registration:{number}:lost"]
        assert make.told(tx, "registration", number) == ["approved", "lost"]


def test_a_partner_who_was_approved_after_the_win_hears_of_it_however_long_ago(
    database: Database,
) -> None:
    with database.transaction() as tx:
        who = make.participant(tx)
        number = make.registration(tx, who)
        received(tx, number, who)
        approve(tx, number)
        at_night(tx, number, who, live_claims.Win(TODAY - timedelta(days=20)))
        assert make.facts(tx)[-1] == f"registration:{number}:won"


def test_a_claim_taken_in_with_its_history_is_told_of_none_of_it(database: Database) -> None:
    with database.transaction() as tx:
        who = make.participant(tx)
        number = make.registration(tx, who, opportunity_crm_id=make.deal(tx, **LOST))
        approve(tx, number)
        at_night(tx, number, who, live_claims.Lose(TODAY - timedelta(days=20)))
        assert make.facts(tx) == []


def test_an_open_deal_is_no_reason_to_keep_an_approval_quiet(database: Database) -> None:
    with database.transaction() as tx:
        number = make.registration(
            tx, make.participant(tx), opportunity_crm_id=make.deal(tx, **OPEN)
        )
        approve(tx, number)
        assert make.facts(tx) == [f"registration:{number}:approved:2026-08-29"]


def test_staff_is_reminded_once_a_day_and_who_it_escalates_to_apart(database: Database) -> None:
    late = [Waiting(1, "Acme", "reseller", datetime(2026, 6, 29, 23, 30, tzinfo=UTC))]
    reminder = Reminder("desk@example.com", late, 24)
    above = Reminder("head@example.com", late, 24, is_escalated=True)
    tokyo = ZoneInfo("Asia/Tokyo")
    with database.transaction() as tx:
        told = [new_claims.remind(tx, each, tokyo, TODAY) for each in (reminder, above, reminder)]
        assert told == [1, 1, 0]
        assert new_claims.remind(tx, reminder, tokyo, make.TOMORROW) == 1
        nothing = replace(reminder, late=())
        assert new_claims.remind(tx, nothing, tokyo, TODAY + timedelta(days=2)) == 0
        nobody = replace(above, recipient="")
        assert new_claims.remind(tx, nobody, tokyo, make.TOMORROW) == 0
        said = make.value(tx, "SELECT context FROM messages ORDER BY id LIMIT 1")
        assert (said["count"], said["submitted_on"], said["hours"]) == (1, "2026-06-30", 24)


def test_what_waits_is_listed_with_the_kind_of_its_partner(database: Database) -> None:
    with database.transaction() as tx:
        first = make.registration(tx, make.participant(tx, kind="service"), "Acme")
        approve(tx, make.registration(tx, make.participant(tx)))
        assert queries.waiting(tx) == [Waiting(first, "Acme", "service", NOW - timedelta(days=30))]


# What the rules are told --------------------------------------------------------------------------


def facts_of(tx: Connection, number: int) -> ClaimFacts:
    [facts] = queries.claim_facts(tx, [number], ZONE)
    return facts


def test_a_deal_of_direct_sales_that_is_older_than_the_claim_is_found(database: Database) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        own = make.deal(tx, **OPEN, account_crm_id=account, created_at=NOW)
        who = make.participant(tx)
        number = make.registration(tx, who, account_crm_id=account, opportunity_crm_id=own)
        make.deal(tx, **OPEN, account_crm_id=account, lead_source="Partner Referral")
        make.deal(tx, **OPEN, account_crm_id=account, created_at=NOW)
        make.deal(tx, **LOST, account_crm_id=account)
        assert facts_of(tx, number).older_deals == ()
        active_on = TODAY - timedelta(days=3)
        make.deal(tx, **OPEN, account_crm_id=account)
        make.deal(tx, **OPEN, account_crm_id=account, last_activity_on=active_on)
        opened_on = (NOW - timedelta(days=60)).date()
        assert facts_of(tx, number).older_deals == (
            OlderDeal(opened_on),
            OlderDeal(opened_on, active_on),
        )


def test_naming_a_deal_does_not_take_it_from_direct_sales(database: Database) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        theirs = make.deal(tx, **OPEN, account_crm_id=account, last_activity_on=TODAY)
        named = {"account_crm_id": account, "opportunity_crm_id": theirs}
        number = make.registration(tx, make.participant(tx), **named)
        facts = facts_of(tx, number)
        assert facts.last_direct_activity_on == TODAY
        assert facts.older_deals == (OlderDeal((NOW - timedelta(days=60)).date(), TODAY),)


@pytest.mark.parametrize(
    "of_the_partner", [{"lead_source": "Partner"}, {"owner_crm_id": "005A"}, {"created_at": NOW}]
)
def test_a_named_deal_that_the_partner_brought_owns_or_made_since_is_no_direct_sale(
    database: Database, of_the_partner: dict[str, object]
) -> None:
    with database.transaction() as tx:
        account = make.account(tx)
        deal = {"account_crm_id": account, "last_activity_on": TODAY, **of_the_partner}
        named = {"account_crm_id": account, "opportunity_crm_id": make.deal(tx, **OPEN | deal)}
        who = make.participant(tx, crm_user_id="005A")
        facts = facts_of(tx, make.registration(tx, who, **named))
        assert (facts.last_direct_activity_on, facts.older_deals) == (None, ())


def test_a_family_protected_for_another_partner_is_found_and_ones_own_is_not(
    database: Database,
) -> None:
    with database.transaction() as tx:
        parent = make.account(tx)
        child = make.account(tx, parent_crm_id=parent)
        ann, bob = make.participant(tx, "ann"), make.participant(tx, "bob")
        held = make.registration(tx, ann, account_crm_id=parent)
        approve(tx, held)
        for who, relative in ((ann, None), (bob, held)):
            number = make.registration(tx, who, account_crm_id=child)
            facts = facts_of(tx, number)
            assert facts.family == (parent,)
            assert (facts.relative and facts.relative.registration_id) == relative


def test_ones_own_claims_and_a_rivals_are_told_apart(database: Database) -> None:
    with database.transaction() as tx:
        ann, bob = make.participant(tx, "ann"), make.participant(tx, "bob")
        first = make.registration(tx, ann, "Acme")
        approve(tx, first)
        again = facts_of(tx, make.registration(tx, ann, "Acme"))
        assert (again.own and again.own.registration_id, again.rival) == (first, None)
        early = make.registration(tx, bob, "Acme", submitted_at=NOW - timedelta(days=31))
        rival = facts_of(tx, early).rival
        assert rival is not None
        assert (rival.registration_id, rival.is_live, rival.is_later) == (first, True, True)


def test_the_last_claim_of_ones_own_that_expired_is_found(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx, "ann")
        expired = {"state": "expired", "expires_on": TODAY - timedelta(days=9)}
        before = NOW - timedelta(days=100)
        make.registration(tx, ann, "Acme", submitted_at=before, **expired)
        make.registration(tx, make.participant(tx), "Acme", submitted_at=before, **expired)
        number = make.registration(tx, ann, "Acme")
        assert facts_of(tx, number).expired_on == TODAY - timedelta(days=9)
        assert facts_of(tx, make.registration(tx, ann, "Beta")).expired_on is None


def test_what_matching_asks_is_a_reason_until_a_person_has_answered(database: Database) -> None:
    with database.transaction() as tx:
        number = make.registration(tx, make.participant(tx), "Acme")
        asked = {"registration_id": number, "asked_on": TODAY}
        make.insert(tx, "account_questions", account_crm_id="1", reason="alike (0.9)", **asked)
        answered = {"answer": "different", "answered_by": "olivia", "answered_on": TODAY}
        make.insert(tx, "account_questions", account_crm_id="2", reason="x", **asked, **answered)
        assert facts_of(tx, number).questions == ("alike (0.9)",)
