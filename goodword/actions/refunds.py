"""Refunds: what customers got back, as the provider has it or as a person records it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from goodword.actions import audit
from goodword.db.bulk import stage
from goodword.db.queries.refunds import PLACED
from goodword.money import Money
from goodword.rules.provider_events import GivenBack
from goodword.rules.refunds import deal_named


class NoSuchRefund(LookupError):
    """There is no refund of this id."""

    def __init__(self, refund_id: str) -> None:
        super().__init__(f"there is no refund {refund_id}; `goodword refunds list` shows them")


class RefundRefused(ValueError):
    """A person asked for what cannot be kept; the sentence says what is allowed."""


def record_found(tx: Connection, found: Sequence[GivenBack], read_at: datetime, zone: str) -> int:
    """Keep what customers got back as the provider has it now.

    Args:
        tx: an open transaction.
        found: refunds, disputes and cancelled subscriptions; days are those of `zone`.
        read_at: the database's instant before the provider was asked: what another process has
            read later is not overwritten.
        zone: the program's time zone.

    Returns:
        How many were new or had changed.
    """
    if not found:
        return 0
    stage(tx, "given_back", _COLUMNS, [_row(item, ZoneInfo(zone)) for item in found])
    written = list(tx.execute(_WRITE, {"read_at": read_at}).scalars())
    _tell(tx, written, audit.NIGHT, "read from the provider")
    return len(written)


_COLUMNS = {
    "id": "text",
    "source": "text",
    "opportunity_crm_id": "text",
    "customer": "text",
    "invoice": "text",
    "currency": "text",
    "refunded_minor": "bigint",
    "refunded_on": "date",
    "disputed_minor": "bigint",
    "disputed_on": "date",
    "dispute": "text",
    "is_whole": "boolean",
    "reason": "text",
}


def _row(item: GivenBack, zone: ZoneInfo) -> tuple[object, ...]:
    on = item.at.astimezone(zone).date()
    return (
        item.id,
        item.source,
        deal_named(item.opportunity),
        item.customer,
        item.invoice,
        item.currency,
        item.refunded_minor,
        None if item.dispute else on,
        item.disputed_minor,
        on if item.dispute else None,
        item.dispute,
        item.is_whole,
        item.reason,
    )


_NAMES = ", ".join(_COLUMNS)
_CONTENT = [name for name in _COLUMNS if name not in {"id", "source", "opportunity_crm_id"}]
# Where a person said which deal it is about, that stands; and a deal once named is not forgotten.
_DEAL = """CASE WHEN kept.linked_by IS NULL
    THEN COALESCE(excluded.opportunity_crm_id, kept.opportunity_crm_id)
    ELSE kept.opportunity_crm_id END"""

_WRITE = text(f"""
INSERT INTO refunds AS kept ({_NAMES}, changed_at)
SELECT DISTINCT ON (id) {_NAMES}, CAST(:read_at AS timestamptz) FROM given_back ORDER BY id
ON CONFLICT (id) DO UPDATE
SET {", ".join(f"{name} = excluded.{name}" for name in _CONTENT)},
    opportunity_crm_id = {_DEAL}, changed_at = excluded.changed_at
WHERE kept.changed_at <= excluded.changed_at
  AND ({", ".join(f"kept.{name}" for name in _CONTENT)}, kept.opportunity_crm_id)
      IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in _CONTENT)}, {_DEAL})
