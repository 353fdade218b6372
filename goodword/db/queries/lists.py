"""Lists: what people look through from the command line, newest matters first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from goodword.db.queries.rewards import ABOUT, COMPANY

MOST = 1000
"""Rows a list shows at the most."""


def rows_of(tx: Connection, name: str, **filters: object) -> list[dict[str, Any]]:
    """Return the rows of one list; `filters` are the parameters that its statement names."""
    given: Mapping[str, object] = {"most": MOST, "after": 0, **filters}
    return [dict(row) for row in tx.execute(_LISTS[name], given).mappings()]


_REGISTRATIONS = """
SELECT r.id, r.key, p.name AS partner, p.key AS partner_key, p.kind AS partner_kind,
       r.participant_id, r.company, r.division, r.state,
       r.submitted_at, r.expires_on, r.extensions_used, r.reasons, r.evidence,
       r.account_crm_id, r.opportunity_crm_id, r.conflicts_with_id, r.decided_on, r.decided_by,
       r.domain, r.expected_amount_minor, r.currency, r.expected_close_on, r.source, r.source_id
FROM registrations r JOIN participants p ON p.id = r.participant_id
"""

_REWARDS = f"""
SELECT r.id, p.name AS participant, p.key AS participant_key, r.incentive, r.outcome,
       r.amount_minor, r.currency, r.state, r.payable_on, r.approvals_needed, r.asked_on,
       r.reason, r.carried_because, r.reverses_id, {COMPANY} AS company,
       ARRAY(SELECT x.decided_by FROM approvals x
             WHERE x.reward_id = r.id AND x.ended_as IS NULL ORDER BY x.id) AS decided_by,
       (SELECT e.reason FROM audit_events e
        WHERE e.subject = 'reward' AND e.subject_id = r.id AND e.action = 'asked for approval'
        ORDER BY e.id DESC LIMIT 1) AS asked_because
FROM rewards r
JOIN participants p ON p.id = r.participant_id
{ABOUT}"""

_PAYOUTS = """
SELECT y.id, y.reference, p.name AS participant, p.key AS participant_key, y.rail, y.destination,
       y.amount_minor, y.currency, y.state, y.attempt, y.external_id, y.code, y.reason, y.next_step,
       y.planned_on, y.paid_on, y.first_sent_at, y.reversed_minor, y.benefit, y.asked_by,
       ARRAY(SELECT x.reward_id FROM payout_rewards x
             WHERE x.payout_id = y.id ORDER BY 1) AS rewards
FROM payouts y JOIN participants p ON p.id = y.participant_id
"""

_STATE = " WHERE (CAST(:state AS text) IS NULL OR {t}.state = :state) ORDER BY {t}.id LIMIT :most"
_ONE = " WHERE {t}.id = :id"

_LISTS = {
    "registrations": text(_REGISTRATIONS + _STATE.format(t="r")),
    "registration": text(_REGISTRATIONS + _ONE.format(t="r")),
    "rewards": text(_REWARDS + _STATE.format(t="r")),
    "rewards carried": text(
        _REWARDS + " WHERE r.state = 'approved' AND r.carried_because IS NOT NULL"
        " AND r.id > :after ORDER BY r.id LIMIT :most"
    ),
    "reward": text(_REWARDS + _ONE.format(t="r")),
    "payouts": text(_PAYOUTS + _STATE.format(t="y")),
    "payouts failed": text(
        _PAYOUTS + " WHERE y.state IN ('unknown', 'held', 'submitting', 'handed_over')"
        " OR y.state = 'planned' AND y.code IS NOT NULL"
        " OR y.state = 'refused' AND y.cleared_at IS NULL ORDER BY y.id LIMIT :most"
    ),
    "payout": text(_PAYOUTS + _ONE.format(t="y")),
    "differences": text(
        "SELECT id, found_on, kind, payout_id, external_id, currency, ledger_minor,"
        " provider_minor, reference, destination, sentence FROM differences"
        " WHERE settled_on IS NULL ORDER BY id LIMIT :most"
    ),
    "messages": text(
        "SELECT id, template, recipient, locale, state, attempts, reason, queued_on, sent_at, fact"
        " FROM messages WHERE state = ANY(:states) ORDER BY id LIMIT :most"
    ),
    "quarantine": text(
        "SELECT id, source, external_id, reason, first_seen_at FROM quarantine"
        " WHERE resolved_at IS NULL ORDER BY source, id LIMIT :most"
    ),
}
