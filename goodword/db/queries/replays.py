"""Replays: what a past night decided, and the inputs of it that are kept; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries import invoices, referred, simulations
from goodword.db.queries import rewards as reward_queries
from goodword.money import Money
from goodword.rules.books import CapBook, Won
from goodword.rules.conversions import Claim, ClaimKind
from goodword.rules.earnings import Earning
from goodword.rules.histories import PastDeal, Person
from goodword.rules.outcomes import recalled
from goodword.rules.replays import (
    ApprovalDecision,
    ConversionDecision,
    RewardDecision,
)
from goodword.rules.suspicions import Introduced, Introduction


def began(tx: Connection, on: date) -> datetime | None:
    """Return when the first night of a business date began; None: none ran."""
    statement = text("SELECT min(started_at) FROM stage_runs WHERE business_date = :on")
    at: datetime | None = tx.execute(statement, {"on": on}).scalar_one()
    return at


def in_stage(stage: str) -> str:
    """Return SQL that is true of an event `e` which a stage of the night of `:on` wrote."""
    return f"""
EXISTS (SELECT FROM stage_runs t WHERE t.business_date = :on AND t.stage = '{stage}'
        AND e.at BETWEEN t.started_at AND t.finished_at)
"""


# Conversions ------------------------------------------------------------------------------------


def conversions(
    tx: Connection, on: date, zone: str, since: datetime
) -> Iterator[ConversionDecision]:
    """Return the conversions that a night detected, with the claims that were there by then.

    What was written down about a claim after its deal was detected may have come later: then the
    deal counts as changed.
    """
    found = {each.conversion_id: each for each in simulations.detected(tx, on, zone)}
    rows = tx.execute(_CONVERSIONS, {"ids": list(found), "since": since}).all()
    shares: dict[int, list[tuple[ClaimKind, int, int]]] = {}
    for row in tx.execute(_SHARES, {"ids": list(found)}):
        part = ClaimKind(row.claim), row.claim_id, row.value_minor
        shares.setdefault(row.conversion_id, []).append(part)
    written = _written(tx, list(found.values()))
    for row in rows:
        past = found[row.id]
        known, is_late = _known(past, row.moment, written)
        if row.is_corrected:  # of the claims of another one, whatever was known by then
            shared = {part[:2] for part in shares[row.id]}
            claims = tuple(c for c in past.deal.claims if (c.kind, c.claim_id) in shared)
            known = replace(past, deal=replace(past.deal, claims=claims))
        yield ConversionDecision(
            known, row.amount_minor, tuple(shares[row.id]), bool(row.is_changed) or is_late
        )


_Written = Mapping[tuple[str, int], tuple[int, int]]


def _written(tx: Connection, found: Sequence[PastDeal]) -> _Written:
    """Return the first and the last event about each claim that was not credited."""
    claims = {(c.kind.value, c.claim_id) for each in found for c in _others(each)}
    given = {"kinds": [kind for kind, _ in claims], "ids": [number for _, number in claims]}
    return {(r.subject, r.subject_id): (r.first, r.last) for r in tx.execute(_WRITTEN, given)}


def _others(found: PastDeal) -> list[Claim]:
    return [c for c in found.deal.claims if (c.kind, c.claim_id) not in found.journey]


def _known(found: PastDeal, moment: int, written: _Written) -> tuple[PastDeal, bool]:
    late, doubtful = set(), False
    for claim in _others(found):
        first, last = written.get((claim.kind.value, claim.claim_id), (0, moment + 1))
        if first > moment:
            late.add((claim.kind, claim.claim_id))
        doubtful |= last > moment >= first
    kept = tuple(c for c in found.deal.claims if (c.kind, c.claim_id) not in late)
    return replace(found, deal=replace(found.deal, claims=kept)), doubtful


_WRITTEN = text("""
SELECT e.subject, e.subject_id, min(e.id) AS first, max(e.id) AS last
FROM unnest(CAST(:kinds AS text[]), CAST(:ids AS bigint[])) AS c (kind, id)
JOIN audit_events e ON e.subject = c.kind AND e.subject_id = c.id
GROUP BY 1, 2
""")

_CONVERSIONS = text("""
SELECT v.id, o.amount_minor,
       COALESCE(o.modified_at >= :since, true) OR COALESCE(a.modified_at >= :since, false)
           AS is_changed,
       COALESCE((SELECT max(e.id) FROM audit_events e WHERE e.subject = 'conversion'
                 AND e.subject_id = v.id AND e.action = 'detected'), 0) AS moment,
       EXISTS (SELECT FROM audit_events e WHERE e.subject = 'conversion' AND e.subject_id = v.id
               AND e.action = 'corrected') AS is_corrected
