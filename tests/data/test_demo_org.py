"""A demo org's own export: 774 opportunities that share 25 stamps, and no users."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pytest

from goodword.rules.crm_policy import CrmPolicy
from goodword.wiring import close, wiring
from sandbox.data import load_company
from sandbox.server import Sandbox
from sandbox.world import Company

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasks.nights import Report
    from tests.flows.conftest import Trial, Trials

pytestmark = pytest.mark.prefect

BEFORE = date(2018, 11, 1)  # the oldest stamp is of the 5th
AFTER = date(2021, 6, 6)  # the newest is of the 5th
STRANGER = "00D000000000001EAA"
SMALL_PAGE = 40  # below the number of deals that share a stamp
OURS = CrmPolicy(time_zone="America/New_York")  # as the sample program has it


READ = "SELECT o::text FROM opportunities o ORDER BY crm_id"


@dataclass
class FirstLoad:
    """What a first load of the whole org read, and what came of pointing at another org then."""

    report: Report
    read: list[str]
    stranger: Report
    touched_by_the_stranger: set[str]


@dataclass
class Org:
    """The org after two nights: before it had anything, and after all of it had happened."""

    trial: Trial
    first: Report
    second: Report
    again: Report


@pytest.fixture(scope="module")
def demo(shared: Path) -> Company:
    folder = shared / "salesforce-demo-org"
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}")
    return load_company(folder)


@pytest.fixture(scope="module")
def first_load(trial: Trials, demo: Company) -> FirstLoad:
    other = Company(name="Another", org_id=STRANGER, tables={"Account": []})
    with trial(demo) as opened, Sandbox(other) as stranger:
        report = opened.night(AFTER, only="sync")
        read, before = [row[0] for row in opened.rows(READ)], opened.dump()
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("GOODWORD_SALESFORCE_API_BASE", stranger.base_url)
            fresh()
            refused = opened.night(AFTER, only="sync")
        after = opened.dump()
        touched = {name for name in before if before[name] != after[name]}
        return FirstLoad(report, read, refused, touched)


@pytest.fixture(scope="module")
def org(trial: Trials, demo: Company, first_load: FirstLoad) -> Iterator[Org]:
    """Read as one window in small pages, after a first load that found nothing."""
    assert first_load.report.failures == []  # it is over: trials are opened one at a time
    with trial(demo) as opened:
        first = opened.night(BEFORE, only="sync")
        fresh()
        wiring().crm("USD", OURS)._page_size = SMALL_PAGE  # type: ignore[attr-defined]
        second = opened.night(AFTER, only="sync")
        yield Org(opened, first, second, opened.night(AFTER, only="sync"))


def fresh() -> None:
    """Forget settings and log-ins, as the next night's process would."""
    close()


def sync(report: Report) -> dict[str, int]:
    assert report.failures == []
    return dict(report.tallies[0].outcomes)


def test_deals_that_share_a_stamp_are_read_once_each_across_pages(org: Org) -> None:
    assert "new opportunities" not in sync(org.first)
    assert sync(org.second)["new opportunities"] == 774
    assert sync(org.first)["new accounts"] + sync(org.second)["new accounts"] == 83
    stamps = "SELECT count(*), count(DISTINCT modified_at) FROM opportunities"
    assert org.trial.rows(stamps) == [(774, 25)]
    shared = "SELECT max(n) FROM (SELECT count(*) AS n FROM opportunities GROUP BY modified_at) x"
    assert org.trial.value(shared) > SMALL_PAGE


def test_reading_again_finds_nothing_new(org: Org) -> None:
    assert sync(org.again) == {}
    assert org.trial.broken() == []


def test_partner_accounts_and_a_name_that_two_accounts_have_are_kept(org: Org) -> None:
    assert org.trial.value("SELECT count(*) FROM accounts WHERE type = 'Partner'") == 12
    assert org.trial.value("SELECT count(*) FROM accounts WHERE name = 'Nissan Motors'") == 2
    assert org.trial.value("SELECT count(*) FROM accounts WHERE domain IS NOT NULL") >= 75
    assert org.trial.value("SELECT count(*) FROM opportunities WHERE account_crm_id IS NULL") == 0


def test_an_org_that_exported_no_users_is_read_without_them(org: Org) -> None:
    assert org.trial.value("SELECT count(*) FROM crm_users") == 0
    won = "SELECT count(*) FROM opportunities WHERE is_won AND won_at IS NOT NULL"
    assert org.trial.value(won) == 640


def test_a_first_load_reads_the_same_as_windows_do(first_load: FirstLoad, org: Org) -> None:
    assert sync(first_load.report)["new opportunities"] == 774
    assert [row[0] for row in org.trial.rows(READ)] == first_load.read


def test_a_database_that_mirrors_one_org_refuses_another(
    first_load: FirstLoad, demo: Company
) -> None:
    assert first_load.stranger.failures[0] == (
        f"sync: This database mirrors the CRM organisation {demo.org_id}, but {STRANGER} answered."
        " Mixing two would lose claims. Point the settings back, or use another database: with the"
        " embedded one, set GOODWORD_HOME to a new folder."
    )
    assert first_load.touched_by_the_stranger == set()
