# ruff: noqa: INP001 - a part of the script beside it, no package
"""A summer of the sample company: deals are won, approvers decide, and nights run.

Nights are the program's own, without the orchestrator's bookkeeping (seconds each), and every third
day: so that pictures of months have months. What people do is done by the actions that pages call.
Whoever is paid in euros is paid by bank file; at the end of the summer Stripe has two
transfers that the ledger does not know.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle, islice
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from schwifty import IBAN
from sqlalchemy import text

from cli import imports, nights
from goodword.actions import approvals, bank_files, settlements
from goodword.adapters.stripe_rails import REFERENCE
from goodword.db.queries import approval_queue, reconciliations, status
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
HANDED_IN, CONFIRMED = timedelta(days=3), timedelta(days=45)
"""How long an operator takes to hand a bank file in, and to confirm it by the bank's statement,
where the last line of several does not stand yet."""
BANK = {
    "GOODWORD_BANK_NAME": "Harbour Software",
    "GOODWORD_BANK_IBAN": "DE89370400440532013000",
    "GOODWORD_BANK_BIC": "COBADEFFXXX",
}
"""The account that bank files pay from."""

_OPEN = text("""
SELECT o.crm_id, o.amount_minor, o.currency FROM opportunities o
WHERE NOT o.is_closed AND o.amount_minor IS NOT NULL AND EXISTS (
    SELECT FROM referrals r WHERE r.qualified_by = o.crm_id AND r.state = 'qualified'
    UNION ALL SELECT FROM touches t
    WHERE t.opportunity_crm_id = o.crm_id AND t.participant_id IS NOT NULL)
ORDER BY md5(o.crm_id) LIMIT :most
""")

_MADE = text("""
SELECT id FROM bank_files WHERE exported_at IS NULL AND made_on <= :until ORDER BY id
""")

_HANDED_OVER = text("""
SELECT y.id FROM bank_files f JOIN payouts y ON y.bank_file_id = f.id
WHERE f.made_on <= :until AND y.state = 'handed_over' AND y.id NOT IN (
    SELECT max(id) FROM payouts GROUP BY bank_file_id HAVING count(*) > 1)
ORDER BY y.id
""")

_DUE = text("""
SELECT p.stripe_account AS destination, r.amount_minor, r.currency
FROM rewards r JOIN participants p ON p.id = r.participant_id
WHERE r.state = 'approved' AND r.payable_on <= :day AND r.carried_because IS NULL
  AND r.amount_minor > 0 AND p.payout_method = 'stripe_transfer' AND p.currency = r.currency
ORDER BY r.amount_minor DESC LIMIT 1
""")

_PAID = text("""
SELECT reference, destination, amount_minor, currency FROM payouts
WHERE state = 'paid' AND rail = 'stripe_transfer' ORDER BY id DESC LIMIT 1
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
    _choose_bank_files(day)
    nights.use_orchestrator()
    with without_prefect():
        for number, won in enumerate(islice(cycle(WON), NIGHTS), start=1):
            day += EVERY
            _win(won, day)
            _decide(day)
            _read_statement(day)
            if number == NIGHTS:
                _move_without_the_ledger(day)
            now = _night(day)
    return now + timedelta(hours=6)


def _choose_bank_files(day: date) -> None:
    """Let those who are paid in euros give their IBANs, except employees."""
    sandbox = wiring().settings.sandbox
    assert sandbox is not None
    with urlopen(f"{sandbox.base_url}/sandbox/imports/participants.csv", timeout=30) as answer:  # noqa: S310 - on loopback
        rows = list(csv.DictReader(io.TextIOWrapper(answer, "utf-8")))
    chosen = [
        {
            **row,
            "payout_method": "bank_file",
            "iban": str(IBAN.generate("DE", "37040044", f"{number:010}")),
        }
        for number, row in enumerate(rows)
        if row["currency"] == "EUR" and row["kind"] != "employee"
    ]
    file = io.StringIO()
    writer = csv.DictWriter(file, list(chosen[0]))
    writer.writeheader()
    writer.writerows(chosen)
    imports.take_in("participants", io.BytesIO(file.getvalue().encode()), day, "olivia")


def _read_statement(day: date) -> None:
    """Hand in the bank files that were made, and confirm those of a while ago."""
    with wiring().database.transaction() as tx:
        for file in tx.execute(_MADE, {"until": day - HANDED_IN}).scalars().all():
            bank_files.export(tx, file, "olivia")
        found = [
            settlements.Finding(payout, settlements.BY_HAND, "olivia", f"statement of {day}")
            for payout in tx.execute(_HANDED_OVER, {"until": day - CONFIRMED}).scalars()
        ]
        settlements.settle_by_hand(tx, found, day)


def _move_without_the_ledger(day: date) -> None:
    """Let an old copy of the database pay what is due, and somebody pay once more by hand."""
    _tell("clock", {"now": f"{day}T20:00:00+00:00"})
    with wiring().database.transaction() as tx:
        due = tx.execute(_DUE, {"day": day}).one()
        paid = tx.execute(_PAID).one()
        prefix = reconciliations.reference_prefix(tx)
    for reference, row in ((f"{prefix}901-0c1d2e", due), (paid.reference, paid)):
        _transfer(reference, row.destination, Money(row.amount_minor, row.currency))


def _transfer(reference: str, destination: str, amount: Money) -> None:
    """Have Stripe move money as it is asked to by somebody who has the company's key."""
    stripe = wiring().settings.stripe
    given = {
        "destination": destination,
        "amount": amount.minor,
        "currency": amount.currency.lower(),
        "transfer_group": reference,
        f"metadata[{REFERENCE}]": reference,
    }
    headers = {"Authorization": f"Bearer {stripe.api_key.reveal()}"}
    asked = Request(f"{stripe.api_base}/v1/transfers", urlencode(given).encode(), headers)  # noqa: S310 - on loopback
    with urlopen(asked, timeout=30):  # noqa: S310 - as above
        pass


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
