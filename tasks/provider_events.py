"""Hear the provider: list the events that no webhook brought, and take up what each one means."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from itertools import islice

from goodword.actions import invoices, provider_events, refunds
from goodword.adapters.payments import ProviderUnreachable
from goodword.db.queries import provider_events as queries
from goodword.db.queries import refunds as refund_queries
from goodword.db.session import instant
from goodword.rules.provider_events import (
    CustomerMoney,
    Ignored,
    InvoicePaid,
    News,
    Noted,
    PayoutFailed,
    ProviderEvent,
    about_dispute,
    window,
)
from goodword.wiring import wiring
from tasks import nights
from tasks.retries import effect, network

CHUNK = 200
"""Events a task: each may need a few calls."""

AT_ONCE = 8
"""Events that are read at once."""

_log = logging.getLogger("goodword")


def hear(today: date, now: datetime) -> Counter[str]:
    """Catch up with the provider's events and take up all that are open.

    Nothing that the night decides waits for it: a provider that cannot be reached is counted and
    told, and its events are caught up by the next hearing.
    """
    if not wiring().settings.stripe.api_key:
        return Counter()
    try:
        counts = catch_up(now)
    except ProviderUnreachable as error:
        _log.warning("the payment provider is not heard tonight: %s", error)
        return Counter({"provider not heard": 1})
    with wiring().database.transaction() as tx:
        waiting = queries.open_events(tx)
    for chunk in nights.chunks(waiting, CHUNK):
        counts += take_up(chunk, today)
    if counts["events beyond reach"]:
        counts += read_disputes(today)
    return counts


@network
def catch_up(now: datetime) -> Counter[str]:
    """Put the events since the last hearing into the inbox; what a webhook brought is there."""
    with wiring().database.transaction() as tx:
        asked = window(queries.heard_until(tx), now)
    new, listed = 0, wiring().news.events(asked.since, asked.until)
    while page := list(islice(listed, nights.CHUNK)):
        with wiring().database.transaction() as tx:
            new += provider_events.receive(tx, page, provider_events.CATCH_UP)
    with wiring().database.transaction() as tx:
        provider_events.heard(tx, now, asked.missed)
    if asked.missed:
        _log.warning("%s", asked.missed)
    counts = {"events caught up": new, "events beyond reach": int(asked.missed is not None)}
    return +Counter(counts)


@effect
def take_up(ids: list[str], today: date) -> Counter[str]:
    """Take up a chunk of events: read what each is about, then record it and close the event."""
    zone = nights.program(today).time_zone
    with wiring().database.transaction() as tx:
        read_at = instant(tx)
        events = queries.by_ids(tx, ids)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        news = list(pool.map(_read, events))
    with wiring().database.transaction() as tx:
        found = [item for one in news if isinstance(one, CustomerMoney) for item in one.given_back]
        changed = refunds.record_found(tx, found, read_at, zone)
        paid = invoices.record_paid(tx, [one for one in news if isinstance(one, InvoicePaid)], zone)
        failed = [one for one in news if isinstance(one, PayoutFailed)]
        told = provider_events.tell_failed(tx, failed, today)
        states = provider_events.record(tx, _taken(events, news))
    counts = {f"events {state}": count for state, count in states.items()}
    found_ = {"refunds and disputes": changed, "invoices paid": paid, "payouts bounced": told}
    return +Counter({**counts, **found_})


@effect
def read_disputes(today: date) -> Counter[str]:
    """Read every open dispute again, since what decided it may be in no list any more."""
    zone = nights.program(today).time_zone
    with wiring().database.transaction() as tx:
        read_at = instant(tx)
        disputes = refund_queries.open_disputes(tx)
    news = [_read(about_dispute(dispute, read_at)) for dispute in disputes]
    found = [item for one in news if isinstance(one, CustomerMoney) for item in one.given_back]
    with wiring().database.transaction() as tx:
        changed = refunds.record_found(tx, found, read_at, zone)
    return +Counter({"refunds and disputes": changed})


def _read(event: ProviderEvent) -> News | ProviderUnreachable:
    try:
        return wiring().news.read(event)
    except ProviderUnreachable as error:
        _log.warning("event %s (%s) is not taken up: %s", event.id, event.type, error)
        return error


def _taken(
    events: Sequence[ProviderEvent], news: Iterable[News | ProviderUnreachable]
) -> list[provider_events.TakenUp]:
    return [_closed(event, one) for event, one in zip(events, news, strict=True)]


def _closed(event: ProviderEvent, news: News | ProviderUnreachable) -> provider_events.TakenUp:
    match news:
        case ProviderUnreachable():
            return provider_events.TakenUp(event.id, "failed", str(news))
        case Ignored(reason):
            return provider_events.TakenUp(event.id, "ignored", reason)
        case Noted(reason):
            return provider_events.TakenUp(event.id, "done", reason)
        case _:
            return provider_events.TakenUp(event.id, "done")
