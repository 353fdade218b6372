"""Registrations: the facts that tonight's decisions are made from, and what people look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.rules.registrations import ClaimFacts, RegistrationFacts, Rival


def submitted(tx: Connection, today: date, zone: str) -> list[int]:
    """Return the claims submitted by today that wait for a decision, first to register first."""
    return list(
        tx.execute(
            text(
                "SELECT id FROM registrations WHERE state = 'submitted'"
                " AND (submitted_at AT TIME ZONE :zone)::date <= :today"
                " ORDER BY submitted_at, id"
            ),
            {"today": today, "zone": zone},
        ).scalars()
    )


def claim_facts(tx: Connection, ids: list[int], zone: str) -> list[ClaimFacts]:
    """Return what is known of submitted claims, in the order they were submitted."""
    rows = tx.execute(_CLAIM_FACTS, {"ids": ids, "zone": zone})
    return [
        ClaimFacts(
            registration_id=row.id,
            participant_id=row.participant_id,
            participant_name=row.participant_name,
            participant_is_active=row.is_active,
            open_claims=row.open_claims,
            place=(row.claim_key, row.division),
            submitted_on=row.submitted_on,
            evidence=frozenset(item["kind"] for item in row.evidence),
            is_existing_customer=row.is_customer,
            last_direct_activity_on=row.direct_activity_on,
            possible_accounts=row.possible_accounts,
            rival=None
            if row.rival_id is None
            else Rival(
                row.rival_id,
                row.rival_participant,
                row.rival_name,
                row.rival_is_live,
                row.rival_until,
            ),
            only_name_matches=row.only_name_matches,
        )
        for row in rows
    ]


_CLAIM_FACTS = text("""
WITH asked AS (
    SELECT r.*, (r.submitted_at AT TIME ZONE :zone)::date AS submitted_on
    FROM registrations r WHERE r.id = ANY(:ids) AND r.state = 'submitted'
), deals AS (
    SELECT a.id,
           bool_or(o.is_won AND o.close_on < a.submitted_on) AS has_won,
           max(o.last_activity_on) FILTER (
               WHERE o.crm_id IS DISTINCT FROM a.opportunity_crm_id
                 AND COALESCE(o.lead_source, '') NOT ILIKE 'partner%'
           ) AS direct_activity_on
    FROM asked a JOIN opportunities o ON o.account_crm_id = a.account_crm_id AND NOT o.is_deleted
    GROUP BY a.id
), rivals AS (
    SELECT DISTINCT ON (a.id) a.id, rival.id AS rival_id, rival.participant_id AS rival_participant,
           p.name AS rival_name, rival.state IN ('approved', 'extended') AS rival_is_live,
           rival.expires_on AS rival_until
    FROM asked a
    JOIN registrations rival ON rival.claim_key = a.claim_key AND rival.id <> a.id
        AND (rival.division = a.division OR '' IN (rival.division, a.division))
    JOIN participants p ON p.id = rival.participant_id
    WHERE rival.state IN ('approved', 'extended')
       OR rival.state = 'submitted' AND rival.id <> ALL(:ids)
          AND (rival.submitted_at, rival.id) < (a.submitted_at, a.id)
    ORDER BY a.id, rival_is_live DESC, rival.submitted_at, rival.id
), open_claims AS (
    SELECT participant_id, count(*) AS count FROM registrations
    WHERE state IN ('approved', 'extended') GROUP BY participant_id
)
SELECT a.id, a.participant_id, p.name AS participant_name, p.status = 'active' AS is_active,
       COALESCE(c.count, 0) AS open_claims, a.claim_key, a.division, a.submitted_on, a.evidence,
       COALESCE(account.type ILIKE 'customer%', false) OR COALESCE(d.has_won, false) AS is_customer,
       d.direct_activity_on,
       CASE WHEN a.account_crm_id IS NULL THEN m.count ELSE 1 END AS possible_accounts,
       a.account_crm_id IS NULL AND m.count = 1 AND m.domains_differ AS only_name_matches,
       v.rival_id, v.rival_participant, v.rival_name, v.rival_is_live, v.rival_until
FROM asked a
JOIN participants p ON p.id = a.participant_id
LEFT JOIN accounts account ON account.crm_id = a.account_crm_id
LEFT JOIN deals d ON d.id = a.id
LEFT JOIN rivals v ON v.id = a.id
LEFT JOIN open_claims c ON c.participant_id = a.participant_id
CROSS JOIN LATERAL (
    SELECT count(*) AS count, COALESCE(bool_and(x.domain <> a.domain), false) AS domains_differ
    FROM accounts x
    WHERE NOT x.is_deleted AND (x.domain = a.domain OR x.name_key = a.name_key)) m
