"""The outbox: e-mails written in the transaction of the fact they report, each fact once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import Connection, text

from goodword.actions import audit
from goodword.db.bulk import stage

NEWS = timedelta(days=7)
"""What happened longer ago is history: a first night tells nobody of last year."""


def is_news(happened_on: date, today: date) -> bool:
    """Tell whether something is recent enough to write to somebody about."""
    return today - happened_on <= NEWS


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail to a participant. `fact` names what it reports and makes it the only one.

    `context` fills the template (templates/email/README.md); the participant's name and kind are
    added here.
    """

    fact: str
    template: str
    participant_id: int
    context: Mapping[str, object] = field(default_factory=dict)


def queue(tx: Connection, letters: Sequence[Letter], today: date) -> int:
    """Put letters into the outbox in their participants' languages; a fact told before is not.

    Of a participant whom the night made there may be no address: there is nobody to tell.

    Returns:
        How many were new.
    """
    if not letters:
        return 0
    columns = {"fact": "text", "template": "text", "participant_id": "bigint", "context": "jsonb"}
    rows = [
        (letter.fact, letter.template, letter.participant_id, json.dumps(letter.context))
        for letter in letters
    ]
    stage(tx, "letters", columns, rows)
    return tx.execute(_QUEUE, {"today": today}).rowcount


@dataclass(frozen=True, slots=True)
class StaffLetter:
    """One e-mail to staff, in English unless it is to one of them who reads another language."""

    fact: str
    template: str
    recipient: str
    context: Mapping[str, object]
    locale: str = "en"


def queue_for_staff(tx: Connection, letter: StaffLetter, today: date) -> int:
    """Put one letter to staff into the outbox, unless its fact was told before."""
    return queue_all_for_staff(tx, [letter], today)


def queue_all_for_staff(tx: Connection, letters: Sequence[StaffLetter], today: date) -> int:
    """Put letters to staff into the outbox, each fact once; returns how many were new."""
    if not letters:
        return 0
    columns = dict.fromkeys(("fact", "template", "recipient", "locale"), "text")
    rows = [
        (one.fact, one.template, one.recipient, one.locale, json.dumps(one.context))
        for one in letters
    ]
    stage(tx, "staff_letters", {**columns, "context": "jsonb"}, rows)
    return tx.execute(_QUEUE_FOR_STAFF, {"today": today}).rowcount


_QUEUE = text("""
INSERT INTO messages (fact, template, participant_id, recipient, locale, context, queued_on)
SELECT l.fact, l.template, p.id, p.email, p.locale,
       l.context || jsonb_build_object(
           'participant', jsonb_build_object('name', p.name, 'kind', p.kind)),
       :today
FROM letters l JOIN participants p ON p.id = l.participant_id AND p.email <> ''
ON CONFLICT (fact) DO NOTHING
""")

_QUEUE_FOR_STAFF = text("""
INSERT INTO messages (fact, template, recipient, locale, context, queued_on)
SELECT fact, template, recipient, locale, context, :today FROM staff_letters
ON CONFLICT (fact) DO NOTHING
""")


def take_back(tx: Connection, facts: Sequence[str]) -> int:
    """Take letters out of the outbox whose fact is none any more; returns how many had not left."""
    return tx.execute(
        text("DELETE FROM messages WHERE fact = ANY(:facts) AND state = 'queued'"),
        {"facts": list(facts)},
    ).rowcount


def were_told(tx: Connection, facts: Sequence[str]) -> bool:
    """Tell whether somebody has, or may have, a letter about one of these facts."""
    told: bool = tx.execute(
        text("SELECT EXISTS (SELECT FROM messages WHERE fact = ANY(:facts))"),
        {"facts": list(facts)},
    ).scalar_one()
    return told


def set_aside_interrupted(tx: Connection) -> int:
    """Mark what an interrupted night was sending: it may have arrived, so a person decides."""
    return tx.execute(
        text(
            "UPDATE messages SET state = 'unconfirmed',"
            " reason = 'the night was interrupted while it was being sent'"
            " WHERE state = 'sending'"
        )
    ).rowcount


def start_sending(tx: Connection, ids: Sequence[int]) -> set[int]:
    """Mark queued messages as being sent; commit this before the mail server is spoken to.

    Returns:
        The messages that this process may send now; another one took the rest.
    """
    taken = tx.execute(
        text(
            "UPDATE messages SET state = 'sending', attempts = attempts + 1"
            " WHERE id = ANY(:ids) AND state = 'queued' RETURNING id"
        ),
        {"ids": list(ids)},
    )
    return set(taken.scalars())


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one message: its next state, and the reason when it was not sent."""

    message_id: int
    state: str
    reason: str | None = None


def record_sent(tx: Connection, results: Sequence[Sent]) -> None:
    """Write down what became of messages that were being sent."""
    columns = {"id": "bigint", "state": "text", "reason": "text"}
    stage(tx, "results", columns, [(r.message_id, r.state, r.reason) for r in results], "id")
    tx.execute(
        text(
            "UPDATE messages m SET state = r.state, reason = r.reason,"
            " sent_at = CASE WHEN r.state = 'sent' THEN clock_timestamp() END"
            " FROM results r WHERE m.id = r.id AND m.state = 'sending'"
        )
    )


def release(tx: Connection, message_id: int, actor: str) -> bool:
    """Queue a failed or unconfirmed message again, on somebody's word; False: it is neither."""
    before = tx.execute(_RELEASE, {"id": message_id}).one_or_none()
    if before is None:
        return False
    said = f"it was {before.state}" + (f": {before.reason}" if before.reason else "")
    audit.record(tx, [audit.Event(actor, "queued again", "message", message_id, said)])
    return True


_RELEASE = text("""
UPDATE messages m SET state = 'queued', reason = NULL
FROM (SELECT id, state, reason FROM messages WHERE id = :id FOR UPDATE) before
WHERE m.id = before.id AND before.state IN ('failed', 'unconfirmed')
RETURNING before.state, before.reason
""")
