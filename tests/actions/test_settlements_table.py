"""What each answer of a provider makes of a payout, its rewards, the ledger and the outbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from goodword.actions import settlements
from goodword.db.queries.payouts import Sendable
from goodword.db.session import Database
from goodword.money import Money
from goodword.rules.payouts import Answer, Held, NotNow, Paid, Rail, Refused, Unknown
from tests import factories as make
from tests.actions.conftest import Overtake

PAID = Paid("tr_1")
REFUSED = Refused("account_closed", "the account is closed", "ask for another one")
NOT_NOW = NotNow("rate_limit", "too many requests")
HELD = Held("another request is held under this key")
UNKNOWN = Unknown("no answer in 30 s")
NEVER_MADE = None
LATER = make.NOW + timedelta(hours=30)


@dataclass(frozen=True)
class Expected:
    payout: str
    reward: str
    account: str  # where the money lies
    says_paid: bool = False


# An answer to the first call, and to a repeated one of which nothing was known.
TABLE: dict[tuple[str, Answer | None], Expected] = {
    ("first", PAID): Expected("paid", "paid", "at_provider", says_paid=True),
    ("first", REFUSED): Expected("refused", "approved", "owed"),
    ("first", NOT_NOW): Expected("planned", "reserved", "reserved"),
    ("first", HELD): Expected("held", "reserved", "in_flight"),
    ("first", UNKNOWN): Expected("unknown", "reserved", "in_flight"),
    ("repeat", PAID): Expected("paid", "paid", "at_provider", says_paid=True),
    ("repeat", REFUSED): Expected("refused", "approved", "owed"),
    ("repeat", NOT_NOW): Expected("unknown", "reserved", "in_flight"),
    ("repeat", HELD): Expected("held", "reserved", "in_flight"),
    ("repeat", UNKNOWN): Expected("unknown", "reserved", "in_flight"),
    ("repeat", NEVER_MADE): Expected("planned", "reserved", "reserved"),
    # A process that died between mark and record leaves `submitting`; it is repeated as well.
    ("crash", PAID): Expected("paid", "paid", "at_provider", says_paid=True),
    ("crash", REFUSED): Expected("refused", "approved", "owed"),
    ("crash", NOT_NOW): Expected("unknown", "reserved", "in_flight"),
    ("crash", HELD): Expected("held", "reserved", "in_flight"),
    ("crash", UNKNOWN): Expected("unknown", "reserved", "in_flight"),
    ("crash", NEVER_MADE): Expected("planned", "reserved", "reserved"),
}


def _sent(tx: Connection, before: str, rail: Rail = Rail.STRIPE_TRANSFER) -> Sendable:
    """A payout of 40.00 that was sent, as whoever settles it has read it."""
    number = make.reserved(tx, make.approved(tx, make.participant(tx), 4_000), rail=rail)
    sent = make.submit(tx, number)
    if before == "first":
        return sent
    if before == "repeat":
        make.settle(tx, sent, UNKNOWN)
    return make.payout(tx, number)


@pytest.mark.parametrize(
    ("before", "answer", "expected"),
    [(*key, expected) for key, expected in TABLE.items()],
    ids=[f"{before}-{type(answer).__name__}" for before, answer in TABLE],
)
def test_an_answer_leads_to_one_state_of_everything(
    database: Database, before: str, answer: Answer | None, expected: Expected
) -> None:
    with database.transaction() as tx:
        sent = _sent(tx, before)
        counts = settlements.record(tx, [settlements.Outcome(sent, answer)], make.TODAY)
        assert counts == {expected.payout: 1}
        assert make.state(tx, "payouts", sent.payout_id) == expected.payout
        assert make.value(tx, "SELECT state FROM rewards") == expected.reward
        books = {"program_expense": 4_000, expected.account: -4_000}
        assert make.balances(tx, sent.participant_id) == books
        paid_letter = [f"payout:{sent.payout_id}:paid"] if expected.says_paid else []
        assert make.facts(tx) == ["reward:1:earned", *paid_letter]
        assert make.told(tx, "payout", sent.payout_id)[-1] == expected.payout


@pytest.mark.parametrize("answer", [PAID, REFUSED, HELD, NOT_NOW, NEVER_MADE])
def test_a_settled_payout_is_not_settled_again(database: Database, answer: Answer | None) -> None:
    with database.transaction() as tx:
        sent = _sent(tx, "first" if answer is NOT_NOW else "repeat")
        make.settle(tx, sent, answer)
        before = make.everything(tx)
        for late in (answer, Paid("tr_2"), REFUSED, UNKNOWN):
            make.settle(tx, sent, late)
        assert make.everything(tx) == before


@pytest.mark.parametrize(
    ("first", "second"), [(PAID, REFUSED), (REFUSED, PAID), (PAID, NEVER_MADE), (PAID, PAID)]
)
def test_of_two_processes_that_settle_one_payout_the_first_counts(
    database: Database, overtake: Overtake, first: Answer | None, second: Answer | None
) -> None:
    with database.transaction() as tx:
        sent = _sent(tx, "repeat")

    def settles(answer: Answer | None) -> Callable[[Connection], object]:
        return lambda tx: settlements.record(tx, [settlements.Outcome(sent, answer)], make.TODAY)

    late = overtake(settles(first), settles(second))
    assert late.result() == {}
    with database.transaction() as tx:
        state = TABLE["repeat", first].payout
        assert make.state(tx, "payouts", sent.payout_id) == state
        assert make.told(tx, "payout", sent.payout_id) == ["planned", "unknown", state]


def test_a_credit_is_given_on_the_bill(database: Database) -> None:
    with database.transaction() as tx:
        sent = _sent(tx, "first", Rail.STRIPE_CREDIT)
        make.settle(tx, sent, Paid("cbtxn_1"))
        books = {"program_expense": 4_000, "credit_given": -4_000}
        assert make.balances(tx, sent.participant_id) == books


def test_what_was_paid_is_known_by_its_day_and_the_providers_name(database: Database) -> None:
    with database.transaction() as tx:
        make.settle(tx, _sent(tx, "first"), PAID)
        assert make.value(tx, "SELECT (external_id, paid_on)::text FROM payouts") == (
            "(tr_1,2026-06-30)"
        )


def test_the_letter_of_a_payout_says_what_it_covers(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx, "ann")
        rewards = make.approved(tx, ann, 4_000), make.approved(tx, ann, 2_500)
        sent = make.submit(tx, make.reserved(tx, *rewards))
        make.settle(tx, sent, PAID)
        told = make.value(tx, "SELECT context FROM messages WHERE template = 'reward_paid'")
        assert told["total"] == {"minor": 6_500, "currency": "USD"}
        assert [line["amount"]["minor"] for line in told["lines"]] == [4_000, 2_500]
        assert told["participant"] == {"name": "Ann", "kind": "reseller"}


def test_an_attempt_put_off_keeps_its_key_and_starts_its_clock_with_the_next_call(
    database: Database,
) -> None:
    with database.transaction() as tx:
        sent = _sent(tx, "first")
        make.settle(tx, sent, NOT_NOW)
        assert make.payout(tx, sent.payout_id).first_sent_at is None
        make.submit(tx, sent.payout_id, LATER)
        again = make.payout(tx, sent.payout_id)
        assert (again.attempt, again.idempotency_key) == (1, f"{sent.reference}:1")
        assert again.first_sent_at == LATER


def test_a_repeat_put_off_keeps_the_clock_of_the_first_call(database: Database) -> None:
    with database.transaction() as tx:
        sent = _sent(tx, "repeat")
        make.settle(tx, sent, NOT_NOW)
        assert make.payout(tx, sent.payout_id).first_sent_at == make.NOW


def test_what_was_never_made_is_attempted_under_a_new_key(database: Database) -> None:
    with database.transaction() as tx:
        sent = _sent(tx, "repeat")
        make.settle(tx, sent, NEVER_MADE)
        make.submit(tx, sent.payout_id, LATER)
        again = make.payout(tx, sent.payout_id)
        assert (again.attempt, again.idempotency_key) == (2, f"{sent.reference}:2")
        assert (again.money, again.first_sent_at) == (Money(4_000, "USD"), LATER)


def test_one_answer_of_a_chunk_does_not_hang_on_another(database: Database) -> None:
    with database.transaction() as tx:
        sent = [_sent(tx, "first") for _ in range(4)]
        answers: tuple[Answer, ...] = (PAID, REFUSED, UNKNOWN, NOT_NOW)
        outcomes = [settlements.Outcome(*pair) for pair in zip(sent, answers, strict=True)]
        assert settlements.record(tx, outcomes, make.TODAY) == {
            "paid": 1,
            "refused": 1,
            "unknown": 1,
            "planned": 1,
        }
        assert settlements.record(tx, [], make.TODAY) == {}


def test_a_held_payout_is_settled_by_what_a_person_found(database: Database) -> None:
    with database.transaction() as tx:
        sent = _sent(tx, "repeat")
        make.settle(tx, sent, HELD)
        finding = settlements.Finding(sent.payout_id, "tr_9", "ann", "seen in the dashboard")
        assert settlements.settle_by_hand(tx, [finding], make.TODAY) == {"paid": 1}
        assert make.payout(tx, sent.payout_id).state == "paid"
        assert "ann" in make.value(
            tx, "SELECT actor FROM audit_events WHERE subject = 'payout' ORDER BY id DESC LIMIT 1"
        )


def test_a_held_payout_that_was_never_made_frees_its_rewards(database: Database) -> None:
    with database.transaction() as tx:
        sent = _sent(tx, "repeat")
        make.settle(tx, sent, HELD)
        finding = settlements.Finding(sent.payout_id, None, "ann", "no such transfer there")
        assert settlements.settle_by_hand(tx, [finding], make.TODAY) == {"refused": 1}
        assert make.value(tx, "SELECT state FROM rewards") == "approved"


def test_only_a_held_payout_is_settled_by_hand(database: Database) -> None:
    with database.transaction() as tx:
        sent = _sent(tx, "repeat")
        finding = settlements.Finding(sent.payout_id, "tr_9", "ann", "hurry")
        with pytest.raises(settlements.NotForAPerson, match="is unknown; only one that is held"):
            settlements.settle_by_hand(tx, [finding], make.TODAY)
        nobody = settlements.Finding(999, "t", "ann", "r")
        with pytest.raises(settlements.NotForAPerson, match="payout 999 does not exist"):
            settlements.settle_by_hand(tx, [nobody], make.TODAY)
