"""Explanations: everything that is recorded around one thing, a fixed number of statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import Connection, text

from goodword.db.queries import programs
from goodword.db.queries.explained_facts import read as _read
from goodword.rules.explanations import claim_facts, decision_facts, facts
from goodword.rules.explanations.facts import Case, Kind, Version
from goodword.rules.programs import Program

T = TypeVar("T")


class NothingToExplain(LookupError):
    """There is nothing of this kind and number."""

    def __init__(self, kind: Kind, number: int, last: int | None) -> None:
        self.kind = kind
        self.number = number
        self.last = last
        known = "there is none yet" if last is None else f"the last one is {last}"
        super().__init__(f"there is no {kind.value} {number}; {known}")


_ROOTS = {
    Kind.REWARD: "rewards",
    Kind.CONVERSION: "conversions",
    Kind.REGISTRATION: "registrations",
    Kind.REFERRAL: "referrals",
    Kind.PAYOUT: "payouts",
}

# Lists as arrays: an index finds what stands in one of two places only by values known before.
_REWARDS_OF = {
    # With what it takes back, what takes it back, and what else took back the same.
    Kind.REWARD: (
        "id = :id OR reverses_id = :id OR id = (SELECT reverses_id FROM rewards WHERE id = :id)"
        " OR reverses_id = (SELECT reverses_id FROM rewards WHERE id = :id)"
    ),
    Kind.CONVERSION: (
        "conversion_id = :id OR referral_id = ANY(ARRAY("
        "SELECT claim_id FROM shares WHERE conversion_id = :id AND claim = 'referral'))"
    ),
    Kind.REGISTRATION: (
        "(conversion_id, COALESCE(earner_id, participant_id)) IN"
        " (SELECT conversion_id, participant_id FROM shares"
        " WHERE claim = 'registration' AND claim_id = :id)"
    ),
    Kind.REFERRAL: (
        "referral_id = :id OR conversion_id = (SELECT conversion_id FROM referrals WHERE id = :id)"
        " AND COALESCE(earner_id, participant_id)"
        " = (SELECT participant_id FROM referrals WHERE id = :id)"
    ),
    Kind.PAYOUT: "id IN (SELECT reward_id FROM payout_rewards WHERE payout_id = :id)",
}

_CONVERSIONS_OF = {
    Kind.REWARD: "id = (SELECT conversion_id FROM rewards WHERE id = :id)",
    Kind.CONVERSION: "id = :id",
    # Also those that stand no more: a ruling takes one back and another one follows.
    Kind.REGISTRATION: (
        "id IN (SELECT conversion_id FROM shares WHERE claim = 'registration' AND claim_id = :id)"
    ),
    Kind.REFERRAL: "id = (SELECT conversion_id FROM referrals WHERE id = :id)",
    Kind.PAYOUT: (
        "id IN (SELECT r.conversion_id FROM rewards r"
        " JOIN payout_rewards x ON x.reward_id = r.id WHERE x.payout_id = :id)"
    ),
}


def versions(tx: Connection, read_program: Callable[[str], Program]) -> dict[int, Version]:
    """Return every published program by its number; `read_program` reads the text of one."""
    return {
        each.number: Version(each.number, each.effective_on, read_program(each.source))
        for each in programs.versions(tx)
    }


def read(tx: Connection, kind: Kind, number: int) -> Case:
    """Read everything that is recorded around one thing.

    The number of statements does not depend on how much there is.

    Raises:
        NothingToExplain: there is nothing of this number.
    """
    table = _ROOTS[kind]
    found = tx.execute(
        text(
            f"SELECT (SELECT max(id) FROM {table}) AS last,"
            f" EXISTS (SELECT FROM {table} WHERE id = :id) AS is_there"
        ),
        {"id": number},
    ).one()
    if not found.is_there:
        raise NothingToExplain(kind, number, found.last)
    case = Case(
        kind,
        number,
        rewards=_read(tx, facts.Reward, _REWARDS_OF[kind], id=number),
        conversions=_read(tx, facts.Conversion, _CONVERSIONS_OF[kind], id=number),
    )
    for add in (_shares, _deals, _claims, _around, _money, _returns, _told, _people):
        case = add(tx, case)
    return case


def _ids(values: Iterable[T | None]) -> set[T]:
    return {value for value in values if value is not None}


def _shares(tx: Connection, case: Case) -> Case:
    if case.kind is Kind.PAYOUT:
        return case
    ids = {conversion.id for conversion in case.conversions}
    return replace(case, shares=_read(tx, facts.Share, "conversion_id = ANY(:ids)", ids=ids))


def _claimed(case: Case, claim: str) -> set[int]:
    """Return the claims of one kind that the case is about, by number."""
    ids = {share.claim_id for share in case.shares if share.claim == claim}
    if case.kind.value == claim:
        ids.add(case.number)
    return ids | (_ids(r.referral_id for r in case.rewards) if claim == "referral" else set())


# A claim that names no deal is about every deal of its account. By arrays, not by OR over
# subqueries, so that each part has its index.
_DEALS = """
crm_id = ANY(:deals)
OR crm_id = ANY(ARRAY(
    SELECT unnest(ARRAY[qualified_by, opportunity_crm_id]) FROM referrals WHERE id = ANY(:referrals)
    UNION
    SELECT opportunity_crm_id FROM registrations WHERE id = ANY(:registrations)))
