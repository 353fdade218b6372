"""Suspicions: whom a person looks at before money moves (cases FR1, FR2 and FR5)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.money import Money
from goodword.rules.approvals import ApprovalPolicy, needed
from goodword.rules.suspicions import (
    Introduced,
    Introduction,
    Shared,
    Standing,
    SuspicionPolicy,
    same_mailbox,
    suspicions,
)

POLICY = ApprovalPolicy({"USD": 500_00}, {"USD": 5_000_00})
ORDINARY = Introduction(
    "a@x.example",
    ("x.example",),
    (Introduced("b@y.example", ("y.example",), had_bought_before=False),),
)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a@x.example", "A@X.example", True),
        ("a+b@x.example", "a@x.example", True),
        ("g.mail@gmail.com", "gmail@gmail.com", True),
        ("g.mail+x@googlemail.com", "gmail@gmail.com", True),
        ("g.mail@x.example", "gmail@x.example", False),
        ("a@x.example", "a@y.example", False),
    ],
)
def test_two_addresses_may_be_one_mailbox(one: str, other: str, *, same: bool) -> None:
    assert (same_mailbox(one) == same_mailbox(other)) is same


def test_an_ordinary_introduction_is_not_suspected() -> None:
    assert suspicions(ORDINARY) == ()
    assert suspicions(Introduction("a@x.example")) == ()


def test_every_reason_is_told() -> None:
    own = Introduced(
        "a+me@x.example",
        ("x.example",),
        had_bought_before=True,
        in_burst=True,
        disposable="thrown.example",
    )
    also = replace(own, disposable="away.example")
    shared = Shared("Stripe account", "bob"), Shared("IBAN", "eve", 3)
    told = suspicions(
        Introduction(
            "a@x.example",
            ("x.example",),
            (own, also, own),
            Standing(shared, 10, 3, "made.example"),
            came_back=True,
        )
    )
    assert told == (
        "the participant's own company (x.example) was referred",
        "the contact's mailbox is the participant's own",
        "the company was a customer before it was referred",
        "the participant's Stripe account is also that of bob",
        "the participant's IBAN is also that of eve and 2 more",
        "the participant's address is a disposable one (made.example)",
        "the contact's address is a disposable one (away.example)",
        "the contact's address is a disposable one (thrown.example)",
        "the participant made more than 20 referrals within 24 hours",
        "3 of the participant's 10 deals were refunded or cancelled",
        "it was paid, and the provider took it back: shall it be paid again?",
    )


def test_what_the_program_does_not_mind_is_no_reason() -> None:
    own = Introduced("a@x.example", ("x.example",), had_bought_before=True, disposable="x.example")
    standing = Standing((Shared("mailbox", "bob"),), disposable="x.example")
    found = Introduction("a@x.example", ("x.example",), (own,), standing)
    lenient = SuspicionPolicy(
        own_company=False, existing_customer=False, shared_identity=False, disposable_domain=False
    )
    assert len(suspicions(found)) == 6
    assert suspicions(found, lenient) == ()


def test_a_burst_is_told_in_the_days_of_the_program() -> None:
    (known,) = ORDINARY.introduced
    found = replace(ORDINARY, introduced=(known, replace(known, in_burst=True)))
    policy = SuspicionPolicy(burst_referrals=5, burst_days=7)
    assert suspicions(found, policy) == (
        "the participant made more than 5 referrals within 7 days",
    )


@pytest.mark.parametrize(
    ("deals", "undone", "suspected"),
    [(4, 1, True), (5, 1, False), (3, 3, False), (100, 25, True), (100, 24, False), (4, 0, False)],
)
def test_one_refund_of_four_deals_is_looked_at(deals: int, undone: int, *, suspected: bool) -> None:
    found = suspicions(replace(ORDINARY, standing=Standing((), deals, undone)))
    assert bool(found) is suspected
    if undone == 1 and suspected:
        assert found == ("1 of the participant's 4 deals was refunded or cancelled",)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 10_000), st.integers(1, 60))
def test_more_refunds_never_lift_a_suspicion(deals: int, more: int, rate: int, least: int) -> None:
    policy = SuspicionPolicy(refund_rate_bps=rate, refund_rate_of=least)
    fewer, undone = sorted((min(deals, more), deals))
    before = suspicions(replace(ORDINARY, standing=Standing((), deals, fewer)), policy)
    after = suspicions(replace(ORDINARY, standing=Standing((), deals, undone)), policy)
    assert bool(before) <= bool(after)


def test_a_suspected_reward_is_looked_at_whatever_its_size() -> None:
    small = needed(Money(10_00, "USD"), POLICY, "active", ("why",))
    assert (small.approvers, small.reason) == (1, "why")
    large = needed(Money(6_000_00, "USD"), POLICY, "suspended", ("why",))
    assert large.approvers == 2
    assert large.reason.endswith("two people; the participant is suspended; why")
    assert needed(Money(-10_00, "USD"), POLICY, "active", ("why",)).approvers == 0