FROM conversions v
LEFT JOIN opportunities o ON o.crm_id = v.opportunity_crm_id
LEFT JOIN accounts a ON a.crm_id = o.account_crm_id
WHERE v.id = ANY(:ids) ORDER BY v.id
""")

_SHARES = text("SELECT * FROM shares WHERE conversion_id = ANY(:ids) ORDER BY 1, position")


# Rewards ----------------------------------------------------------------------------------------


def rewards(tx: Connection, on: date) -> list[RewardDecision]:
    """Return the rewards that a night computed, in order."""
    return [
        RewardDecision(
            row.id,
            row.subject,
            row.earner_id or row.participant_id,
            row.incentive,
            row.currency,
            row.computed_minor,
            row.amount_minor,
            row.payable_on,
        )
        for row in tx.execute(_REWARDS, {"on": on})
    ]


_REWARDS = text(f"""
SELECT r.*, {simulations.SUBJECT} AS subject FROM rewards r
WHERE r.computed_on = :on AND r.reverses_id IS NULL AND r.returned_payout_id IS NULL
ORDER BY r.id
""")


def earnings(
    tx: Connection, on: date, zone: str, people: Mapping[int, Person]
) -> list[list[Earning]]:
    """Return what a night rewarded, with what was kept of it, in the order of the night.

    They are referrals as such, qualified leads, deals, and paid invoices.

    What earned nothing has the facts that its participant and its deal have now.
    """

    def rewarded(table: str) -> list[Any]:
        statement = text(f"SELECT id FROM {table} WHERE rewarded_on = :on")
        return list(tx.execute(statement, {"on": on}).scalars())

    was = {_outcome(row): row for row in tx.execute(_KEPT, {"on": on})}
    return [
        [_then(each, was, people) for each in found]
        for found in (
            referred.earnings(tx, referred.rewarded(tx, on), zone),
            reward_queries.qualified_earnings(tx, rewarded("referrals"), zone),
            reward_queries.converted_earnings(tx, rewarded("conversions")),
            invoices.rewarded_earnings(tx, rewarded("paid_invoices")),
        )
    ]


_Outcome = tuple[str, int, int | None, int | None, str | None]


def _outcome(of: Row[Any] | Earning) -> _Outcome:
    if isinstance(of, Earning):
        what, who = of.facts.outcome.value, of.participant_id
    else:
        what, who = of.outcome, of.earner_id or of.participant_id
    return what, who, of.conversion_id, of.referral_id, of.invoice_id


def _then(
    earning: Earning, was: Mapping[_Outcome, Row[Any]], people: Mapping[int, Person]
) -> Earning:
    row = was.get(_outcome(earning))
    if row is None:
        return earning
    person, facts = people[earning.participant_id].at(row.moment), earning.facts
    if earning.referral_id is not None:
        facts = replace(facts, deal_minor=row.base_minor, credited_minor=row.base_minor)
    if row.facts is not None:
        prefers = row.facts.get("prefers")
        facts = replace(facts, deal=recalled(row.facts)[0], prefers=prefers)
    return replace(
        earning,
        facts=replace(facts, participant_kind=person.kind, participant_tier=person.tier),
    )


_KEPT = text("""
SELECT DISTINCT ON (r.outcome, r.participant_id, r.conversion_id, r.referral_id, r.invoice_id)
       r.*, e.id AS moment
FROM rewards r
JOIN audit_events e ON e.subject = 'reward' AND e.subject_id = r.id AND e.action = 'computed'
WHERE r.computed_on = :on AND r.reverses_id IS NULL AND r.returned_payout_id IS NULL
ORDER BY r.outcome, r.participant_id, r.conversion_id, r.referral_id, r.invoice_id, e.id
""")


def book_before(tx: Connection, on: date, since: datetime) -> CapBook:
    """Return what caps and tiers counted in a night, but for what it gave itself."""
    book = CapBook()
    for row in tx.execute(_WON, {"on": on, "since": since}):
        credited = Money(row.credited_minor, row.currency)
        won = Won(row.won_on, row.id, credited, row.account_crm_id or f"deal {row.id}")
        book.bring(row.participant_id, won)
    for row in tx.execute(_GIVEN, {"on": on, "since": since}):
        money = Money(row.amount_minor, row.currency)
        book.add(row.participant_id, row.incentive, row.outcome_on, money)
    paid = text("SELECT DISTINCT participant_id FROM rewards WHERE computed_on = :on")
    reward_queries.add_billed(tx, book, list(tx.execute(paid, {"on": on}).scalars()))
    return book


# What a night cancelled before it computed did not stand any more, what one cancelled later did.
_WON = text("""
SELECT v.id, v.won_on, v.currency, v.account_crm_id, s.participant_id,
       sum(s.value_minor)::bigint AS credited_minor
FROM shares s JOIN conversions v ON v.id = s.conversion_id
WHERE s.participant_id IS NOT NULL AND v.detected_on <= :on AND v.renews_crm_id IS NULL
  AND (v.state = 'active' OR NOT EXISTS (
      SELECT FROM audit_events e WHERE e.subject = 'conversion' AND e.subject_id = v.id
        AND e.action = 'cancelled' AND e.id < (
            SELECT COALESCE(min(f.id), 0) FROM audit_events f
            WHERE f.subject = 'reward' AND f.action = 'computed' AND f.at > :since)))
