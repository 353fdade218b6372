"""Claims and the CRM: connecting referrals and registrations to the accounts that they mean."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, text

from goodword.actions import audit


def link(tx: Connection) -> Counter[str]:
    """Connect claims to the CRM's accounts: by the deal they name, their domain, then their name.

    A merged account is followed to the one that took it over, however often. A name or domain that
    several accounts have connects to none of them. Where only the name agrees and the domains
    differ a registration waits for staff, whose approval settles it. A live claim is not moved to
    an account and division that another live claim protects; of two that would be, the one
    submitted first is.

    Returns:
        How many of each kind were connected.
    """
    counts = Counter[str]()
    # The normal forms have no index: each must be looked up by its hash, whatever is estimated.
    tx.execute(text("SET LOCAL enable_nestloop = off"))
    for table, is_sure, guard in (
        ("referrals", "true", ""),
        ("registrations", _IS_SURE, _UNLESS_PROTECTED),
    ):
        link_all = text(_LINK.format(table=table, is_sure=is_sure) + guard)
        counts[f"{table} linked"] = tx.execute(link_all, {"night": audit.NIGHT}).rowcount
    tx.execute(text("SET LOCAL enable_nestloop = on"))
    return +counts


def analyze(tx: Connection) -> None:
    """Let PostgreSQL see how many claims are linked now.

    On a new database it would plan as if none were: a query of 20 ms took 25 s.
    """
    tx.execute(text("ANALYZE participants, referrals, registrations, touches"))


_LINK = """
WITH RECURSIVE followed AS (
    SELECT crm_id, crm_id AS root, master_crm_id AS next, domain, name_key FROM accounts
    UNION
    SELECT f.crm_id, m.crm_id, m.master_crm_id, f.domain, f.name_key
    FROM followed f JOIN accounts m ON m.crm_id = f.next
), roots AS (
    SELECT f.crm_id, f.root, f.domain, f.name_key
    FROM followed f JOIN accounts a ON a.crm_id = f.root
    WHERE f.next IS NULL AND NOT a.is_deleted
), domains AS (
    SELECT domain, min(root) AS root FROM roots
    WHERE domain IS NOT NULL GROUP BY domain HAVING count(DISTINCT root) = 1
), names AS (
    SELECT name_key, min(root) AS root, min(domain) AS domain
    FROM roots GROUP BY name_key HAVING count(DISTINCT root) = 1
), found AS (
    SELECT c.id, COALESCE(merged.root, deal.root, d.root, n.root) AS root
    FROM {table} c
    LEFT JOIN roots merged ON merged.crm_id = c.account_crm_id
    LEFT JOIN opportunities o ON o.crm_id = c.opportunity_crm_id
    LEFT JOIN roots deal ON deal.crm_id = o.account_crm_id
    LEFT JOIN domains d ON d.domain = c.domain
    LEFT JOIN names n ON n.name_key = c.name_key AND ({is_sure})
    WHERE c.account_crm_id IS NULL
       OR EXISTS (SELECT FROM accounts gone
                  WHERE gone.crm_id = c.account_crm_id AND gone.master_crm_id IS NOT NULL)
)
UPDATE {table} c SET account_crm_id = f.root
FROM found f
WHERE c.id = f.id AND f.root IS NOT NULL AND c.account_crm_id IS DISTINCT FROM f.root
"""

_IS_SURE = """
    n.domain IS NULL OR c.domain IS NULL
    OR c.state IN ('approved', 'extended') AND c.decided_by <> :night
"""

_UNLESS_PROTECTED = """
  AND NOT (c.state IN ('approved', 'extended') AND EXISTS (
      SELECT FROM registrations other LEFT JOIN found too ON too.id = other.id
      WHERE other.state IN ('approved', 'extended') AND other.division = c.division
        AND (other.account_crm_id = f.root AND other.id <> c.id
             OR too.root = f.root
                AND (other.submitted_at, other.id) < (c.submitted_at, c.id))))
"""
