"""A dispute from night to night: what it holds is not paid, late ones are told, the rest goes on.

By bank file, so that Stripe is asked nothing.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import text

from goodword.rules.disputes import Outcome
from tests import factories as make
from tests.contested import TODAY, Place

if TYPE_CHECKING:
    from goodword.db.session import Database


def plan(today: date) -> dict[str, int]:
    from tasks import payout_plans  # noqa: PLC0415 - Prefect

    return dict(cast("Any", payout_plans.plan).fn(today))


def keep_terms(today: date) -> dict[str, int]:
    from tasks import disputes  # noqa: PLC0415 - Prefect

    return dict(cast("Any", disputes.keep_terms).fn(today))


def test_nothing_of_a_disputed_deal_is_paid_until_the_ruling_is_final(joined: Database) -> None:
    with joined.transaction() as tx:
        place = Place(tx)
        by_file = "UPDATE participants SET payout_method = 'bank_file', currency = 'EUR', iban = :i"
        tx.execute(text(by_file), {"i": "NL91ABNA0417164300"})
        (reward,) = place.reward(place.convert(place.win(currency="EUR")), "EUR")
    assert plan(TODAY) == {"planned": 1}
    with joined.transaction() as tx:
        place.tx = tx
        dispute = place.open()
    assert plan(TODAY + timedelta(days=1)) == {"given back": 1, "carried over": 1}
    with joined.transaction() as tx:
        place.tx = tx
        carried = make.value(tx, "SELECT carried_because FROM rewards WHERE id = :r", r=reward)
        assert carried == f"who is credited is in dispute ({dispute})"
        place.rule(dispute, Outcome.UPHELD, today=TODAY + timedelta(days=2))
    last = TODAY + timedelta(days=9)
    assert keep_terms(last) == {}
    assert plan(last) == {"carried over": 1}
    assert keep_terms(last + timedelta(days=1)) == {"disputes closed": 1}
    assert plan(last + timedelta(days=1)) == {"planned": 1}


def test_rulings_to_be_made_are_reminded_of_and_late_ones_escalated(joined: Database) -> None:
    with joined.transaction() as tx:
        Place(tx).open()
    assert keep_terms(TODAY) == {"reminders of disputes": 1}
    late = TODAY + timedelta(days=6)
    assert keep_terms(late) == {"disputes escalated": 1, "reminders of disputes": 1}
    with joined.transaction() as tx:
        recipients = (
            "SELECT string_agg(recipient, ' ' ORDER BY id) FROM messages WHERE template = :t"
        )
        assert make.value(tx, recipients, t="disputes_waiting") == (
            "partner-desk@harbour-software.example head-of-partners@harbour-software.example"
        )