GROUP BY v.id, s.participant_id HAVING sum(s.weight) > 0
""")

_GIVEN = text("""
SELECT r.participant_id, r.incentive, r.outcome_on, r.amount_minor, r.currency
FROM rewards r
WHERE r.computed_on < :on AND r.reverses_id IS NULL
  AND (r.state NOT IN ('void', 'rejected') OR EXISTS (
      SELECT FROM audit_events e WHERE e.subject = 'reward' AND e.subject_id = r.id
        AND e.action IN ('void', 'rejected') AND e.id > (
            SELECT min(id) FROM audit_events f
            WHERE f.subject = 'reward' AND f.action = 'computed' AND f.at > :since)))
  AND NOT EXISTS (
      SELECT FROM rewards b WHERE b.reverses_id = r.id AND b.id < (
          SELECT min(id) FROM rewards WHERE computed_on = :on AND reverses_id IS NULL)
      HAVING -sum(b.amount_minor) = r.amount_minor)
  AND r.participant_id IN (SELECT participant_id FROM rewards WHERE computed_on = :on)
ORDER BY r.outcome_on, r.id
""")


def changed(tx: Connection, since: datetime) -> frozenset[str]:
    """Return the outcomes whose deal the CRM changed since a night began."""
    return frozenset(tx.execute(_CHANGED, {"since": since}).scalars())


_CHANGED = text("""
SELECT 'conversion ' || v.id FROM conversions v
JOIN opportunities o ON o.crm_id = v.opportunity_crm_id WHERE o.modified_at >= :since
UNION ALL
SELECT 'referral ' || r.id FROM referrals r
JOIN opportunities o ON o.crm_id = r.qualified_by WHERE o.modified_at >= :since
UNION ALL
SELECT 'invoice ' || i.id FROM paid_invoices i
JOIN opportunities o ON o.crm_id = i.opportunity_crm_id WHERE o.modified_at >= :since
""")


# Approvals --------------------------------------------------------------------------------------


def approvals(
    tx: Connection, on: date, people: Mapping[int, Person], introduced: Mapping[int, Introduced]
) -> Iterator[ApprovalDecision]:
    """Return what a night decided about approvals, with the sums as they were then."""
    for row in tx.execute(_APPROVALS, {"on": on}):
        person = people[row.participant_id].at(row.moment)
        earner = people[row.earner_id or row.participant_id]
        known = tuple(introduced[number] for number in row.referrals if number in introduced)
        yield ApprovalDecision(
            row.id,
            row.approvers,
            Money(row.total if row.amount_minor > 0 else row.amount_minor, row.currency),
            person.status,
            Introduction(
                earner.email,
                earner.domains,
                known,
                earner.standing,
                row.came_back,
                row.is_as_such,
            ),
        )


# A lead counts with the deal that it had become by that night, a paid invoice for itself.
_APPROVALS = text(f"""
WITH judged AS (
    SELECT e.id AS moment, e.at, (e.facts ->> 'approvers')::int AS approvers, r.*
    FROM audit_events e JOIN rewards r ON r.id = e.subject_id
    WHERE e.subject = 'reward' AND {in_stage("approve")}
      AND (e.actor, e.action) IN (('policy', 'approved'), ('night', 'asked for approval'))
), cases AS (
    SELECT r.id, r.participant_id, r.currency, r.amount_minor, r.state, r.computed_on,
           CASE WHEN r.invoice_id IS NOT NULL THEN 'invoice ' || r.invoice_id
                ELSE COALESCE(r.conversion_id, v.id, -r.referral_id)::text END AS case_id
    FROM rewards r
    LEFT JOIN referrals f ON f.id = r.referral_id
    LEFT JOIN conversions v ON v.id = f.conversion_id AND v.detected_on <= :on
    WHERE r.computed_on <= :on
      AND r.participant_id IN (SELECT participant_id FROM judged)
)
SELECT j.id, j.participant_id, j.earner_id, j.moment, j.approvers, j.amount_minor, j.currency,
       j.returned_payout_id IS NOT NULL AS came_back, j.outcome = 'referred' AS is_as_such,
       (SELECT COALESCE(sum(c.amount_minor), 0)::bigint FROM cases c
        WHERE (c.participant_id, c.case_id, c.currency)
              = (own.participant_id, own.case_id, own.currency)
          AND c.amount_minor > 0 AND (c.state NOT IN ('void', 'rejected') OR EXISTS (
              SELECT FROM audit_events x WHERE x.subject = 'reward' AND x.subject_id = c.id
                AND x.action IN ('void', 'rejected') AND x.id > j.moment))) AS total,
       ARRAY(SELECT s.claim_id FROM shares s
             WHERE s.conversion_id = j.conversion_id
               AND s.participant_id = COALESCE(j.earner_id, j.participant_id)
               AND s.claim = 'referral'
             UNION SELECT j.referral_id WHERE j.referral_id IS NOT NULL) AS referrals
FROM judged j JOIN cases own ON own.id = j.id
ORDER BY j.moment
""")