ORDER BY a.submitted_at, a.id
""")


def live(tx: Connection) -> list[int]:
    """Return every live claim, by id."""
    return list(
        tx.execute(
            text("SELECT id FROM registrations WHERE state IN ('approved', 'extended') ORDER BY id")
        ).scalars()
    )


@dataclass(frozen=True, slots=True)
class LiveClaim:
    """A live claim: the facts, whose it is, and the deal that won it, if one did."""

    facts: RegistrationFacts
    participant_id: int
    company: str
    won_by: str | None


def live_facts(
    tx: Connection, ids: list[int], today: date, zone: str, stages: tuple[str, ...]
) -> list[LiveClaim]:
    """Return what is known of live claims up to today."""
    given = {"ids": ids, "today": today, "zone": zone, "stages": list(stages)}
    return [
        LiveClaim(
            RegistrationFacts(
                registration_id=row.id,
                submitted_on=row.submitted_on,
                expires_on=row.expires_on,
                extensions_used=row.extensions_used,
                won_on=row.won_on,
                lost_on=row.lost_on,
                moved_forward_on=tuple(row.moved_on or ()),
                active_on=tuple(row.active_on or ()),
            ),
            row.participant_id,
            row.company,
            row.won_by,
        )
        for row in tx.execute(_LIVE_FACTS, given)
    ]


# A claim that names a deal is about that deal; any other is about the deals of its account that no
# other claim is credited for or protects by name.
_LIVE_FACTS = text("""
WITH asked AS (
    SELECT r.*, (r.submitted_at AT TIME ZONE :zone)::date AS submitted_on
    FROM registrations r WHERE r.id = ANY(:ids) AND r.state IN ('approved', 'extended')
), deals AS (
    SELECT a.id, a.submitted_at, o.*
    FROM asked a JOIN opportunities o ON NOT o.is_deleted AND (
        o.crm_id = a.opportunity_crm_id
        OR a.opportunity_crm_id IS NULL AND o.account_crm_id = a.account_crm_id
           AND NOT EXISTS (
               SELECT FROM registrations n WHERE n.opportunity_crm_id = o.crm_id
                 AND n.state IN ('approved', 'extended', 'won')))
), wins AS (
    SELECT DISTINCT ON (id) id, crm_id AS won_by, (won_at AT TIME ZONE :zone)::date AS won_on
    FROM deals
    WHERE won_at >= submitted_at AND (won_at AT TIME ZONE :zone)::date <= :today
    ORDER BY id, won_at, crm_id
), changes AS (
    SELECT d.id, d.crm_id, (s.changed_at AT TIME ZONE :zone)::date AS changed_on,
           array_position(CAST(:stages AS text[]), s.stage) AS rank,
           lag(array_position(CAST(:stages AS text[]), s.stage))
               OVER (PARTITION BY d.id, d.crm_id ORDER BY s.changed_at, s.crm_id) AS rank_before
    FROM deals d JOIN stage_changes s ON s.opportunity_crm_id = d.crm_id AND NOT s.is_deleted
    WHERE NOT (d.is_closed AND NOT d.is_won)
), moves AS (
    SELECT id, array_agg(DISTINCT changed_on) FILTER (WHERE rank > rank_before) AS moved_on
    FROM changes WHERE changed_on <= :today GROUP BY id
), activity AS (
    SELECT id, array_agg(DISTINCT last_activity_on) AS active_on
    FROM deals WHERE last_activity_on <= :today GROUP BY id
), losses AS (
    SELECT a.id, COALESCE(
        (SELECT max((s.changed_at AT TIME ZONE :zone)::date) FROM stage_changes s
         WHERE s.opportunity_crm_id = o.crm_id AND s.stage = o.stage AND NOT s.is_deleted),
        o.close_on) AS lost_on
    FROM asked a JOIN opportunities o ON o.crm_id = a.opportunity_crm_id
    WHERE o.is_closed AND NOT o.is_won AND NOT o.is_deleted
)
SELECT a.id, a.participant_id, a.company, a.submitted_on, a.expires_on, a.extensions_used,
       w.won_on, w.won_by, l.lost_on,
       m.moved_on, v.active_on
FROM asked a
LEFT JOIN wins w ON w.id = a.id
LEFT JOIN losses l ON l.id = a.id
LEFT JOIN moves m ON m.id = a.id
LEFT JOIN activity v ON v.id = a.id
ORDER BY a.id
""")
