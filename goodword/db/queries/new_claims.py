"""New claims: the facts that they are decided from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries import places
from goodword.db.queries.matchings import TOLD_DIFFERENT
from goodword.money import Money
from goodword.rules.new_claims import ClaimFacts, OlderDeal, Rival
from goodword.rules.review_times import Waiting


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


def waiting(tx: Connection) -> list[Waiting]:
    """Return the claims that nobody has decided, first to register first."""
    rows = tx.execute(
        text(
            "SELECT r.id, r.company, p.kind, r.submitted_at FROM registrations r"
            " JOIN participants p ON p.id = r.participant_id"
            " WHERE r.state = 'submitted' ORDER BY r.submitted_at, r.id"
        )
    )
    return [Waiting(row.id, row.company, row.kind, row.submitted_at) for row in rows]


def claim_facts(tx: Connection, ids: list[int], zone: str) -> list[ClaimFacts]:
    """Return what is known of submitted claims, in the order they were submitted."""
    return [_facts(row) for row in tx.execute(_CLAIM_FACTS, {"ids": ids, "zone": zone})]


def _facts(row: Row[Any]) -> ClaimFacts:
    has_amount = row.expected_amount_minor is not None and row.currency is not None
    return ClaimFacts(
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
        rival=_rival(row.rival),
        only_name_matches=row.only_name_matches,
        kind=row.kind,
        name_key=row.name_key,
        domain=row.domain,
        expected=Money(row.expected_amount_minor, row.currency) if has_amount else None,
        given=_given(row),
        own=_rival(row.own),
        expired_on=row.expired_on,
        older_deals=tuple(OlderDeal(*map(_date, deal)) for deal in row.older_deals),
        family=tuple(row.family),
        relative=_rival(row.relative),
        questions=tuple(row.questions),
    )


def _given(row: Row[Any]) -> frozenset[str]:
    said = {
        "domain": row.domain,
        "expected_amount": row.expected_amount_minor,
        "expected_close_on": row.expected_close_on,
        "opportunity_id": row.opportunity_crm_id,
    }
    return frozenset(field for field, value in said.items() if value is not None)


def _rival(found: Mapping[str, Any] | None) -> Rival | None:
    if found is None:
        return None
    return Rival(
        found["number"],
        found["participant_id"],
        found["name"],
        found["is_live"],
        until=_date(found["expires_on"]),
        is_later=found["is_later"],
    )


def _date(written: str | None) -> Any:
    """Read a date out of JSON."""
    return written and date.fromisoformat(written)


# The rows of others' claims that are rivals carry what `Rival` says; those that block come first.
# One that expired since counts as it did on the day that the claim came, so that it makes no
# difference when the night runs. A claim without an account may mean the company of another one
# that has its name, and is of its family as long as nobody can tell. A deal that a claim names is
# the partner's when it came after the claim or belongs to their user: naming one of direct sales
# makes it nobody else's.
_CLAIM_FACTS = text(f"""
WITH asked AS (
    SELECT r.*, (r.submitted_at AT TIME ZONE :zone)::date AS submitted_on
    FROM registrations r WHERE r.id = ANY(:ids) AND r.state = 'submitted'
), deals AS (
    SELECT a.id,
           bool_or(o.is_won AND o.close_on < a.submitted_on) AS has_won,
           max(o.last_activity_on) FILTER (WHERE is_direct) AS direct_activity_on,
           jsonb_agg(
               jsonb_build_array((o.created_at AT TIME ZONE :zone)::date, o.last_activity_on)
               ORDER BY o.created_at, o.crm_id
           ) FILTER (WHERE is_direct AND NOT o.is_closed AND o.created_at < a.submitted_at)
               AS older_deals
    FROM asked a JOIN opportunities o ON o.account_crm_id = a.account_crm_id AND NOT o.is_deleted
    JOIN participants p ON p.id = a.participant_id
    CROSS JOIN LATERAL (
        SELECT COALESCE(o.lead_source, '') NOT ILIKE 'partner%'
               AND NOT COALESCE(
                   o.crm_id = a.opportunity_crm_id
                   AND (o.created_at >= a.submitted_at OR o.owner_crm_id = p.crm_user_id), false
               ) AS is_direct) by_whom
    GROUP BY a.id
), families AS (
    SELECT id, array_agg(key ORDER BY key) AS keys FROM (
        SELECT a.id, parent.crm_id AS key FROM asked a
        JOIN accounts account ON account.crm_id = a.account_crm_id
        JOIN accounts parent ON parent.crm_id = account.parent_crm_id AND NOT parent.is_deleted
        UNION
        SELECT a.id, child.crm_id FROM asked a
        JOIN accounts child ON child.parent_crm_id = a.account_crm_id AND NOT child.is_deleted
        UNION
        SELECT a.id, namesake.claim_key FROM asked a
        JOIN registrations namesake ON namesake.name_key = a.name_key
            AND namesake.claim_key <> a.claim_key
            AND (a.account_crm_id IS NULL OR namesake.account_crm_id IS NULL)
    ) relatives
    GROUP BY id
), places AS (
    SELECT id, claim_key, false AS is_relative FROM asked
    UNION ALL
    SELECT id, unnest(keys), true FROM families
), others AS (
    SELECT a.id, rival.id AS number, rival.participant_id, p.name,
           rival.state <> 'submitted' AS is_live, rival.expires_on,
           (rival.submitted_at, rival.id) > (a.submitted_at, a.id) AS is_later,
           rival.participant_id = a.participant_id AS is_own,
           x.is_relative, rival.submitted_at, a.submitted_on
    FROM asked a
    JOIN places x ON x.id = a.id
    JOIN registrations rival ON rival.claim_key = x.claim_key AND rival.id <> a.id
        AND (x.is_relative OR {places.overlap("rival", "a")})
    JOIN participants p ON p.id = rival.participant_id
    WHERE rival.state IN ('approved', 'extended')
       OR rival.state = 'expired' AND rival.expires_on >= a.submitted_on AND NOT x.is_relative
          AND rival.participant_id <> a.participant_id
          AND (rival.submitted_at, rival.id) < (a.submitted_at, a.id)
       OR rival.state = 'submitted' AND rival.id <> ALL(:ids) AND NOT x.is_relative
          AND (rival.submitted_at, rival.id) < (a.submitted_at, a.id)
), rivals AS (
    SELECT DISTINCT ON (id, is_own, is_relative) id, is_own, is_relative, to_jsonb(o) AS rival
    FROM others o
    ORDER BY id, is_own, is_relative, is_live AND NOT is_later AND expires_on >= submitted_on DESC,
             is_live DESC, submitted_at, number
), open_claims AS (
    SELECT participant_id, count(*) AS count FROM registrations
    WHERE state IN ('approved', 'extended') GROUP BY participant_id
)
SELECT a.id, a.participant_id, p.name AS participant_name, p.status = 'active' AS is_active, p.kind,
       COALESCE(c.count, 0) AS open_claims, a.claim_key, a.division, a.submitted_on, a.evidence,
       a.name_key, a.domain, a.expected_amount_minor, a.currency, a.expected_close_on,
       a.opportunity_crm_id,
       COALESCE(account.type ILIKE 'customer%', false) OR COALESCE(d.has_won, false) AS is_customer,
       d.direct_activity_on, COALESCE(d.older_deals, '[]') AS older_deals,
       CASE WHEN a.account_crm_id IS NULL THEN m.count ELSE 1 END AS possible_accounts,
       a.account_crm_id IS NULL AND m.count = 1 AND m.domains_differ AS only_name_matches,
       v.rival, own.rival AS own, relative.rival AS relative, COALESCE(f.keys, '{{}}') AS family,
       (SELECT max(e.expires_on) FROM registrations e
        WHERE e.claim_key = a.claim_key AND e.participant_id = a.participant_id
          AND e.state = 'expired' AND (e.submitted_at, e.id) < (a.submitted_at, a.id)
          AND {places.overlap("e", "a")}) AS expired_on,
       ARRAY(SELECT q.reason FROM account_questions q
             WHERE q.registration_id = a.id AND q.answer IS NULL ORDER BY q.id) AS questions
FROM asked a
JOIN participants p ON p.id = a.participant_id
LEFT JOIN accounts account ON account.crm_id = a.account_crm_id
LEFT JOIN deals d ON d.id = a.id
LEFT JOIN families f ON f.id = a.id
LEFT JOIN rivals v ON v.id = a.id AND NOT v.is_own AND NOT v.is_relative
LEFT JOIN rivals own ON own.id = a.id AND own.is_own AND NOT own.is_relative
LEFT JOIN rivals relative ON relative.id = a.id AND NOT relative.is_own AND relative.is_relative
LEFT JOIN open_claims c ON c.participant_id = a.participant_id
CROSS JOIN LATERAL (
    SELECT count(*) AS count, COALESCE(bool_and(x.domain <> a.domain), false) AS domains_differ
    FROM accounts x
    WHERE NOT x.is_deleted AND (x.domain = a.domain OR x.name_key = a.name_key)
      AND NOT EXISTS (SELECT FROM account_questions q WHERE q.registration_id = a.id
                      AND q.account_crm_id = x.crm_id AND {TOLD_DIFFERENT})) m
ORDER BY a.submitted_at, a.id
""")
