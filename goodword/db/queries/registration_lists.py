"""Registrations as people look through them: filtered and by page, and the others on a place."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries import places


@dataclass(frozen=True, slots=True)
class Filter:
    """Which claims: those of which everything given is true; an empty one asks for all.

    `partner` and `account` are parts of a name, a key, a domain or the CRM's id, in any case.
    `ends_by` asks for live claims that end by that day.
    """

    state: str = ""
    partner: str = ""
    account: str = ""
    ends_by: date | None = None


def page(tx: Connection, which: Filter, after: int | None, most: int) -> list[Row[Any]]:
    """Return so many claims after the claim `after`: newest first, or by `ends_by` first to end.

    Returns:
        id, partner, participant_id, company, division, state, submitted_at, expires_on, reasons.
    """
    statement = _ENDING if which.ends_by else _NEWEST
    return list(tx.execute(statement, {**asdict(which), "after": after, "most": most}))


_PAGE = """
SELECT r.id, p.name AS partner, p.id AS participant_id, r.company, r.division, r.state,
       r.submitted_at, r.expires_on, r.reasons
FROM registrations r JOIN participants p ON p.id = r.participant_id
WHERE (:state = '' OR r.state = :state)
  AND (:partner = '' OR position(lower(:partner) IN lower(p.name || chr(10) || p.key)) > 0)
  AND (:account = '' OR position(lower(:account) IN lower(
        concat_ws(chr(10), r.company, r.domain, r.division, r.account_crm_id))) > 0)
"""

_NEWEST = text(f"""{_PAGE}
  AND (CAST(:after AS bigint) IS NULL OR r.id < :after)
ORDER BY r.id DESC LIMIT :most
""")

_ENDING = text(f"""{_PAGE}
  AND r.state IN ('approved', 'extended') AND r.expires_on <= :ends_by
  AND (CAST(:after AS bigint) IS NULL OR (r.expires_on, r.id) >
       ((SELECT a.expires_on FROM registrations a WHERE a.id = :after), :after))
ORDER BY r.expires_on, r.id LIMIT :most
""")


def rivals(tx: Connection, registration_id: int, most: int) -> list[Row[Any]]:
    """Return the other claims on a claim's place, those that stand and the earliest first.

    Returns:
        id, partner, partner_key, participant_id, company, division, state, submitted_at,
        expires_on, evidence, expected_amount_minor, currency, account_crm_id, opportunity_crm_id,
        domain.
    """
    return list(tx.execute(_RIVALS, {"id": registration_id, "most": most}))


_RIVALS = text(f"""
SELECT r.id, p.name AS partner, p.key AS partner_key, p.id AS participant_id, r.company,
       r.division, r.state, r.submitted_at, r.expires_on, r.evidence, r.expected_amount_minor,
       r.currency, r.account_crm_id, r.opportunity_crm_id, r.domain
FROM registrations own
JOIN registrations r ON r.id = own.conflicts_with_id OR (
    r.claim_key = own.claim_key AND {places.overlap("r", "own")})
JOIN participants p ON p.id = r.participant_id
WHERE own.id = :id AND r.id <> own.id
ORDER BY r.state IN ('approved', 'extended', 'won') DESC, r.submitted_at, r.id LIMIT :most
""")


def open_around(tx: Connection, registration_id: int) -> list[Row[Any]]:
    """Return what is open about a claim: what, number, asked_on, reason.

    `what` is "dispute", "request" (for more days) or "question" (which account it is).
    """
    return list(tx.execute(_OPEN_AROUND, {"id": registration_id}))


_OPEN_AROUND = text("""
SELECT 'dispute' AS what, id, opened_on AS asked_on, ground AS reason FROM disputes
WHERE state IN ('open', 'decided', 'appealed') AND :id IN (registration_id, rival_id)
UNION ALL
SELECT 'request', id, asked_on, reason FROM extension_requests
WHERE state = 'open' AND registration_id = :id
UNION ALL
SELECT 'question', q.id, q.asked_on, q.reason
FROM account_questions q JOIN registrations r ON r.id = q.registration_id
WHERE q.registration_id = :id AND q.answer IS NULL AND r.account_crm_id IS NULL
  AND r.state IN ('submitted', 'approved', 'extended')
ORDER BY 3, 1, 2
""")
