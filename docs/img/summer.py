# ruff: noqa: INP001 - a part of the script beside it, no package
"""A summer of the sample company: deals are won, approvers decide, and nights run.

Nights are the program's own, without the orchestrator's bookkeeping (seconds each), and every third
day: so that pictures of months have months. What people do is done by the actions that pages call.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle, islice
from typing import Any
from urllib.request import Request, urlopen

from sqlalchemy import text

from cli import nights
from goodword.actions import approvals
from goodword.db.queries import approval_queue, status
from goodword.money import Money, major_text
from goodword.wiring import close, wiring
from tests.plainly import without_prefect

NIGHTS = 30
"""As many as pictures of nights show: the first night of all is larger than all others."""
EVERY = timedelta(days=3)
WON = (5, 2, 6, 4, 2, 3)
"""Deals that somebody has a part in, won before each of the nights, over and over."""
QUEUE = 4
"""Before each night approvers decide on one of so many rewards that wait, the oldest."""

_OPEN = text("""
SELECT o.crm_id, o.amount_minor, o.currency FROM opportunities o
WHERE NOT o.is_closed AND o.amount_minor IS NOT NULL AND EXISTS (
    SELECT FROM referrals r WHERE r.qualified_by = o.crm_id AND r.state = 'qualified'
    UNION ALL SELECT FROM touches t
    WHERE t.opportunity_crm_id = o.crm_id AND t.participant_id IS NOT NULL)
ORDER BY md5(o.crm_id) LIMIT :most
""")

# The database notes by its own clock, which cannot be set.
_MOVE = text("""
UPDATE nights SET started_at = started_at - :by, finished_at = finished_at - :by
WHERE id = (SELECT max(id) FROM nights)
""")


def live_through() -> datetime:
    """Live until the morning after the last night, and return that instant."""
    with wiring().database.transaction() as tx:
        day = status.newest_date(tx)
    assert day is not None, "the company has had its first night"
    nights.use_orchestrator()
    with without_prefect():
        for won in islice(cycle(WON), NIGHTS):
            day += EVERY
            _win(won, day)
            _decide(day)
            now = _night(day)
    return now + timedelta(hours=6)


def _win(count: int, day: date) -> None:
    """Let the org win so many of its open deals at noon."""
    with wiring().database.transaction() as tx:
        deals = list(tx.execute(_OPEN, {"most": count}))
    stamp = f"{day}T16:00:00.000+0000"
    won = {"StageName": "Closed Won", "CloseDate": str(day), "SystemModstamp": stamp}
    for deal in deals:
        amount = major_text(deal.amount_minor, deal.currency)
        step = {"Amount": amount, "CurrencyIsoCode": deal.currency, "CreatedDate": stamp}
        change = {"Id": f"008{deal.crm_id[3:]}", "OpportunityId": deal.crm_id, "IsDeleted": False}
        row = {"Id": deal.crm_id, "LastModifiedDate": stamp}
        _tell("salesforce/records/Opportunity", [row | won])
        _tell("salesforce/records/OpportunityHistory", [change | won | step])


def _decide(day: date) -> None:
    """Let two approvers decide on the oldest of the queue."""
    with wiring().database.transaction() as tx:
        queue = approval_queue.queue(tx)
        rulings = [
            approvals.Ruling(
                row.id, who, approve=True, seen=Money(row.amount_minor, row.currency), reason=""
            )
            for row in queue[: len(queue) // QUEUE]
            for who in ("nadia", "pavel")[: row.approvals_needed]
        ]
        approvals.decide_all(tx, rulings, day)


def _night(day: date) -> datetime:
    """Run the night of a date, at 02:00 of the next day in New York; returns its instant."""
    from flows.nightly import nightly  # noqa: PLC0415 - Prefect, once its server is up

    now = datetime.combine(day + timedelta(days=1), time(6), UTC)
    _tell("clock", {"now": now.isoformat()})
    _tell("clock", {"resume": True})
    close()  # what logged in days ago logs in anew
    nightly.fn(today=day, now=now)
    with wiring().database.transaction() as tx:
        tx.execute(_MOVE, {"by": datetime.now(UTC) - now})
    return now


def _tell(what: str, body: Any) -> None:
    """Have the org or the clock of the sandbox changed."""
    sandbox = wiring().settings.sandbox
    assert sandbox is not None
    headers = {"Content-Type": "application/json"}
    asked = Request(f"{sandbox.base_url}/sandbox/{what}", json.dumps(body).encode(), headers)  # noqa: S310 - on loopback
    with urlopen(asked, timeout=30):  # noqa: S310 - as above
        pass
