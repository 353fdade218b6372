"""Pay: plan, mark, call, record; and settle what is unknown before anything else is sent.

The three transactions around the call and the reason for each: docs/money.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import Field

from goodword.actions import bank_files, payouts, settlements, staff
from goodword.adapters.payments import NotPayable, Payment
from goodword.db.queries import payouts as queries
from goodword.db.queries.payouts import Sendable
from goodword.money import totals
from goodword.phrases import because, both
from goodword.rules.payout_plans import DRAWN_FROM_BALANCE, affordable
from goodword.rules.payouts import (
    Answer,
    LookedUp,
    NotAnswered,
    PayoutState,
    Refused,
    Settle,
    Unknown,
    settle,
)
from goodword.rules.reconciliations import adopt
from goodword.rules.rights import Action
from goodword.wiring import wiring
from tasks import nights
from tasks.calls import Call, Calls
from tasks.retries import effect

CHUNK = 250
"""Payouts marked at once; a crash leaves at most two such chunks to be settled (decision 0015)."""


# Send -------------------------------------------------------------------------------------------


def planned(participants: Collection[int] | None = None) -> list[int]:
    """Return the payouts that wait to be sent."""
    with wiring().database.transaction() as tx:
        return queries.planned(tx, participants)


@effect
def send(ids: list[int], today: date, now: datetime) -> Counter[str]:
    """Send planned payouts, chunk by chunk: mark and commit, call, record.

    While one chunk is called the next is marked, so that the calls never pause; the first is
    recorded while the second is called. What the platform's balance does not pay for stays
    planned. A task that dies leaves at most two chunks `submitting`; nobody sends them again but
    `settle_unknown`.
    """
    if wiring().rehearsing:
        return +Counter({"would be sent": len(ids)})
    began, before = nights.ticks(), _UnderWay((), list)
    paid_for, kept_back = _keep_back(ids, today)
    counts = Counter({"kept back": kept_back})
    with Calls() as calls:
        for chunk in nights.chunks(paid_for, CHUNK):
            # The machine may have slept since the task began; the key is as old as its own mark.
            marked = nights.ticks()
            instant = now + timedelta(seconds=marked - began)
            mine, done = _mark(chunk, today, instant)
            wanted = [Call(item.payout, item.request, item.idempotency_key) for item in mine]
            begun = _UnderWay([item.payout for item in mine], calls.begin(wanted, marked))
            counts += done + before.record(today)
            before = begun
        return +(counts + before.record(today))


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """Marked payouts that are being called; `answers` waits for what comes back."""

    payouts: Sequence[Sendable]
    answers: Callable[[], list[Answer]]

    def record(self, today: date) -> Counter[str]:
        answered = zip(self.payouts, self.answers(), strict=True)
        outcomes = [settlements.Outcome(payout, answer) for payout, answer in answered]
        with wiring().database.transaction() as tx:
            return settlements.record(tx, outcomes, today)


def _mark(
    ids: Sequence[int], today: date, now: datetime
) -> tuple[list[payouts.Submission], Counter[str]]:
    """Mark what can be sent now, and commit; returns what this process sends, and counts."""
    with wiring().database.transaction() as tx:
        waiting = [p for p in queries.by_ids(tx, ids) if p.state is PayoutState.PLANNED]
    submissions, impossible = _submissions(waiting)
    marked = [*submissions, *(submission for submission, _ in impossible)]
    with wiring().database.transaction() as tx:
        taken = payouts.submit(tx, marked, now, today)
        refused = [settlements.Outcome(item.payout, answer) for item, answer in impossible]
        counts = settlements.record(tx, refused, today)
    mine = [item for item in submissions if item.payout.payout_id in taken]
    return mine, counts


def _keep_back(ids: Sequence[int], today: date) -> tuple[list[int], int]:
    """Leave planned what the platform's balance cannot pay for now, and tell staff once a day."""
    with wiring().database.transaction() as tx:
        waiting = queries.by_ids(tx, ids)
    if not any(payout.rail in DRAWN_FROM_BALANCE for payout in waiting):
        return list(ids), 0
    order = [(payout.payout_id, payout.rail, payout.money) for payout in waiting]
    paid_for, short = affordable(order, wiring().provider.balance())
    if not short:
        return paid_for, 0
    lacking = totals(payout.money for payout in waiting if payout.payout_id in set(short))
    amounts = both(map(str, lacking))
    reason = because("the balance at Stripe does not pay for it: top up {amounts}", amounts=amounts)
    staff = nights.program(today).staff_email
    with wiring().database.transaction() as tx:
        payouts.keep_back(tx, short, "balance_insufficient", reason)
        payouts.tell_short(tx, staff, lacking, "goodword payouts list --failed", today)
    return paid_for, len(short)


