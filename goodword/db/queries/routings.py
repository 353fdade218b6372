"""Routing: open leads and deals of protected accounts, and what was given to whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.bulk import stage
from goodword.db.queries.lists import MOST
from goodword.db.queries.protections import LIVE, MERGED, RECORDS, shows
from goodword.rules.routings import Arrival, Protector


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open lead or deal of a protected account, with every live claim on that account.

    Attributes:
        crm_object: Lead or Opportunity.
        crm_id: its id there.
        arrival: what the rules go by.
        protectors: the live claims, first to register first.
        active_on: the day of an activity on it that is news, since the first claim was approved;
            None where there is none.
    """

    crm_object: str
    crm_id: str
    arrival: Arrival
    protectors: tuple[Protector, ...]
    active_on: date | None


def candidates(tx: Connection, today: date) -> list[Candidate]:
    """Return what may be routed tonight, or what direct sales works on though it is protected.

    A record that a live claim names or came from is not among them, nor one that is given to a
    partner now or that a person took back. What is older than the claims is there only on the
    days after an activity.
    """
    rows = tx.execute(_CANDIDATES, {"today": today})
    return [
        _candidate(list(of_one)) for _, of_one in groupby(rows, lambda r: (r.crm_object, r.crm_id))
    ]


def _candidate(rows: Sequence[Row[Any]]) -> Candidate:
    first = rows[0]
    return Candidate(
        first.crm_object,
        first.crm_id,
        Arrival(first.name, first.owner, first.owned_by, first.division, first.is_taken),
        tuple(
            Protector(
                row.registration_id,
                row.participant_id,
                row.claimed,
                may_have=row.may_have,
                crm_user=row.crm_user,
            )
            for row in rows
        ),
        first.active_on,
    )


# A deal of an account that was merged away belongs to the one that took it over.
# A lead that is a registration which cannot be taken in yet is its maker's.
_CANDIDATES = text(f"""
WITH RECURSIVE {MERGED}, live AS (
    SELECT r.id AS registration_id, r.participant_id, r.account_crm_id, r.opportunity_crm_id,
           r.division AS claimed, r.submitted_at, r.decided_on,
           CASE WHEN u.is_active IS NOT false THEN p.crm_user_id END AS crm_user
    FROM registrations r JOIN participants p ON p.id = r.participant_id
    LEFT JOIN crm_users u ON u.crm_id = p.crm_user_id
    WHERE r.state IN ('approved', 'extended') AND r.account_crm_id IS NOT NULL
      AND r.expires_on >= :today
), protected AS (
    SELECT account_crm_id AS root, account_crm_id AS crm_id FROM live
    UNION
    SELECT m.root, m.crm_id FROM merged m JOIN live l ON l.account_crm_id = m.root
), records AS (
    SELECT 'Opportunity' AS crm_object, o.crm_id, o.name, o.owner_crm_id AS owner, o.division,
           o.protected_partner, o.created_at, o.last_activity_on, a.root
    FROM opportunities o JOIN protected a ON a.crm_id = o.account_crm_id
    WHERE NOT (o.is_closed OR o.is_deleted)
      AND NOT EXISTS (SELECT FROM live n WHERE n.opportunity_crm_id = o.crm_id)
    UNION ALL
    SELECT 'Lead', l.crm_id, l.company, l.owner_crm_id, l.division,
           l.protected_partner, l.created_at, NULL, a.root
    FROM leads l JOIN protected a ON a.crm_id = l.account_crm_id
    WHERE NOT (l.is_converted OR l.is_deleted)
      AND NOT EXISTS (SELECT FROM registrations n
                      WHERE n.source = 'crm_lead' AND n.source_id = l.crm_id)
      AND NOT EXISTS (SELECT FROM quarantine q
                      WHERE q.source = 'salesforce.registration.Lead' AND q.external_id = l.crm_id
                        AND q.resolved_at IS NULL)
), free AS (
    SELECT r.* FROM records r WHERE NOT EXISTS (
        SELECT FROM routings t WHERE t.crm_object = r.crm_object AND t.crm_id = r.crm_id
          AND (t.released_on IS NULL OR t.by_hand_on IS NOT NULL))
), claimed AS (
    SELECT f.*, v.registration_id, v.participant_id, v.claimed, v.crm_user, v.submitted_at,
           v.decided_on,
           f.created_at >= v.submitted_at AND NOT EXISTS (
               SELECT FROM routings t JOIN registrations x ON x.id = t.registration_id
               WHERE t.crm_object = f.crm_object AND t.crm_id = f.crm_id
                 AND (x.id = v.registration_id
                      OR t.declined_on IS NOT NULL AND x.participant_id = v.participant_id)
           ) AS may_have
    FROM free f JOIN live v ON v.account_crm_id = f.root
), told AS (
    SELECT c.*,
           CASE WHEN c.last_activity_on <= :today
                 AND c.last_activity_on > CAST(:today AS date) - 7
                 AND c.last_activity_on > min(c.decided_on) OVER record
                THEN c.last_activity_on END AS active_on,
           bool_or(c.may_have) OVER record AS is_new
    FROM claimed c
    WINDOW record AS (PARTITION BY c.crm_object, c.crm_id)
)
SELECT t.crm_object, t.crm_id, t.name, t.owner, t.division, owner.id AS owned_by,
       t.protected_partner IS NOT NULL AS is_taken, t.active_on,
       t.registration_id, t.participant_id, t.claimed, t.crm_user, t.may_have
FROM told t
LEFT JOIN LATERAL (
    SELECT p.id FROM participants p WHERE p.crm_user_id = t.owner
    ORDER BY p.id = t.participant_id DESC, p.id LIMIT 1
) owner ON true
WHERE t.is_new OR t.active_on IS NOT NULL
ORDER BY t.crm_object, t.crm_id, t.submitted_at, t.registration_id
""")


