"""Past referrals: those that became qualified leads, and those received, as they were recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries.referrals import qualifying
from goodword.db.queries.simulations import FACTS, FIRST_WON, Kept, facts_then, moment_of
from goodword.rules.histories import AS_SUCH, Days, PastLead
from goodword.rules.outcomes import DealFacts, Outcome
from goodword.rules.programs import StagePolicy


def leads(tx: Connection, days: Days, known: Mapping[str, Kept]) -> list[PastLead]:
    """Return the leads that were qualified in these days, as they were recorded.

    The deal's amount then is kept with what the lead earned; of one that earned nothing it is the
    amount as it is now.
    """
    given = {"since": days.first, "until": days.last}
    return _leads(tx, tx.execute(_RECORDED, given).all(), known)


_RECORDED = text("""
SELECT id, qualified_by AS deal, qualified_on FROM referrals
WHERE qualified_on BETWEEN :since AND :until
""")


def leads_by(
    tx: Connection, days: Days, zone: str, stages: StagePolicy, known: Mapping[str, Kept]
) -> list[PastLead]:
    """Return the leads that other stages would have qualified in these days, likewise."""
    given = {
        "today": days.last,
        "zone": zone,
        "stages": list(stages.order[stages.order.index(stages.qualified_from) :]),
    }
    found = tx.execute(text(qualifying("true")), given)
    return _leads(tx, [row for row in found if days.have(row.qualified_on)], known)


def _leads(tx: Connection, found: Sequence[Row[Any]], known: Mapping[str, Kept]) -> list[PastLead]:
    given = {
        "ids": [row.id for row in found],
        "deals": [row.deal for row in found],
        "days": [row.qualified_on for row in found],
    }
    return [
        PastLead(
            row.id,
            row.participant_id,
            row.submitted_at,
            row.qualified_on,
            row.deal_minor,
            row.currency,
            row.computed_on,
            row.account_crm_id,
            facts_then(row, known.get(f"referral {row.id}")),
            moment_of(known.get(f"referral {row.id}")),
        )
        for row in tx.execute(_LEADS, given)
    ]


_LEADS = text(f"""
SELECT r.id, r.participant_id, r.submitted_at, q.qualified_on, o.currency, o.account_crm_id,
       COALESCE(k.base_minor, o.amount_minor, 0) AS deal_minor,
       COALESCE(CASE WHEN q.qualified_on = r.qualified_on THEN r.rewarded_on END, q.qualified_on)
           AS computed_on, {FACTS}
FROM unnest(CAST(:ids AS bigint[]), CAST(:deals AS text[]), CAST(:days AS date[]))
    AS q (id, deal, qualified_on)
JOIN referrals r ON r.id = q.id
JOIN opportunities o ON o.crm_id = q.deal
LEFT JOIN accounts a ON a.crm_id = o.account_crm_id
LEFT JOIN ({FIRST_WON}) w ON w.account_crm_id = o.account_crm_id
LEFT JOIN (SELECT referral_id, max(base_minor) AS base_minor FROM rewards
           WHERE outcome = 'qualified' AND reverses_id IS NULL GROUP BY 1) k
    ON k.referral_id = r.id AND q.deal = r.qualified_by AND q.qualified_on = r.qualified_on
ORDER BY q.qualified_on, r.id
""")


# As such ----------------------------------------------------------------------------------------


def received(tx: Connection, days: Days, zone: str, known: Mapping[str, Kept]) -> list[PastLead]:
    """Return every referral that was received in these days, as such.

    Its currency is that of its reward; of one that earned nothing that of its participant now.
    """
    rows = tx.execute(_RECEIVED, {"since": days.first, "until": days.last, "zone": zone})
    return [_received(row, known.get(f"referral {row.id}{AS_SUCH}")) for row in rows]


def _received(row: Row[Any], own: Kept | None) -> PastLead:
    facts = own.facts if own else None
    return PastLead(
        row.id,
        row.participant_id,
        row.submitted_at,
        row.referred_on,
        0,
        row.currency,
        row.computed_on,
        row.account_crm_id,
        facts or DealFacts(country=row.country, industry=row.industry),
        moment_of(own),
        Outcome.REFERRED,
    )


_RECEIVED = text("""
SELECT r.id, r.participant_id, r.submitted_at, d.referred_on, r.account_crm_id,
       COALESCE(k.currency, p.currency) AS currency,
       COALESCE(r.referred_rewarded_on, d.referred_on) AS computed_on, a.country, a.industry
FROM referrals r
CROSS JOIN LATERAL (SELECT (r.submitted_at AT TIME ZONE :zone)::date AS referred_on) d
JOIN participants p ON p.id = r.participant_id
LEFT JOIN accounts a ON a.crm_id = r.account_crm_id
LEFT JOIN (SELECT DISTINCT referral_id, currency FROM rewards
           WHERE outcome = 'referred' AND reverses_id IS NULL) k ON k.referral_id = r.id
WHERE d.referred_on BETWEEN :since AND :until
ORDER BY r.submitted_at, r.id
""")
