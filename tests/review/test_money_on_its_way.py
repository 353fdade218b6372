"""Money on its way: late answers, crashes and what a retried step may still write."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest
from sqlalchemy import text

from goodword.actions import conversions, programs
from goodword.money import Money
from goodword.rules.payouts import Movement, NotNow, Paid, PayoutState, Rail, Refused, Unknown
from goodword.rules.reconciliations import DifferenceKind, LedgerPayout, compare
from goodword.wiring import wiring
from tests import factories as make
from tests.factories import NOW, TODAY

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from prefect import Task

    from goodword.db.session import Database


@pytest.fixture
def joined(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Point the program at the test's database, and at a Stripe that is not there."""
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("GOODWORD_DATABASE_URL", url)
    monkeypatch.setenv("GOODWORD_STRIPE_API_KEY", "sk_test_nobody")
    monkeypatch.setenv("GOODWORD_STRIPE_API_BASE", "http://127.0.0.1:9")
    wiring.cache_clear()
    yield
    wiring().database.dispose()
    wiring.cache_clear()


def test_an_answer_to_an_earlier_attempt_changes_nothing_of_the_next(database: Database) -> None:
    with database.transaction() as tx:
        who = make.participant(tx)
        number = make.reserved(tx, make.approved(tx, who, 100))
        make.settle(tx, make.submit(tx, number), Unknown("no answer"))
        first = make.payout(tx, number)
        make.settle(tx, first, None)
        make.submit(tx, number)
        make.settle(tx, first, Refused("account_closed", "it is closed", "ask them"))
        assert make.state(tx, "payouts", number) == "submitting"
        make.settle(tx, first, None)
        assert make.payout(tx, number).attempt == 2
        make.settle(tx, make.payout(tx, number), Paid("tr_2"))
        assert make.state(tx, "payouts", number) == "paid"


@pytest.mark.usefixtures("joined")
def test_a_crash_while_others_are_sent_leaves_no_impossible_payout_behind(
    database: Database,
) -> None:
    from tasks import payouts  # noqa: PLC0415 - Prefect

    send = cast("Task[[list[int], object, datetime], Counter[str]]", payouts.send).fn
    with database.transaction() as tx:
        # A reference so long that its key is refused is what ends the task between mark and record.
        tx.execute(text("UPDATE installation SET name = repeat('n', 300)"))
        fine = make.approved(tx, make.participant(tx), 12_345)
        too_fine = make.approved(tx, make.participant(tx, currency="KWD"), 12_345, "KWD")
        numbers = [make.reserved(tx, one, rail=Rail.STRIPE_CREDIT) for one in (fine, too_fine)]
    with pytest.raises(Exception, match="an idempotency key has"):
        send(numbers, TODAY, NOW)
    with database.transaction() as tx:
        states = [make.state(tx, "payouts", number) for number in numbers]
        assert states == ["submitting", "refused"]
        assert make.state(tx, "rewards", too_fine) == "approved"


@pytest.mark.parametrize("change", ["status = 'suspended'", "stripe_account = 'acct_new'"])
@pytest.mark.usefixtures("joined")
def test_a_payout_that_waited_while_its_participant_changed_is_planned_anew(
    database: Database, change: str
) -> None:
    from tasks import payout_plans, payouts  # noqa: PLC0415 - Prefect

    plan = cast("Task[[date], Counter[str]]", payout_plans.plan).fn
    with database.transaction() as tx:
        who, other = make.participant(tx), make.participant(tx)
        reward = make.approved(tx, who, 100)
        number, stays = (make.reserved(tx, r) for r in (reward, make.approved(tx, other, 70)))
        make.settle(tx, make.submit(tx, number), NotNow("authentication", "the key is old"))
        tx.execute(text("UPDATE participants SET stripe_account = 'destination-of-' || id"))
        tx.execute(text(f"UPDATE participants SET {change} WHERE id = :id"), {"id": who})
    assert plan(TODAY) == {"given back": 1, "carried over": 1}  # Stripe is not there to be asked
    with database.transaction() as tx:
        assert make.state(tx, "payouts", stays) == "planned"
        assert make.state(tx, "payouts", number) == "refused"
        assert make.state(tx, "rewards", reward) == "approved"
        assert make.balances(tx, who) == {"program_expense": 100, "owed": -100}
        assert number not in payouts.failed()


