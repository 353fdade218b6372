"""Claims of 100 partners, made from the deals of "Opportunity Tracking", and rivals' spellings.

The data: obviEnce ©, read in place. Its stages, dates, amounts and partners are as they stand; that
a deal beyond the first stage rests on evidence is ours to say, and so are the companies' websites.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text

from goodword.actions import claims, imports, new_claims, opportunities
from goodword.actions.import_files import read_csv
from goodword.companies import name_key
from goodword.db.queries import new_claims as queries
from goodword.rules import crm
from goodword.rules.imports import Kind, columns
from goodword.rules.new_claims import decide_in_order
from goodword.rules.registrations import RegistrationPolicy, window_end
from tests import factories as make

if TYPE_CHECKING:
    from goodword.db.session import Database

YEAR_END = date(2014, 12, 31)
POLICY = RegistrationPolicy(open_limit=100)  # one partner drives 90 of the deals
EVIDENCE = {
    "Lead": "",
    "Qualify": "discovery_call",
    "Solution": "budget;authority;need;timeline",
    "Proposal": "budget: asked for a proposal",
    "Finalize": "meeting: the terms; budget",
}


@dataclass(frozen=True)
class Deal:
    """One opportunity: whose, of which company, since when."""

    number: int
    account: int
    partner: int | None
    stage: str
    created_on: date
    close_on: date
    revenue: str

    @property
    def crm_id(self) -> str:
        return f"006{self.number:012}AAA"


@dataclass(frozen=True)
class Tracking:
    """The data set: companies' names and deals, by number."""

    accounts: Mapping[int, str]
    deals: tuple[Deal, ...]

    @property
    def claims(self) -> list[Deal]:
        """Return the deals that partners drive, as they were made."""
        driven = (deal for deal in self.deals if deal.partner is not None)
        return sorted(driven, key=lambda deal: (deal.created_on, deal.number))


def read(folder: Path) -> Tracking:
    def rows(name: str) -> list[dict[str, str]]:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    stages = {row["Sales Stage ID"]: row["Sales Stage"] for row in rows("salesstage")}
    driven = {row["Partner ID"] for row in rows("partner") if row["Partner Driven"] == "Yes"}
    deals = {
        row["Opportunity ID"]: Deal(
            int(float(row["Opportunity ID"])),
            int(float(row["Account ID"])),
            int(float(row["Partner ID"])) if row["Partner ID"] in driven else None,
            stages[row["Sales Stage ID"]],
            date.fromisoformat(row["Create Date"][:10]),
            date.fromisoformat(row["EstimatedCloseDate"][:10]),
            row["ProductRevenue"],
        )
        for row in rows("fact")
    }
    accounts = {int(float(row["Account ID"])): row["Account"] for row in rows("account")}
    return Tracking(accounts, tuple(deals.values()))


# The company --------------------------------------------------------------------------------------


def account_id(number: int) -> str:
    return f"001{number:012}AAA"


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def put_into_the_crm(tx: Connection, tracking: Tracking) -> None:
    nothing: dict[str, Any] = dict.fromkeys(crm.Account.__dataclass_fields__)
    stamp = {"is_deleted": False, "modified_at": at(YEAR_END)}
    accounts = [
        crm.Account(**nothing | stamp | {"crm_id": account_id(number), "name": name})
        for number, name in tracking.accounts.items()
    ]
    opportunities.save_page(tx, crm.CrmObject.ACCOUNT, accounts, [])
    nothing = dict.fromkeys(crm.Opportunity.__dataclass_fields__)
    deals = [
        crm.Opportunity(
            **nothing
            | stamp
            | {
                "crm_id": deal.crm_id,
                "account_crm_id": account_id(deal.account),
                "name": f"Opportunity #{deal.number}",
                "stage": deal.stage,
                "currency": "USD",
                "close_on": deal.close_on,
                "created_at": at(deal.created_on),
                "is_closed": False,
                "is_won": False,
                "lead_source": "Direct" if deal.partner is None else "Partner",
            }
        )
        for deal in tracking.deals
    ]
    opportunities.save_page(tx, crm.CrmObject.OPPORTUNITY, deals, [])


