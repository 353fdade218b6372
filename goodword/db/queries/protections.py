"""Protection: what the CRM should say of accounts, deals and leads, where it does not say it."""

from __future__ import annotations

from sqlalchemy import Connection, Row, text

from goodword.phrases import because


def differing(tx: Connection) -> list[Row[tuple[str, str, str | None, object, str | None]]]:
    """Return the records whose protection in the CRM is not what the claims and routings say.

    A partner without a date was filled in by a person, and so was one that is not what routing
    wrote: where nothing is wanted these stay.

    Returns:
        Rows of crm_object, crm_id, partner (names, None clears), until (date, None clears) and
        owner (a CRM user, None leaves the one it has).
    """
    return list(tx.execute(_DIFFERING))


PARTNER = "p.name || CASE r.division WHEN '' THEN '' ELSE ' (' || r.division || ')' END"
"""A claim's partner as the CRM names them; of registrations r and participants p."""


def shows(field: str, partner: str) -> str:
    """Return SQL that is true when a partner field names a partner, maybe among others."""
    return f"COALESCE(strpos('; ' || {field} || ';', '; ' || {partner} || ';') > 0, false)"


LIVE = f"""
    SELECT r.id, r.account_crm_id, r.opportunity_crm_id, r.expires_on,
           CASE r.source WHEN 'crm_lead' THEN r.source_id END AS lead_crm_id,
           {PARTNER} AS partner
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

MERGED = """
merged AS (
    SELECT crm_id, master_crm_id AS root FROM accounts WHERE master_crm_id IS NOT NULL
    UNION
    SELECT m.crm_id, a.master_crm_id
    FROM merged m JOIN accounts a ON a.crm_id = m.root WHERE a.master_crm_id IS NOT NULL
)
"""
"""Accounts that were merged away, under each that took them over; after WITH RECURSIVE."""

_GONE = because("the record is deleted or converted")
_DECLINED = because("the partner declined it")
_ENDED = because("its claim has ended")
_ELSEWHERE = because("it is of another account now")

ROUTED = f"""
WITH RECURSIVE {MERGED}, live AS ({LIVE}), records AS NOT MATERIALIZED ({RECORDS}), routed AS (
    SELECT t.id, t.registration_id, t.crm_object, t.crm_id, t.partner AS given, t.written_on,
           t.owner_before, t.owner_after, v.partner, v.expires_on,
           s.crm_id IS NOT NULL AS is_there, s.partner AS shown, s.owner,
           s.is_open AND s.owner = t.owner_after AND u.is_active IS NOT false
               AND t.owner_before IS NOT NULL AS can_give_back,
           CASE WHEN s.crm_id IS NULL THEN '{_GONE}'
                WHEN t.declined_on IS NOT NULL THEN '{_DECLINED}'
                WHEN v.id IS NULL THEN '{_ENDED}'
                WHEN s.account_crm_id IS DISTINCT FROM v.account_crm_id AND NOT EXISTS (
                    SELECT FROM merged m
                    WHERE (m.crm_id, m.root) IN ((s.account_crm_id, v.account_crm_id),
                                                 (v.account_crm_id, s.account_crm_id)))
                THEN '{_ELSEWHERE}' END AS over
    FROM routings t
    LEFT JOIN live v ON v.id = t.registration_id
    LEFT JOIN records s ON (s.crm_object, s.crm_id) = (t.crm_object, t.crm_id)
    LEFT JOIN crm_users u ON u.crm_id = t.owner_before
    WHERE t.released_on IS NULL
)
"""
"""What is with partners now, as the CRM shows it; `over` is why it is theirs no more, else null.

Nobody is given back what a user owned who has left: the CRM would refuse the whole record.
"""

_DIFFERING = text(f"""
{ROUTED}, claimed AS (
    SELECT 'Account' AS crm_object, account_crm_id AS crm_id, partner, expires_on
    FROM live WHERE account_crm_id IS NOT NULL
    UNION ALL
    SELECT 'Opportunity', opportunity_crm_id, partner, expires_on
    FROM live WHERE opportunity_crm_id IS NOT NULL
    UNION ALL
    SELECT 'Lead', lead_crm_id, partner, expires_on FROM live WHERE lead_crm_id IS NOT NULL
    UNION ALL
    SELECT crm_object, crm_id, partner, expires_on FROM routed WHERE over IS NULL
), wanted AS (
    SELECT crm_object, crm_id, max(expires_on) AS until,
           rtrim(left(string_agg(DISTINCT partner, '; ' ORDER BY partner), 255)) AS partner
    FROM claimed GROUP BY crm_object, crm_id
), compared AS (
    SELECT s.crm_object, s.crm_id, s.owner AS owner_now, w.partner, w.until,
           CASE WHEN t.over IS NULL AND t.written_on IS NULL THEN t.owner_after
                WHEN t.over IS NOT NULL AND t.can_give_back THEN t.owner_before END AS owner,
           (s.partner, s.until) IS DISTINCT FROM (w.partner, w.until)
           AND (w.partner IS NOT NULL OR t.crm_id IS NOT NULL OR s.until IS NOT NULL)
           AND (w.partner IS NOT NULL OR s.partner IS NULL OR NOT EXISTS (
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
