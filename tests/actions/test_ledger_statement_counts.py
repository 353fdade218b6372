"""However many rows: the same number of statements, from won deals to paid rewards and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, text

from goodword.actions import (
    approvals,
    claims,
    conversions,
    messages,
    opportunities,
    payouts,
    protections,
    quarantine,
    reconciliations,
    rewards,
    settlements,
)
from goodword.actions import new_claims as new_actions
from goodword.db.checks import violations
from goodword.db.queries import messages as message_queries
from goodword.db.queries import new_claims as new_queries
from goodword.db.queries import payouts as payout_queries
from goodword.db.queries import rewards as reward_queries
from goodword.db.session import Database
from goodword.money import Money
from goodword.rules import crm, new_claims
from goodword.rules import registrations as registration_rules
from goodword.rules.approvals import Needed
from goodword.rules.payout_plans import Planned
from goodword.rules.payouts import Paid, Rail
from goodword.rules.reconciliations import DifferenceKind, Disagreement
from tests import factories as make


class Counted(psycopg.Cursor[Any]):
    """A cursor that counts what is sent, COPY included: SQLAlchemy's own events do not see it."""

    sent = 0

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        type(self).sent += 1
        return super().execute(*args, **kwargs)

    @contextmanager
    def copy(self, *args: Any, **kwargs: Any) -> Iterator[psycopg.Copy]:
        type(self).sent += 1
        with super().copy(*args, **kwargs) as copy:
            yield copy


