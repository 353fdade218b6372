"""Intake: deal registrations that partners make in the CRM, page by page."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from goodword.actions import deal_registrations, opportunities
from goodword.adapters.crm import OVERLAP
from goodword.db.queries import opportunities as queries
from goodword.rules.crm import Conventions, DealRegistration
from goodword.rules.crm_policy import CrmPolicy
from goodword.wiring import wiring
from tasks import nights
from tasks.opportunities import with_last
from tasks.retries import network


@network
def take_in(today: date) -> Counter[str]:
    """Take in what was registered until the end of the business date, and try again what waits."""
    program = nights.program(today)
    if program.crm.intake_object is None:
        return Counter()
    crm = wiring().crm(program.currency, program.crm)
    intake = deal_registrations.Intake(
        Conventions(program.currency, program.crm), today, program.zone
    )
    midnight = datetime.combine(today + timedelta(days=1), time(), program.zone)
    high = min(crm.server_time(), midnight)
    reading = _reading(program.crm)
    counts = Counter[str]()
    with wiring().database.transaction() as tx:
        low = queries.watermark(tx, reading)
        intake = replace(intake, read_until=low and low - OVERLAP)
        counts += deal_registrations.try_again(tx, intake)
    if low is not None and high <= low:
        return counts
    for page, is_last in with_last(crm.deal_registrations(low, high)):
        found = [record for record in page.records if isinstance(record, DealRegistration)]
        with wiring().database.transaction() as tx:
            counts += deal_registrations.take_in(tx, intake, found, page.unreadable)
            if is_last:
                opportunities.move_watermark(tx, reading, high)
    return counts


def _reading(policy: CrmPolicy) -> str:
    """Name what is read: another object, or other fields of it, are read from the beginning."""
    terms = (policy.lead_record_type, policy.lead_source, policy.intake_since, policy.fields)
    digest = hashlib.sha256(repr(terms).encode()).hexdigest()
    return f"{policy.intake_object} as registrations {digest[:12]}"