OR account_crm_id = ANY(ARRAY(
    SELECT account_crm_id FROM referrals WHERE id = :referral AND opportunity_crm_id IS NULL
    UNION
    SELECT account_crm_id FROM registrations
    WHERE id = :registration AND opportunity_crm_id IS NULL))
"""


def _deals(tx: Connection, case: Case) -> Case:
    deals = _read(
        tx,
        facts.Deal,
        _DEALS,
        deals={conversion.opportunity_crm_id for conversion in case.conversions}
        | _ids(conversion.renews_crm_id for conversion in case.conversions),
        referrals=_claimed(case, "referral"),
        registrations=_claimed(case, "registration"),
        referral=case.number if case.kind is Kind.REFERRAL else None,
        registration=case.number if case.kind is Kind.REGISTRATION else None,
    )
    if case.kind is Kind.PAYOUT:
        return replace(case, deals=deals)
    where = "NOT is_deleted AND opportunity_crm_id = ANY(:ids)"
    stages = _read(tx, facts.StageStep, where, ids={deal.crm_id for deal in deals})
    return replace(case, deals=deals, stages=stages)


def _claims(tx: Connection, case: Case) -> Case:
    """Add the claims of the case, their rivals, and every other claim on the deals it is about."""
    won = {conversion.opportunity_crm_id for conversion in case.conversions}
    about = [deal for deal in case.deals if deal.crm_id in won and case.kind is not Kind.PAYOUT]
    deals = {deal.crm_id for deal in about}
    accounts = _ids(deal.account_crm_id for deal in about)
    touched = {share.claim_id for share in case.shares if share.claim == "touch"}
    on_deal = "id = ANY(:ids) OR opportunity_crm_id = ANY(:deals)"
    return replace(
        case,
        referrals=_read(
            tx,
            facts.Referral,
            f"{on_deal} OR account_crm_id = ANY(:accounts)",
            ids=_claimed(case, "referral"),
            deals=deals,
            accounts=accounts,
        ),
        registrations=_read(
            tx,
            facts.Registration,
            f"{on_deal} OR account_crm_id = ANY(:accounts) OR conflicts_with_id = ANY(:ids)"
            " OR id IN (SELECT conflicts_with_id FROM registrations WHERE id = ANY(:ids))"
            " OR id IN (SELECT rival_id FROM disputes WHERE registration_id = ANY(:ids))"
            " OR id IN (SELECT registration_id FROM disputes WHERE rival_id = ANY(:ids))",
            ids=_claimed(case, "registration"),
            deals=deals,
            accounts=accounts,
        ),
        touches=_read(
            tx,
            facts.Touch,
            f"{on_deal} OR opportunity_crm_id IS NULL AND domain = ANY(:domains)",
            ids=touched,
            deals=deals,
            domains=_ids(deal.domain for deal in about),
        ),
    )


def _around(tx: Connection, case: Case) -> Case:
    """Add what happened around the claims: doubts about the account, the CRM, and disputes."""
    claims = _claimed(case, "registration")
    mine = [r for r in case.registrations if (case.kind, r.id) == (Kind.REGISTRATION, case.number)]
    records = _ids(r.account_crm_id for r in mine) | {deal.crm_id for deal in case.deals}
    about = "registration_id = ANY(:ids) OR rival_id = ANY(:ids)"
    disputes = _read(tx, claim_facts.Dispute, about, ids=claims)
    numbers = {dispute.id for dispute in disputes}
    return replace(
        case,
        questions=_read(
            tx, claim_facts.AccountQuestion, "registration_id = ANY(:ids)", ids={r.id for r in mine}
        ),
        protected=_read(
            tx,
            claim_facts.Protected,
            "partner IS NOT NULL AND (crm_id = ANY(:records) OR (crm_object, crm_id) IN"
            " (SELECT crm_object, crm_id FROM routings WHERE released_on IS NULL"
            " AND registration_id = ANY(:ids)))",
            records=records,
            ids={r.id for r in mine},
        )
        if mine
        else (),
        disputes=disputes,
        statements=_read(tx, claim_facts.Statement, "dispute_id = ANY(:ids)", ids=numbers),
        rulings=_read(tx, claim_facts.DisputeRuling, "dispute_id = ANY(:ids)", ids=numbers),
    )


def _money(tx: Connection, case: Case) -> Case:
    rewards = {reward.id for reward in case.rewards}
    asked = case.number if case.kind is Kind.PAYOUT else None
    earned = {reward.id for reward in case.rewards if reward.reverses_id is None}
    lines = _read(
        tx,
        facts.Line,
        "reward_id = ANY(:rewards) AND (CAST(:asked AS bigint) IS NULL OR payout_id = :asked)",
        rewards=rewards,
        asked=asked,
    )
    returned = _ids(reward.returned_payout_id for reward in case.rewards)
    payouts = {line.payout_id for line in lines} | _ids([asked]) | returned
    posted = rewards if asked is None else set[int]()
    return replace(
        case,
        lines=lines,
        invoices=_read(
            tx,
            facts.PaidInvoice,
            "id = ANY(:ids)",
            ids=_ids(reward.invoice_id for reward in case.rewards),
        ),
        counted=_read(tx, facts.CapLine, "for_id = ANY(:ids)", ids=earned),
        refunds=_read(
            tx,
            facts.Refund,
            "conversion_id = ANY(:ids)",
            ids={conversion.id for conversion in case.conversions},
        ),
        approvals=_read(tx, decision_facts.Approval, "reward_id = ANY(:ids)", ids=rewards),
        payouts=_read(tx, facts.Payout, "id = ANY(:ids)", ids=payouts),
        entries=_read(
            tx,
            facts.Entry,
            "reward_id = ANY(:rewards) OR payout_id = ANY(:payouts)",
            rewards=posted,
            payouts=payouts,
        ),
    )


def _returns(tx: Connection, case: Case) -> Case:
    """Add what came back of the payouts, the files they are in, and what does not agree."""
    ids = {payout.id for payout in case.payouts}
    movements = _ids(payout.external_id for payout in case.payouts)
    return replace(
        case,
        related=_read(
            tx,
            facts.Payout,
            "NOT id = ANY(:ids) AND (external_id = ANY(:taken)"
            " OR rail = 'stripe_reversal' AND destination = ANY(:movements))",
            ids=ids,
            taken={p.destination for p in case.payouts if p.rail == "stripe_reversal"},
            movements=movements,
        ),
        returns=_read(tx, facts.Reward, "returned_payout_id = ANY(:ids)", ids=ids),
        bank_files=_read(
            tx, facts.BankFile, "id = ANY(:ids)", ids=_ids(p.bank_file_id for p in case.payouts)
        ),
        differences=_read(
            tx,
            facts.Difference,
            "payout_id = ANY(:ids) OR external_id = ANY(:movements)",
            ids=ids,
            movements=movements,
        ),
    )


def _told(tx: Connection, case: Case) -> Case:
    """Add the letters and the audit events about everything in the case."""
    about = _subjects(case)
    people = sorted(_participants(case))
    # Each by itself: an index finds what begins so, but not what begins like one of an array.
    begun = {f"fact_{place}": f"{name}:{number}:%" for place, (name, number) in enumerate(about)}
    return replace(
        case,
        letters=_read(
            tx, facts.Letter, " OR ".join(f"fact LIKE :{name}" for name in begun), **begun
        ),
        events=_read(
            tx,
            facts.Event,
            "(subject, subject_id) IN (SELECT * FROM"
            " unnest(CAST(:subjects AS text[]), CAST(:numbers AS bigint[])))"
            " AND (subject <> 'participant' OR action = 'changed')",
            subjects=[*(subject for subject, _ in about), *("participant" for _ in people)],
            numbers=[*(number for _, number in about), *people],
        ),
    )


def _subjects(case: Case) -> list[tuple[str, int]]:
    """Return what the audit trail and the outbox are asked for, as (subject, number)."""
    found = {(case.kind.value, case.number)}
    if case.kind is not Kind.PAYOUT:
        found |= {("reward", reward.id) for reward in case.rewards}
        found |= {("conversion", conversion.id) for conversion in case.conversions}
        found |= {("payout", payout.id) for payout in case.payouts}
        found |= {(share.claim, share.claim_id) for share in case.shares}
        found |= {("referral", number) for number in _claimed(case, "referral")}
        found |= {("dispute", dispute.id) for dispute in case.disputes}
    return sorted(found)


def _participants(case: Case) -> set[int]:
    claims: Sequence[Any] = [*case.rewards, *case.payouts, *case.shares, *case.touches]
    earners = _ids(reward.earner_id for reward in case.rewards)
    found = [*claims, *case.referrals, *case.registrations]
    return earners | _ids(fact.participant_id for fact in found)


def _people(tx: Connection, case: Case) -> Case:
    people = _read(tx, facts.Person, "id = ANY(:ids)", ids=_participants(case))
    return replace(case, people=people)
