"""Sync: the CRM's changes into the mirror, page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from goodword.actions import account_questions, claims, matchings, opportunities
from goodword.adapters.crm import Page
from goodword.companies import Index
from goodword.db.queries import matchings as matching_queries
from goodword.db.queries import opportunities as queries
from goodword.rules.crm import CrmObject, Opportunity, StageChange
from goodword.wiring import wiring
from tasks import nights
from tasks.retries import effect, network

ORDER = (
    CrmObject.USER,
    CrmObject.ACCOUNT,
    CrmObject.OPPORTUNITY,
    CrmObject.STAGE_CHANGE,
    CrmObject.LEAD,
)
"""What is synced, those that others speak of first."""


@network
def check(today: date) -> None:
    """Refuse another organisation than the one mirrored, or one that lost a field we need."""
    program = nights.program(today)
    crm = wiring().crm(program.currency, program.crm)
    org = crm.identity()
    crm.check_fields()
    with wiring().database.transaction() as tx:
        opportunities.adopt_organisation(tx, org)


@network
def sync(crm_object: CrmObject, today: date, *, everything: bool = False) -> Counter[str]:
    """Read what changed in one object until the end of the business date, and keep it.

    A night for an earlier date reads only up to that date: what was stamped later belongs to a
    later night. The clock is the CRM's.

    Args:
        crm_object: the kind of records.
        today: the business date.
        everything: read all of them anew. What is here already is not touched, and the watermark
            stays where it is until the last page.
    """
    program = nights.program(today)
    crm = wiring().crm(program.currency, program.crm)
    midnight = datetime.combine(today + timedelta(days=1), time(), program.zone)
    high = min(crm.server_time(), midnight)
    with wiring().database.transaction() as tx:
        low = None if everything else queries.watermark(tx, crm_object)
    counts = Counter[str]()
    if low is not None and high <= low:
        return counts
    if crm_object is CrmObject.LEAD and low is None and not crm.can_read(crm_object):
        return Counter({"leads hidden from the integration user": 1})
    for page, is_last in with_last(crm.changed(crm_object, low, high)):
        with wiring().database.transaction() as tx:
            counts += opportunities.save_page(tx, crm_object, page.records, page.unreadable)
            opportunities.date_wins(tx, _deals(page.records), program.time_zone)
            if is_last:
                opportunities.move_watermark(tx, crm_object, high)
                if low is None:
                    opportunities.analyze(tx, crm_object)
            elif low is not None and page.records:
                # A window comes in the order of its stamps; a first load in none.
                newest = max(record.modified_at for record in page.records)
                opportunities.move_watermark(tx, crm_object, newest)
    return Counter({f"{outcome} {_PLURALS[crm_object]}": n for outcome, n in counts.items()})


_PLURALS = {
    CrmObject.USER: "users",
    CrmObject.ACCOUNT: "accounts",
    CrmObject.OPPORTUNITY: "opportunities",
    CrmObject.STAGE_CHANGE: "stage changes",
    CrmObject.LEAD: "leads",
}


def with_last(pages: Iterator[Page]) -> Iterator[tuple[Page, bool]]:
    """Say of each page whether it is the last; there is always one, if only an empty one."""
    held = next(pages, Page([], []))
    for page in pages:
        yield held, False
        held = page
    yield held, True


def _deals(records: Sequence[object]) -> list[str]:
    return [
        record.crm_id if isinstance(record, Opportunity) else record.opportunity_crm_id
        for record in records
        if isinstance(record, Opportunity | StageChange)
    ]


@effect
def link_claims() -> Counter[str]:
    """Connect claims to the accounts that are known now."""
    with wiring().database.transaction() as tx:
        counts = claims.link(tx)
        claims.analyze(tx)
        return counts


@effect
def match_claims(today: date) -> Counter[str]:
    """Compare what is not connected yet with the accounts, and ask people what is doubtful.

    On a night on which no account and no company is new there is nothing to compare. Comparing
    takes its time, so no transaction is open meanwhile.
    """
    with wiring().database.transaction() as tx:
        unmatched = matching_queries.unmatched(tx)
        known = matching_queries.known_accounts(tx) if unmatched else []
    index = Index.of(known)
    matched = [matchings.Matched(one, matchings.find(one, index)) for one in unmatched]
    with wiring().database.transaction() as tx:
        counts = matchings.record(tx, matched, today) if matched else Counter[str]()
        account_questions.close_settled(tx, today)
        return counts