class Counter:
    """Runs actions and remembers how many statements each took."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def __call__(self, name: str, act: Callable[[], Any]) -> Any:
        before = Counted.sent
        result = act()
        self.counts[name] = Counted.sent - before
        return result


@pytest.fixture
def tx(database: Database) -> Iterator[Connection]:
    """A transaction of which nothing is kept, with every statement counted."""
    with database.engine.connect() as connection, connection.begin() as whole:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.cursor_factory = Counted
        yield connection
        driver.cursor_factory = psycopg.Cursor
        whole.rollback()


def deals(count: int) -> list[crm.Opportunity]:
    record: dict[str, Any] = dict.fromkeys(crm.Opportunity.__dataclass_fields__)
    record |= {"name": "Deal", "stage": "Closed Won", "is_closed": True, "is_won": True}
    record |= {"amount_minor": 100_000, "currency": "USD", "close_on": make.TODAY}
    record |= {"is_deleted": False, "created_at": make.NOW, "modified_at": make.NOW}
    return [crm.Opportunity(**(record | {"crm_id": f"006{n:015}"})) for n in range(count)]


def referred(tx: Connection) -> None:
    """One participant and one referral for each deal."""
    tx.execute(
        text(
            "INSERT INTO participants (key, kind, name, email, locale, country, currency, tier,"
            " status) SELECT crm_id, 'reseller', 'Name', crm_id || '@example.com', 'en', 'US',"
            " 'USD', 'gold', 'active' FROM opportunities"
        )
    )
    tx.execute(
        text(
            "INSERT INTO referrals (key, participant_id, company, name_key, submitted_at, channel,"
            " opportunity_crm_id) SELECT key, id, 'Company', 'company', :at, 'form', key"
            " FROM participants"
        ),
        {"at": make.NOW - timedelta(days=30)},
    )


def convert(tx: Connection, count: int, counted: Counter) -> None:
    """From won deals to rewards approved by policy, and a part by people."""
    saved = deals(count)
    ids = [deal.crm_id for deal in saved]
    kind = crm.CrmObject.OPPORTUNITY
    counted("save page", lambda: opportunities.save_page(tx, kind, saved, []))
    counted("date wins", lambda: opportunities.date_wins(tx, ids, make.ZONE))
    referred(tx)
    make.program(tx)
    counted("link", lambda: claims.link(tx))
    found = counted("candidates", lambda: make.candidates(tx, *ids))
    detected = [make.detected(candidate) for candidate in found]
    assert counted("convert", lambda: conversions.record(tx, detected, make.TODAY)) == count


def reward(tx: Connection, count: int, counted: Counter) -> None:
    numbers = counted("unrewarded", lambda: reward_queries.unrewarded_conversions(tx))
    earned = counted("earned", lambda: make.earned(tx, numbers, Money(4_000, "USD")))
    done = counted("record earned", lambda: rewards.record_earned(tx, earned, make.TODAY))
    assert done == {"computed": count}
    computed = counted("computed", lambda: reward_queries.computed(tx))
    judged = [approvals.Judged(item, Needed(0, "it is small")) for item in computed]
    done = counted("judge", lambda: approvals.record_judged(tx, judged, make.TODAY))
    assert done == {"approved": count}


def unsay(tx: Connection, count: int, counted: Counter) -> None:
    """Cancel everything before it is paid; nothing of that is kept."""
    with tx.begin_nested() as aside:
        cancel(tx, count, counted)
        taken = make.taken_back(tx)
        done = counted("void", lambda: rewards.take_back(tx, taken, make.TODAY))
        assert done == {"void": count}
        assert told(tx, "reward_taken_back") == count
        aside.rollback()


def cancel(tx: Connection, count: int, counted: Counter) -> None:
    numbers = tx.execute(text("SELECT id FROM conversions")).scalars()
    gone = [conversions.Cancelled(number, make.TODAY, "lost") for number in numbers]
    assert counted("cancel", lambda: conversions.cancel(tx, gone)) == count


def told(tx: Connection, template: str) -> int:
    return int(make.value(tx, "SELECT count(*) FROM messages WHERE template = :t", t=template))


def pay(tx: Connection, count: int, counted: Counter) -> None:
    due = counted("due", lambda: payout_queries.due(tx, make.TODAY, None))
    steps = [
        Planned(item.participant_id, item.money, Rail.STRIPE_TRANSFER, "acct", (item.reward_id,))
        for item in due
    ]
    ids = counted("reserve", lambda: payouts.reserve(tx, steps, make.TODAY))
    waiting = counted("by ids", lambda: payout_queries.by_ids(tx, ids))
    sending = [payouts.Submission(payout, {}, payouts.key_of(payout)) for payout in waiting]
    taken = counted("submit", lambda: payouts.submit(tx, sending, make.NOW, make.TODAY))
    assert len(taken) == count
    outcomes = [settlements.Outcome(payout, Paid(f"tr_{payout.payout_id}")) for payout in waiting]
    done = counted("settle", lambda: settlements.record(tx, outcomes, make.TODAY))
    assert done == {"paid": count}


def take_back(tx: Connection, count: int, counted: Counter) -> None:
    cancel(tx, count, counted)
    taken = counted("of cancelled", lambda: make.taken_back(tx))
    done = counted("take back", lambda: rewards.take_back(tx, taken, make.TODAY))
    assert done == {"taken back": count}
    counted("judge clawbacks", lambda: make.judge(tx, 0))
    assert told(tx, "reward_taken_back") == count


def register(tx: Connection, count: int, counted: Counter) -> None:
    tx.execute(
        text(
            "INSERT INTO registrations (key, participant_id, company, name_key, submitted_at,"
            ' evidence) SELECT key, id, key, key, :at, \'[{"kind": "meeting"}]\''
            " FROM participants"
        ),
        {"at": make.NOW - timedelta(days=1)},
    )
    numbers = counted("submitted", lambda: new_queries.submitted(tx, make.TODAY, make.ZONE))
    facts = counted("facts", lambda: new_queries.claim_facts(tx, numbers, make.ZONE))
    verdicts = new_claims.decide_in_order(facts, registration_rules.RegistrationPolicy())
    done = counted("register", lambda: new_actions.record_verdicts(tx, verdicts, make.TODAY))
    assert done == {"approved": count}


def surround(tx: Connection, count: int, counted: Counter) -> None:
    """What the other stages write."""
    asides = [quarantine.Aside(f"x{n}", "bad", {}) for n in range(count)]
    assert counted("set aside", lambda: quarantine.set_aside(tx, "crm", asides)) == count
    found = [
        Disagreement(
            DifferenceKind.NOT_IN_LEDGER,
            None,
            f"tr_{n}",
            f"x-{n}",
            "acct_9",
            "USD",
            0,
            5,
            "strange",
        )
        for n in range(count)
    ]
    seen = reconciliations.Examined((), ())
    done = counted("reconcile", lambda: reconciliations.record(tx, found, seen, make.TODAY))
    assert done == count
    written = [
        protections.Written("Opportunity", f"006{n:015}", "Ann", make.TODAY, None)
        for n in range(count)
    ]
    counted("protect", lambda: protections.record(tx, written))
    ids = counted("queued", lambda: message_queries.queued(tx))
    counted("start sending", lambda: messages.start_sending(tx, ids))
    sent = [messages.Sent(number, "sent") for number in ids]
    counted("record sent", lambda: messages.record_sent(tx, sent))


def everything(tx: Connection, count: int) -> dict[str, int]:
    counted = Counter()
    for act in (convert, reward, unsay, pay, take_back, register, surround):
        act(tx, count, counted)
    assert violations(tx) == []
    return counted.counts


def test_ten_rows_and_a_thousand_take_the_same_statements(tx: Connection) -> None:
    with tx.begin_nested() as small:
        of_ten = everything(tx, 10)
        small.rollback()
    assert everything(tx, 1_000) == of_ten
    assert 0 < min(of_ten.values()) <= max(of_ten.values()) <= 40
