"""Disputes: each refusal word for word, at the edge where it begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from goodword.rules.dispute_openings import Opening, sides
from goodword.rules.disputes import (
    DisputePolicy,
    DisputeRefused,
    DisputeState,
    Hearing,
    Outcome,
    Person,
    Ruling,
    Side,
    check_appeal,
    check_statement,
    check_withdrawal,
)
from goodword.rules.registrations import RegistrationState as State
from goodword.rules.rulings import Move, changes_credit, check_ruling, move

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DUE = date(2026, 3, 20)
ANN, BOB = Person("ann", 1), Person("bob", 2)
HELD = Side(1, 1, frozenset({"ann"}), State.APPROVED, AT)
LOST = Side(2, 2, frozenset({"bob"}), State.CONFLICTING, AT)
HEARING = Hearing(7, DisputeState.OPEN, DUE, HELD, LOST, BOB)
UPHELD, TRANSFERRED = Ruling(Outcome.UPHELD, 0, "olivia"), Ruling(Outcome.TRANSFERRED, 0, "olivia")
DECIDED = replace(HEARING, state=DisputeState.DECIDED, rulings=(UPHELD,))
APPEALED = replace(DECIDED, state=DisputeState.APPEALED, appealed_by="bob")
POLICY = DisputePolicy(most_share_bps=5_000)
WON = replace(HEARING, holder=replace(HELD, state=State.WON, deal="006A"), won_at=AT)


def opened(asked: Side, *others: Side, **other: Any) -> None:
    sides(Opening(**({"asked": asked, "others": others, "opener": BOB, "ground": "why"} | other)))


def ruled(hearing: Hearing, ruling: Ruling = TRANSFERRED, reason: str = "they met first") -> None:
    check_ruling(hearing, ruling, reason, POLICY)


def shared(hearing: Hearing, bps: int, outcome: Outcome = Outcome.UPHELD) -> None:
    ruled(hearing, Ruling(outcome, bps, "olivia"))


def challenged(hearing: Hearing, **other: Any) -> Hearing:
    return replace(hearing, challenger=replace(LOST, **other))


AGAINST = "an appeal is made against a first ruling"
MOST = "is not allowed: the program grants at most 50% of a claim to those that lose"
REFUSED: list[tuple[Callable[[], None], str]] = [
    (
        lambda: opened(HELD, LOST, ground=" "),
        "a dispute needs its ground: say why the claim is contested",
    ),
    (
        lambda: opened(HELD, LOST, pending=((1, 6),)),
        "dispute 6 about registration 1 is not closed: one at a time",
    ),
    (
        lambda: opened(replace(HELD, state=State.LOST), LOST),
        (
            "registration 1 is lost; only approved, extended, won, conflicting, rejected can be "
            "contested"
        ),
    ),
    (
        lambda: opened(HELD, replace(LOST, state=State.EXPIRED)),
        (
            "registration 2 is expired; a claim contests another one while it is submitted, "
            "conflicting, rejected: after that the partner registers anew"
        ),
    ),
    (lambda: check_statement(HEARING, BOB, " "), "a statement needs its text"),
    (
        lambda: check_statement(DECIDED, BOB, "x"),
        "dispute 7 is decided: nothing more is heard in it",
    ),
    (lambda: check_statement(HEARING, Person("eve", 3), "x"), "eve is no party of dispute 7"),
    (
        lambda: check_appeal(DECIDED, BOB, "", DUE),
        "an appeal needs its ground: say what the ruling has wrong",
    ),
    (lambda: check_appeal(HEARING, BOB, "x", DUE), f"dispute 7 is open: {AGAINST}"),
    (
        lambda: check_appeal(APPEALED, BOB, "x", DUE),
        f"dispute 7 is appealed, and there is one appeal only: {AGAINST}",
    ),
    (
        lambda: check_appeal(DECIDED, BOB, "x", DUE + timedelta(1)),
        "an appeal in dispute 7 was possible through 2026-03-20",
    ),
    (
        lambda: check_appeal(DECIDED, ANN, "x", DUE),
        "ann did not lose dispute 7: who lost may appeal",
    ),
    (lambda: check_withdrawal(DECIDED, BOB), "dispute 7 is decided: there is nothing to withdraw"),
    (lambda: check_withdrawal(HEARING, ANN), "bob opened it, and may withdraw it"),
    (lambda: check_withdrawal(HEARING, Person("bob")), "bob opened it, and may withdraw it"),
    (lambda: check_withdrawal(APPEALED, ANN), "bob appealed, and may withdraw the appeal"),
    (
        lambda: ruled(DECIDED),
        (
            "dispute 7 is decided, and who lost may appeal through 2026-03-20: no ruling is to be "
            "made in it"
        ),
    ),
    (
        lambda: ruled(replace(HEARING, state=DisputeState.CLOSED)),
        "dispute 7 is closed: no ruling is to be made in it",
    ),
    (lambda: ruled(HEARING, reason=" "), "a ruling needs its reason: both partners read it"),
    (
        lambda: ruled(HEARING, reason="for Bob, who met them"),
        (
            "both partners read the reason, and it names Bob: write “one partner” and “the other "
            "partner”"
        ),
    ),
    (
        lambda: shared(replace(HEARING, holder=None), 1),
        "a share needs two claims, one that wins and one that loses",
    ),
    (lambda: shared(HEARING, 5_001), f"a share of 50.01% {MOST}"),
    (lambda: shared(HEARING, -1), f"a share of -0.01% {MOST}"),
    (
        lambda: shared(replace(HEARING, granted=((1, 3_000), (2, 1))), 2_001),
        f"a share of 20.01% {MOST}, and other rulings granted 30%",
    ),
    (
        lambda: shared(challenged(WON, submitted_at=AT + timedelta(1)), 1),
        "registration 2 came after the deal was won: it has no share",
    ),
    (
        lambda: ruled(challenged(WON, submitted_at=AT + timedelta(1))),
        "registration 2 came after the deal was won: it cannot be credited with it",
    ),
    (
        lambda: ruled(challenged(WON, deal="006B")),
        (
            "registration 2 is about the deal 006B, and the one that was won is 006A: it cannot be "
            "credited with it"
        ),
    ),
    (
        lambda: ruled(challenged(HEARING, state=State.WITHDRAWN)),
        (
            "registration 2 was withdrawn since the dispute was opened: it cannot take the place; "
            "uphold the other claim"
        ),
    ),
]


@pytest.mark.parametrize(("act", "said"), REFUSED, ids=[said[:40] for _, said in REFUSED])
def test_what_may_not_be_is_refused_in_a_whole_sentence(act: Callable[[], None], said: str) -> None:
    with pytest.raises(DisputeRefused) as refused:
        act()
    assert str(refused.value) == said


@pytest.mark.parametrize(
    "act",
    [
        lambda: opened(HELD, LOST, pending=((3, 6),)),
        lambda: check_statement(HEARING, Person("Olivia"), "x"),
        lambda: check_appeal(DECIDED, BOB, "x", DUE),
        lambda: check_withdrawal(HEARING, BOB),
        lambda: check_withdrawal(APPEALED, Person(" BOB ")),
        lambda: check_withdrawal(replace(HEARING, opened_by=Person("Sal")), Person("sal")),
        lambda: ruled(HEARING),
        lambda: shared(HEARING, 5_000),
        lambda: shared(replace(HEARING, granted=((1, 3_000),)), 2_000),
        lambda: shared(replace(HEARING, granted=((2, 3_000),)), 5_000),
        lambda: shared(WON, 1),
        lambda: ruled(WON),
        lambda: ruled(challenged(WON, deal="006A")),
        lambda: ruled(challenged(HEARING, state=State.WITHDRAWN), UPHELD),
        lambda: ruled(
            replace(
                challenged(APPEALED, state=State.WITHDRAWN),
                rulings=(replace(TRANSFERRED, ruled_by="first"),),
            )
        ),
        lambda: ruled(replace(HEARING, challenger=None)),
        lambda: ruled(replace(HEARING, holder=None)),
    ],
)
def test_what_may_be_is_not_refused(act: Callable[[], None]) -> None:
    act()


def test_of_a_partners_own_claims_the_one_that_is_named_or_able_contests() -> None:
    over, able = replace(LOST, state=State.EXPIRED), replace(LOST, registration_id=3)
    other = replace(LOST, registration_id=4)
    own = Opening(HELD, (over, able, other), BOB, "why")
    assert sides(own) == (HELD, able)
    assert sides(replace(own, rival_id=4)) == (HELD, other)


@pytest.mark.parametrize(
    ("hearing", "outcome", "expected"),
    [
        (HEARING, Outcome.UPHELD, None),
        (HEARING, Outcome.TRANSFERRED, Move(HELD, LOST)),
        (challenged(HEARING, state=State.EXPIRED), Outcome.TRANSFERRED, Move(HELD, None)),
        (
            replace(HEARING, holder=replace(HELD, state=State.EXPIRED)),
            Outcome.TRANSFERRED,
            Move(None, LOST),
        ),
        (replace(HEARING, challenger=None), Outcome.TRANSFERRED, Move(HELD, None)),
        (replace(HEARING, rulings=(TRANSFERRED,)), Outcome.TRANSFERRED, None),
    ],
)
def test_a_ruling_moves_what_the_one_before_left(
    hearing: Hearing, outcome: Outcome, expected: Move | None
) -> None:
    assert move(hearing, outcome) == expected


def test_credit_changes_with_the_claim_or_the_share_of_a_deal_that_is_won() -> None:
    assert changes_credit(WON, TRANSFERRED)
    assert not changes_credit(HEARING, TRANSFERRED)
    assert not changes_credit(WON, UPHELD)
    assert changes_credit(WON, replace(UPHELD, share_bps=1))
    again = replace(WON, rulings=(replace(UPHELD, share_bps=1),))
    assert not changes_credit(again, replace(UPHELD, share_bps=1))
    assert changes_credit(again, UPHELD)
