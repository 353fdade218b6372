"""One small company, made by the program's own actions, for what `goodword explain` tells of it.

Registration 1 won deal 1 (reward 1: paid, then taken back by reward 4); two touches share deal 2
(reward 2: waiting); referral 1 is a qualified lead (reward 3: its payout was refused).
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text

from goodword.actions import (
    approvals,
    claims,
    conversions,
    import_files,
    imports,
    nights,
    opportunities,
    payouts,
    programs,
    referrals,
    rewards,
    settlements,
)
from goodword.actions import live_claims as live_actions
from goodword.actions import new_claims as new_actions
from goodword.db.queries import clawbacks
from goodword.db.queries import conversions as conversion_queries
from goodword.db.queries import explanations as queries
from goodword.db.queries import live_claims as live_queries
from goodword.db.queries import new_claims as new_queries
from goodword.db.queries import payouts as payout_queries
from goodword.db.queries import rewards as reward_queries
from goodword.db.session import instant
from goodword.money import Money
from goodword.program import digest, read_program
from goodword.rules import approvals as approval_rules
from goodword.rules import attribution, crm, explanations, live_claims, new_claims
from goodword.rules import conversions as conversion_rules
from goodword.rules.books import CapBook
from goodword.rules.earnings import Rules, earn
from goodword.rules.explanations import Kind, Version
from goodword.rules.imports import Kind as ImportKind
from goodword.rules.payout_plans import Planned
from goodword.rules.payouts import Paid, Rail, Refused
from goodword.rules.refunds import judge
from tests import factories as make

if TYPE_CHECKING:
    from goodword.db.session import Database

ZONE = "America/New_York"
SAMPLE = (Path(__file__).parents[2] / "config" / "program.toml").read_text()
EARLY = SAMPLE.replace("effective_on = 2026-01-01", "effective_on = 2025-01-01")
LATER = (
    SAMPLE.replace("effective_on = 2026-01-01", "effective_on = 2026-03-01")
    .replace('model = "first_touch"', 'model = "linear"')
    .replace('amount = "20%"', 'amount = "25%"', 1)
)

FABRIKAM, CONTOSO, LITWARE = "001000000000001AAA", "001000000000002AAA", "001000000000003AAA"
SEATS, CLOUD, PILOT = "006000000000001AAA", "006000000000002AAA", "006000000000003AAA"
SYNCED = datetime(2026, 3, 20, tzinfo=UTC)

_PEOPLE = """\
key,kind,name,tier,email,stripe_account,company_domain
res,reseller,Nordwind,basic,res@nordwind.example,acct_1Nordwind,nordwind.example
riv,reseller,Tailspin,basic,riv@tailspin.example,acct_1Tailspin,tailspin.example
aff,affiliate,Adventure,basic,aff@adventure.example,acct_1Adventure,adventure.example
emp,employee,Erin Blake,basic,erin@harbour.example,acct_1Erin,harbour.example
"""
_ALIKE = "locale,country,currency,payout_method,stripe_customer,status"
PARTICIPANTS = "".join(
    f"{line},{'en,US,USD,stripe_transfer,,active' if number else _ALIKE}\n"
    for number, line in enumerate(_PEOPLE.splitlines())
)
REGISTRATIONS = f"""\
key,participant,company,domain,division,opportunity_id,submitted_at,evidence,expected_amount,currency
g1,res,Fabrikam,fabrikam.example,,{SEATS},2026-02-02T15:00:00Z,meeting=2026-01-30;budget,11000.00,USD
g2,riv,Fabrikam Inc.,fabrikam.example,,,2026-02-10T15:00:00Z,meeting=2026-02-09,,
"""
TOUCHES = f"""\
key,opportunity_id,domain,contact_email,at,source,participant,campaign
t1,,fabrikam.example,,2026-01-15T15:00:00Z,direct,,
t2,{CLOUD},,,2026-03-05T15:00:00Z,partner,aff,spring
t3,{CLOUD},,,2026-03-08T15:00:00Z,marketing,,
t4,{CLOUD},,,2025-06-01T15:00:00Z,partner,riv,
t5,{CLOUD},,,2026-03-15T15:00:00Z,partner,riv,
"""
REFERRALS = """\
key,participant,company,domain,contact_name,contact_email,submitted_at,channel,opportunity_id
f1,emp,Litware,litware.example,Lee,lee@litware.example,2026-02-20T15:00:00Z,form,
"""


def account(crm_id: str, name: str) -> crm.Account:
    website = f"https://{name.lower()}.example"
    return crm.Account(
        crm_id=crm_id,
        name=name,
        website=website,
        type=None,
        parent_crm_id=None,
        owner_crm_id=None,
        industry=None,
        country="US",
        is_deleted=False,
        master_crm_id=None,
        last_activity_on=None,
        protected_partner=None,
        protected_until=None,
        modified_at=SYNCED,
    )


def deal(crm_id: str, account_crm_id: str, name: str, stage: str, minor: int) -> crm.Opportunity:
    return crm.Opportunity(
        crm_id=crm_id,
        account_crm_id=account_crm_id,
        name=name,
        stage=stage,
        amount_minor=minor,
        currency="USD",
        close_on=date(2026, 3, 10),
        created_at=datetime(2026, 1, 5, tzinfo=UTC),
        is_closed=stage.startswith("Closed"),
        is_won=stage == "Closed Won",
        is_deleted=False,
        lead_source=None,
        type=None,
        owner_crm_id=None,
        last_activity_on=None,
        protected_partner=None,
        protected_until=None,
        division=None,
        modified_at=SYNCED,
    )


def stage_change(number: int, deal_id: str, stage: str, at: datetime) -> crm.StageChange:
    return crm.StageChange(
        crm_id=f"0080000000000{number:02}AAA",
        opportunity_crm_id=deal_id,
        stage=stage,
        amount_minor=None,
        currency="USD",
        close_on=None,
        changed_at=at,
        is_deleted=False,
        modified_at=at,
    )


DEALS = (
    deal(SEATS, FABRIKAM, "500 seats", "Closed Won", 12_000_00),
    deal(CLOUD, CONTOSO, "Cloud move", "Closed Won", 10_000_25),
    deal(PILOT, LITWARE, "Pilot", "Needs Analysis", 20_000_00),
)
STAGES = (
    stage_change(1, SEATS, "Prospecting", datetime(2026, 1, 5, 15, tzinfo=UTC)),
    stage_change(2, SEATS, "Needs Analysis", datetime(2026, 2, 15, 15, tzinfo=UTC)),
    stage_change(3, SEATS, "Closed Won", datetime(2026, 3, 10, 15, tzinfo=UTC)),
    stage_change(4, CLOUD, "Closed Won", datetime(2026, 3, 10, 16, tzinfo=UTC)),
    stage_change(5, PILOT, "Needs Analysis", datetime(2026, 3, 2, 15, tzinfo=UTC)),
)


@dataclass(frozen=True)
class Told:
    """A case with the story that is told of it."""

    case: explanations.Case
    story: explanations.Story

    @property
    def title(self) -> str:
        return self.story.title

    @property
    def whole(self) -> str:
        return "\n".join(self.said(section.heading) for section in self.story.sections)

    def said(self, heading: str) -> str:
        """Return the sentences under one heading, one a line."""
        (section,) = [section for section in self.story.sections if section.heading == heading]
        return "\n".join(section.sentences)


@dataclass(frozen=True)
class Company:
    """The database after its nights, and the programs that it went by."""

    database: Database
    versions: dict[int, Version]
    early: str = EARLY

    def tell(self, kind: Kind, number: int) -> Told:
        with self.database.transaction() as tx:
            case = queries.read(tx, kind, number)
        return self.retell(case)

    def retell(self, case: explanations.Case, program: str = EARLY) -> Told:
        """Tell a case by another text of the first version."""
        first = Version(1, self.versions[1].effective_on, read_program(program, "another text"))
        return Told(case, explanations.tell(case, {**self.versions, 1: first}))

    def document(self, kind: Kind, number: int) -> Any:
        told = self.tell(kind, number)
        document = explanations.as_document(told.case, self.versions, told.story)
        return json.loads(json.dumps(document, default=str))

    def numbers(self, kind: Kind) -> list[int]:
        """Return every number of a kind that there is."""
        with self.database.transaction() as tx:
            return list(tx.execute(text(f"SELECT id FROM {kind}s ORDER BY id")).scalars())

    def reward_of(self, key: str) -> int:
        statement = text(
            "SELECT r.id FROM rewards r JOIN participants p ON p.id = r.participant_id"
            " WHERE p.key = :key ORDER BY r.id"
        )
        with self.database.transaction() as tx:
            return int(tx.execute(statement, {"key": key}).scalars().all()[0])


def take_in(tx: Connection, kind: ImportKind, csv: str, today: date) -> None:
    batch = imports.Batch(kind, today, ZoneInfo(ZONE), "ops")
    for chunk in import_files.read_csv(io.BytesIO(csv.encode()), kind):
        report = imports.save(tx, batch, chunk)
        assert report.refused == ()


def synchronise(tx: Connection) -> None:
    accounts = [account(FABRIKAM, "Fabrikam"), account(CONTOSO, "Contoso")]
    accounts.append(account(LITWARE, "Litware"))
    for crm_object, records in (
        (crm.CrmObject.ACCOUNT, accounts),
        (crm.CrmObject.OPPORTUNITY, DEALS),
        (crm.CrmObject.STAGE_CHANGE, STAGES),
    ):
        opportunities.save_page(tx, crm_object, records, [])
    opportunities.date_wins(tx, [SEATS, CLOUD, PILOT], ZONE)


def review(tx: Connection, today: date, versions: dict[int, Version]) -> None:
    program = versions[2].program
    claims.link(tx)
    ids = new_queries.submitted(tx, today, ZONE)
    facts = new_queries.claim_facts(tx, ids, ZONE)
    verdicts = new_claims.decide_in_order(facts, program.registrations)
    new_actions.record_verdicts(tx, verdicts, today)
    live = live_queries.live_facts(tx, make.live(tx), today, ZONE, program.stages.order)
    reviewed = [
        live_actions.Reviewed(
            claim.facts.registration_id,
            claim.participant_id,
            live_claims.review(claim.facts, program.registrations, today),
            claim.won_by,
            claim.facts.expires_on,
            claim.company,
        )
        for claim in live
    ]
    live_actions.record_reviews(tx, reviewed, today)


def detect(tx: Connection, today: date, versions: dict[int, Version]) -> None:
    qualified = referrals.Qualified(1, 4, "Litware", PILOT, date(2026, 3, 2), None)
    referrals.qualify(tx, [qualified], today)
    detected = []
    for found in conversion_queries.candidates(
        tx, conversion_queries.waiting(tx, today, ZONE), ZONE
    ):
        policy = versions[found.program_version_id].program.attribution
        verdict = conversion_rules.detect(found.deal, policy)
        assert isinstance(verdict, conversion_rules.Convert)
        ats = tuple(claim.at for claim in verdict.journey)
        shares = attribution.attribute(found.deal.value_minor, ats, found.deal.won_at, policy)
        detected.append(conversions.Detected(found, policy.model, verdict.journey, shares))
    conversions.record(tx, detected, today)


def compute_and_approve(tx: Connection, today: date, versions: dict[int, Version]) -> None:
    rules = {
        number: Rules(version.program.incentives, version.program.rewards.hold_days)
        for number, version in versions.items()
    }
    ids = reward_queries.unrewarded_conversions(tx)
    earnings = reward_queries.converted_earnings(tx, ids)
    earnings += reward_queries.qualified_earnings(tx, reward_queries.unrewarded_referrals(tx), ZONE)
    rewards.record_earned(tx, earn(earnings, rules, CapBook()), today)
    approve(tx, today, versions)


def approve(tx: Connection, today: date, versions: dict[int, Version]) -> None:
    policy = versions[2].program.approvals
    judged = [
        approvals.Judged(item, approval_rules.needed(item.total, policy, item.participant_status))
        for item in reward_queries.computed(tx)
    ]
    approvals.record_judged(tx, judged, today)


def pay(tx: Connection, participant_id: int, reward_id: int, answer: Paid | Refused) -> None:
    today, now = date(2026, 3, 16), datetime(2026, 3, 16, 6, tzinfo=UTC)
    row = tx.execute(
        text("SELECT amount_minor, currency FROM rewards WHERE id = :id"), {"id": reward_id}
    ).one()
    money = Money(row.amount_minor, row.currency)
    plan = Planned(participant_id, money, Rail.STRIPE_TRANSFER, "acct_1Here", (reward_id,))
    (payout,) = payout_queries.by_ids(tx, payouts.reserve(tx, [plan], today))
    request = {"amount": money.minor, "currency": "usd", "destination": payout.destination}
    payouts.submit(tx, [payouts.Submission(payout, request, payouts.key_of(payout))], now, today)
    (sent,) = payout_queries.by_ids(tx, [payout.payout_id])
    settlements.record(tx, [settlements.Outcome(sent, answer)], today)


def publish(tx: Connection, sources: Sequence[str]) -> dict[int, Version]:
    versions = {}
    for source in sources:
        program = read_program(source, "the test's program")
        number = programs.publish(tx, source, digest(source), program.effective_on, "ops")
        assert number is not None
        versions[number] = Version(number, program.effective_on, program)
    return versions


@pytest.fixture(scope="module")
def company(module_database: Database) -> Company:
    today = date(2026, 3, 12)
    with module_database.transaction() as tx:
        versions = publish(tx, [EARLY, LATER])
        take_in(tx, ImportKind.PARTICIPANTS, PARTICIPANTS, today)
        take_in(tx, ImportKind.REGISTRATIONS, REGISTRATIONS, date(2026, 2, 10))
        take_in(tx, ImportKind.TOUCHES, TOUCHES, date(2026, 3, 16))
        take_in(tx, ImportKind.REFERRALS, REFERRALS, date(2026, 2, 20))
        synchronise(tx)
    with module_database.transaction() as tx:
        started_at = instant(tx)
        review(tx, today, versions)
    with module_database.transaction() as tx:
        nights.record_stage(tx, nights.StageResult(None, today, "review", {}, (), started_at))
        detect(tx, today, versions)
        compute_and_approve(tx, today, versions)
    built = Company(module_database, versions)
    seen = Money(2_400_00, "USD")
    with module_database.transaction() as tx:
        reward = built.reward_of("res")
        ruling = approvals.Ruling(reward, "ann", approve=True, seen=seen, reason="as agreed")
        approvals.decide(tx, ruling, date(2026, 3, 13))
        pay(tx, 1, reward, Paid("tr_1Fabrikam"))
        refused = Refused("account_closed", "the account is closed", "Ask for another account.")
        pay(tx, 4, built.reward_of("emp"), refused)
        take_back(tx, versions)
        promoted = PARTICIPANTS.replace("Adventure,basic", "Adventure,top")
        take_in(tx, ImportKind.PARTICIPANTS, promoted, date(2026, 3, 21))
    return built


def take_back(tx: Connection, versions: dict[int, Version]) -> None:
    today = date(2026, 3, 20)
    conversions.cancel(tx, [conversions.Cancelled(1, today, "the deal was lost again")])
    taken = []
    for item in clawbacks.doubtful(tx):
        policy = versions[item.program_version_id].program.rewards
        judged = judge(item.earned, item.lost, item.value_minor, policy)
        taken.append(rewards.TakenBack(item, judged))
    rewards.take_back(tx, taken, today)
    approve(tx, today, versions)
