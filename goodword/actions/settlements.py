"""Settlements: what became of payouts that were sent; the third step of the protocol.

A payout is only ever settled from `submitting` or `unknown`, by compare-and-swap on state and
attempt, with its rewards, its posting, its message and its audit event in the same transaction. One
of which nothing was sent can be given back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.actions import audit, ledger, messages
from goodword.db.bulk import stage
from goodword.db.queries import bank_files
from goodword.db.queries import payouts as queries
from goodword.db.queries.payouts import Sendable, Waiting
from goodword.money import Money
from goodword.phrases import because
from goodword.rules.payouts import BY_HAND as MOVED_BY_HAND
from goodword.rules.payouts import (
    Answer,
    HandedOver,
    Held,
    NotNow,
    Paid,
    PayoutState,
    Rail,
    Refused,
    TryLater,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of one sent payout now. `answer` None: it was looked up and never made."""

    payout: Sendable
    answer: Answer | None


def record(tx: Connection, outcomes: Sequence[Outcome], today: date) -> Counter[str]:
    """Write down what became of payouts; returns counts by outcome."""
    done = _record(tx, outcomes, today, _UNSETTLED)
    audit.record(tx, [_event(outcome, audit.NIGHT) for outcome in done])
    return Counter(_next_state(outcome).value for outcome in done)


class NotForAPerson(Exception):
    """A person settles only what is held for one, or was handed over to one."""

    def __init__(self, payout_id: int, state: str | None) -> None:
        found = f"is {state}" if state else "does not exist"
        super().__init__(
            f"payout {payout_id} {found}; only one that is held or handed over is settled by "
            "hand: `goodword payouts list --failed` shows what each waits for"
        )


class HasAName(Exception):
    """The provider names its movements; without that name what comes back of it is not seen."""

    def __init__(self, payout: Sendable) -> None:
        super().__init__(
            f"payout {payout.payout_id} went by {payout.rail.value}, where what moved has a name: "
            f"`goodword payouts settle {payout.payout_id} --paid ID`"
        )


class NotExported(Exception):
    """A line of a bank file that was never exported cannot have reached the bank."""

    def __init__(self, payout_id: int, file: int | None) -> None:
        which = f"bank file {file}, which was never exported" if file else "no bank file yet"
        super().__init__(
            f"payout {payout_id} is in {which}: the bank cannot have paid it "
            "(`goodword bank-files list`, then `export`)"
        )


class AlreadyMoved(Exception):
    """A movement was found for one payout that another one was made as."""

    def __init__(self, finding: Finding, made_as: int) -> None:
        super().__init__(
            f"{finding.external_id} is what payout {made_as} was made as: one movement settles one "
            f"payout. Look at the provider again, or settle payout {finding.payout_id} with "
            "--not-made"
        )


BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a person found of a payout: the name of its movement, or that there is none.

    `BY_HAND` stands for what has no name of its own: a perk, a line of a bank file.
    """

    payout_id: int
    external_id: str | None
    actor: str
    reason: str


def settle_by_hand(tx: Connection, findings: Sequence[Finding], today: date) -> Counter[str]:
    """Settle payouts by what a person found or did; each finding is kept in the audit trail.

    Without a movement a payout is refused and its rewards are free: a rerun plans a new one. All
    of them are settled, or none.

    Returns:
        Counts by the state they are in now: `paid` or `refused`.

    Raises:
        NotForAPerson: one of them is neither held nor handed over.
        HasAName: one of them was moved by a provider, and its name there is not given.
        NotExported: one of them is said to be paid by a bank file that nobody exported.
        AlreadyMoved: another payout was made as that movement.
    """
    by_number = {finding.payout_id: finding for finding in findings}
    found = {payout.payout_id: payout for payout in queries.by_ids(tx, list(by_number))}
    for number in sorted(by_number):
        state = found[number].state if number in found else None
        if state not in _FOR_A_PERSON:
            raise NotForAPerson(number, state)
    claimed = [number for number, finding in by_number.items() if finding.external_id]
    for row in bank_files.never_exported(tx, claimed):
        raise NotExported(row.id, row.bank_file_id)
    _refuse_taken(tx, findings)
    outcomes = [
        Outcome(payout, _answer(by_number[number], payout))
        for number, payout in sorted(found.items())
    ]
    done = _record(tx, outcomes, today, _FOR_A_PERSON)
    missing = set(found) - {outcome.payout.payout_id for outcome in done}
    if missing:
        raise NotForAPerson(min(missing), "settled meanwhile")
    events = [
        _event(outcome, finding.actor, finding.reason)
        for outcome in done
        if (finding := by_number[outcome.payout.payout_id])
    ]
    audit.record(tx, events)
    return Counter(_next_state(outcome).value for outcome in done)


def _refuse_taken(tx: Connection, findings: Sequence[Finding]) -> None:
    named = {finding.external_id: finding for finding in findings}
    for row in tx.execute(_MADE_AS, {"names": [name for name in named if name]}):
        raise AlreadyMoved(named[row.external_id], row.id)


_MADE_AS = text("SELECT id, external_id FROM payouts WHERE external_id = ANY(:names) LIMIT 1")


def _answer(finding: Finding, payout: Sendable) -> Answer:
    if finding.external_id == BY_HAND:
        if payout.rail not in MOVED_BY_HAND:
            raise HasAName(payout)
        return Paid(payout.reference)
    if finding.external_id:
        return Paid(finding.external_id)
    return Refused("not_made", finding.reason, because("Rerun it when the cause is repaired"))


_FOR_A_PERSON = (PayoutState.HELD, PayoutState.HANDED_OVER)
_UNSETTLED = (PayoutState.SUBMITTING, PayoutState.UNKNOWN)


def _record(
    tx: Connection, outcomes: Sequence[Outcome], today: date, settled_from: Sequence[PayoutState]
) -> list[Outcome]:
    """Swap the states, move rewards and money, write the letters; returns what was swapped."""
    stage(tx, "outcomes", _OUTCOMES, [_row(outcome) for outcome in outcomes], "id")
    given = {"today": today, "settled_from": [state.value for state in settled_from]}
    written = set(tx.execute(_RECORD, given).scalars())
    done = [outcome for outcome in outcomes if outcome.payout.payout_id in written]
    tx.execute(_PAY_REWARDS)
    tx.execute(_FREE_REWARDS)
    tx.execute(_UNRESERVE)
    ledger.post(tx, [move for outcome in done if (move := _move(outcome))], today)
    messages.queue(tx, _letters(tx, done, today), today)
    return done


def _next_state(outcome: Outcome) -> PayoutState:
    """Return where an answer leads. A repeat that is put off does not make an unknown one known."""
    match outcome.answer:
        case None | TryLater():
            return PayoutState.PLANNED
        case HandedOver():
            return PayoutState.HANDED_OVER
        case Paid():
            return PayoutState.PAID
        case Refused():
            return PayoutState.REFUSED
        case Held():
            return PayoutState.HELD
        case NotNow() if outcome.payout.state is PayoutState.PLANNED:
            return PayoutState.PLANNED
        case _:
            return PayoutState.UNKNOWN


def _row(outcome: Outcome) -> tuple[object, ...]:
    answer = outcome.answer
    return (
        outcome.payout.payout_id,
        _next_state(outcome).value,
        answer.external_id if isinstance(answer, Paid) else None,
        answer.code if isinstance(answer, Refused | NotNow | TryLater) else None,
        None if answer is None or isinstance(answer, Paid) else answer.reason,
        answer.next_step if isinstance(answer, Refused) else None,
        outcome.payout.attempt,
        # The provider surely has no movement, or surely refused and would replay the refusal.
        outcome.payout.attempt + (answer is None or isinstance(answer, TryLater)),
    )


_OUTCOMES = {
    "id": "bigint",
    "state": "text",
    "external_id": "text",
    "code": "text",
    "reason": "text",
    "next_step": "text",
    "attempt": "int",
    "next_attempt": "int",
}

# What surely did not move starts its clock anew with the next call: were it counted from the one
# that was put off, the next could be looked up, and sent again, while it is still under way.
_RECORD = text("""
UPDATE payouts p
SET state = o.state, code = o.code, reason = o.reason, next_step = o.next_step,
    external_id = COALESCE(o.external_id, p.external_id),
    paid_on = CASE WHEN o.state = 'paid' THEN CAST(:today AS date) END,
    attempt = o.next_attempt,
    first_sent_at = CASE WHEN o.state <> 'planned' THEN p.first_sent_at END
