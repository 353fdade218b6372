"""Protection: the CRM shows whose each account, deal and lead is, and for how long."""

from __future__ import annotations

from collections import Counter
from datetime import date

from goodword.actions import protections, routings
from goodword.adapters.crm import Protection, WriteResult, WriteState
from goodword.db.queries import protections as queries
from goodword.rules.crm import CrmObject
from goodword.wiring import wiring
from tasks import nights
from tasks.retries import network

WRITES = 200
"""Records a write: as many as Salesforce takes in one request."""


@network
def protect(today: date) -> Counter[str]:
    """Write to the CRM what the claims and routings say, where it does not say so.

    What it refuses is parked and tried again the next night; what is routed is told once the CRM
    has taken it. An org without the program's own fields is not written to; leads that lack them
    are counted, since what is routed to a partner does not reach them.
    """
    program = nights.program(today)
    crm = wiring().crm(program.currency, program.crm)
    if not crm.has_own_fields:
        return Counter()
    hidden = {kind for kind in CrmObject if kind is CrmObject.LEAD and crm.lacks(kind)}
    with wiring().database.transaction() as tx:
        differing = [
            Protection(CrmObject(row.crm_object), row.crm_id, row.partner, row.until, row.owner)
            for row in queries.differing(tx)
        ]
        wanted = [update for update in differing if update.crm_object not in hidden]
        protections.drop_settled(tx, [update.crm_id for update in wanted])
    counts = Counter({"leads without the fields to write to": len(differing) - len(wanted)})
    if wiring().rehearsing:
        return +(counts + Counter({"protection to write": len(wanted)}))
    for chunk in nights.chunks(wanted, WRITES):
        written = [_written(result) for result in crm.protect(chunk)]
        with wiring().database.transaction() as tx:
            counts += protections.record(tx, written)
    with wiring().database.transaction() as tx:
        return +counts + routings.settle(tx, program.staff_email, today)


def _written(result: WriteResult) -> protections.Written:
    asked = result.protection
    return protections.Written(
        asked.crm_object.value,
        asked.crm_id,
        asked.partner,
        asked.until,
        None if result.state is WriteState.WRITTEN else result.reason,
        asked.owner_crm_id,
    )