@dataclass(frozen=True, slots=True)
class Given:
    """A lead or deal that the CRM shows as a partner's now, and nobody was told yet.

    Attributes:
        routing_id: of its routing.
        registration_id: the claim under which it was given.
        participant_id: the partner.
        partner: the partner as the CRM shows them, with the division.
        claimed: the company as the partner registered it.
        account: the account as the CRM calls it.
        until: the last protected day.
        crm_object: Lead or Opportunity.
        name: what the CRM calls the record.
        is_owner: whether its owner was changed, and not only the partner field.
        former_owner: the e-mail address of who owned it; None: not known, or no longer there.
    """

    routing_id: int
    registration_id: int
    participant_id: int
    partner: str
    claimed: str
    account: str
    until: date
    crm_object: str
    name: str
    is_owner: bool
    former_owner: str | None


def written(tx: Connection) -> list[Given]:
    """Return the routings that the mirror shows as done, and that are not marked so yet."""
    return [
        Given(
            row.id,
            row.registration_id,
            row.participant_id,
            row.partner,
            row.company,
            row.account,
            row.expires_on,
            row.crm_object,
            row.name,
            row.owner_after is not None,
            row.email,
        )
        for row in tx.execute(_WRITTEN)
    ]


_WRITTEN = text(f"""
WITH live AS ({LIVE})
SELECT t.id, t.registration_id, r.participant_id, v.partner, r.company, r.expires_on,
       t.crm_object, s.name, COALESCE(a.name, r.company) AS account, t.owner_after, u.email
FROM routings t
JOIN ({RECORDS}) s ON (s.crm_object, s.crm_id) = (t.crm_object, t.crm_id)
JOIN live v ON v.id = t.registration_id
JOIN registrations r ON r.id = t.registration_id
LEFT JOIN accounts a ON a.crm_id = r.account_crm_id
LEFT JOIN crm_users u ON u.crm_id = t.owner_before AND u.is_active
WHERE t.written_on IS NULL AND t.released_on IS NULL AND t.declined_on IS NULL
  AND {shows("s.partner", "v.partner")}
  AND (t.owner_after IS NULL OR s.owner = t.owner_after)
ORDER BY t.id
""")


@dataclass(frozen=True, slots=True)
class Named:
    """What a letter says of a record: who owns it, and whose account it is on.

    `owner` is the owner's e-mail address, None where it is not known; `partners` are those of the
    claims that were asked for, each with division ('' is the whole account) and last day.
    """

    crm_object: str
    crm_id: str
    name: str
    account: str
    owner: str | None
    partners: tuple[tuple[str, str, date], ...]


def named(
    tx: Connection, records: Sequence[tuple[str, str, Sequence[int]]]
) -> dict[tuple[str, str], Named]:
    """Return what letters say of records, by object and id.

    Args:
        tx: an open transaction.
        records: object, id, and the claims to name, first to register first.
    """
    columns = {"crm_object": "text", "crm_id": "text", "claims": "bigint[]"}
    stage(tx, "to_name", columns, [(kind, number, list(ids)) for kind, number, ids in records])
    found: dict[tuple[str, str], Named] = {}
    for _, rows in groupby(tx.execute(_NAMED), lambda r: (r.crm_object, r.crm_id)):
        several = list(rows)
        first = several[0]
        partners = tuple((row.partner, row.division, row.expires_on) for row in several)
        found[first.crm_object, first.crm_id] = Named(
            first.crm_object, first.crm_id, first.name, first.account, first.email, partners
        )
    return found


_NAMED = text(f"""
SELECT s.crm_object, s.crm_id, s.name, COALESCE(a.name, r.company) AS account, u.email,
       p.name AS partner, r.division, r.expires_on
FROM to_name n
JOIN ({RECORDS}) s ON (s.crm_object, s.crm_id) = (n.crm_object, n.crm_id)
CROSS JOIN LATERAL unnest(n.claims) WITH ORDINALITY AS c(id, place)
JOIN registrations r ON r.id = c.id
JOIN participants p ON p.id = r.participant_id
LEFT JOIN accounts a ON a.crm_id = r.account_crm_id
LEFT JOIN crm_users u ON u.crm_id = s.owner AND u.is_active
ORDER BY s.crm_object, s.crm_id, c.place
""")


def open_(tx: Connection, after: int = 0, most: int = MOST) -> list[dict[str, Any]]:
    """Return what is with partners now, newest last, as people look at it.

    Args:
        tx: the transaction.
        after: only those after this number.
        most: so many rows.
    """
    return [dict(row) for row in tx.execute(_OPEN, {"after": after, "most": most}).mappings()]


_OPEN = text(f"""
SELECT t.id, t.crm_object, t.crm_id, s.name, t.registration_id, p.name AS partner,
       p.key AS partner_key,
       t.owner_before, t.owner_after, t.routed_on, t.written_on, t.declined_on, q.reason AS refused
FROM routings t
JOIN registrations r ON r.id = t.registration_id
JOIN participants p ON p.id = r.participant_id
LEFT JOIN ({RECORDS}) s ON (s.crm_object, s.crm_id) = (t.crm_object, t.crm_id)
LEFT JOIN quarantine q ON q.source = 'salesforce.protection' AND q.external_id = t.crm_id
    AND q.resolved_at IS NULL
WHERE t.released_on IS NULL AND t.id > :after
ORDER BY t.id LIMIT :most
""")