def take_in(tx: Connection, rows: Iterable[Mapping[str, str]]) -> imports.ImportReport:
    """Import claims from a CSV file, as `goodword import registrations` does."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, columns(Kind.REGISTRATIONS), restval="")
    writer.writeheader()
    writer.writerows(rows)
    batch = imports.Batch(Kind.REGISTRATIONS, YEAR_END, ZoneInfo("UTC"), "tests")
    report = imports.ImportReport()
    for chunk in read_csv(io.BytesIO(file.getvalue().encode()), batch.kind):
        report += imports.save(tx, batch, chunk)
    return report


def decide(tx: Connection) -> None:
    claims.link(tx)
    waiting = queries.submitted(tx, YEAR_END, "UTC")
    facts = queries.claim_facts(tx, waiting, "UTC")
    new_claims.record_verdicts(tx, decide_in_order(facts, POLICY, YEAR_END), YEAR_END)


def rows_of(tx: Connection) -> dict[str, Any]:
    return {row.key: row for row in tx.execute(text("SELECT * FROM registrations"))}


@dataclass(frozen=True)
class Decided:
    """The data set, its claims decided, and the transaction that sees them."""

    tracking: Tracking
    tx: Connection
    report: imports.ImportReport


@pytest.fixture
def decided(database: Database, shared: Path) -> Iterator[Decided]:
    folder = shared / "powerbi-opportunity-tracking"
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}")
    tracking = read(folder)
    with database.transaction() as tx:
        put_into_the_crm(tx, tracking)
        for partner in {deal.partner for deal in tracking.claims}:
            make.participant(tx, f"partner-{partner}")
        report = take_in(tx, (claim(tracking, deal) for deal in tracking.claims))
        decide(tx)
        yield Decided(tracking, tx, report)


def claim(tracking: Tracking, deal: Deal) -> dict[str, str]:
    return {
        "key": f"deal-{deal.number}",
        "participant": f"partner-{deal.partner}",
        "company": tracking.accounts[deal.account],
        "opportunity_id": deal.crm_id,
        "submitted_at": deal.created_on.isoformat(),
        "evidence": EVIDENCE[deal.stage],
        "expected_amount": deal.revenue,
        "currency": "USD",
        "expected_close_on": deal.close_on.isoformat(),
    }


# What must come of them ---------------------------------------------------------------------------


def expected(tracking: Tracking) -> dict[str, str]:
    """Say what must become of each claim, first come first served, in the plainest way."""
    direct: dict[int, list[date]] = defaultdict(list)
    for deal in tracking.deals:
        if deal.partner is None:
            direct[deal.account].append(deal.created_on)
    held: dict[int, dict[int | None, date]] = defaultdict(dict)  # until when, by partner
    states = {}
    for deal in tracking.claims:
        here, day = held[deal.account], deal.created_on
        others = [until for partner, until in here.items() if partner != deal.partner]
        undecided = date.max
        if not EVIDENCE[deal.stage] or here.get(deal.partner, date.min) >= day:
            state = "rejected"
        elif any(day <= until < undecided for until in others):
            state = "conflicting"
        elif here or any(created < day for created in direct[deal.account]):
            state = "submitted"
            here.setdefault(deal.partner, undecided)
        else:
            state = "approved"
            here[deal.partner] = window_end(day, POLICY.window_days)
        states[f"deal-{deal.number}"] = state
    return states


def test_every_claim_is_taken_in_and_decided_first_come_first_served(decided: Decided) -> None:
    assert len(decided.tracking.deals) == 486
    assert len({deal.partner for deal in decided.tracking.claims}) == 100
    assert (decided.report.new, decided.report.refused) == (len(decided.tracking.claims), ())
    found = {key: row.state for key, row in rows_of(decided.tx).items()}
    assert found == expected(decided.tracking)
    assert {"approved", "conflicting", "rejected", "submitted"} == set(found.values())


def spellings(name: str) -> dict[str, str]:
    """Write a company's name as rivals do; full-width letters have no full-width hyphen."""
    found = {
        "shouted": name.upper(),
        "with a legal form": f"The {name}, Inc.",
        "with another": f"{name} GmbH & Co. KG",
        "with points": f" {name.title()}. ",
    }
    if name.isalnum():
        found["in full width"] = "".join(chr(ord(character) + 0xFEE0) for character in name)
    return found


def test_rival_claims_with_other_spellings_of_the_same_companies_are_refused(
    decided: Decided,
) -> None:
    tracking, tx = decided.tracking, decided.tx
    make.participant(tx, "rival")
    # The mirror learns of websites: a rival may give the company's domain and any name.
    tx.execute(text("UPDATE accounts SET domain = lower(name) || '.com'"))
    spelled = Counter(name_key(name) for name in tracking.accounts.values())
    first = {key: row for key, row in rows_of(tx).items() if row.state == "approved"}
    holders = {deal.account: deal for deal in tracking.claims if f"deal-{deal.number}" in first}
    rivals: dict[str, Deal] = {}
    rows = []
    for deal in holders.values():
        name = tracking.accounts[deal.account]
        base = claim(tracking, replace(deal, created_on=deal.created_on + timedelta(days=1)))
        base |= {"opportunity_id": "", "evidence": "meeting"}
        tries = {how: {"company": written} for how, written in spellings(name).items()}
        tries["by domain"] = {"company": "Some Other Name", "domain": f"https://shop.{name}.com/"}
        for how, change in tries.items():
            for who in ("rival", f"partner-{deal.partner}"):
                key = f"{who}-{how}-{deal.number}"
                rivals[key] = deal
                rows.append(base | change | {"key": key, "participant": who})
    report = take_in(tx, rows)
    assert (report.new, report.refused) == (len(rows), ())
    decide(tx)
    found = rows_of(tx)
    for key, deal in rivals.items():
        row, holder = found[key], found[f"deal-{deal.number}"]
        if spelled[name_key(tracking.accounts[deal.account])] > 1:
            assert row.state == "submitted", key  # two accounts of one name: a person says which
        elif key.startswith("rival-"):
            assert (row.state, row.conflicts_with_id) == ("conflicting", holder.id), key
        else:
            assert row.state == "rejected", key
            assert f"you already hold claim {holder.id} on this account" in row.reasons
    assert {key: found[key].state for key in first} == dict.fromkeys(first, "approved")