RETURNING id
""")


@dataclass(frozen=True, slots=True)
class Manual:
    """A refund made outside the provider. `key` tells one from another; repeated, it is the same.

    Without a key, one of the same deal, amount and day is the same refund.
    """

    opportunity: str
    money: Money
    on: date
    reason: str
    key: str = ""


def record_manual(tx: Connection, manual: Manual, actor: str, today: date) -> tuple[str, bool]:
    """Keep a refund that a person reports, once.

    One of a day to come is none: what is given back late in years takes no reward back.

    Returns:
        Its id, and whether it is new.

    Raises:
        RefundRefused: the deal is not known, the amount is not above zero, the day is to come,
            there is no reason, or the key was used for another refund.
    """
    deal = _known_deal(tx, manual.opportunity)
    if manual.on > today:
        raise RefundRefused(f"{manual.on} is to come: record a refund when it was made")
    if manual.money.minor <= 0:
        raise RefundRefused(f"{manual.money} is no refund: give an amount above zero")
    if not manual.reason.strip():
        raise RefundRefused("a refund needs a reason: say why the customer got the money back")
    refund_id = f"manual:{manual.key or _digest(deal, manual)}"
    given = {
        "id": refund_id,
        "deal": deal,
        "actor": actor,
        "currency": manual.money.currency,
        "minor": manual.money.minor,
        "on": manual.on,
        "reason": manual.reason,
    }
    if tx.execute(_RECORD, given).rowcount:
        _tell(tx, [refund_id], actor, "recorded")
        return refund_id, True
    if not tx.execute(_SAME, given).scalar_one():
        raise RefundRefused(
            f"the key {manual.key} is that of another refund ({refund_id}); choose another one"
        )
    return refund_id, False


def _digest(deal: str, manual: Manual) -> str:
    said = f"{deal} {manual.money} {manual.on}"
    return hashlib.sha256(said.encode()).hexdigest()[:12]


_RECORD = text("""
INSERT INTO refunds (id, source, opportunity_crm_id, linked_by, currency, refunded_minor,
                     refunded_on, reason)
VALUES (:id, 'manual', :deal, :actor, :currency, :minor, :on, :reason)
ON CONFLICT DO NOTHING
""")

_SAME = text("""
SELECT (opportunity_crm_id, currency, refunded_minor, refunded_on)
       = (:deal, :currency, :minor, CAST(:on AS date)) FROM refunds WHERE id = :id
""")


def link(tx: Connection, refund_id: str, opportunity: str | None, actor: str) -> None:
    """Say which deal a refund is about, or (None) that it is about none; the same again is nothing.

    Raises:
        NoSuchRefund: there is none of this id.
        RefundRefused: the deal is not known.
    """
    deal = None if opportunity is None else _known_deal(tx, opportunity)
    before = tx.execute(_LINKED, {"id": refund_id}).one_or_none()
    if before is None:
        raise NoSuchRefund(refund_id)
    if before.linked_by is None or before.opportunity_crm_id != deal:
        tx.execute(_LINK, {"id": refund_id, "deal": deal, "actor": actor})
        _tell(tx, [refund_id], actor, "linked")


_LINKED = text("SELECT opportunity_crm_id, linked_by FROM refunds WHERE id = :id FOR UPDATE")
_LINK = text("UPDATE refunds SET opportunity_crm_id = :deal, linked_by = :actor WHERE id = :id")


def _known_deal(tx: Connection, written: str) -> str:
    deal = deal_named(written)
    known = text("SELECT EXISTS (SELECT FROM opportunities WHERE crm_id = :deal)")
    if deal is None or not tx.execute(known, {"deal": deal}).scalar_one():
        raise RefundRefused(
            f"{written!r} is no deal that is known here: give its id in the CRM (006…, 15 or 18 "
            "characters) and run `goodword night --only sync` when it is new"
        )
    return deal


def _tell(tx: Connection, ids: Sequence[str], actor: str, how: str) -> None:
    """Put refunds into the audit trail, under the conversion that each takes from, if any."""
    rows = tx.execute(
        text(f"SELECT * FROM ({PLACED}) f WHERE id = ANY(:ids) ORDER BY id"), {"ids": list(ids)}
    )
    audit.record(
        tx,
        [
            audit.Event(
                actor,
                f"refund {how}",
                "conversion" if row.conversion_id else "installation",
                row.conversion_id or 1,
                row.reason,
                {
                    "refund": row.id,
                    "opportunity": row.opportunity_crm_id,
                    "refunded_minor": row.refunded_minor,
                    "disputed_minor": row.disputed_minor,
                    "dispute": row.dispute,
                    "is_whole": row.is_whole,
                    "currency": row.currency,
                },
            )
            for row in rows
        ],
    )
