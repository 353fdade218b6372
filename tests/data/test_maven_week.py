"""A week of nights on the "CRM Sales Opportunities" data, and one half a year later."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import requests

from cli.doctor import examine
from goodword.companies import name_key
from goodword.wiring import close, wiring
from tests.data.maven_claims import (
    FIRST_NIGHT,
    LAST_NIGHT,
    NOT_PAYABLE,
    PEOPLE,
    TWO_ACCOUNTS,
    Maven,
    stripe_account,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasks.nights import Report
    from tests.flows.conftest import Trial, Trials

pytestmark = pytest.mark.prefect

YEAR_END = date(2017, 12, 31)
ZONE = ZoneInfo("America/New_York")
WEEK = [FIRST_NIGHT + timedelta(days=n) for n in range((LAST_NIGHT - FIRST_NIGHT).days + 1)]


@dataclass
class Week:
    """What the nights left, seen after each."""

    trial: Trial
    maven: Maven
    reports: dict[date, Report] = field(default_factory=dict)
    broken: dict[date, list[str]] = field(default_factory=dict)
    converted: dict[date, set[str]] = field(default_factory=dict)
    mirrored: dict[date, int] = field(default_factory=dict)
    changed_by_a_second_run: list[str] = field(default_factory=list)
    sent_by_a_second_run: Counter[str] = field(default_factory=Counter)

    def run(self, night: date) -> None:
        before = self._conversions()
        self.reports[night] = self._night(night)
        self.broken[night] = self.trial.broken()
        self.converted[night] = self._conversions() - before
        self.mirrored[night] = self.trial.value("SELECT count(*) FROM opportunities")

    def run_again(self, night: date) -> None:
        before, sent = self.trial.dump(), self.trial.sent()
        self._night(night)
        after = self.trial.dump()
        self.changed_by_a_second_run = [name for name in before if before[name] != after[name]]
        self.sent_by_a_second_run = Counter(self.trial.sent()) - Counter(sent)

    def _night(self, night: date) -> Report:
        """Run a night as a process of its own would: it logs in to the CRM anew."""
        close()
        return self.trial.night(night)

    def _conversions(self) -> set[str]:
        return {row[0] for row in self.trial.rows("SELECT opportunity_crm_id FROM conversions")}


@pytest.fixture(scope="module")
def week(trial: Trials, shared: Path) -> Iterator[Week]:
    folder = shared / "maven-crm"
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}")
    maven = Maven(folder)
    with trial(maven.company) as opened:
        opened.world.salesforce.put_raw("Account", maven.twins())
        for number in range(PEOPLE):
            if number != NOT_PAYABLE:
                put_account(opened.sandbox.base_url, stripe_account(number))
        for kind in ("participants", "referrals", "registrations", "touches"):
            opened.take_in(kind, getattr(maven, kind)(), FIRST_NIGHT)
        told = Week(opened, maven)
        for night in WEEK:
            told.run(night)
        told.run_again(LAST_NIGHT)
        told.run(YEAR_END)
        yield told


def put_account(base_url: str, number: str) -> None:
    account = {"country": "US", "default_currency": "usd", "transfers": "active"}
    answer = requests.put(f"{base_url}/sandbox/stripe/accounts/{number}", json=account, timeout=60)
    answer.raise_for_status()


def test_no_night_fails_and_the_books_balance_after_each(week: Week) -> None:
    assert list(week.reports) == [*WEEK, YEAR_END]
    assert [failure for report in week.reports.values() for failure in report.failures] == []
    assert [sentence for found in week.broken.values() for sentence in found] == []


def test_each_night_mirrors_the_deals_as_they_stood_then(week: Week) -> None:
    for night, mirrored in week.mirrored.items():
        midnight = datetime.combine(night + timedelta(days=1), time(), ZONE).astimezone(UTC)
        assert mirrored == sum(deal.changed_at < midnight for deal in week.maven.deals), night


def test_deals_without_an_account_or_a_date_are_kept_and_none_is_set_aside(week: Week) -> None:
    kept = week.trial.rows(
        "SELECT count(*), count(*) FILTER (WHERE account_crm_id IS NULL),"
        " count(*) FILTER (WHERE close_on IS NULL), count(*) FILTER (WHERE amount_minor IS NULL)"
        " FROM opportunities"
    )
    assert kept == [(8800, 1425, 2089, 2089)]
    entered = "SELECT opportunity_crm_id FROM stage_changes GROUP BY 1 HAVING count(*) = 1"
    assert week.trial.value(f"SELECT count(*) FROM ({entered}) AS never_engaged") == 500
    assert week.trial.value("SELECT count(*) FROM quarantine") == 0


def test_a_deal_converts_on_the_night_of_the_day_it_was_won(week: Week) -> None:
    expected = week.maven.conversions(LAST_NIGHT)
    first = set().union(*(ids for day, ids in expected.items() if day <= FIRST_NIGHT))
    assert week.converted[FIRST_NIGHT] == first
    for night in WEEK[1:]:
        assert week.converted[night] == expected.get(night, set()), night
    assert sum(len(week.converted[night]) for night in WEEK[1:]) >= 20


def test_a_claim_reaches_its_company_however_its_name_is_spelt(week: Week) -> None:
    for table in ("referrals", "registrations"):
        claims = week.trial.rows(
            f"SELECT c.key, c.company, a.name FROM {table} c"
            " LEFT JOIN accounts a ON a.crm_id = c.account_crm_id"
            " WHERE c.opportunity_crm_id IS NULL OR c.state IN ('won', 'converted')"
        )
        linked = {row.key: (row.company, row.name) for row in claims}
        alone = {key for key in linked if key.startswith(("nobody", "twins"))}
        assert all(linked[key][1] is None for key in alone)
        for key in linked.keys() - alone:
            claimed, found = linked[key]
            assert found is not None, key
            assert key.startswith("deal") or name_key(claimed) == name_key(found), key
    assert week.trial.value("SELECT count(DISTINCT company) FROM referrals") > 50


def test_doubtful_claims_wait_for_staff_with_the_reason(week: Week) -> None:
    reasons = {
        row.key: (row.state, " ".join(row.reasons))
        for row in week.trial.rows("SELECT key, state, reasons FROM registrations")
    }
    assert reasons["twins-0"][0] == "submitted"
    assert "it may be 'Doubtful Twins' (" in reasons["twins-0"][1]
    assert "it may be 'Doubtful Twins, Inc.' (" in reasons["twins-0"][1]
    for key in (key for key in reasons if key.startswith("customer")):
        assert reasons[key][0] == "submitted", key
        assert reasons[key][1].startswith("the account is already a customer"), key
    for key in (key for key in reasons if key.startswith("rival")):
        assert reasons[key][0] == "conflicting", key
        assert "registered this account first" in reasons[key][1]
    assert reasons["bare-0"][0] == "rejected"
    assert "a claim needs a meeting" in reasons["bare-0"][1]
    assert week.trial.value(
        "SELECT count(*) FROM referrals WHERE company = :name AND account_crm_id IS NULL",
        name=TWO_ACCOUNTS,
    )


def test_a_claim_before_the_first_win_is_won_by_that_deal(week: Week) -> None:
    won = week.trial.rows(
        "SELECT r.key, r.opportunity_crm_id, a.name FROM registrations r"
        " JOIN accounts a ON a.crm_id = r.account_crm_id WHERE r.state = 'won'"
    )
    assert len(won) == len(week.maven.accounts[2::3])
    for key, deal, account in won:
        assert key.startswith("holder")
        assert deal == week.maven.first_win(account).crm_id


def test_a_second_run_of_a_night_changes_and_sends_nothing(week: Week) -> None:
    assert week.changed_by_a_second_run == []
    assert week.sent_by_a_second_run == Counter()


def test_what_is_paid_is_paid_once_and_nothing_else_was_sent(week: Week) -> None:
    transfers = week.trial.moved()
    paid = week.trial.rows(
        "SELECT y.external_id, y.amount_minor FROM payouts y WHERE y.state = 'paid'"
    )
    assert len(paid) > 20
    assert Counter((t["id"], t["amount"]) for t in transfers) == Counter(map(tuple, paid))
    for rewards, [twice] in (
        (
            "paid",
            week.trial.rows("SELECT count(*) - count(DISTINCT reward_id) FROM payout_rewards"),
        ),
    ):
        assert tuple(twice) == (0,), rewards
    owed = week.trial.value("SELECT sum(amount_minor) FROM rewards WHERE state = 'paid'")
    assert owed == sum(transfer["amount"] for transfer in transfers)


def test_who_cannot_be_paid_is_carried_over_with_the_reason(week: Week) -> None:
    carried = week.trial.rows(
        "SELECT DISTINCT p.key, r.carried_because FROM rewards r"
        " JOIN participants p ON p.id = r.participant_id"
        " WHERE r.state = 'approved' AND r.carried_because IS NOT NULL"
        " AND r.carried_because NOT LIKE '%minimum%'"
    )
    assert [tuple(row) for row in carried] == [
        (f"p{NOT_PAYABLE}", "the participant has chosen no payout method")
    ]


def test_doctor_names_the_stages_that_the_program_does_not_know(week: Week) -> None:
    assert week.trial.states("referrals").get("qualified", 0) == 0
    [stages] = [found for found in examine(wiring()) if found.what == "stages"]
    assert stages.ok is None
    assert "Won (4,238 deals), Lost (2,473 deals), Engaging (1,589 deals)" in stages.said
    assert "Prospecting" not in stages.said
