"""Protection: what the CRM should say of accounts, deals and leads, where it does not say it."""

from __future__ import annotations

from sqlalchemy import Connection, Row, text


def differing(tx: Connection) -> list[Row[tuple[str, str, str | None, object, str | None]]]:
    """Return the records whose protection in the CRM is not what the claims and routings say.

    A partner without a date was filled in by a person, and so was one that is not what routing
    wrote: where nothing is wanted these stay.

    Returns:
        Rows of crm_object, crm_id, partner (names, None clears), until (date, None clears) and
        owner (a CRM user, None leaves the one it has).
    """
    return list(tx.execute(_DIFFERING))


LIVE = """
    SELECT r.id, r.account_crm_id, r.opportunity_crm_id, r.expires_on,
           CASE r.source WHEN 'crm_lead' THEN r.source_id END AS lead_crm_id,
           p.name || CASE r.division WHEN '' THEN '' ELSE ' (' || r.division || ')' END AS partner
    FROM registrations r JOIN participants p ON p.id = r.participant_id
    WHERE r.state IN ('approved', 'extended')
"""
"""Live claims, each with its partner as the CRM names them."""

RECORDS = """
    SELECT 'Account' AS crm_object, crm_id, protected_partner AS partner, protected_until AS until,
           owner_crm_id AS owner, true AS is_open, name, NULL AS account_crm_id
    FROM accounts WHERE NOT is_deleted
    UNION ALL
    SELECT 'Opportunity', crm_id, protected_partner, protected_until,
           owner_crm_id, NOT is_closed, name, account_crm_id
    FROM opportunities WHERE NOT is_deleted
    UNION ALL
    SELECT 'Lead', crm_id, protected_partner, protected_until,
           owner_crm_id, true, company, account_crm_id
    FROM leads WHERE NOT (is_deleted OR is_converted)
"""
"""The records that can be written to; Salesforce takes no change of a converted lead."""

_DIFFERING = text(f"""
WITH live AS ({LIVE}), records AS ({RECORDS}), routed AS (
    SELECT t.crm_object, t.crm_id, t.owner_before, t.owner_after, t.written_on,
           v.partner, v.expires_on, v.id IS NOT NULL AND t.declined_on IS NULL AS holds
    FROM routings t LEFT JOIN live v ON v.id = t.registration_id
    WHERE t.released_on IS NULL
), claimed AS (
    SELECT 'Account' AS crm_object, account_crm_id AS crm_id, partner, expires_on
    FROM live WHERE account_crm_id IS NOT NULL
    UNION ALL
    SELECT 'Opportunity', opportunity_crm_id, partner, expires_on
    FROM live WHERE opportunity_crm_id IS NOT NULL
    UNION ALL
    SELECT 'Lead', lead_crm_id, partner, expires_on FROM live WHERE lead_crm_id IS NOT NULL
    UNION ALL
    SELECT crm_object, crm_id, partner, expires_on FROM routed WHERE holds
), wanted AS (
    SELECT crm_object, crm_id, max(expires_on) AS until,
           left(string_agg(DISTINCT partner, '; ' ORDER BY partner), 255) AS partner
    FROM claimed GROUP BY crm_object, crm_id
), compared AS (
    SELECT s.crm_object, s.crm_id, s.owner AS owner_now, w.partner, w.until,
           CASE WHEN t.holds AND t.written_on IS NULL THEN t.owner_after
                WHEN NOT t.holds AND s.is_open AND s.owner = t.owner_after THEN t.owner_before
           END AS owner,
           (s.partner, s.until) IS DISTINCT FROM (w.partner, w.until)
           AND (w.partner IS NOT NULL OR t.crm_id IS NOT NULL OR s.until IS NOT NULL)
           AND (w.partner IS NOT NULL OR NOT EXISTS (
               SELECT FROM routings h LEFT JOIN live v ON v.id = h.registration_id
               WHERE (h.crm_object, h.crm_id) = (s.crm_object, s.crm_id)
                 AND h.by_hand_on IS NOT NULL
                 AND (v.id IS NOT NULL OR h.partner IS DISTINCT FROM s.partner))) AS says_other
    FROM records s
    LEFT JOIN wanted w USING (crm_object, crm_id)
    LEFT JOIN routed t USING (crm_object, crm_id)
    WHERE (s.partner, s.until) IS DISTINCT FROM (w.partner, w.until) OR t.crm_id IS NOT NULL
)
SELECT crm_object, crm_id, partner, until, NULLIF(owner, owner_now) AS owner
FROM compared WHERE says_other OR owner <> owner_now
ORDER BY crm_object, crm_id
""")
