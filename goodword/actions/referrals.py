"""Referrals: from received to qualified (actions/conversions.py closes the converted ones)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import audit, messages
from goodword.db.bulk import stage
from goodword.money import Money
from goodword.phrases import because


@dataclass(frozen=True, slots=True)
class Qualified:
    """A referral whose deal reached the qualifying stage, when, and what it may earn."""

    referral_id: int
    participant_id: int
    company: str
    deal: str
    qualified_on: date
    expected: Money | None


def qualify(tx: Connection, qualified: Sequence[Qualified], today: date) -> int:
    """Mark referrals as qualified leads and tell their participants; returns how many were new."""
    columns = {"id": "bigint", "deal": "text", "qualified_on": "date"}
    rows = [(item.referral_id, item.deal, item.qualified_on) for item in qualified]
    stage(tx, "qualified", columns, rows, "id")
    done = set(tx.execute(_QUALIFY).scalars())
    new = [item for item in qualified if item.referral_id in done]
    audit.record(tx, [_event(item) for item in new])
    messages.queue(
        tx, [_letter(item) for item in new if messages.is_news(item.qualified_on, today)], today
    )
    return len(new)


_QUALIFY = text("""
UPDATE referrals r SET qualified_on = q.qualified_on, qualified_by = q.deal,
    state = CASE WHEN r.state = 'received' THEN 'qualified' ELSE r.state END
FROM qualified q WHERE r.id = q.id AND r.qualified_on IS NULL
RETURNING r.id
""")


def _event(item: Qualified) -> audit.Event:
    reason = because(
        "deal {deal} reached the qualifying stage on {on}", deal=item.deal, on=item.qualified_on
    )
    return audit.Event(audit.NIGHT, "qualified", "referral", item.referral_id, reason)


def _letter(item: Qualified) -> messages.Letter:
    fact = f"referral:{item.referral_id}:qualified"
    promised = item.expected.to_dict() if item.expected else None
    context = {"company": item.company, "amount": promised}
    return messages.Letter(fact, "referral_qualified", item.participant_id, context)
