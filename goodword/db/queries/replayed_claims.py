"""Replayed claims: what a past night decided about registrations, and what is kept of why."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries.live_claims import seen_through
from goodword.db.queries.replays import in_stage
from goodword.rules.live_claims import RegistrationFacts
from goodword.rules.registrations import RegistrationState
from goodword.rules.replays import ClaimDecision


def claims(
    tx: Connection, on: date, zone: str, stages: tuple[str, ...], since: datetime
) -> list[ClaimDecision]:
    """Return what the rules decided about registrations in a night, in order.

    Of each step the window and the extensions are those before it; the deals' history is the CRM's.
    """
    given = {"on": on, "zone": zone, "stages": list(stages), "since": since}
    seen = seen_through(tx, on)
    return [_claim(row, seen) for row in tx.execute(_CLAIMS, given)]


def _claim(row: Row[Any], seen: date) -> ClaimDecision:
    facts = None
    if row.expires_before is not None:
        facts = RegistrationFacts(
            registration_id=row.id,
            submitted_on=row.submitted_on,
            expires_on=row.expires_before,
            extensions_used=row.extensions_before,
            won_on=row.won_on,
            lost_on=row.lost_on,
            moved_forward_on=tuple(row.moved_on or ()),
            confirmed_on=tuple(row.confirmed_on or ()),
            active_on=tuple(row.active_on or ()),
            seen_through=seen,
        )
    state = "submitted" if row.action == "asked staff" else row.action
    return ClaimDecision(
        row.id,
        RegistrationState(state),
        row.kind,
        row.until,
        facts,
        row.submitted_on,
        bool(row.is_changed),
    )


_CLAIMS = text(f"""
WITH decided AS (
    SELECT e.id AS event_id, e.action, r.id, p.kind, r.opportunity_crm_id, r.account_crm_id,
           r.submitted_at, r.expected_amount_minor, r.currency,
           (e.facts ->> 'expires_on')::date AS until,
           (SELECT (b.facts ->> 'expires_on')::date FROM audit_events b
            WHERE b.subject = 'registration' AND b.subject_id = e.subject_id AND b.id < e.id
              AND b.facts ->> 'expires_on' IS NOT NULL
            ORDER BY b.id DESC LIMIT 1) AS expires_before,
           (SELECT count(*) FROM audit_events b
            WHERE b.subject = 'registration' AND b.subject_id = e.subject_id AND b.id < e.id
              AND b.action = 'extended') AS extensions_before
    FROM audit_events e
    JOIN registrations r ON r.id = e.subject_id
    JOIN participants p ON p.id = r.participant_id
    WHERE e.subject = 'registration' AND e.actor = 'night' AND {in_stage("review")}
      AND e.action IN ('approved', 'extended', 'expired', 'won', 'lost', 'rejected',
                       'conflicting', 'asked staff')
), deals AS (
    SELECT d.event_id, d.submitted_at, d.expected_amount_minor, d.currency AS expected_currency,
           d.opportunity_crm_id IS NOT NULL AS is_named, o.*
    FROM decided d
    JOIN opportunities o ON o.crm_id = d.opportunity_crm_id
        OR d.opportunity_crm_id IS NULL AND o.account_crm_id = d.account_crm_id
    WHERE NOT EXISTS (SELECT FROM registrations n WHERE n.opportunity_crm_id = o.crm_id
                      AND n.state = 'won' AND n.id <> d.id)
), steps AS (
    SELECT d.event_id, (s.changed_at AT TIME ZONE :zone)::date AS changed_on,
           array_position(CAST(:stages AS text[]), s.stage)
               > lag(array_position(CAST(:stages AS text[]), s.stage)) OVER history AS moves,
           s.amount_minor >= d.expected_amount_minor AND s.currency = d.expected_currency
               AND s.amount_minor IS DISTINCT FROM lag(s.amount_minor) OVER history AS confirms
    FROM deals d JOIN stage_changes s ON s.opportunity_crm_id = d.crm_id AND NOT s.is_deleted
    WINDOW history AS (PARTITION BY d.event_id, d.crm_id ORDER BY s.changed_at, s.crm_id)
), progress AS (
    SELECT event_id, array_agg(DISTINCT changed_on) FILTER (WHERE moves) AS moved_on,
           array_agg(DISTINCT changed_on) FILTER (WHERE confirms) AS confirmed_on
    FROM steps WHERE changed_on <= :on GROUP BY 1
), ends AS (
    SELECT d.event_id, bool_or(d.modified_at >= :since) AS is_changed,
           min((d.won_at AT TIME ZONE :zone)::date) FILTER (
               WHERE d.won_at >= d.submitted_at AND NOT d.is_deleted) AS won_on,
           array_agg(DISTINCT d.last_activity_on) FILTER (
               WHERE d.last_activity_on <= :on) AS active_on,
           max(COALESCE((SELECT max((s.changed_at AT TIME ZONE :zone)::date) FROM stage_changes s
                         WHERE s.opportunity_crm_id = d.crm_id AND s.stage = d.stage
                           AND NOT s.is_deleted), d.close_on)) FILTER (
               WHERE d.is_named AND d.is_closed AND NOT d.is_won) AS lost_on
    FROM deals d GROUP BY 1
)
SELECT d.id, d.action, d.kind, d.until, d.expires_before, d.extensions_before,
       (d.submitted_at AT TIME ZONE :zone)::date AS submitted_on,
       x.is_changed, x.won_on, x.lost_on, x.active_on, g.moved_on, g.confirmed_on
FROM decided d LEFT JOIN ends x USING (event_id) LEFT JOIN progress g USING (event_id)
ORDER BY d.event_id
""")
