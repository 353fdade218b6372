"""Notices: a chat tool is told how each night went and what waits, where one is set."""

from __future__ import annotations

from collections import Counter
from datetime import date

from goodword.actions import notices
from goodword.adapters.chat import Answer, PutOff, Refused
from goodword.db.queries import status
from goodword.db.session import instant
from goodword.wiring import wiring
from tasks.nights import Report
from tasks.retries import effect

ATTEMPTS = 20
"""How often a notice that is put off is taken up; each time it is posted a few times."""

_MOST_FAILURES = 10
_LONGEST_FAILURE = 300


def tell(report: Report) -> None:
    """Tell of a night, and of what waits after it; a rehearsal is nobody's business."""
    if wiring().chat is None or wiring().rehearsing:
        return
    write(report.business_date, report.failures)
    deliver()


@effect
def write(today: date, failures: list[str]) -> int:
    """Put the notice of the night that runs into the outbox."""
    with wiring().database.transaction() as tx:
        night = status.last_night(tx)
        assert night is not None  # it is the one that runs
        waiting = [
            {"what": row.what, "count": row.rows, "command": row.command}
            for row in status.waiting_for_people(tx)
        ]
        data: dict[str, object] = {
            "business_date": today.isoformat(),
            "state": "failed" if failures else "done",
            "failures": [each[:_LONGEST_FAILURE] for each in failures[:_MOST_FAILURES]],
            "failed": len(failures),
            "waiting": waiting,
            "link": f"{wiring().settings.base_url}/console",
        }
        went = f"failed in {len(failures)} places" if len(failures) > 1 else "failed"
        title = f"The night of {today} {went if failures else 'is done'}."
        notice = notices.Notice(f"night-{night.id}", "night.ended", title, data)
        return notices.queue(tx, notice, today)


@effect
def deliver() -> Counter[str]:
    """Tell what the outbox holds; what is put off waits for the next time."""
    return post_queued()


def take_up() -> Counter[str]:
    """Post what somebody queued in the console; what is put off waits for the next night."""
    posted = post_queued(untried=True)
    return Counter({f"notices {what}": count for what, count in posted.items()})


def post_queued(*, untried: bool = False) -> Counter[str]:
    """Post the notices that wait, or those that nobody tried to post; returns counts.

    Those of earlier nights come first.
    """
    chat = wiring().chat
    if chat is None:
        return Counter()
    database = wiring().ready_database
    counts: Counter[str] = Counter()
    with database.transaction() as tx:
        taken = notices.take(tx, untried=untried)
    for row in taken:
        with database.transaction() as tx:
            now = instant(tx)
        posted = _posted(row.id, row.attempts, chat.post(row.body, now))
        with database.transaction() as tx:
            notices.record(tx, posted)
        counts[_WORDS.get(posted.state, posted.state)] += 1
    return counts


_WORDS = {"queued": "put off"}


def _posted(notice_id: int, attempts: int, answer: Answer) -> notices.Posted:
    match answer:
        case PutOff(reason) if attempts < ATTEMPTS:
            return notices.Posted(notice_id, "queued", reason)
        case PutOff(reason) | Refused(reason):
            return notices.Posted(notice_id, "failed", reason)
        case _:
            return notices.Posted(notice_id, "sent")
