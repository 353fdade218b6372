"""Requests for more days: asked for by a partner, granted or refused by staff, or lapsed.

A claim that is extended, by whomever, grants the request that is open; a claim that ends lets it
lapse (`close`, called wherever claims change).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import audit, messages
from goodword.db.queries import extensions as queries
from goodword.rules import extensions as rules
from goodword.rules.registrations import RegistrationPolicy


class ExtensionRefused(Exception):
    """More days cannot be asked for, or a request not be refused; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A partner (by key) asks for more days of their claim, with the reason."""

    registration_id: int
    partner: str
    reason: str


def ask(tx: Connection, wish: Wish, policy: RegistrationPolicy, today: date) -> int:
    """Let a partner ask for more days; returns the request's number.

    Raises:
        ExtensionRefused: the partner has no such claim, the claim has ended, has no extension
            left, or a request of it is open; or no reason is given.
    """
    if not wish.reason.strip():
        raise ExtensionRefused("a request for more days needs its reason: give one")
    held = queries.holder(tx, wish.registration_id)
    if held is None or held.participant_key != wish.partner:
        raise ExtensionRefused(f"{wish.partner} has no registration {wish.registration_id}")
    refusal = rules.refusal(held.asked, policy.of(held.participant_kind), today)
    if refusal:
        raise ExtensionRefused(refusal)
    given = {"id": wish.registration_id, "reason": wish.reason, "by": wish.partner, "on": today}
    number = int(tx.execute(_ASK, given).scalar_one())
    event = audit.Event(
        wish.partner,
        "asked for more days",
        "registration",
        wish.registration_id,
        wish.reason,
        on=today,
    )
    audit.record(tx, [event])
    return number


_ASK = text("""
INSERT INTO extension_requests (registration_id, reason, asked_by, asked_on)
VALUES (:id, :reason, :by, :on) RETURNING id
""")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Staff refuses the open request of a claim, with a reason that the partner may read."""

    registration_id: int
    reason: str
    actor: str


def refuse(tx: Connection, refusal: Refusal, today: date) -> None:
    """Refuse the open request of a claim; the claim stands as it did, and its partner is told.

    To grant it, extend the claim: `goodword.actions.registrations.decide`.

    Raises:
        ExtensionRefused: no request of it is open, or no reason is given.
    """
    if not refusal.reason.strip():
        raise ExtensionRefused("a decision by a person needs its reason: give one")
    held = queries.holder(tx, refusal.registration_id)
    if held is None or held.request_id is None or held.asked.expires_on is None:
        raise ExtensionRefused(
            f"nobody asks for more days for registration {refusal.registration_id}"
        )
    answer = {"state": "refused", "by": refusal.actor, "on": today, "reason": refusal.reason}
    tx.execute(_CLOSE, {"id": held.request_id, **answer})
    context = {
        "company": held.company,
        "reason": refusal.reason,
        "until": held.asked.expires_on.isoformat(),
    }
    fact = f"extension_request:{held.request_id}:refused"
    letter = messages.Letter(fact, "extension_refused", held.participant_id, context)
    messages.queue(tx, [letter], today)
    event = audit.Event(
        refusal.actor,
        "refused more days",
        "registration",
        refusal.registration_id,
        refusal.reason,
        on=today,
    )
    audit.record(tx, [event])


@dataclass(frozen=True, slots=True)
class Closing:
    """A claim was extended (`granted`) or has ended: its open request has its answer."""

    registration_id: int
    granted: bool
    actor: str
    reason: str


def close(tx: Connection, closings: Sequence[Closing], today: date) -> list[audit.Event]:
    """Grant the open requests of claims just extended, let those of claims just ended lapse.

    Call it after the claims were changed, in the same transaction: a request that was made until
    then is seen, and none is made of a claim that has ended.

    Returns:
        What the audit trail is to say of it; the caller records it.
    """
    if not closings:
        return []
    ids = [closing.registration_id for closing in closings]
    open_: dict[int, int] = {
        row.registration_id: row.id for row in tx.execute(_OPEN_OF, {"ids": ids})
    }
    closed = [closing for closing in closings if closing.registration_id in open_]
    if closed:
        rows = [
            {
                "id": open_[closing.registration_id],
                "state": "granted" if closing.granted else "lapsed",
                "by": closing.actor,
                "on": today,
                "reason": closing.reason,
            }
            for closing in closed
        ]
        tx.execute(_CLOSE, rows)
    return [
        audit.Event(
            closing.actor,
            "granted more days" if closing.granted else "let the request for more days lapse",
            "registration",
            closing.registration_id,
            closing.reason,
            on=None if closing.actor == audit.NIGHT else today,
        )
        for closing in closed
    ]


_OPEN_OF = text("""
SELECT id, registration_id FROM extension_requests
WHERE state = 'open' AND registration_id = ANY(:ids)
""")

_CLOSE = text("""
UPDATE extension_requests
SET state = :state, decided_by = :by, decided_on = :on, decision_reason = :reason
WHERE id = :id
""")


def remind(tx: Connection, recipient: str, today: date) -> int:
    """Remind staff, once a day, of the requests that wait; returns how many letters were new."""
    waiting = queries.waiting(tx)
    if waiting is None:
        return 0
    letter = messages.StaffLetter(
        f"extension_requests:{today.isoformat()}",
        "extensions_waiting",
        recipient,
        {
            "count": waiting.count,
            "company": waiting.company,
            "until": waiting.first_ends_on.isoformat(),
            "command": "goodword registrations requests",
        },
    )
    return messages.queue_for_staff(tx, letter, today)
