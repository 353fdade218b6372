"""The night hears the payment provider first, goes on without it, and is heard by day as well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox.stripe import invoices, refunds
from sandbox.stripe.endpoints import Call
from tests.flows.conftest import without_heartbeat
from tests.flows.small_company import Firm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasks.nights import Report
    from tests.flows.conftest import Trial, Trials

pytestmark = pytest.mark.prefect

TODAY = date(2026, 6, 30)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
CUSTOMER = "cus_adatum"


@dataclass(frozen=True)
class Heard:
    """Two nights, the first without the provider's events, and two hearings by day."""

    trial: Trial
    nights: list[Report]
    by_day: list[Mapping[str, int]]


@pytest.fixture(scope="module")
def heard(trial: Trials) -> Iterator[Heard]:
    """Anna's deal is won for 1,000.00 USD, of which the customer gets 40% back before the night."""
    from flows.hear_provider import hear_provider  # noqa: PLC0415 - Prefect, once its server is up

    firm = Firm()
    firm.participant("anna", "affiliate")
    firm.stripe_customers.append({"id": CUSTOMER})
    about = {"company": "Adatum", "domain": "adatum.example", "channel": "email"}
    firm.claim("referrals", "anna", "2026-05-10", **about)
    steps = ("Qualification", "2026-06-01"), ("Closed Won", "2026-06-20")
    deal = firm.deal(firm.account("Adatum", "adatum.example"), "1000.00", *steps)
    with trial(firm.company(TODAY)) as opened:
        opened.go_to(TODAY)
        refund_of(opened, deal)
        opened.fail("stripe", "server_error", path="^/v1/events", times=None)
        nights = [opened.night(TODAY)]
        opened.world.faults.clear()
        nights.append(opened.night(TODAY))
        with without_heartbeat(), opened.database.exclusive("night"):
            by_day = [hear_provider(now=NOON), hear_provider(now=NOON + timedelta(minutes=15))]
        yield Heard(opened, nights, by_day)


def refund_of(opened: Trial, deal: str) -> None:
    state, named = opened.world.stripe, {"opportunity_id": deal}
    bill = {"customer": CUSTOMER, "amount": 100_000, "currency": "usd", "charge_metadata": named}
    with state.lock:
        paid = invoices.bill(Call(state, "req_1", params=bill))
        asked = {"charge": paid["charge"]["id"], "amount": 40_000}
        refunds.create(Call(state, "req_2", params=asked))


def detected(report: Report) -> dict[str, int]:
    [found] = [tally for tally in report.tallies if tally.stage == "detect"]
    return dict(found.outcomes)


def test_a_night_goes_on_without_the_provider_and_the_next_takes_the_refund_back(
    heard: Heard,
) -> None:
    assert [night.failures for night in heard.nights] == [[], []]
    without, with_it = (detected(night) for night in heard.nights)
    assert without == {"provider not heard": 1, "qualified": 1, "converted": 1}
    assert with_it == {
        "events caught up": 3,
        "events done": 3,
        "refunds and disputes": 1,
        "invoices paid": 1,
    }
    amounts = heard.trial.rows("SELECT amount_minor FROM rewards ORDER BY id")
    assert [row.amount_minor for row in amounts] == [10_000, -4_000]
    assert heard.trial.broken() == []


def test_by_day_the_provider_is_heard_by_a_flow_of_its_own_beside_a_night(heard: Heard) -> None:
    assert heard.by_day == [{}, {}]
    until = heard.trial.value("SELECT heard_until FROM installation")
    assert until == NOON + timedelta(minutes=15)
