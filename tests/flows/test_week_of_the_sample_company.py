"""What `make night` shows: people act in the week before, and every step of a claim is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli import sample_week
from goodword.db.queries import status
from goodword.wiring import wiring
from sandbox.company import sample
from sandbox.company.dates import BUSINESS_DATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.flows.conftest import Trial, Trials

pytestmark = pytest.mark.prefect

OF_A_CLAIM = (
    "imported approved rejected conflicting extended expired won lost withdrawn linked routed"
).split()
BY_PEOPLE = ["asked staff", "asked for more days", "granted more days", "refused more days"]
OF_A_DISPUTE = "opened stated ruled appealed escalated closed".split()


@pytest.fixture(scope="module")
def company(trial: Trials) -> Iterator[Trial]:
    with trial(sample(opportunities=100)) as opened:
        lived = live_through()
        assert len(lived) == 8
        assert opened.night(BUSINESS_DATE).failures == []
        yield opened


def live_through() -> list[str]:
    wired = wiring()
    program = wired.program(wired.settings.program.read_text(encoding="utf-8"))
    return sample_week.live_through(wired.database, program, BUSINESS_DATE)


def test_each_step_of_claims_and_disputes_is_taken_and_has_an_example(company: Trial) -> None:
    with company.database.transaction() as tx:
        steps = {(step.subject, step.action): step for step in status.steps_of_claims(tx)}
    wanted = {("registration", action) for action in (*OF_A_CLAIM, *BY_PEOPLE)}
    wanted |= {("dispute", action) for action in OF_A_DISPUTE}
    assert wanted <= steps.keys()
    assert all(step.times >= 1 and step.example for step in steps.values())


def test_a_claim_that_was_transferred_is_its_second_partners(company: Trial) -> None:
    rows = company.rows(
        "SELECT key, state FROM registrations WHERE key LIKE 'reg-dispute-transferred-%'"
        " ORDER BY key"
    )
    assert [tuple(row) for row in rows] == [
        ("reg-dispute-transferred-1a", "withdrawn"),
        ("reg-dispute-transferred-1b", "approved"),
    ]


def test_the_lead_of_a_claimed_account_is_its_partners(company: Trial) -> None:
    (routed,) = company.rows(
        "SELECT r.key, l.protected_partner FROM routings o"
        " JOIN registrations r ON r.id = o.registration_id JOIN leads l USING (crm_id)"
    )
    assert routed.key == "reg-routed-lead-1"
    assert routed.protected_partner


def test_the_week_is_lived_through_once(company: Trial) -> None:
    before = company.dump()
    assert live_through() == []
    assert company.dump() == before
