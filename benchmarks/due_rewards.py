"""Rewards that are due, made by the program itself: participants, won deals, and three stages."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from cli.imports import take_in
from goodword.actions import opportunities
from goodword.rules.crm import CrmObject, Opportunity
from goodword.wiring import wiring

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLUMNS = (
    "key,kind,name,email,locale,country,currency,tier,status,payout_method,stripe_account,"
    "stripe_customer,company_domain"
)


def account(number: int) -> str:
    """Return the name of a participant's account at Stripe."""
    return f"acct_bench{number:07}"


def earn(count: int, today: date) -> None:
    """Let each of `count` participants have one approved reward whose hold is over by `today`."""
    from flows.approve_rewards import approve_rewards  # noqa: PLC0415 - imports Prefect
    from flows.compute_rewards import compute_rewards  # noqa: PLC0415 - as above
    from flows.detect_conversions import detect_conversions  # noqa: PLC0415 - as above

    take_in("participants", io.BytesIO(_participants(count).encode()), today)
    _refer(_win(count, today))
    for stage in (detect_conversions, compute_rewards, approve_rewards):
        stage(today=today)


def _participants(count: int) -> str:
    lines = [
        f"bench-{n},customer,Bench {n},bench{n}@example.com,en,US,USD,basic,active,"
        f"stripe_transfer,{account(n)},,"
        for n in range(count)
    ]
    return "\n".join([_COLUMNS, *lines])


def _win(count: int, today: date) -> list[str]:
    """Mirror one won deal for each; returns their ids."""
    won_at = datetime.combine(today - timedelta(days=20), time(12), UTC)
    deals = [
        Opportunity(
            crm_id=f"006{n:015}",
            account_crm_id=None,
            name=f"Deal {n}",
            stage="Closed Won",
            amount_minor=500_000,
            currency="USD",
            close_on=won_at.date(),
            created_at=won_at - timedelta(days=40),
            is_closed=True,
            is_won=True,
            is_deleted=False,
            lead_source=None,
            type=None,
            owner_crm_id=None,
            last_activity_on=None,
            protected_partner=None,
            protected_until=None,
            division=None,
            modified_at=won_at,
        )
        for n in range(count)
    ]
    ids = [deal.crm_id for deal in deals]
    with wiring().database.transaction() as tx:
        opportunities.save_page(tx, CrmObject.OPPORTUNITY, deals, [])
        opportunities.date_wins(tx, ids, "UTC")
    return ids


def _refer(deal_ids: Sequence[str]) -> None:
    with wiring().database.transaction() as tx:
        tx.execute(
            text("""
INSERT INTO referrals (key, participant_id, company, name_key, submitted_at, channel,
                       opportunity_crm_id)
SELECT 'referral-' || p.key, p.id, 'Company ' || p.id, 'company ' || p.id,
       o.created_at, 'form', o.crm_id
FROM participants p
JOIN unnest(CAST(:deals AS text[])) WITH ORDINALITY d (crm_id, n)
  ON p.key = 'bench-' || (d.n - 1)
JOIN opportunities o ON o.crm_id = d.crm_id
"""),
            {"deals": list(deal_ids)},
        )
