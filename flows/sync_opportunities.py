"""Stage 1: what changed in the CRM since the last night."""

from __future__ import annotations

from datetime import date, datetime

from prefect import flow

from flows import clock
from tasks import deal_registrations, nights, opportunities


@flow(name="sync-opportunities", flow_run_name=clock.run_name("sync"))
def sync_opportunities(
    today: date | None = None, now: datetime | None = None, *, everything: bool = False
) -> nights.Tally:
    """Mirror accounts, deals, stage history, leads and owners; take in claims; connect them all.

    Args:
        today: the business date; the program's own today where none is given.
        now: the instant to go by; the clock's where none is given.
        everything: read all of the CRM anew, not only what changed since the last time.
    """
    with nights.stage("sync", clock.read(today, now)) as stage:
        opportunities.check(stage.today)
        for crm_object in opportunities.ORDER:
            stage.count(opportunities.sync(crm_object, stage.today, everything=everything))
        stage.count(deal_registrations.take_in(stage.today))
        stage.count(opportunities.link_claims())
        stage.count(opportunities.match_claims(stage.today))
    return stage.tally
