"""Corrections: conversions whose deal has another amount in the CRM than it was won for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy import Connection, text

from goodword.db.queries.conversions import Candidate, grants
from goodword.money import Money
from goodword.rules.attribution import Model
from goodword.rules.conversions import Claim, ClaimKind, WonDeal
from goodword.rules.corrections import Changed


@dataclass(frozen=True, slots=True)
class Difference:
    """A conversion of a deal that was changed; its rewards go by `program_version_ids`."""

    conversion_id: int
    changed: Changed
    program_version_ids: tuple[int, ...]


def changed(tx: Connection, today: date, zone: str) -> list[Difference]:
    """Return the conversions that stand for another amount than the CRM says, oldest first.

    They and their rewards are locked, so that nobody decides on them meanwhile. Rewards for paid
    invoices do not go by the deal's amount, and are not looked at.
    """
    tx.execute(_LOCK_REWARDS)
    tx.execute(_LOCK_CONVERSIONS)
    return [
        Difference(
            row.id,
            Changed(
                Money(row.value_minor, row.currency),
                Money(row.amount_minor, row.now_currency),
                row.won_on,
                min(row.changed_on, today),
                row.is_rejected,
                row.is_given,
                row.is_returned,
            ),
            tuple(row.versions),
        )
        for row in tx.execute(_CHANGED, {"zone": zone})
    ]


_DIFFER = """
v.state = 'active' AND o.is_won AND NOT o.is_deleted AND o.amount_minor IS NOT NULL
  AND (o.amount_minor, o.currency) <> (v.value_minor, v.currency)
"""

# In the order in which a ruling takes them (goodword.actions.rulings).
_LOCK_REWARDS = text(f"""
SELECT FROM rewards WHERE conversion_id IN (
    SELECT v.id FROM conversions v JOIN opportunities o ON o.crm_id = v.opportunity_crm_id
    WHERE {_DIFFER}) ORDER BY id FOR UPDATE
""")
_LOCK_CONVERSIONS = text(f"""
SELECT FROM conversions v JOIN opportunities o ON o.crm_id = v.opportunity_crm_id
WHERE {_DIFFER} ORDER BY v.id FOR UPDATE OF v
""")

_CHANGED = text(f"""
SELECT v.id, v.value_minor, v.currency, v.won_on, o.amount_minor, o.currency AS now_currency,
       (o.modified_at AT TIME ZONE :zone)::date AS changed_on,
       COALESCE(r.versions, ARRAY[]::bigint[]) || v.program_version_id AS versions,
       COALESCE(r.is_rejected, false) AS is_rejected, COALESCE(r.is_given, false) AS is_given,
       COALESCE(r.is_returned, false) AS is_returned
FROM conversions v
JOIN opportunities o ON o.crm_id = v.opportunity_crm_id
LEFT JOIN LATERAL (
    SELECT array_agg(e.program_version_id) AS versions,
           bool_or(e.state = 'rejected') AS is_rejected,
           bool_or(e.benefit IS NOT NULL AND e.state IN ('reserved', 'paid')) AS is_given,
           bool_or(EXISTS (
               SELECT FROM payout_rewards x JOIN payouts y ON y.id = x.payout_id
               WHERE x.reward_id = e.id AND x.is_live AND y.state = 'reversed')) AS is_returned
    FROM rewards e
    WHERE e.conversion_id = v.id AND e.reverses_id IS NULL AND e.invoice_id IS NULL
      AND e.state <> 'void') r ON true
WHERE {_DIFFER} ORDER BY v.won_on, v.id
""")


@dataclass(frozen=True, slots=True)
class Credit:
    """A conversion that is corrected: the deal for its new amount, and the claims that share it.

    `model` is the one that it was divided by.
    """

    conversion_id: int
    candidate: Candidate
    model: Model
    shared: tuple[Claim, ...]


def credits_of(tx: Connection, conversion_ids: Sequence[int], zone: str) -> list[Credit]:
    """Return what conversions credit, with their deals as they were won but for what they are now.

    The claims stand as the shares keep them; days are those of `zone`.
    """
    rows = tx.execute(_CREDITS, {"ids": list(conversion_ids), "zone": zone}).all()
    ruled = grants(tx, [row.renews_crm_id or row.opportunity_crm_id for row in rows], zone)
    found = []
    for number, shares in groupby(rows, key=lambda row: row.id):
        kept = list(shares)
        row, deal_id = kept[0], kept[0].opportunity_crm_id
        claims = tuple(
            Claim(
                ClaimKind(share.claim),
                share.claim_id,
                share.at,
                share.on,
                share.source,
                share.participant_id,
                share.claim_version,
            )
            for share in kept
        )
        given = tuple(ruled.get(row.renews_crm_id or deal_id, ()))
        won = WonDeal(deal_id, row.amount_minor, row.won_at, row.won_on, claims, given)
        candidate = Candidate(won, row.account_crm_id, row.currency, row.version, row.renews_crm_id)
        found.append(Credit(number, candidate, Model(row.model), claims))
    return found


_CREDITS = text("""
SELECT v.id, v.opportunity_crm_id, v.account_crm_id, v.currency, v.won_at, v.won_on,
       v.model, v.program_version_id AS version, v.renews_crm_id, o.amount_minor,
       s.claim, s.claim_id, s.at, (s.at AT TIME ZONE :zone)::date AS on, s.source, s.participant_id,
       s.program_version_id AS claim_version
FROM conversions v
JOIN opportunities o ON o.crm_id = v.opportunity_crm_id
JOIN shares s ON s.conversion_id = v.id
WHERE v.id = ANY(:ids)
ORDER BY v.id, s.position
""")
