"""A company in a real database, put there by the program's own actions.

Each helper makes one thing and whatever it needs, and returns its number (a CRM record's id). What
a test does not name does not matter to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from goodword.actions import (
    approvals,
    conversions,
    opportunities,
    payouts,
    programs,
    rewards,
    settlements,
)
from goodword.actions import refunds as refund_actions
from goodword.actions.registrations import Change
from goodword.companies import name_key
from goodword.db.models import Base
from goodword.db.queries import clawbacks
from goodword.db.queries import conversions as conversion_queries
from goodword.db.queries import payouts as payout_queries
from goodword.db.queries import programs as program_queries
from goodword.db.queries import rewards as reward_queries
from goodword.money import Money
from goodword.rules import conversions as conversion_rules
from goodword.rules import crm, refunds
from goodword.rules import rewards as reward_rules
from goodword.rules.amounts import Fixed
from goodword.rules.approvals import Needed
from goodword.rules.attribution import AttributionPolicy, Model
from goodword.rules.earnings import Earned
from goodword.rules.incentives import Incentive, Pay
from goodword.rules.outcomes import Outcome
from goodword.rules.payout_plans import Planned
from goodword.rules.payouts import Answer, Rail
from goodword.rules.provider_events import GivenBack
from goodword.rules.registrations import RegistrationState

TODAY = date(2026, 6, 30)
TOMORROW = TODAY + timedelta(days=1)
NOW = datetime(2026, 6, 30, 2, tzinfo=UTC)
ZONE = "UTC"
ATTRIBUTION = AttributionPolicy(Model.LINEAR)
INCENTIVE = Incentive("standard", frozenset(), Outcome.CONVERTED, Pay.CASH, Fixed({}))

_PROGRAM = Path(__file__).parents[1] / "config" / "program.toml"
_numbers = count(1)


def insert(tx: Connection, table: str, **values: object) -> int:
    """Write one row as it is given and return its number."""
    names, given = ", ".join(values), ", ".join(f":{name}" for name in values)
    statement = text(f"INSERT INTO {table} ({names}) VALUES ({given}) RETURNING id")
    return int(tx.execute(statement, values).scalar_one())


def value(tx: Connection, statement: str, **given: object) -> Any:
    """Return what a statement says: one value."""
    return tx.execute(text(statement), given).scalar_one()


# The program and its people ---------------------------------------------------------------------


def program(tx: Connection) -> int:
    """Publish the sample program, unless one is published."""
    newest = program_queries.newest(tx)
    if newest:
        return newest.number
    source = _PROGRAM.read_text(encoding="utf-8")
    digest = hashlib.sha256(source.encode()).hexdigest()
    return programs.publish(tx, source, digest, date(2026, 1, 1), "tests") or 0


def participant(tx: Connection, key: str = "", **other: object) -> int:
    key = key or f"p{next(_numbers)}"
    person: dict[str, object] = {
        "key": key,
        "kind": "reseller",
        "name": key.title(),
        "email": f"{key}@example.com",
        "locale": "en",
        "country": "US",
        "currency": "USD",
        "tier": "silver",
        "payout_method": "stripe_transfer",
        "stripe_account": f"acct_{key}",
        "stripe_customer": f"cus_{key}",
        "status": "active",
    }
    return insert(tx, "participants", **(person | other))


# The CRM ----------------------------------------------------------------------------------------


def account(tx: Connection, **other: Any) -> str:
    number = next(_numbers)
    record: dict[str, Any] = dict.fromkeys(crm.Account.__dataclass_fields__)
    record |= {"crm_id": f"001{number:015}", "name": f"Company {number}", "is_deleted": False}
    record |= {"website": f"company{number}.example", "modified_at": NOW, **other}
    opportunities.save_page(tx, crm.CrmObject.ACCOUNT, [crm.Account(**record)], [])
    return str(record["crm_id"])


def deal(tx: Connection, **other: Any) -> str:
    """Make a deal that was won ten days ago for 1,000.00 dollars."""
    number = next(_numbers)
    won = {"is_closed": True, "is_won": True, "stage": "Closed Won"}
    record: dict[str, Any] = dict.fromkeys(crm.Opportunity.__dataclass_fields__)
    record |= {"crm_id": f"006{number:015}", "name": f"Deal {number}", "is_deleted": False, **won}
    record |= {"amount_minor": 100_000, "currency": "USD", "close_on": TODAY - timedelta(days=10)}
    record |= {"created_at": NOW - timedelta(days=60), "modified_at": NOW, **other}
    opportunities.save_page(tx, crm.CrmObject.OPPORTUNITY, [crm.Opportunity(**record)], [])
    opportunities.date_wins(tx, [record["crm_id"]], ZONE)
    return str(record["crm_id"])


def lead(tx: Connection, **other: Any) -> str:
    """Make an open lead that came yesterday."""
    number = next(_numbers)
    record: dict[str, Any] = dict.fromkeys(crm.Lead.__dataclass_fields__)
    record |= {"crm_id": f"00Q{number:015}", "company": f"Company {number}", "status": "Open"}
    record |= {"website": f"company{number}.example", "contact_name": f"Contact {number}"}
    record |= {"is_converted": False, "is_deleted": False, "created_at": NOW - timedelta(days=1)}
    record |= {"modified_at": NOW, **other}
    opportunities.save_page(tx, crm.CrmObject.LEAD, [crm.Lead(**record)], [])
    return str(record["crm_id"])


# Claims -----------------------------------------------------------------------------------------


def referral(tx: Connection, participant_id: int, **other: object) -> int:
    number = next(_numbers)
    row: dict[str, object] = {
        "key": f"referral-{number}",
        "participant_id": participant_id,
        "company": f"Company {number}",
        "name_key": name_key(f"Company {number}"),
        "submitted_at": NOW - timedelta(days=30),
        "channel": "form",
    }
    return insert(tx, "referrals", **(row | other))


def registration(tx: Connection, participant_id: int, company: str = "", **other: object) -> int:
    """Make a submitted registration; two of one company are in one place."""
    number = next(_numbers)
    company = company or f"Company {number}"
    row: dict[str, object] = {
        "key": f"registration-{number}",
        "participant_id": participant_id,
        "company": company,
        "name_key": name_key(company),
        "submitted_at": NOW - timedelta(days=30),
        "evidence": '[{"kind": "meeting"}]',
    }
    return insert(tx, "registrations", **(row | other))


def live(tx: Connection) -> list[int]:
    """Return the registrations that protect their accounts."""
    live_ = "SELECT id FROM registrations WHERE state IN ('approved', 'extended') ORDER BY id"
    return list(tx.execute(text(live_)).scalars())


def approval_of(registration_id: int, participant_id: int, actor: str = "staff") -> Change:
    """Return the change by which staff approves a registration."""
    return Change(
        registration_id,
        participant_id,
        RegistrationState.APPROVED,
        ("it is theirs",),
        actor,
        TODAY + timedelta(days=60),
    )


def detected(candidate: conversion_queries.Candidate) -> conversions.Detected:
    """Return what the rules say of a won deal that somebody claims."""
    verdict = conversion_rules.detect(candidate.deal, ATTRIBUTION)
    assert isinstance(verdict, conversion_rules.Convert)
    credited = conversion_rules.credit(candidate.deal, verdict, ATTRIBUTION)
    return conversions.Detected.of(candidate, ATTRIBUTION.model, credited)


def candidates(tx: Connection, *deal_ids: str) -> list[conversion_queries.Candidate]:
    return conversion_queries.candidates(tx, deal_ids, ZONE)


def conversion(tx: Connection, *participant_ids: int, **other: Any) -> int:
    """Make a won deal that these participants referred in turn, and convert it."""
    program(tx)
    deal_id = deal(tx, **other)
    for participant_id in participant_ids:
        referral(tx, participant_id, opportunity_crm_id=deal_id)
    conversions.record(tx, [detected(*candidates(tx, deal_id))], TODAY)
    return int(value(tx, "SELECT id FROM conversions WHERE opportunity_crm_id = :d", d=deal_id))


# Rewards ----------------------------------------------------------------------------------------


def earned(tx: Connection, conversion_ids: Sequence[int], money: Money) -> list[Earned]:
    """Return a reward of so much for each participant credited of each conversion."""
    return [
        Earned(earning, INCENTIVE, money.minor, money.minor, "a fixed amount", earning.outcome_on)
        for earning in reward_queries.converted_earnings(tx, conversion_ids)
    ]


def reward(tx: Connection, participant_id: int, minor: int, currency: str = "USD") -> int:
    """Make a computed reward for a conversion of its own."""
    number = conversion(tx, participant_id, currency=currency)
    rewards.record_earned(tx, earned(tx, [number], Money(minor, currency)), TODAY)
    return int(value(tx, "SELECT id FROM rewards WHERE conversion_id = :id", id=number))


def part(tx: Connection, conversion_id: int, rule: str, minor: int) -> int:
    """Make a computed reward by one more rule for a conversion that credits one participant."""
    [one] = earned(tx, [conversion_id], Money(minor, "USD"))
    incentive = replace(one.incentive, name=rule)
    rewards.record_earned(tx, [replace(one, incentive=incentive)], TODAY)
    return int(value(tx, "SELECT max(id) FROM rewards"))


def judge(tx: Connection, needed: int, *reward_ids: int, today: date = TODAY) -> None:
    """Approve computed rewards by policy (0), or let them wait for so many people."""
    approvals.record_judged(
        tx,
        [
            approvals.Judged(item, Needed(needed, "the tests say so"))
            for item in reward_queries.computed(tx)
            if not reward_ids or item.reward_id in reward_ids
        ],
        today,
    )


def approved(tx: Connection, participant_id: int, minor: int, currency: str = "USD") -> int:
    """Make a reward that the policy approved."""
    number = reward(tx, participant_id, minor, currency)
    judge(tx, 0, number)
    return number


def waiting(tx: Connection, participant_id: int, minor: int, needed: int = 1) -> int:
    """Make a reward that waits for people."""
    number = reward(tx, participant_id, minor)
    judge(tx, needed, number)
    return number


def cancel(tx: Connection, *reward_ids: int) -> None:
    """Cancel the conversions of rewards and take back whatever they gave."""
    for reward_id in reward_ids:
        cancel_conversion(tx, reward_id)
    rewards.take_back(tx, taken_back(tx), TODAY)


def cancel_conversion(tx: Connection, reward_id: int) -> None:
    """Cancel the conversion of a reward; nothing is taken back yet."""
    number = value(tx, "SELECT conversion_id FROM rewards WHERE id = :id", id=reward_id)
    conversions.cancel(tx, [conversions.Cancelled(number, TODAY, "the customer left")])


def taken_back(tx: Connection) -> list[rewards.TakenBack]:
    """Return what the rules say of the rewards of cancelled and refunded conversions."""
    policy = reward_rules.RewardPolicy()
    return [
        rewards.TakenBack(item, refunds.judge(item.earned, item.lost, item.value_minor, policy))
        for item in clawbacks.doubtful(tx)
    ]


def refunded(
    tx: Connection, deal_id: str, minor: int, at: datetime = NOW
) -> list[rewards.TakenBack]:
    """Refund so much of a deal in dollars; returns what the rules say of its rewards then."""
    found = GivenBack(
        f"re_{minor}", "charge", "USD", at, "", refunded_minor=minor, opportunity=deal_id
    )
    assert refund_actions.record_found(tx, [found], NOW, ZONE) == 1
    return taken_back(tx)


# Payouts ----------------------------------------------------------------------------------------


def planned(tx: Connection, *reward_ids: int, rail: Rail = Rail.STRIPE_TRANSFER) -> Planned:
    """Return the payout that would cover these rewards of one participant."""
    row = tx.execute(
        text(
            "SELECT participant_id, currency, sum(amount_minor)::bigint AS minor FROM rewards"
            " WHERE id = ANY(:ids) GROUP BY participant_id, currency"
        ),
        {"ids": list(reward_ids)},
    ).one()
    destination = f"destination-of-{row.participant_id}"
    money = Money(row.minor, row.currency)
    return Planned(row.participant_id, money, rail, destination, reward_ids)


def reserved(tx: Connection, *reward_ids: int, rail: Rail = Rail.STRIPE_TRANSFER) -> int:
    """Plan a payout of approved rewards of one participant."""
    return payouts.reserve(tx, [planned(tx, *reward_ids, rail=rail)], TODAY)[0]


def payout(tx: Connection, payout_id: int) -> payout_queries.Sendable:
    return payout_queries.by_ids(tx, [payout_id])[0]


def submission(tx: Connection, payout_id: int) -> payouts.Submission:
    found = payout(tx, payout_id)
    return payouts.Submission(found, {"amount": found.money.minor}, payouts.key_of(found))


def submit(tx: Connection, payout_id: int, now: datetime = NOW) -> payout_queries.Sendable:
    """Mark a planned payout as being sent; returns it as whoever sends it has read it before."""
    sending = submission(tx, payout_id)
    assert payouts.submit(tx, [sending], now, TODAY) == {payout_id}
    return sending.payout


def settle(tx: Connection, sent: payout_queries.Sendable, answer: Answer | None) -> None:
    """Record what became of a payout."""
    settlements.record(tx, [settlements.Outcome(sent, answer)], TODAY)


# What tests look at -----------------------------------------------------------------------------


def state(tx: Connection, table: str, number: int) -> str:
    return str(value(tx, f"SELECT state FROM {table} WHERE id = :id", id=number))


def balances(tx: Connection, participant_id: int) -> dict[str, int]:
    """Return the participant's balances that are not zero, by account; debits are positive."""
    rows = tx.execute(
        text(
            "SELECT account, sum(amount_minor)::bigint AS minor FROM entries"
            " WHERE participant_id = :id GROUP BY account HAVING sum(amount_minor) <> 0"
        ),
        {"id": participant_id},
    )
    return {row.account: row.minor for row in rows}


def facts(tx: Connection) -> list[str]:
    """Return the facts that messages report, oldest first."""
    return list(tx.execute(text("SELECT fact FROM messages ORDER BY id")).scalars())


def told(tx: Connection, subject: str, number: int) -> list[str]:
    """Return what the audit trail says happened to one subject."""
    return list(
        tx.execute(
            text(
                "SELECT action FROM audit_events WHERE (subject, subject_id) = (:s, :n) ORDER BY id"
            ),
            {"s": subject, "n": number},
        ).scalars()
    )


def everything(tx: Connection) -> dict[str, list[str]]:
    """Return every row of every table as text: what changes nothing leaves it the same."""
    rows = " UNION ALL ".join(
        f"SELECT '{name}' AS name, {name}::text AS row FROM {name}" for name in Base.metadata.tables
    )
    kept: dict[str, list[str]] = {}
    for found in tx.execute(text(f"SELECT * FROM ({rows}) rows ORDER BY name, row")):
        kept.setdefault(found.name, []).append(found.row)
    return kept
