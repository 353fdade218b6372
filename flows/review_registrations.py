"""Stage 2: who may hold a claim, and for how long."""

from __future__ import annotations

from datetime import date, datetime

from prefect import flow

from flows import clock
from tasks import disputes, nights, protections, registrations, routings


@flow(name="review-registrations", flow_run_name=clock.run_name("review"))
def review_registrations(today: date | None = None, now: datetime | None = None) -> nights.Tally:
    """Decide new claims; extend, expire, warn, close live ones; route and protect in the CRM.

    Args:
        today: the business date; the program's own today where none is given.
        now: the instant to go by; the clock's where none is given.
    """
    with nights.stage("review", clock.read(today, now)) as stage:
        for chunk in nights.chunks(registrations.ended(stage.today), registrations.REVIEWED):
            stage.count(registrations.review(chunk, stage.today))
        for chunk in nights.chunks(registrations.submitted(stage.today)):
            stage.count(registrations.decide(chunk, stage.today))
        for chunk in nights.chunks(registrations.to_review(stage.today), registrations.REVIEWED):
            stage.count(registrations.review(chunk, stage.today))
        stage.count(registrations.remind_of_claims(stage.today, stage.now))
        stage.count(registrations.remind_of_requests(stage.today))
        stage.count(disputes.keep_terms(stage.today))
        stage.count(routings.route(stage.today))
        stage.count(protections.protect(stage.today))
    return stage.tally
