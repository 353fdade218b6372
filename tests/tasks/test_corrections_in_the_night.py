"""A deal's amount is changed in the CRM after it was won: what was earned by it is corrected.

The deal was won ten days ago for 1,000.00 dollars; a reseller of the basic tier has 20% of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import text

from goodword.actions import approvals, conversions, rewards
from goodword.db.queries import explanations as explanation_queries
from goodword.db.queries import replays as replay_queries
from goodword.db.queries import rewards as reward_queries
from goodword.money import Money
from goodword.program.files import read_program
from goodword.rules import explanations, replays
from goodword.rules.attribution import Model
from goodword.rules.caps import Used
from goodword.rules.explanations import Kind, Version
from goodword.rules.incentives import Cap, Pay
from goodword.rules.payouts import Paid, Rail
from goodword.rules.windows import Period
from tests import factories as make
from tests.factories import NOW, TODAY

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from goodword.db.session import Database

DEAL = "006000000000001AAA"
REWARDS = "SELECT conversion_id, amount_minor, state FROM rewards ORDER BY id"
CONVERSIONS = "SELECT value_minor, state FROM conversions ORDER BY id"


def correct() -> dict[str, int]:
    from tasks import corrections  # noqa: PLC0415 - Prefect

    return dict(cast("Any", corrections.correct).fn(TODAY))


def night() -> dict[str, int]:
    """Correct, compute and approve, as a night does; returns what the correction counted."""
    from tasks import approvals as approving  # noqa: PLC0415 - Prefect
    from tasks import rewards as tasks  # noqa: PLC0415 - as above

    counted = correct()
    cast("Any", tasks.compute_conversions).fn(tasks.unrewarded_conversions(), TODAY)
    cast("Any", tasks.take_back).fn(TODAY)
    cast("Any", approving.approve).fn(TODAY)
    return counted


def convert(database: Database, *keys: str, **deal: Any) -> list[int]:
    """Make a converted deal that these resellers referred in turn, and reward it."""
    with database.transaction() as tx:
        people = [make.participant(tx, key, tier="basic") for key in keys]
        make.conversion(tx, *people, **deal)
    night()
    return people


def now_worth(database: Database, minor: int, **other: object) -> None:
    """Change the only deal's amount in the CRM, on the evening of 29 June in New York."""
    changes: dict[str, object] = {"amount_minor": minor, "modified_at": NOW, **other}
    columns = ", ".join(f"{name} = :{name}" for name in changes)
    with database.transaction() as tx:
        tx.execute(text(f"UPDATE opportunities SET {columns}"), changes)


def pay(tx: Connection) -> None:
    """Pay every approved reward of one participant."""
    due = list(tx.execute(text("SELECT id FROM rewards WHERE state = 'approved'")).scalars())
    sent = make.submit(tx, make.reserved(tx, *due))
    make.settle(tx, sent, Paid(f"tr_{due[0]}"))


def found(database: Database, statement: str) -> list[tuple[Any, ...]]:
    with database.transaction() as tx:
        return [tuple(row) for row in tx.execute(text(statement))]


@pytest.mark.parametrize(("minor", "reward"), [(60_000, 12_000), (150_050, 30_010), (0, 0)])
def test_an_unpaid_reward_makes_way_for_what_the_rules_give_for_the_amount(
    joined: Database, minor: int, reward: int
) -> None:
    convert(joined, "ann")
    now_worth(joined, minor)
    assert night() == {"corrected": 1, "void": 1}
    assert found(joined, CONVERSIONS) == [(100_000, "cancelled"), (minor, "active")]
    anew = (2, reward, "approved" if reward else "void")
    assert found(joined, REWARDS) == [(1, 20_000, "void"), anew]


def test_a_night_without_another_change_corrects_nothing_again(joined: Database) -> None:
    convert(joined, "ann")
    now_worth(joined, 60_000)
    night()
    before = found(joined, REWARDS)
    assert night() == {}
    assert found(joined, REWARDS) == before


@pytest.mark.parametrize(("minor", "reward"), [(60_000, 12_000), (150_000, 30_000)])
def test_what_was_paid_is_taken_back_and_earned_anew_and_the_books_hold_the_difference(
    joined: Database, minor: int, reward: int
) -> None:
    (ann,) = convert(joined, "ann")
    with joined.transaction() as tx:
        pay(tx)
    now_worth(joined, minor)
    assert night() == {"corrected": 1, "taken back": 1}
    assert found(joined, REWARDS) == [
        (1, 20_000, "paid"),
        (1, -20_000, "approved"),
        (2, reward, "approved"),
    ]
    with joined.transaction() as tx:
        assert make.balances(tx, ann)["owed"] == 20_000 - reward
    assert night() == {}