def _submissions(
    waiting: Sequence[Sendable],
) -> tuple[list[payouts.Submission], list[tuple[payouts.Submission, Refused]]]:
    """Put payouts into the provider's words; what it can never take is refused without a call."""
    possible, impossible = [], []
    for payout in waiting:
        key = payouts.key_of(payout)
        try:
            request = wiring().provider.request(_payment(payout))
        except NotPayable as error:
            impossible.append((payouts.Submission(payout, {}, key), error.refused))
        else:
            possible.append(payouts.Submission(payout, request, key))
    return possible, impossible


def _payment(payout: Sendable) -> Payment:
    return Payment(
        payout.reference,
        payout.rail,
        payout.money,
        payout.destination,
        f"Referral rewards, payout {payout.payout_id}",
        benefit=payout.benefit,
        receiver=payout.receiver,
        bic=payout.bic,
    )


@effect
def make_bank_files(today: date) -> Counter[str]:
    """Put what was handed over for a bank transfer into tonight's files, one a currency."""
    with wiring().database.transaction() as tx:
        files = bank_files.collect(tx, today, wiring().bank.write)
    return +Counter({"bank files made": len(files)})


# Settle -----------------------------------------------------------------------------------------


def unsettled() -> list[int]:
    """Return the payouts whose outcome is not known."""
    with wiring().database.transaction() as tx:
        return queries.unsettled(tx)


@effect
def settle_unknown(ids: list[int], today: date, now: datetime) -> Counter[str]:
    """Settle a chunk of payouts whose outcome is not known, by the age of their keys."""
    if wiring().rehearsing:
        return +Counter({"would be settled": len(ids)})
    began = nights.ticks()
    with wiring().database.transaction() as tx:
        unknown = [p for p in queries.by_ids(tx, ids) if p.first_sent_at and p.request]
    steps = {p.payout_id: settle(p.rail, p.first_sent_at, now) for p in unknown if p.first_sent_at}
    repeat = [p for p in unknown if steps[p.payout_id] is Settle.REPEAT]
    with Calls() as calls:
        wanted = [Call(p, p.request or {}, p.idempotency_key or "") for p in repeat]
        answers = calls.begin(wanted, began)()
    outcomes = [settlements.Outcome(p, answer) for p, answer in zip(repeat, answers, strict=True)]
    for payout in unknown:
        if steps[payout.payout_id] is Settle.LOOK_UP:
            found = wiring().provider.look_up(payout.rail, payout.request or {})
            outcomes.append(settlements.Outcome(payout, _proven(payout, found)))
    with wiring().database.transaction() as tx:
        counts = settlements.record(tx, outcomes, today)
    counts["left alone"] = sum(step is Settle.WAIT for step in steps.values())
    return +counts


def _proven(payout: Sendable, found: LookedUp | NotAnswered) -> Answer | None:
    if isinstance(found, NotAnswered):
        return Unknown(found.reason)
    return adopt(found.movements, payout.money, payout.destination)


# An operator's rerun ----------------------------------------------------------------------------


Actor = Annotated[str, Field(min_length=1)]
"""Who asks, named in the audit trail."""


def failed() -> list[int]:
    """Return every payout that an operator may rerun."""
    with wiring().database.transaction() as tx:
        return queries.failed(tx)


@effect
def reopen(ids: list[int] | None, actor: str) -> tuple[list[int], list[int]]:
    """Let payouts be planned again, all that failed where none is named.

    Returns:
        The participants that this concerns, and the payouts to be settled before.

    Raises:
        RerunRefused: one of them must not be sent again; nothing is changed.
        NotStaff: nobody active has the actor's name.
        NotAllowed: the actor may not send payouts again.
    """
    chosen = failed() if ids is None else ids
    with wiring().database.transaction() as tx:
        staff.authorise(tx, actor, Action.RERUN_PAYOUTS)
        payouts.clear(tx, chosen, actor)
        participants = {payout.participant_id for payout in queries.by_ids(tx, chosen)}
    return sorted(participants), [number for number in unsettled() if number in set(chosen)]