@pytest.mark.usefixtures("joined")
def test_a_stage_of_a_night_that_is_retried_later_goes_by_a_later_instant(
    database: Database,
) -> None:
    from flows import clock  # noqa: PLC0415 - Prefect
    from tasks import nights  # noqa: PLC0415 - Prefect

    with database.transaction() as tx:
        make.program(tx)
    kept: dict[str, object] = {}
    seen = []

    def stage(**parameters: object) -> nights.Tally:
        kept.update(parameters)
        seen.append(clock.read(TODAY, None).now)
        return nights.Tally("pay", {})

    with nights.night(nights.Clock(NOW, TODAY), dry_run=False) as tonight:
        tonight.run("pay", stage, stale=False)
    stage(**kept)
    assert kept == {"today": TODAY}
    assert NOW <= seen[0] < NOW + timedelta(hours=1) < seen[1]


@pytest.mark.usefixtures("joined")
def test_a_stage_goes_by_the_present_when_the_stages_before_it_took_hours(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows import clock  # noqa: PLC0415 - Prefect
    from tasks import nights  # noqa: PLC0415 - Prefect

    passed = [0.0]
    monkeypatch.setattr(nights, "ticks", lambda: passed[0])
    with database.transaction() as tx:
        make.program(tx)
    with nights.night(nights.Clock(NOW, TODAY), dry_run=False):
        passed[0] = 49 * 3600.0
        with nights.stage("pay", clock.read(TODAY, None)) as stage:
            passed[0] += 60
            assert stage.instant == NOW + timedelta(hours=49, minutes=1)


def test_a_process_that_slept_between_mark_and_call_sends_nothing(
    monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    from tasks import calls, nights  # noqa: PLC0415 - Prefect

    with database.transaction() as tx:
        sent = make.submit(tx, make.reserved(tx, make.approved(tx, make.participant(tx), 100)))
    marked = nights.ticks()
    monkeypatch.setattr(nights, "ticks", lambda: marked + calls.CLAIM_SECONDS + 1)
    with calls.Calls() as begun:
        [answer] = begun.begin([calls.Call(sent, {}, "key")], marked)()
    assert isinstance(answer, Unknown)


@pytest.mark.usefixtures("joined")
def test_a_longer_clawback_window_is_not_for_rewards_of_the_version_before(
    database: Database,
) -> None:
    from tasks import rewards  # noqa: PLC0415 - Prefect

    take_back = cast("Task[[date], Counter[str]]", rewards.take_back).fn
    with database.transaction() as tx:
        reward = make.approved(tx, make.participant(tx), 100)
        [(number, source)] = tx.execute(text("SELECT id, source FROM program_versions"))
        longer = source.replace("clawback_days = 90", "clawback_days = 365")
        assert longer != source
        assert programs.publish(tx, longer, "longer", TODAY, "tests") != number
        late = conversions.Cancelled(1, TODAY + timedelta(days=100), "the customer left")
        assert conversions.cancel(tx, [late]) == 1
    assert take_back(TODAY + timedelta(days=100)) == {}
    with database.transaction() as tx:
        assert make.state(tx, "rewards", reward) == "approved"


def test_of_two_movements_the_one_in_the_ledger_is_not_the_extra_one() -> None:
    made = [
        Movement(name, "ref-1", 100, "USD", "acct_1", 0, datetime(2026, 6, 1, tzinfo=UTC))
        for name in ("tr_extra", "tr_ours")
    ]
    payout = LedgerPayout(
        1,
        1,
        "ref-1",
        PayoutState.PAID,
        Rail.STRIPE_TRANSFER,
        Money(100, "USD"),
        "acct_1",
        "tr_ours",
        reversed_minor=0,
        own_reversals_minor=0,
        is_being_reversed=False,
        in_window=True,
    )
    [extra] = compare(made, [payout])
    assert (extra.kind, extra.external_id) == (DifferenceKind.TWICE, "tr_extra")
