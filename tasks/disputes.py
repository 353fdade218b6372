"""Disputes: what their terms mean tonight."""

from __future__ import annotations

from collections import Counter
from datetime import date

from goodword.actions import dispute_terms
from goodword.wiring import wiring
from tasks import nights
from tasks.retries import effect


@effect
def keep_terms(today: date) -> Counter[str]:
    """Close the disputes that nobody can appeal in any more; remind of rulings, escalate late ones.

    Closed before anything is paid tonight: what was held for a dispute may go.
    """
    program = nights.program(today)
    escalate_to = program.disputes.escalate_to or program.approvals.escalate_to
    staff = program.staff_email
    recipients = dispute_terms.Recipients(staff, escalate_to or staff)
    with wiring().database.transaction() as tx:
        closed = dispute_terms.close(tx, today)
        reminded = dispute_terms.remind(tx, recipients, today)
    return +Counter(
        {
            "disputes closed": closed,
            "disputes escalated": reminded.escalated,
            "reminders of disputes": reminded.letters,
        }
    )
