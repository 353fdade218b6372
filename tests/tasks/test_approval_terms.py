"""What the night does about rewards that wait: lapses, more people, and reminders."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, cast

from goodword.actions import approvals
from goodword.money import Money
from tests import factories as make

if TYPE_CHECKING:
    from goodword.db.session import Database

SEEN = Money(600_000, "USD")


def night(on: date) -> dict[str, int]:
    from tasks import approvals as tasks  # noqa: PLC0415 - Prefect

    did = cast("Any", tasks.approve).fn(on) + cast("Any", tasks.remind).fn(on, "goodword")
    return dict(did)


def test_a_night_asks_people_reminds_them_escalates_and_lets_a_first_approval_lapse(
    joined: Database,
) -> None:
    with joined.transaction() as tx:
        make.reward(tx, make.participant(tx, "ann"), SEEN.minor)
    assert night(make.TODAY) == {"waiting for people": 1, "reminders queued": 1}
    assert night(make.TODAY) == {}
    with joined.transaction() as tx:
        ruling = approvals.Ruling(1, "carol", approve=True, seen=SEEN, reason="")
        assert approvals.decide(tx, ruling, make.TODAY) == "waiting"
    late = {"reminders queued": 1, "escalations queued": 1}
    assert night(make.TODAY + timedelta(days=13)) == late
    assert night(make.TODAY + timedelta(days=14)) == late | {"approvals lapsed": 1}


def test_where_an_approver_has_an_account_the_shared_address_is_spared(joined: Database) -> None:
    with joined.transaction() as tx:
        make.insert(tx, "staff", name="carol", email="carol@harbour.example", roles=["approver"])
        make.reward(tx, make.participant(tx, "ann"), SEEN.minor)
    assert night(make.TODAY) == {"waiting for people": 1}
    assert night(make.TODAY + timedelta(days=3)) == {"escalations queued": 1}


def test_a_part_that_waits_is_asked_of_more_people_in_the_night_that_brings_the_rest(
    joined: Database,
) -> None:
    with joined.transaction() as tx:
        deal = make.conversion(tx, make.participant(tx, "ann"))
        make.part(tx, deal, "margin", 300_000)
    assert night(make.TODAY)["waiting for people"] == 1
    with joined.transaction() as tx:
        make.part(tx, deal, "bonus", 300_000)
    did = night(make.TOMORROW)
    assert (did["waiting for people"], did["asked of more people"]) == (1, 1)
    with joined.transaction() as tx:
        assert make.value(tx, "SELECT array_agg(approvals_needed) FROM rewards") == [2, 2]
