"""Questions of accounts: those that a person has not answered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text


def unanswered(tx: Connection, most: int | None = None) -> list[dict[str, Any]]:
    """Return the open questions of claims that are not over, first asked first; all, or so many.

    Returns:
        Rows of registration_id, company, domain, partner, state, account_crm_id, account,
        account_domain, reason and asked_on.
    """
    return [dict(row) for row in tx.execute(_UNANSWERED, {"most": most}).mappings()]


_UNANSWERED = text("""
SELECT q.registration_id, r.company, r.domain, p.name AS partner, r.state, q.account_crm_id,
       a.name AS account, a.domain AS account_domain, q.reason, q.asked_on
FROM account_questions q
JOIN registrations r ON r.id = q.registration_id
JOIN participants p ON p.id = r.participant_id
LEFT JOIN accounts a ON a.crm_id = q.account_crm_id
WHERE q.answer IS NULL AND r.account_crm_id IS NULL
  AND r.state IN ('submitted', 'approved', 'extended')
ORDER BY q.asked_on, q.registration_id, q.id LIMIT CAST(:most AS bigint)
""")
