"""Matching: what has not been compared with the CRM's accounts as they are now, and those."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from goodword.companies import Account, Asked


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A claim, referral or open lead that has no account yet.

    Attributes:
        subject: registrations, referrals or leads.
        subject_id: its number, or the lead's id in the CRM.
        asked: the company as somebody wrote it.
        compared: the digest of what it is compared with, once it has been.
        not_these: accounts of which a person said that they are another company.
    """

    subject: str
    subject_id: str
    asked: Asked
    compared: str
    not_these: frozenset[str]


TOLD_DIFFERENT = "q.answer = 'different' AND q.answered_by <> 'night'"
"""An account question q that a person answered so; the night only closes what is settled."""

ROOTS = """
followed AS (
    SELECT crm_id, crm_id AS root, master_crm_id AS next FROM accounts
    UNION
    SELECT f.crm_id, m.crm_id, m.master_crm_id
    FROM followed f JOIN accounts m ON m.crm_id = f.next
), roots AS (
    SELECT f.crm_id, f.root, own.domain, own.name_key, own.name, own.country, a.parent_crm_id
    FROM followed f JOIN accounts a ON a.crm_id = f.root JOIN accounts own ON own.crm_id = f.crm_id
    WHERE f.next IS NULL AND NOT a.is_deleted
)
"""
"""Every account under the one that took it over, as `root`; after WITH RECURSIVE."""

TOLD = f"""
told AS (
    SELECT q.registration_id, array_agg(COALESCE(f.root, q.account_crm_id)) AS not_these
    FROM account_questions q LEFT JOIN roots f ON f.crm_id = q.account_crm_id
    WHERE {TOLD_DIFFERENT}
    GROUP BY q.registration_id
)
"""
"""By claim, the accounts of which a person said that they are another company; after ROOTS."""


def unmatched(tx: Connection) -> list[Unmatched]:
    """Return what is to be compared: nothing on a night when no account and no company is new."""
    return [
        Unmatched(
            row.subject,
            row.subject_id,
            Asked(row.company, row.domain),
            row.compared,
            frozenset(row.not_these or ()),
        )
        for row in tx.execute(_UNMATCHED)
    ]


_UNMATCHED = text(f"""
WITH RECURSIVE {ROOTS}, {TOLD}, subjects AS (
    SELECT 'registrations' AS subject, r.id::text AS subject_id, r.company, r.domain,
           t.not_these
    FROM registrations r LEFT JOIN told t ON t.registration_id = r.id
    WHERE r.account_crm_id IS NULL AND r.state IN ('submitted', 'approved', 'extended')
    UNION ALL
    SELECT 'referrals', f.id::text, f.company, f.domain, NULL
    FROM referrals f WHERE f.account_crm_id IS NULL AND f.state <> 'converted'
    UNION ALL
    SELECT 'leads', l.crm_id, l.company, l.domain, NULL
    FROM leads l WHERE l.account_crm_id IS NULL AND NOT (l.is_converted OR l.is_deleted)
), known AS (
    SELECT count(*)::text || sum(hashtextextended(concat_ws('|', crm_id, root, name, domain), 0))
           AS digest
    FROM roots
), compared AS (
    SELECT s.*, md5(concat_ws('|', k.digest, s.company, s.domain)) AS compared
    FROM subjects s CROSS JOIN known k WHERE k.digest IS NOT NULL
)
SELECT c.* FROM compared c
LEFT JOIN matchings m ON (m.subject, m.subject_id) = (c.subject, c.subject_id)
WHERE m.compared IS DISTINCT FROM c.compared
ORDER BY c.subject, c.subject_id
""")


def known_accounts(tx: Connection) -> list[Account]:
    """Return every account that may be meant, merged ones under the one that took them over."""
    return [
        Account(row.root, row.name, row.domain, row.country, row.parent_crm_id)
        for row in tx.execute(_KNOWN)
    ]


_KNOWN = text(f"""
WITH RECURSIVE {ROOTS}
SELECT root, name, domain, country, parent_crm_id FROM roots ORDER BY root = crm_id DESC, crm_id
""")
