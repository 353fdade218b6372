"""What is known of participants and their referrals, as the night reads it for its approvals."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from goodword.db.queries import rewards as reward_queries
from goodword.db.queries import suspicions as queries
from goodword.db.queries.lists import rows_of
from goodword.db.session import Database
from goodword.rules.suspicions import Shared, Standing, SuspicionPolicy, same_mailbox, suspicions
from tests import factories as make


def reasons(tx: Connection, policy: SuspicionPolicy | None = None) -> list[tuple[str, ...]]:
    policy = policy or SuspicionPolicy()
    return [suspicions(each.introduction, policy) for each in reward_queries.computed(tx, policy)]


def test_participants_who_share_a_payout_account_or_a_mailbox_are_looked_at(
    database: Database,
) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx, "ann", stripe_account="acct_1", email="Ann+a@x.example")
        bob = make.participant(tx, "bob", stripe_account="acct_1", iban="DE1")
        make.participant(tx, "eve", stripe_account="acct_1", email="ann+b@X.example")
        make.participant(tx, "zoe")
        assert queries.standings(tx) == {
            ann: Standing((Shared("mailbox", "eve"), Shared("Stripe account", "bob", 2))),
            bob: Standing((Shared("Stripe account", "ann", 2),)),
            3: Standing((Shared("mailbox", "ann"), Shared("Stripe account", "ann", 2))),
        }
        make.reward(tx, bob, 10_00)
        assert reasons(tx) == [("the participant's Stripe account is also that of ann and 1 more",)]
        assert reasons(tx, SuspicionPolicy(shared_identity=False)) == [()]


def test_addresses_that_are_made_to_be_thrown_away_are_looked_at(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx, "ann", email="ann@mailinator.com")
        bob = make.participant(tx, "bob")
        assert queries.standings(tx) == {ann: Standing(disposable="mailinator.com")}
        assert queries.standings(tx, [bob]) == {}
        number = make.referral(tx, bob, contact_email="jo@x.mailinator.com")
        (known,) = queries.introduced(tx, SuspicionPolicy()).values()
        assert known.disposable == "mailinator.com"
        assert set(queries.introduced(tx, SuspicionPolicy())) == {number}
        make.reward(tx, ann, 10_00)
        assert reasons(tx) == [("the participant's address is a disposable one (mailinator.com)",)]


@pytest.mark.parametrize(
    "email",
    [
        "A+b@X.example",
        "g.mail+x@gmail.com",
        "G.Mail@googlemail.com",
        "a.b@x.example",
        "a@x@y.example",
    ],
)
def test_the_database_reads_a_mailbox_as_the_rules_do(database: Database, email: str) -> None:
    with database.transaction() as tx:
        make.participant(tx, email=email)
        read = tx.execute(text(f"SELECT {queries.MAILBOX} FROM participants p")).scalar_one()
    assert read == same_mailbox(email)


def test_one_refund_of_four_deals_is_looked_at_and_one_of_five_is_not(database: Database) -> None:
    with database.transaction() as tx:
        ann, bob = make.participant(tx, "ann"), make.participant(tx, "bob")
        for who, count in ((ann, 4), (bob, 5)):
            numbers = [make.reward(tx, who, 10_00) for _ in range(count)]
            make.cancel_conversion(tx, numbers[0])
        assert queries.standings(tx, [ann, bob]) == {
            ann: Standing((), 4, 1),
            bob: Standing((), 5, 1),
        }
        flagged = ("1 of the participant's 4 deals was refunded or cancelled",)
        assert reasons(tx) == [flagged] * 4 + [()] * 5


def test_a_deal_that_was_refunded_in_part_counts_as_undone(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx, "ann")
        make.conversion(tx, ann, crm_id="006000000000001AAA")
        make.refunded(tx, "006000000000001AAA", 1_00)
        assert queries.standings(tx, [ann]) == {ann: Standing((), 1, 1)}


def test_every_referral_of_a_burst_is_looked_at_and_none_before_or_after(
    database: Database,
) -> None:
    policy = SuspicionPolicy(burst_referrals=3)
    with database.transaction() as tx:
        ann, bob = make.participant(tx, "ann"), make.participant(tx, "bob")
        hours = (0, 30, 40, 50, 54, 90)
        numbers = {
            hour: make.referral(tx, ann, submitted_at=make.NOW + timedelta(hours=hour))
            for hour in hours
        }
        other = make.referral(tx, bob, submitted_at=make.NOW + timedelta(hours=40))
        known = queries.introduced(tx, policy)
        assert {h for h, n in numbers.items() if known[n].in_burst} == {30, 40, 50, 54}
        assert not known[other].in_burst
        some = queries.introduced(tx, policy, [numbers[50]])
        assert some == {numbers[50]: known[numbers[50]]}


def test_who_referred_a_colleague_by_a_subdomain_is_looked_at(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx, "ann", email="ann@mail.acme.example")
        make.reward(tx, ann, 10_00)
        tx.execute(text("UPDATE referrals SET contact_email = 'jo@sales.acme.example'"))
        assert reasons(tx) == [("the participant's own company (acme.example) was referred",)]
        tx.execute(text("UPDATE participants SET email = 'ann@gmail.com'"))
        tx.execute(text("UPDATE referrals SET contact_email = 'jo@gmail.com'"))
        assert reasons(tx) == [()]


def test_the_queue_says_why_a_reward_waits(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx, "ann")
        make.waiting(tx, ann, 10_00)
        make.approved(tx, ann, 10_00)
        why = [row["asked_because"] for row in rows_of(tx, "rewards", state=None)]
    assert why == ["the tests say so", None]
