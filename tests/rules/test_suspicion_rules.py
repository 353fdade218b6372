"""Suspicions: whom a person looks at before money moves (cases FR1 and FR2)."""

from __future__ import annotations

import pytest

from goodword.money import Money
from goodword.rules.approvals import ApprovalPolicy, needed
from goodword.rules.suspicions import Introduction, same_mailbox, suspicions

POLICY = ApprovalPolicy({"USD": 500_00}, {"USD": 5_000_00})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a@x.example", "A@X.example", True),
        ("a+b@x.example", "a@x.example", True),
        ("g.mail@gmail.com", "gmail@gmail.com", True),
        ("g.mail@x.example", "gmail@x.example", False),
        ("a@x.example", "a@y.example", False),
    ],
)
def test_two_addresses_may_be_one_mailbox(one: str, other: str, *, same: bool) -> None:
    assert (same_mailbox(one) == same_mailbox(other)) is same


def test_an_ordinary_introduction_is_not_suspected() -> None:
    ordinary = Introduction("a@x.example", "x.example", ("b@y.example",), ("y.example",))
    assert suspicions(ordinary) == ()
    assert suspicions(Introduction("a@x.example", None)) == ()


def test_every_reason_is_told() -> None:
    told = suspicions(
        Introduction(
            "a@x.example",
            "x.example",
            ("a+me@x.example",),
            ("x.example",),
            had_bought_before=True,
        )
    )
    assert told == (
        "the participant's own company (x.example) was referred",
        "the contact's mailbox is the participant's own",
        "the company was a customer before it was referred",
    )


def test_a_suspected_reward_is_looked_at_whatever_its_size() -> None:
    small = needed(Money(10_00, "USD"), POLICY, "active", ("why",))
    assert (small.approvers, small.reason) == (1, "why")
    large = needed(Money(6_000_00, "USD"), POLICY, "suspended", ("why",))
    assert large.approvers == 2
    assert large.reason.endswith("two people; the participant is suspended; why")
    assert needed(Money(-10_00, "USD"), POLICY, "active", ("why",)).approvers == 0
