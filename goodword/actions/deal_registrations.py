"""Deal registrations of the CRM: leads and custom records taken in as claims, and followed after.

A claim says what its record said when it was first taken in. Later it follows what becomes of the
record: converted, merged or deleted. What cannot be taken in is set aside with its reason and tried
again every night, since what is wrong may be on either side: a record to correct, or a participant
whom nobody has imported yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from goodword.actions import audit, quarantine
from goodword.actions.new_claims import Door, Submission, SubmissionRefused, submit_all
from goodword.actions.record_claims import follow, hand_on
from goodword.db.queries import deal_registrations as queries
from goodword.rules.crm import Conventions, DealRegistration, Unreadable
from goodword.rules.crm_intake import (
    Became,
    dated,
    key_of,
    late_since,
    read_deal_registration,
    source_of,
    who_made_it,
)
from goodword.rules.crm_policy import Intake as From


@dataclass(frozen=True, slots=True)
class Intake:
    """One night's intake: how records are read, the business date, the program's time zone.

    `read_until`: what was a registration before was read by earlier nights; None: nothing was.
    """

    around: Conventions
    today: date
    zone: ZoneInfo
    read_until: datetime | None = None

    @property
    def quarantine(self) -> str:
        """Where the quarantine keeps what cannot be taken in."""
        return f"salesforce.registration.{self.around.policy.intake_object}"


def take_in(
    tx: Connection,
    intake: Intake,
    found: Sequence[DealRegistration],
    unreadable: Sequence[Unreadable],
) -> Counter[str]:
    """Take in some records, and follow those whose claims are here already.

    Returns:
        Counts by outcome, such as "new registrations" and "registrations quarantined".
    """
    became = [Became.of(record) for record in found]
    handed_on = hand_on(tx, became)
    known = queries.known(tx, [key_of(record) for record in found])
    new = [record for record in found if key_of(record) not in known and not record.is_deleted]
    new = _dated(tx, intake, new)
    counts, asides = _submit(tx, intake, new)
    asides += [quarantine.Aside(bad.crm_id, bad.reason, bad.raw) for bad in unreadable]
    open_ids = {aside.external_id for aside in asides}
    settled = [record.crm_id for record in found if record.crm_id not in open_ids]
    counts["registrations quarantined"] = quarantine.set_aside(tx, intake.quarantine, asides)
    counts["registrations taken up"] = quarantine.take_up(tx, intake.quarantine, settled)
    return +(counts + handed_on + follow(tx, became, intake.today))


def try_again(tx: Connection, intake: Intake) -> Counter[str]:
    """Try what is in quarantine once more, as the program reads it now.

    What is no registration any more waits no longer; leads that took claims over are followed.
    """
    policy = intake.around.policy
    counts = Counter[str]()
    if policy.intake is From.LEAD:
        others = queries.leads_of_other_kinds(tx, intake.quarantine, policy)
        counts["registrations taken up"] = quarantine.take_up(tx, intake.quarantine, others)
        became = queries.became(tx)
        counts += hand_on(tx, became) + follow(tx, became, intake.today)
    found: list[DealRegistration] = []
    unreadable: list[Unreadable] = []
    for raw in queries.set_aside(tx, intake.quarantine):
        record = read_deal_registration(raw, intake.around)
        if isinstance(record, Unreadable):
            unreadable.append(record)
        else:
            found.append(record)
    return counts + take_in(tx, intake, found, unreadable)


def _dated(
    tx: Connection, intake: Intake, new: Sequence[DealRegistration]
) -> list[DealRegistration]:
    """Date what became a registration late; what waits in quarantine keeps the date it had."""
    waiting = queries.waiting_since(tx, intake.quarantine, [record.crm_id for record in new])
    found = []
    for record in new:
        since = waiting.get(record.crm_id)
        if record.crm_id not in waiting:
            since = late_since(record, intake.around.policy, intake.read_until)
        found.append(dated(record, since) if since else record)
    return found


def _submit(
    tx: Connection, intake: Intake, new: Sequence[DealRegistration]
) -> tuple[Counter[str], list[quarantine.Aside]]:
    if not new:
        return Counter(), []
    handed_on = queries.handed_on(tx, [record.crm_id for record in new])
    made = zip(new, who_made_it(new, queries.people(tx, new)), strict=True)
    # who took a claim over makes another one only by another partner
    claimed = [
        (record, by)
        for record, by in made
        if record.crm_id not in handed_on or by.key not in {"", *handed_on[record.crm_id]}
    ]
    door = Door(source_of(intake.around.policy), audit.NIGHT, intake.today, intake.zone)
    submissions = [
        Submission(
            **{
                **record.said,
                "key": key_of(record),
                "participant": maker.key,
                "source_id": record.crm_id,
            }
        )
        for record, maker in claimed
    ]
    outcomes = submit_all(tx, submissions, door)
    asides = [
        quarantine.Aside(record.crm_id, "; ".join(maker.explain(outcome.problems)), record.raw)
        for (record, maker), outcome in zip(claimed, outcomes, strict=True)
        if isinstance(outcome, SubmissionRefused)
    ]
    return Counter({"new registrations": len(claimed) - len(asides)}), asides
