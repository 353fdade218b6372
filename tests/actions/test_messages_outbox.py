"""The outbox: each fact told once, each letter sent by one process, nothing sent twice unseen."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text

from goodword.actions import messages
from goodword.db.queries import messages as queries
from goodword.db.session import Database
from tests import factories as make
from tests.actions.conftest import Overtake


def letter(participant_id: int, fact: str = "reward:1:earned") -> messages.Letter:
    return messages.Letter(fact, "reward_earned", participant_id, {"company": "Acme 株"})


def queued(tx: Connection, count: int = 1) -> list[int]:
    ann = make.participant(tx)
    messages.queue(tx, [letter(ann, f"reward:{n}:earned") for n in range(count)], make.TODAY)
    return queries.queued(tx)


def test_a_fact_is_told_once_in_its_participants_language(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx, "ann", locale="ja")
        assert messages.queue(tx, [letter(ann)], make.TODAY) == 1
        before = make.everything(tx)
        assert messages.queue(tx, [letter(ann)], make.TOMORROW) == 0
        assert make.everything(tx) == before
        (row,) = queries.by_ids(tx, queries.queued(tx))
        assert (row.recipient, row.locale, row.name) == ("ann@example.com", "ja", "Ann")
        assert row.context == {
            "company": "Acme 株",
            "participant": {"name": "Ann", "kind": "reseller"},
        }


def test_one_fact_twice_in_a_batch_is_told_once(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        assert messages.queue(tx, [letter(ann), letter(ann)], make.TODAY) == 1
        assert messages.queue(tx, [], make.TODAY) == 0


def test_two_processes_tell_a_fact_once(database: Database, overtake: Overtake) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
    late = overtake(
        lambda tx: messages.queue(tx, [letter(ann)], make.TODAY),
        lambda tx: messages.queue(tx, [letter(ann)], make.TODAY),
    )
    assert late.result() == 0


def test_a_letter_that_is_rolled_back_with_its_fact_was_never_there(database: Database) -> None:
    with database.engine.connect() as tx, tx.begin() as whole:
        assert queued(tx)
        whole.rollback()
    with database.transaction() as tx:
        assert queries.queued(tx) == []


def test_staff_is_told_a_fact_once(database: Database) -> None:
    with database.transaction() as tx:
        note = messages.StaffLetter("night:1", "approvals_waiting", "s@example.com", {"count": 2})
        assert [messages.queue_for_staff(tx, note, make.TODAY) for _ in range(2)] == [1, 0]


def test_two_processes_send_a_letter_once(database: Database, overtake: Overtake) -> None:
    with database.transaction() as tx:
        ids = queued(tx, 2)
    late = overtake(
        lambda tx: messages.start_sending(tx, ids[:1]),
        lambda tx: messages.start_sending(tx, ids),
    )
    assert late.result() == set(ids[1:])


@pytest.mark.parametrize("state", ["sent", "failed", "unconfirmed", "queued"])
def test_what_became_of_a_letter_is_written_down_once(database: Database, state: str) -> None:
    with database.transaction() as tx:
        ids = queued(tx)
        assert messages.start_sending(tx, ids) == set(ids)
        messages.record_sent(tx, [messages.Sent(ids[0], state, "so it went")])
        assert make.state(tx, "messages", ids[0]) == state
        before = make.everything(tx)
        for late in ("sent", "failed"):
            messages.record_sent(tx, [messages.Sent(ids[0], late)])
        assert make.everything(tx) == before


def test_each_try_counts(database: Database) -> None:
    with database.transaction() as tx:
        ids = queued(tx)
        for tries in (1, 2, 3):
            messages.start_sending(tx, ids)
            messages.record_sent(tx, [messages.Sent(ids[0], "queued", "greylisted")])
            assert make.value(tx, "SELECT attempts FROM messages") == tries


def test_a_letter_that_a_killed_night_was_sending_waits_for_a_person(database: Database) -> None:
    with database.transaction() as tx:
        sending, waiting = queued(tx, 2)
        messages.start_sending(tx, [sending])
    with database.transaction() as tx:
        assert messages.set_aside_interrupted(tx) == 1
        assert messages.set_aside_interrupted(tx) == 0
        assert make.state(tx, "messages", sending) == "unconfirmed"
        assert queries.queued(tx) == [waiting]
        assert messages.release(tx, sending, "olivia")
        assert make.told(tx, "message", sending) == ["queued again"]
        assert queries.queued(tx) == [sending, waiting]


@pytest.mark.parametrize("state", ["queued", "sending", "sent"])
def test_a_letter_that_needs_no_person_is_not_released(database: Database, state: str) -> None:
    with database.transaction() as tx:
        ids = queued(tx)
        sent_at = "clock_timestamp()" if state == "sent" else "NULL"
        tx.execute(text(f"UPDATE messages SET state = '{state}', sent_at = {sent_at}"))
        assert not messages.release(tx, ids[0], "olivia")
        assert not messages.release(tx, 99, "olivia")