FROM outcomes o
WHERE p.id = o.id AND p.attempt = o.attempt AND p.state = ANY(:settled_from)
RETURNING p.id
""")

_PAY_REWARDS = text("""
UPDATE rewards r SET state = 'paid'
FROM outcomes o JOIN payouts p ON p.id = o.id AND p.state = 'paid'
JOIN payout_rewards x ON x.payout_id = p.id AND x.is_live
WHERE r.id = x.reward_id AND r.state = 'reserved'
""")

_FREE_REWARDS = text("""
UPDATE rewards r SET state = 'approved'
FROM outcomes o JOIN payouts p ON p.id = o.id AND p.state = 'refused'
JOIN payout_rewards x ON x.payout_id = p.id AND x.is_live
WHERE r.id = x.reward_id AND r.state = 'reserved'
""")

_UNRESERVE = text("""
UPDATE payout_rewards x SET is_live = false
FROM outcomes o JOIN payouts p ON p.id = o.id AND p.state = 'refused'
WHERE x.payout_id = p.id AND x.is_live
""")


def _move(outcome: Outcome) -> ledger.Move | None:
    payout = outcome.payout
    kind = {
        PayoutState.PAID: ledger.Kind.CREDITED
        if payout.rail in _AS_CREDIT
        else ledger.Kind.TRANSFERRED,
        PayoutState.REFUSED: ledger.Kind.RETURN,
        PayoutState.PLANNED: ledger.Kind.RECALL,
    }.get(_next_state(outcome))
    if kind is None:
        return None
    return ledger.of_payout(kind, payout.payout_id, payout.participant_id, payout.money)


_AS_CREDIT = frozenset({Rail.STRIPE_CREDIT, Rail.STRIPE_COUPON, Rail.PERK})


def _letters(tx: Connection, done: Sequence[Outcome], today: date) -> list[messages.Letter]:
    paid = [outcome.payout for outcome in done if isinstance(outcome.answer, Paid)]
    covered: dict[int, list[Row[Any]]] = {}
    for line in queries.lines(tx, [payout.payout_id for payout in paid]):
        covered.setdefault(line.payout_id, []).append(line)
    return [_letter(payout, covered[payout.payout_id], today) for payout in paid]


def _letter(payout: Sendable, covered: Sequence[Row[Any]], today: date) -> messages.Letter:
    """Write a statement: of what was paid or given, or of what an operator took back."""
    taken_back = payout.rail is Rail.STRIPE_REVERSAL
    sign = -1 if taken_back else 1
    total = Money(sign * payout.money.minor, payout.money.currency).to_dict()
    context: dict[str, object] = {
        "payout": payout.reference,
        "paid_on": today.isoformat(),
        "lines": [
            {
                "company": line.company,
                "amount": Money(sign * line.amount_minor, line.currency).to_dict(),
            }
            for line in covered
        ],
    }
    if taken_back:
        fact, template = f"payout:{payout.payout_id}:taken_back", "payout_taken_back"
        context |= {"amount": total}
    else:
        fact, template = f"payout:{payout.payout_id}:paid", "reward_paid"
        context |= {"total": total, "sent_by": payout.rail.value, "benefit": payout.benefit}
    return messages.Letter(fact, template, payout.participant_id, context)


def _event(outcome: Outcome, actor: str, found: str = "") -> audit.Event:
    answer = outcome.answer
    facts = {"amount_minor": outcome.payout.money.minor, "currency": outcome.payout.money.currency}
    reason = because("it does not exist at the provider: another attempt")
    if isinstance(answer, Paid):
        reason = answer.external_id
    elif answer is not None:
        reason = answer.reason
    said = "; ".join(filter(None, (reason, found if found != reason else "")))
    payout_id = outcome.payout.payout_id
    return audit.Event(actor, _next_state(outcome).value, "payout", payout_id, said, facts)


# Not sent after all ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A payout that was planned, of which nothing was sent, and why it must not be sent now."""

    waiting: Waiting
    reason: str


def give_back(tx: Connection, overtaken: Sequence[Overtaken], today: date) -> int:
    """Give the rewards of planned payouts back, so that they are planned anew; returns how many.

    Such a payout stays in the history as refused; nothing about it is left for an operator.
    """
    rows = [(item.waiting.payout_id, item.reason) for item in overtaken]
    stage(tx, "outcomes", {"id": "bigint", "reason": "text"}, rows, "id")
    given = set(tx.execute(_GIVE_BACK).scalars())
    tx.execute(_FREE_REWARDS)
    tx.execute(_UNRESERVE)
    done = [item for item in overtaken if item.waiting.payout_id in given]
    moves = [
        ledger.of_payout(
            ledger.Kind.RELEASE,
            item.waiting.payout_id,
            item.waiting.participant_id,
            item.waiting.money,
        )
        for item in done
    ]
    ledger.post(tx, moves, today)
    audit.record(
        tx,
        [
            audit.Event(audit.NIGHT, "given back", "payout", item.waiting.payout_id, item.reason)
            for item in done
        ],
    )
    return len(done)


_GIVE_BACK = text("""
UPDATE payouts p
SET state = 'refused', code = 'overtaken', reason = o.reason, cleared_at = clock_timestamp()
FROM outcomes o WHERE p.id = o.id AND p.state = 'planned'
RETURNING p.id
""")
