"""Published programs: the text of each version, in force from a date until the next one is."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import audit
from goodword.db.queries.status import newest_date


class RulesOfThePast(Exception):
    """A program was to be in force on days that nights have decided already."""

    def __init__(self, effective_on: date, last: date) -> None:
        super().__init__(
            f"effective_on is {effective_on}, but the night of {last} has decided by the rules "
            f"published before, and what is owed never changes. Set effective_on after {last}"
        )


def publish(tx: Connection, source: str, digest: str, effective_on: date, actor: str) -> int | None:
    """Keep a program's text as a new version, unless it is the newest already.

    Returns:
        The number of the new version, or None when the newest has the same text and date.

    Raises:
        RulesOfThePast: a night has run for its first day, or a later one.
    """
    newest = tx.execute(
        text("SELECT digest, effective_on FROM program_versions ORDER BY id DESC LIMIT 1")
    ).one_or_none()
    if newest is not None and (newest.digest, newest.effective_on) == (digest, effective_on):
        return None
    last = newest_date(tx)
    if newest is not None and last is not None and effective_on <= last:
        raise RulesOfThePast(effective_on, last)
    number = tx.execute(
        text(
            "INSERT INTO program_versions (effective_on, digest, source, published_by)"
            " VALUES (:effective_on, :digest, :source, :actor) RETURNING id"
        ),
        {"effective_on": effective_on, "digest": digest, "source": source, "actor": actor},
    ).scalar_one()
    facts = {"effective_on": effective_on, "digest": digest}
    audit.record(tx, [audit.Event(actor, "published", "program version", number, facts=facts)])
    return int(number)
