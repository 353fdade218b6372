"""Send: the outbox over one connection to the mail server, each letter at most once."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import Row

from goodword.actions import access_letters, messages
from goodword.adapters.letters import TemplateFailed
from goodword.adapters.mail import Deferred, Delivered, Outcome, Outgoing, Unconfirmed
from goodword.db.queries import messages as queries
from goodword.rules.programs import Program
from goodword.wiring import wiring
from tasks import nights
from tasks.retries import effect

CHUNK = 200
"""Letters a task: what one crash may leave unconfirmed, for a person to look at."""

ATTEMPTS = 5
"""How often a letter that the server puts off is tried, one night after another."""


@effect
def set_aside_interrupted() -> Counter[str]:
    """Find the letters that a killed night was sending."""
    with wiring().database.transaction() as tx:
        return +Counter({"unconfirmed": messages.set_aside_interrupted(tx)})


def queued() -> list[int]:
    """Return the letters that wait."""
    with wiring().database.transaction() as tx:
        return queries.queued(tx)


@effect
def send(ids: list[int], today: date) -> Counter[str]:
    """Send a chunk of letters; one that cannot be written or delivered stops no other."""
    if wiring().rehearsing:
        return +Counter({"would be sent": len(ids)})
    return send_now(ids, today)


def take_up(today: date) -> Counter[str]:
    """Send what cannot wait for the night: letters to who may not know that another signs in.

    What the mail server puts off is the night's; where none is set up, all of it.
    """
    with wiring().ready_database.transaction() as tx:
        waiting = queries.untried(tx, access_letters.TEMPLATE)
    sent = send_now(waiting, today) if waiting else Counter[str]()
    return Counter({f"letters {what}": count for what, count in sent.items()})


def send_now(ids: list[int], today: date) -> Counter[str]:
    """Send letters; those that another process has taken meanwhile are its own.

    Raises:
        NotSetUp: there is no mail server; nothing was begun.
    """
    program = nights.program(today)
    mailbox = wiring().mailbox(program.support_email)
    with wiring().database.transaction() as tx:
        taken = messages.start_sending(tx, ids)
        rows = {row.id: row for row in queries.by_ids(tx, sorted(taken))}
    outgoing, results = [], []
    for row in rows.values():
        try:
            outgoing.append(_outgoing(row, program))
        except TemplateFailed as error:
            results.append(messages.Sent(row.id, "failed", str(error)))
    for message_id, outcome in mailbox.send(outgoing):
        results.append(_result(rows[message_id], outcome))
    with wiring().database.transaction() as tx:
        messages.record_sent(tx, results)
    return Counter(_WORDS.get(result.state, result.state) for result in results)


_WORDS = {"queued": "put off"}


def _outgoing(row: Row[Any], program: Program) -> Outgoing:
    letter = wiring().letters.write(program, row.template, row.locale, row.context)
    domain = program.support_email.rsplit("@", 1)[-1]
    message_id = f"<{row.template}.{row.id}@{domain}>"
    return Outgoing(row.id, row.recipient, letter, message_id, row.queued_at, row.name)


def _result(row: Row[Any], outcome: Outcome) -> messages.Sent:
    match outcome:
        case Delivered():
            return messages.Sent(row.id, "sent")
        case Unconfirmed(reason):
            return messages.Sent(row.id, "unconfirmed", reason)
        case Deferred(reason) if row.attempts < ATTEMPTS:
            return messages.Sent(row.id, "queued", reason)
        case _:
            return messages.Sent(row.id, "failed", outcome.reason)
