"""Claims and the CRM: connecting referrals, registrations and leads to the accounts they mean.

First by what is exact, here; what is left by comparing names (goodword/actions/matchings.py).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection, text

from goodword.actions import audit
from goodword.db.queries import places
from goodword.db.queries.matchings import ROOTS, TOLD
from goodword.phrases import because


def link(tx: Connection) -> Counter[str]:
    """Connect claims to the CRM's accounts: by the deal they name, their domain, then their name.

    A merged account is followed to the one that took it over, however often; a deleted one is let
    go. A name or domain that several accounts have connects to none of them, nor does a domain
    where an account without one has the very name, nor an account of which a person said that it
    is another company. Where only the name agrees and the domains differ a registration waits for
    staff, whose approval settles it. A live claim is not moved to an account and division that
    another live claim protects; of two that would be, the one submitted first is.

    Returns:
        How many of each kind were connected, and how many claims were let go.
    """
    places.lock(tx)
    counts = Counter[str]()
    # The normal forms have no index: each must be looked up by its hash, whatever is estimated.
    tx.execute(text("SET LOCAL enable_nestloop = off"))
    for table, statement in _LINK.items():
        given = {"night": audit.NIGHT} if table == "registrations" else {}
        rows = tx.execute(text(statement), given).all()
        counts[f"{table} linked"] = sum(row.root is not None for row in rows)
        counts[f"{table} let go"] = sum(row.root is None for row in rows)
        if table == "registrations":
            audit.record(tx, [_event(*row) for row in sorted(rows)])
    tx.execute(text("SET LOCAL enable_nestloop = on"))
    return +counts


def _event(number: int, root: str | None, how: str) -> audit.Event:
    action, facts = ("linked", {"account": root}) if root else ("let go", {})
    return audit.Event(audit.NIGHT, action, "registration", number, how, facts)


def analyze(tx: Connection) -> None:
    """Let PostgreSQL see how many claims are linked now.

    On a new database it would plan as if none were: a query of 20 ms took 25 s.
    """
    tx.execute(text("ANALYZE participants, referrals, registrations, touches, leads"))


_MERGED = because("its account was merged into this one")
_BY_DEAL = because("the deal that it names is on this account")
_DELETED = because("its account was deleted")
_SAME_DOMAIN = because("same domain: {domain}", domain="")
_SAME_NAME = because("same name but for its spelling and legal form")


def _alone(claim: str) -> str:
    """Return SQL for the place of a claim without an account, as in the model."""
    return f"COALESCE('domain:' || {claim}.domain, 'name:' || {claim}.name_key)"


def _place(claim: str, found: str) -> str:
    """Return SQL for the place of a claim that moves to the root of a row of `found`."""
    return f"COALESCE({found}.root, {_alone(claim)})"


def _is_live(claim: str) -> str:
    return f"{claim}.state IN ('approved', 'extended')"


_IN_THE_WAY = f"""
    {_is_live("c")} AND {_is_live("other")} AND other.id <> c.id
    AND {places.overlap("other", "c")}
"""

# Two questions, each of which is answered by one join: a live claim is not looked for by each.
UNLESS_PROTECTED = f"""
  AND NOT EXISTS (
      SELECT FROM registrations other
      WHERE other.claim_key = {_place("c", "f")} AND {_IN_THE_WAY})
  AND NOT EXISTS (
      SELECT FROM found too JOIN registrations other ON other.id = too.id
      WHERE {_place("other", "too")} = {_place("c", "f")} AND {_IN_THE_WAY}
        AND (other.submitted_at, other.id) < (c.submitted_at, c.id))
"""
"""Registrations c that would move to f.root, where no live claim protects that place.

`found` holds all that would move: id and root.
"""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of claims, and in SQL what differs between the kinds.

    Attributes:
        table: the claims, `c`.
        is_open: the claim is let go when its account is deleted.
        is_sure: an account `n` of the same name is the claim's, whatever their domains.
        key: the column that names a claim.
        deal: the column of the deal that it names.
        is_told: what a person said, `t`, is about the claim.
        not_these: the accounts that the person said are others; null: none.
        guard: what else must be true for the claim to move to `f.root`.
    """

    table: str
    is_open: str
    is_sure: str
    key: str = "id"
    deal: str = "opportunity_crm_id"
    is_told: str = "false"
    not_these: str = "NULL::text[]"
    guard: str = ""


