"""One story through every door: what a night leaves to people is decided, and the next night pays.

Two approvers in the browser, one in the orchestrator's form (its task, without the server), one at
the terminal; an operator repairs a payout that the provider refused, and reruns it in the browser.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from benchmarks.served import running
from goodword.actions import decision_codes
from tests.cli.conftest import goodword
from tests.flows.conftest import Trial, Trials
from tests.flows.small_company import Firm
from tests.web.browsing import Console, tab
from tests.web.conftest import Late

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from playwright.sync_api import Browser

    from sandbox.world import Company
    from tests.conftest import Template

pytestmark = pytest.mark.prefect

# The console goes by the clock: the first night was yesterday's, the next one is today's.
NEXT = datetime.now(ZoneInfo("America/New_York")).date()
FIRST = NEXT - timedelta(days=1)
BEFORE_PAYING = ("sync", "review", "detect", "compute", "approve")


def ago(days: int) -> str:
    return (FIRST - timedelta(days=days)).isoformat()


def company() -> Company:
    """Return one that owes 6,000.00, 750.00 and 800.00, and 200.00 that asks nobody."""
    firm = Firm()
    for who, name, amount in (
        ("anna", "Adatum", "60000.00"),
        ("bert", "Bellows", "7500.00"),
        ("cleo", "Contoso", "8000.00"),
        ("dora", "Datum", "2000.00"),
    ):
        firm.participant(who, "affiliate")
        domain = f"{name.lower()}.example"
        firm.claim("referrals", who, ago(50), company=name, domain=domain, channel="email")
        account = firm.account(name, domain)
        firm.deal(account, amount, ("Qualification", ago(29)), ("Closed Won", ago(15)))
    return firm.company(FIRST)


@pytest.fixture
def trial(template: Template, prefect_server: str) -> Iterator[Trial]:
    assert prefect_server
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GOODWORD_FIRST_WAIT", "0")
        with Trials(template)(company()) as opened:
            yield opened


def restrict(trial: Trial, account: str, capability: str) -> None:
    """Let the provider restrict an account, or no longer."""
    with trial.world.lock:
        found = trial.world.stripe.accounts.find(account)
        assert found is not None
        found["capabilities"]["transfers"] = capability


def first_night(trial: Trial) -> None:
    """Run it; dora's account is restricted after her payout was planned, before it is sent."""
    from tasks import payout_plans  # noqa: PLC0415 - Prefect, once its server is up

    for stage in BEFORE_PAYING:
        assert trial.night(FIRST, only=stage).failures == []
    payout_plans.plan.fn(FIRST)
    restrict(trial, "acct_1dora", "inactive")
    assert trial.night(FIRST).failures == []


def in_the_form(trial: Trial, approver: str, lines: str, today: date) -> str:
    """Approve as the orchestrator's form does, by an own code; returns what it says."""
    from tasks import decisions  # noqa: PLC0415 - Prefect, once its server is up

    with trial.database.transaction() as tx:
        code = decision_codes.issue(tx, approver, today).code
    answer = decisions.Answer(decision=decisions.Decision.APPROVE, rewards=lines, code=code)
    return decisions.take(answer, "the form", today).sentence


def reward_of(trial: Trial, who: str) -> int:
    return int(
        trial.value(
            "SELECT r.id FROM rewards r JOIN participants p ON p.id = r.participant_id"
            " WHERE p.key = :who",
            who=who,
        )
    )


def states(trial: Trial) -> dict[str, str]:
    found = trial.rows(
        "SELECT p.key, r.state FROM rewards r JOIN participants p ON p.id = r.participant_id"
    )
    return {row.key: row.state for row in found}


def test_what_people_decide_at_every_door_is_paid_the_next_night_and_explained(
    trial: Trial, chromium: Browser
) -> None:
    first_night(trial)
    waiting = {"anna": "waiting", "bert": "waiting", "cleo": "waiting"}
    assert states(trial).items() >= waiting.items()
    from web.app import create_app  # noqa: PLC0415 - FastAPI

    with running(create_app(Late())) as url:
        console = Console(trial.database, url)
        anna, bert, cleo, dora = (reward_of(trial, who) for who in ("anna", "bert", "cleo", "dora"))

        for approver, state in (("ann", "waiting"), ("ben", "approved")):
            with tab(chromium, console.signed_in("approver", name=approver)) as page:
                page.goto("/console/rewards")
                page.goto(f"/console/rewards/{anna}")
                page.get_by_role("button", name="Approve 6,000.00 USD").click()
                page.wait_for_load_state()
            assert states(trial)["anna"] == state

        said = in_the_form(trial, "ben", f"{bert} 750.00 USD;", NEXT)
        assert said == "approved 1"
        refused = goodword(
            "rewards", "reject", str(cleo), "--as", "ann", "--reason", "Contoso is our own"
        )
        assert (refused.code, refused.err) == (0, "")

        restrict(trial, "acct_1dora", "active")
        payout = trial.value("SELECT id FROM payouts WHERE state = 'refused'")
        with tab(chromium, console.signed_in("operator", name="olivia")) as page:
            page.goto(f"/console/payouts/{payout}")
            page.get_by_role("button", name=f"Rerun payout {payout}").click()
            page.wait_for_load_state()

        assert trial.night(NEXT).failures == []
        assert states(trial) == {
            "anna": "paid",
            "bert": "paid",
            "cleo": "rejected",
            "dora": "paid",
        }
        assert trial.broken() == []

        reader = console.signed_in("auditor")
        for number, word in (
            (anna, "ann"),
            (anna, "ben"),
            (cleo, "Contoso is our own"),
            (dora, "paid"),
        ):
            assert word in reader.get(f"/console/explained/reward/{number}").text
        trail = reader.get("/console/audit", about="reward", number=anna).text
        assert "ann" in trail
        assert "ben" in trail
        assert "olivia" in reader.get("/console/audit", about="payout", number=payout).text
