"""Referrals as such: those that were received, and what each may earn by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, text

from goodword.db.queries.programs import version_on
from goodword.db.queries.rewards import earning_of
from goodword.rules.earnings import Earning
from goodword.rules.outcomes import Outcome


def unrewarded(tx: Connection, today: date, zone: str) -> list[int]:
    """Return the referrals made by today whose own rewards are not computed, earliest first."""
    return list(tx.execute(_UNREWARDED, {"today": today, "zone": zone}).scalars())


_UNREWARDED = text("""
SELECT id FROM referrals
WHERE referred_rewarded_on IS NULL AND (submitted_at AT TIME ZONE :zone)::date <= :today
ORDER BY submitted_at, id
""")


def rewarded(tx: Connection, on: date) -> list[int]:
    """Return the referrals whose own rewards a night computed."""
    statement = text("SELECT id FROM referrals WHERE referred_rewarded_on = :on ORDER BY id")
    return list(tx.execute(statement, {"on": on}).scalars())


def earnings(tx: Connection, referral_ids: Sequence[int], zone: str) -> list[Earning]:
    """Return each referral on its day, in the currency of its participant: nothing is won yet.

    Its country and industry are those of the account, where it is known.
    """
    rows = tx.execute(_REFERRED, {"ids": list(referral_ids), "zone": zone})
    return [
        earning_of(row, Outcome.REFERRED, row.referred_on, referral_id=row.referral_id)
        for row in rows
    ]


_REFERRED = text(f"""
SELECT r.id AS referral_id, (r.submitted_at AT TIME ZONE :zone)::date AS referred_on,
       0 AS deal_minor, 0 AS credited_minor, 0 AS credited_before_minor, p.currency,
       r.participant_id, p.key, p.kind, p.tier, p.prefers, r.submitted_at AS claimed_at,
       r.account_crm_id AS customer, CAST(NULL AS numeric) AS seats, CAST(NULL AS text) AS type,
       CAST(NULL AS text) AS lead_source, CAST(NULL AS text) AS product, a.country, a.industry,
       CAST(NULL AS boolean) AS is_first,
       {version_on("(r.submitted_at AT TIME ZONE :zone)::date")} AS version
FROM referrals r
JOIN participants p ON p.id = r.participant_id
LEFT JOIN accounts a ON a.crm_id = r.account_crm_id
WHERE r.id = ANY(:ids)
ORDER BY r.submitted_at, r.id
""")