def _link(kind: _Kind) -> str:
    """Return the statement that connects the claims of a kind to accounts."""
    return f"""
WITH RECURSIVE {ROOTS}, {TOLD}, domains AS (
    SELECT domain, min(root) AS root FROM roots
    WHERE domain IS NOT NULL GROUP BY domain HAVING count(DISTINCT root) = 1
), names AS (
    SELECT name_key, min(root) AS root, min(domain) AS domain
    FROM roots WHERE name_key <> '' GROUP BY name_key HAVING count(DISTINCT root) = 1
), without_domain AS (
    SELECT name_key, min(root) AS root
    FROM roots WHERE domain IS NULL AND name_key <> '' GROUP BY name_key
), asked AS (
    SELECT c.*, gone.crm_id IS NOT NULL AND {kind.is_open} AS is_gone,
           COALESCE({kind.not_these}, '{{}}') AS not_these
    FROM {kind.table} c
    LEFT JOIN told t ON {kind.is_told}
    LEFT JOIN accounts gone ON gone.crm_id = c.account_crm_id
        AND (gone.is_deleted OR gone.master_crm_id IS NOT NULL)
    WHERE c.account_crm_id IS NULL OR gone.crm_id IS NOT NULL
), found AS (
    SELECT c.{kind.key} AS id, COALESCE(merged.root, deal.root, company.root) AS root,
           CASE WHEN merged.root IS NOT NULL THEN '{_MERGED}'
                WHEN deal.root IS NOT NULL THEN '{_BY_DEAL}'
                WHEN company.root IS NULL THEN '{_DELETED}'
                WHEN d.root IS NOT NULL THEN '{_SAME_DOMAIN}' || d.domain
                ELSE '{_SAME_NAME}' END AS how
    FROM asked c
    LEFT JOIN roots merged ON merged.crm_id = c.account_crm_id
    LEFT JOIN opportunities o ON o.crm_id = c.{kind.deal}
    LEFT JOIN roots deal ON deal.crm_id = o.account_crm_id AND deal.root <> ALL(c.not_these)
    LEFT JOIN domains d ON d.domain = c.domain AND d.root <> ALL(c.not_these)
    LEFT JOIN without_domain w ON w.name_key = c.name_key AND w.root <> ALL(c.not_these)
    LEFT JOIN names n ON n.name_key = c.name_key AND ({kind.is_sure}) AND n.root <> ALL(c.not_these)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN d.root = w.root OR d.root IS NULL OR w.root IS NULL
                    THEN COALESCE(d.root, n.root) END AS root) company
    WHERE c.is_gone OR COALESCE(merged.root, deal.root, company.root) IS NOT NULL
)
UPDATE {kind.table} c SET account_crm_id = f.root
FROM found f
WHERE c.{kind.key} = f.id AND c.account_crm_id IS DISTINCT FROM f.root{kind.guard}
RETURNING c.{kind.key} AS id, f.root, f.how
"""


_NAME_IS_SURE = """
    n.domain IS NULL OR c.domain IS NULL
    OR c.state IN ('approved', 'extended') AND c.decided_by <> :night
"""

_KINDS = (
    _Kind("referrals", is_open="c.state <> 'converted'", is_sure="true"),
    _Kind(
        "registrations",
        is_open="c.state IN ('submitted', 'approved', 'extended')",
        is_sure=_NAME_IS_SURE,
        is_told="t.registration_id = c.id",
        not_these="t.not_these",
        guard=UNLESS_PROTECTED,
    ),
    _Kind(
        "leads",
        key="crm_id",
        deal="converted_opportunity_crm_id",
        is_open="NOT c.is_converted",
        is_sure="n.domain IS NULL OR c.domain IS NULL",
    ),
)

_LINK = {kind.table: _link(kind) for kind in _KINDS}
