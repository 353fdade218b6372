"""Work: what each role does, and of what waits, what one person may decide on."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from goodword.money import Money
from goodword.rules.approvals import Voice, WaitingReward
from goodword.rules.rights import MAY, Role
from goodword.rules.work import WORK, Queue, is_for, queue_of

FIRST = WaitingReward(7, "waiting", Money(600_00, "USD"), 2, (), frozenset({"pat@p.example"}))
SECOND = replace(FIRST, reward_id=8, approved_by=(frozenset({"ann"}),))
PAID = replace(FIRST, reward_id=9, state="paid")
THEIRS = replace(FIRST, reward_id=10, beneficiaries=frozenset({"bob"}))
ALL = (FIRST, SECOND, PAID, THEIRS)


@pytest.mark.parametrize(("what", "role"), list(product(WORK, Role)))
def test_work_is_whoevers_who_may_do_it(what: str, role: Role) -> None:
    assert is_for(what, {role}) is (role in MAY[WORK[what]])
    assert not is_for(what, ())


@pytest.mark.parametrize(
    ("voices", "queue"),
    [
        ([Voice("ann")], Queue((7, 10), 0)),
        ([Voice("bob")], Queue((7, 8), 1)),
        ([Voice("cy")], Queue((7, 8, 10), 1)),
        ([Voice("ann", "bob")], Queue((7,), 0)),
        ([Voice("ann"), Voice("ann", "cy")], Queue((7, 10), 0)),
        ([Voice("bob"), Voice("cy")], Queue((7, 8, 10), 1)),
        ([], Queue((), 0)),
    ],
)
def test_a_queue_has_what_somebody_may_decide_on_in_one_of_their_voices(
    voices: list[Voice], queue: Queue
) -> None:
    assert queue_of(iter(voices), ALL) == queue