def test_a_correction_that_is_undone_leaves_what_there_was(joined: Database) -> None:
    (ann,) = convert(joined, "ann")
    with joined.transaction() as tx:
        pay(tx)
    for minor in (60_000, 100_000):
        now_worth(joined, minor)
        night()
    with joined.transaction() as tx:
        assert "owed" not in make.balances(tx, ann)
    assert [row[0] for row in found(joined, CONVERSIONS)] == [100_000, 60_000, 100_000]


def test_the_shares_stay_those_of_the_same_claims_whatever_came_to_be_known_since(
    joined: Database,
) -> None:
    convert(joined, "ann", "bob", "cam")
    with joined.transaction() as tx:
        deal = make.value(tx, "SELECT crm_id FROM opportunities")
        early = NOW - timedelta(days=50)
        late = make.participant(tx, "dan", tier="basic")
        make.referral(tx, late, opportunity_crm_id=deal, submitted_at=early)
    now_worth(joined, 100_001)
    night()
    shares = "SELECT participant_id, value_minor FROM shares WHERE conversion_id = 2 ORDER BY 1"
    assert found(joined, shares) == [(1, 33_334), (2, 33_334), (3, 33_333)]
    referrals = "SELECT conversion_id, count(*) FROM referrals GROUP BY 1 ORDER BY 1"
    assert found(joined, referrals) == [(2, 3), (None, 1)]
    assert replayed(joined) == ["credited to 3 claims"]


def replayed(database: Database) -> list[str]:
    """Replay what the night decided of the conversion that took the other's place."""
    sample = programs()[1].program
    linear = replace(sample, attribution=replace(sample.attribution, model=Model.LINEAR))
    with database.transaction() as tx:
        decided = list(
            replay_queries.conversions(tx, TODAY, "America/New_York", NOW + timedelta(hours=1))
        )
    [corrected] = [each for each in decided if each.found.conversion_id == 2]
    again = list(replays.conversion(corrected, {1: linear}))
    assert {each.verdict for each in again} == {replays.Verdict.SAME}
    return [each.decision for each in again]


def programs() -> dict[int, Version]:
    source = (Path(__file__).parents[2] / "config" / "program.toml").read_text(encoding="utf-8")
    return {1: Version(1, date(2026, 1, 1), read_program(source, "the sample"))}


def test_both_conversions_say_what_was_corrected(joined: Database) -> None:
    convert(joined, "ann")
    now_worth(joined, 70_000)
    night()
    story = "SELECT action, reason FROM audit_events WHERE subject = 'conversion' AND subject_id = "
    changed = (
        "the deal's amount was changed from 1,000.00 USD to 700.00 USD in the CRM on 2026-06-29"
    )
    assert found(joined, f"{story} 1 ORDER BY id")[-1] == ("cancelled", changed)
    assert found(joined, f"{story} 2 ORDER BY id")[-1] == (
        "corrected",
        f"it stands in the place of conversion 1, since {changed}",
    )


def test_every_story_of_a_correction_comes_out_the_same_again(joined: Database) -> None:
    convert(joined, "ann", "bob")
    with joined.transaction() as tx:
        sent = make.submit(tx, make.reserved(tx, 1))
        make.settle(tx, sent, Paid("tr_1"))
    now_worth(joined, 80_000)
    night()
    versions = programs()
    subjects = [
        (Kind.CONVERSION, 1),
        (Kind.CONVERSION, 2),
        *((Kind.REWARD, n) for n in range(1, 6)),
    ]
    stories = []
    for kind, number in subjects:
        with joined.transaction() as tx:
            story = explanations.tell(explanation_queries.read(tx, kind, number), versions)
        stories.append("\n".join(line for part in story.sections for line in part.sentences))
    assert [story for story in stories if "DIFFERS" in story] == []
    assert "it stands in the place of conversion 1" in stories[1]
    assert "the deal's amount was changed from 1,000.00 USD to 800.00 USD" in stories[0]


@pytest.mark.parametrize("days_before", [0, 20])
def test_what_is_refunded_even_before_the_win_counts_of_the_corrected_amount(
    joined: Database, days_before: int
) -> None:
    convert(joined, "ann", crm_id=DEAL)
    with joined.transaction() as tx:
        pay(tx)
        make.refunded(tx, DEAL, 40_000, NOW - timedelta(days=days_before))
    night()
    assert found(joined, REWARDS)[1:] == [(1, -8_000, "approved")]
    now_worth(joined, 80_000)
    night()
    night()
    given = "SELECT conversion_id, sum(amount_minor) FROM rewards GROUP BY 1 ORDER BY 1"
    assert found(joined, given) == [(1, 0), (2, 8_000)]


