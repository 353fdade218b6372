"""Approve: small rewards by the policy, large ones by people, who are reminded of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from goodword.actions import approval_terms, approvals
from goodword.db.queries import approval_queue, staff
from goodword.db.queries import approvals as approval_queries
from goodword.db.queries import rewards as queries
from goodword.money import Money, totals
from goodword.rules.approvals import ApprovalPolicy, needed
from goodword.rules.programs import Program
from goodword.rules.rights import Action
from goodword.rules.suspicions import suspicions
from goodword.wiring import wiring
from tasks import nights
from tasks.retries import effect
from tasks.rewards import take_back_in


@effect
def approve(today: date) -> Counter[str]:
    """Approve what is below the threshold; ask people about the rest.

    What was refunded in part before its reward was approved is taken back in the same transaction,
    so that no payout takes one without the other. First approvals that no second one followed in
    time end, and parts whose sum has grown are asked of more people.
    """
    program, programs = nights.program(today), nights.programs_by_version()
    kept = _keep_terms(program.approvals, today)
    with wiring().database.transaction() as tx:
        counts = _approve(tx, program, today)
        taken = take_back_in(tx, programs, today) if counts else Counter[str]()
        return kept + counts + taken + (_approve(tx, program, today) if taken else Counter())


def _approve(tx: Connection, program: Program, today: date) -> Counter[str]:
    judged = []
    for item in queries.computed(tx, program.suspicion):
        doubts = suspicions(item.introduction, program.suspicion)
        asked = needed(item.total, program.approvals, item.participant_status, doubts)
        judged.append(approvals.Judged(item, asked))
    return approvals.record_judged(tx, judged, today)


def _keep_terms(policy: ApprovalPolicy, today: date) -> Counter[str]:
    """End first approvals that no second one followed; ask more people where a sum has grown.

    Each by itself: whoever decides at this moment holds a reward and waits for the audit trail.
    """
    database = wiring().database
    with database.transaction() as tx:
        lapsed = approval_terms.lapse(tx, policy, today)
    with database.transaction() as tx:
        asked = [
            approval_terms.Asked(one.reward_id, more)
            for one in approval_queries.sums(tx)
            if (more := needed(one.total, policy)).approvers > one.approvers
        ]
        more_people = approval_terms.ask_more(tx, asked)
    return +Counter({"approvals lapsed": lapsed, "asked of more people": more_people})


@effect
def remind(today: date, command: str) -> Counter[str]:
    """Tell staff once a day what waits for approval; tell who it escalates to what waits long.

    Where approvers have accounts, each one's digest tells them, and the shared address is spared.
    """
    program = nights.program(today)
    policy = program.approvals
    late_since = today - timedelta(days=policy.escalate_after_days)
    with wiring().database.transaction() as tx:
        queue = approval_queue.queue(tx)
        late = [row for row in queue if row.asked_on <= late_since]
        desk = "" if staff.has(tx, Action.DECIDE_REWARDS) else program.staff_email
        reminders = approval_terms.remind(tx, desk, _summary(queue, command), today)
        escalations = approval_terms.escalate(
            tx, policy.escalate_to, _summary(late, command), today
        )
    return +Counter({"reminders queued": reminders, "escalations queued": escalations})


def _summary(rows: Sequence[Row[Any]], command: str) -> dict[str, object]:
    """Return what the letter about waiting rewards says; empty when none waits."""
    if not rows:
        return {}
    sums = totals(Money(row.amount_minor, row.currency) for row in rows)
    return {
        "count": len(rows),
        "oldest_on": rows[0].asked_on.isoformat(),
        "totals": [total.to_dict() for total in sums],
        "command": command,
        "link": None,
    }
