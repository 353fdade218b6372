"""Facts of explanations: where each kind is read from, and in which order it is told."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, text

from goodword.db.queries.protections import RECORDS
from goodword.db.queries.refunds import PLACED
from goodword.rules.explanations import claim_facts, decision_facts, facts

_DEALS_WITH_ACCOUNTS = """
(SELECT o.*, a.name AS company, a.domain
 FROM opportunities o LEFT JOIN accounts a ON a.crm_id = o.account_crm_id) deals
"""

_ENTRIES_OF_POSTINGS = """
(SELECT p.kind, p.reward_id, p.payout_id, p.posted_on, e.*
 FROM postings p JOIN entries e ON e.posting_id = p.id) entries
"""

# A person gives an event its day; the night's is that of the night that ran when it was written.
_EVENTS_OF_NIGHTS = """
(SELECT e.*, COALESCE(
     CAST(e.facts ->> 'on' AS date),
     (SELECT s.business_date FROM stage_runs s
      WHERE e.actor IN ('night', 'policy') AND e.at BETWEEN s.started_at AND s.finished_at
      LIMIT 1)) AS business_date
 FROM audit_events e) events
"""

# What a cap counts: the rewards before one that still stood when that one was computed.
_COUNTED = """
(SELECT asked.id AS for_id, c.id, c.outcome_on, c.amount_minor, c.currency
 FROM rewards asked
 JOIN rewards c ON c.participant_id = asked.participant_id AND c.incentive = asked.incentive
     AND c.id < asked.id AND c.reverses_id IS NULL
 WHERE NOT EXISTS (
     SELECT FROM rewards b WHERE b.reverses_id = c.id AND b.id < asked.id
     HAVING -sum(b.amount_minor) = c.amount_minor)
   AND NOT EXISTS (
     SELECT FROM audit_events gone
     JOIN audit_events born ON born.subject = 'reward' AND born.subject_id = asked.id
         AND born.action = 'computed' AND born.id > gone.id
     WHERE gone.subject = 'reward' AND gone.subject_id = c.id
       AND gone.action IN ('void', 'rejected') AND NOT EXISTS (
         SELECT FROM audit_events again WHERE again.subject = 'reward'
           AND again.subject_id = c.id AND again.action = 'took back a refusal'
           AND again.id BETWEEN gone.id AND born.id))) counted
"""

_TABLES: dict[type, tuple[str, str]] = {
    facts.Person: ("participants", "id"),
    facts.Deal: (_DEALS_WITH_ACCOUNTS, "created_at, crm_id"),
    facts.StageStep: ("stage_changes", "changed_at, crm_id"),
    facts.Referral: ("referrals", "submitted_at, id"),
    facts.Registration: ("registrations", "submitted_at, id"),
    facts.Touch: ("touches", "at, id"),
    facts.Conversion: ("conversions", "id"),
    facts.Share: ("shares", "conversion_id, position"),
    facts.Reward: ("rewards", "id"),
    facts.PaidInvoice: ("paid_invoices", "paid_on, id"),
    facts.CapLine: (_COUNTED, "for_id, id"),
    facts.Refund: (f"({PLACED}) refunds", "COALESCE(refunded_on, disputed_on), id"),
    decision_facts.Approval: ("approvals", "id"),
    facts.Payout: ("payouts", "id"),
    facts.BankFile: ("bank_files", "id"),
    facts.Line: ("payout_rewards", "payout_id, reward_id"),
    facts.Entry: (_ENTRIES_OF_POSTINGS, "posting_id, amount_minor DESC"),
    facts.Letter: ("messages", "id"),
    facts.Event: (_EVENTS_OF_NIGHTS, "id"),
    facts.Difference: ("differences", "id"),
    claim_facts.AccountQuestion: ("account_questions", "asked_on, id"),
    claim_facts.Protected: (f"({RECORDS}) records", "crm_object, crm_id"),
    claim_facts.Dispute: ("disputes", "id"),
    claim_facts.Statement: ("dispute_statements", "id"),
    claim_facts.DisputeRuling: ("dispute_rulings", "dispute_id, instance"),
}
"""Where each kind of fact is read from, and in which order it is told."""


def read(tx: Connection, fact: Any, where: str, **given: object) -> tuple[Any, ...]:
    """Read facts whose fields are columns; sets are given as lists, for `= ANY(…)`."""
    table, order = _TABLES[fact]
    columns = ", ".join(field.name for field in fields(fact))
    statement = f"SELECT {columns} FROM {table} WHERE {where} ORDER BY {order}"
    values = {
        name: sorted(value) if isinstance(value, set) else value for name, value in given.items()
    }
    return tuple(fact(*row) for row in tx.execute(text(statement), values))
