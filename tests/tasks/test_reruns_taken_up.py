"""Reruns that were asked for in the console: taken up once, left to a night, answered if failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from goodword.actions import reruns as actions
from goodword.rules.payouts import Paid, Refused, Unknown
from tests import factories as make

if TYPE_CHECKING:
    from goodword.db.session import Database
    from tasks.nights import Tally


def asked_for(database: Database) -> list[int]:
    """Ask for a refused payout (olivia) and for one without an answer (oscar)."""
    with database.transaction() as tx:
        numbers = []
        for answer in (Refused("no", "no", ""), Unknown("no answer")):
            number = make.reserved(tx, make.approved(tx, make.participant(tx), 4_000))
            make.settle(tx, make.submit(tx, number), answer)
            numbers.append(number)
        assert actions.ask(tx, numbers[:1], "olivia") == numbers[:1]
        assert actions.ask(tx, numbers, "oscar") == numbers[1:]
    return numbers


def waiting(database: Database) -> list[tuple[str, list[int]]]:
    with database.transaction() as tx:
        return [(one.actor, one.payout_ids) for one in actions.asked(tx)]


def test_each_person_s_reruns_are_done_in_their_name_and_a_failure_is_kept(
    joined: Database,
) -> None:
    from tasks import nights, reruns  # noqa: PLC0415 - Prefect

    first, second = asked_for(joined)
    seen = []

    def rerun(actor: str, ids: list[int]) -> Tally:
        seen.append((actor, ids))
        if actor == "oscar":
            raise nights.StageFailed(nights.Tally("rerun", {}, ("Stripe cannot be reached",)))
        return nights.Tally("rerun", {"paid": 1})

    assert reruns.take_up(rerun) == {"paid": 1, "failed": 1}
    assert seen == [("olivia", [first]), ("oscar", [second])]
    assert waiting(joined) == []
    with joined.transaction() as tx:
        failure = make.value(tx, "SELECT rerun_failure FROM payouts WHERE id = :id", id=second)
    assert failure == "Stripe cannot be reached"
    assert reruns.take_up(rerun) == {}


def test_while_a_night_runs_reruns_are_left_to_it_and_what_was_paid_is_let_go(
    joined: Database,
) -> None:
    from tasks import nights, reruns  # noqa: PLC0415 - Prefect

    first, second = asked_for(joined)

    def rerun(_actor: str, _ids: list[int]) -> Tally:
        with joined.exclusive(nights.LOCK):
            raise AssertionError

    with joined.exclusive(nights.LOCK):
        assert reruns.take_up(rerun) == {"left to the night": 2}
    assert waiting(joined) == [("olivia", [first]), ("oscar", [second])]
    with joined.transaction() as tx:
        make.settle(tx, make.payout(tx, second), Paid("tr_2"))
    assert waiting(joined) == [("olivia", [first])]
    reruns.answer(reruns.asked())  # as the night does when it has paid
    assert waiting(joined) == []
