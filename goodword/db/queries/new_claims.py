"""New claims: the facts that they are decided from."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, text

from goodword.rules.new_claims import ClaimFacts, Rival


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
