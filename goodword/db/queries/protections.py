"""Protection: what the CRM should say of accounts and deals, where it does not say it."""

from __future__ import annotations

from sqlalchemy import Connection, Row, text


def differing(tx: Connection) -> list[Row[tuple[str, str, str | None, object]]]:
    """Return the accounts and deals whose protection in the CRM is not what the claims say.

    Returns:
        Rows of crm_object, crm_id, partner (names, None clears) and until (date, None clears).
    """
    return list(tx.execute(_DIFFERING))


_DIFFERING = text("""
WITH live AS (
    SELECT r.account_crm_id, r.opportunity_crm_id, r.expires_on,
           p.name || CASE r.division WHEN '' THEN '' ELSE ' (' || r.division || ')' END AS partner
    FROM registrations r JOIN participants p ON p.id = r.participant_id
    WHERE r.state IN ('approved', 'extended')
), wanted AS (
    SELECT 'Account' AS crm_object, account_crm_id AS crm_id,
           left(string_agg(partner, '; ' ORDER BY partner), 255) AS partner,
           max(expires_on) AS until
    FROM live WHERE account_crm_id IS NOT NULL GROUP BY 2
    UNION ALL
    SELECT 'Opportunity', opportunity_crm_id,
           left(string_agg(partner, '; ' ORDER BY partner), 255), max(expires_on)
    FROM live WHERE opportunity_crm_id IS NOT NULL GROUP BY 2
), said AS (
    SELECT 'Account' AS crm_object, crm_id, protected_partner AS partner, protected_until AS until
    FROM accounts WHERE NOT is_deleted
    UNION ALL
    SELECT 'Opportunity', crm_id, protected_partner, protected_until
    FROM opportunities WHERE NOT is_deleted
)
SELECT s.crm_object, s.crm_id, w.partner, w.until
FROM said s LEFT JOIN wanted w USING (crm_object, crm_id)
WHERE (s.partner, s.until) IS DISTINCT FROM (w.partner, w.until)
ORDER BY s.crm_object, s.crm_id
""")