def test_a_deal_that_is_lost_after_a_correction_takes_everything_back(joined: Database) -> None:
    (ann,) = convert(joined, "ann")
    with joined.transaction() as tx:
        pay(tx)
    now_worth(joined, 150_000)
    night()
    now_worth(joined, 150_000, is_won=False, won_at=None, stage="Closed Lost")
    from tasks import conversions as tasks  # noqa: PLC0415 - Prefect

    assert dict(cast("Any", tasks.cancel).fn(TODAY)) == {"cancelled": 1}
    night()
    with joined.transaction() as tx:
        assert make.balances(tx, ann)["owed"] == 20_000
    assert found(joined, "SELECT state FROM rewards WHERE conversion_id = 2") == [("void",)]


def test_a_reward_that_was_never_computed_is_computed_for_the_corrected_amount(
    joined: Database,
) -> None:
    with joined.transaction() as tx:
        make.conversion(tx, make.participant(tx, tier="basic"))
    now_worth(joined, 70_000)
    assert night() == {"corrected": 1}
    assert found(joined, REWARDS) == [(2, 14_000, "approved")]


def test_an_approver_is_asked_again_about_another_amount(joined: Database) -> None:
    convert(joined, "ann", amount_minor=300_000)
    assert found(joined, REWARDS) == [(1, 60_000, "waiting")]
    now_worth(joined, 400_000)
    night()
    assert found(joined, REWARDS) == [(1, 60_000, "void"), (2, 80_000, "waiting")]


LEFT = "SELECT reason FROM audit_events WHERE action = 'left to a person'"


@pytest.mark.parametrize(
    ("spoil", "change", "says"),
    [
        ("SELECT 1", {"currency": "EUR"}, "in the other currency"),
        ("UPDATE rewards SET state = 'rejected'", {}, "a person rejected a reward"),
    ],
)
def test_what_only_a_person_can_say_is_left_as_it_is_and_written_down_once(
    joined: Database, spoil: str, change: dict[str, str], says: str
) -> None:
    convert(joined, "ann", amount_minor=300_000)
    with joined.transaction() as tx:
        if "rejected" in spoil:
            reject(tx)
    now_worth(joined, 400_000, **change)
    before = found(joined, REWARDS)
    assert [correct(), correct()] == [{"changed, for a person": 1}] * 2
    assert found(joined, REWARDS) == before
    [[reason]] = found(joined, LEFT)
    assert says in reason


def reject(tx: Connection) -> None:
    seen = Money(60_000, "USD")
    approvals.decide(
        tx, approvals.Ruling(1, "olivia", approve=False, seen=seen, reason="no"), TODAY
    )


def test_what_was_given_in_kind_is_not_given_a_second_time(joined: Database) -> None:
    with joined.transaction() as tx:
        ann = make.participant(tx, "ann", tier="basic")
        number = make.conversion(tx, ann)
        perk = replace(make.INCENTIVE, pay=Pay.PERK, benefit={"perk": "Ticket"})
        [earned] = make.earned(tx, [number], Money(40_000, "USD"))
        rewards.record_earned(tx, [replace(earned, incentive=perk)], TODAY)
        conversions.mark_rewarded(tx, [number], TODAY)
        make.judge(tx, 0)
        make.reserved(tx, 1, rail=Rail.PERK)
    now_worth(joined, 60_000)
    assert correct() == {"changed, for a person": 1}
    [[reason]] = found(joined, LEFT)
    assert reason.endswith("what was given in kind would be given a second time")


def test_a_payout_that_the_provider_took_back_is_left_to_a_person(joined: Database) -> None:
    convert(joined, "ann")
    with joined.transaction() as tx:
        pay(tx)
        tx.execute(text("UPDATE payouts SET state = 'reversed', reversed_minor = amount_minor"))
    now_worth(joined, 60_000)
    assert correct() == {"changed, for a person": 1}
    with joined.transaction() as tx:
        tx.execute(text("UPDATE payouts SET state = 'paid', reversed_minor = 0"))


def test_a_reward_that_is_taken_back_for_a_correction_does_not_use_its_cap_up(
    joined: Database,
) -> None:
    (ann,) = convert(joined, "ann")
    with joined.transaction() as tx:
        pay(tx)
    now_worth(joined, 60_000)
    correct()
    once = replace(make.INCENTIVE, name="Reseller margin, basic", cap=Cap(Period.YEAR, count=1))
    with joined.transaction() as tx:
        book = reward_queries.cap_book(tx, [ann])
    assert book.used(ann, once, TODAY, "USD") == Used()


def test_nothing_is_corrected_after_the_days_to_take_back_are_over(joined: Database) -> None:
    with joined.transaction() as tx:
        deal = make.deal(tx, close_on=TODAY - timedelta(days=92))
        ann, early = make.participant(tx, tier="basic"), NOW - timedelta(days=99)
        make.program(tx)
        make.referral(tx, ann, opportunity_crm_id=deal, submitted_at=early)
        conversions.record(tx, [make.detected(*make.candidates(tx, deal))], TODAY)
    now_worth(joined, 60_000)
    assert night() == {}
    assert found(joined, CONVERSIONS) == [(100_000, "active")]
