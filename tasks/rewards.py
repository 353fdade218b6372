"""Compute: from conversions, qualified leads and paid invoices to rewards; what is taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Connection

from goodword.actions import conversions, invoices, rewards
from goodword.db.queries import clawbacks, referred, tiers
from goodword.db.queries import invoices as invoice_queries
from goodword.db.queries import rewards as queries
from goodword.rules.books import CapBook
from goodword.rules.dated_tiers import dated
from goodword.rules.earnings import Earned, Earning, Rules, earn
from goodword.rules.outcomes import Outcome
from goodword.rules.programs import Program
from goodword.rules.refunds import judge
from goodword.wiring import wiring
from tasks import nights
from tasks.retries import effect

COMPUTED = 5_000
"""Outcomes a task: each task has tables to make and a transaction to end, whatever is in it."""


def unrewarded_conversions() -> list[int]:
    """Return the conversions whose rewards are not computed, earliest win first."""
    with wiring().database.transaction() as tx:
        return queries.unrewarded_conversions(tx)


def unrewarded_referrals() -> list[int]:
    """Return the qualified leads whose rewards are not computed, earliest first."""
    with wiring().database.transaction() as tx:
        return queries.unrewarded_referrals(tx)


def unrewarded_referred(today: date) -> list[int]:
    """Return the referrals whose own rewards are not computed, where any rule pays for them."""
    zone, versions = nights.program(today).time_zone, nights.rules_by_version()
    if not any(Outcome.REFERRED in rules.outcomes for rules in versions.values()):
        return []
    with wiring().database.transaction() as tx:
        return referred.unrewarded(tx, today, zone)


def unrewarded_invoices(today: date) -> list[str]:
    """Return the invoices paid by today whose rewards are not computed, by day of payment."""
    with wiring().database.transaction() as tx:
        return invoice_queries.unrewarded(tx, today)


@effect
def compute_referred(ids: list[int], today: date) -> Counter[str]:
    """Compute the rewards of a chunk of referrals as such."""
    zone, versions = nights.program(today).time_zone, nights.rules_by_version()
    with wiring().database.transaction() as tx:
        earned = _earn(tx, referred.earnings(tx, ids, zone), versions)
        rewards.mark_referred_rewarded(tx, ids, today)
        return rewards.record_earned(tx, earned, today)


@effect
def compute_conversions(ids: list[int], today: date) -> Counter[str]:
    """Compute the rewards of a chunk of conversions; caps see the chunks before."""
    versions = nights.rules_by_version()
    with wiring().database.transaction() as tx:
        earned = _earn(tx, queries.converted_earnings(tx, ids), versions)
        conversions.mark_rewarded(tx, ids, today)
        return rewards.record_earned(tx, earned, today)


@effect
def compute_referrals(ids: list[int], today: date) -> Counter[str]:
    """Compute the rewards of a chunk of qualified leads."""
    zone, versions = nights.program(today).time_zone, nights.rules_by_version()
    with wiring().database.transaction() as tx:
        earned = _earn(tx, queries.qualified_earnings(tx, ids, zone), versions)
        rewards.mark_referrals_rewarded(tx, ids, today)
        return rewards.record_earned(tx, earned, today)


@effect
def compute_invoices(ids: list[str], today: date) -> Counter[str]:
    """Compute the rewards of a chunk of paid invoices."""
    versions = nights.rules_by_version()
    with wiring().database.transaction() as tx:
        earned = _earn(tx, invoice_queries.earnings(tx, ids), versions)
        invoices.mark_rewarded(tx, ids, today)
        return rewards.record_earned(tx, earned, today)


def _earn(tx: Connection, found: Sequence[Earning], versions: Mapping[int, Rules]) -> list[Earned]:
    """Work out the rewards of outcomes, each by the tier of its own day."""
    changes = tiers.changes(tx, {earning.participant_id for earning in found})
    earnings = dated(found, changes, versions)
    return earn(earnings, versions, _book(tx, earnings, versions))


def _book(tx: Connection, earnings: Sequence[Earning], versions: Mapping[int, Rules]) -> CapBook:
    """Return what caps and tiers count of the participants of these outcomes."""
    capped = {
        earning.participant_id
        for earning in earnings
        if earning.facts.participant_kind in versions[earning.program_version_id].capped_kinds
    }
    book = queries.cap_book(tx, list(capped)) if capped else CapBook()
    if any(rules.windows for rules in versions.values()):
        queries.add_won(tx, book, list({earning.participant_id for earning in earnings}))
    return book


@effect
def take_back(today: date) -> Counter[str]:
    """Void or claw back the rewards of what was cancelled or refunded, by their own versions."""
    programs = nights.programs_by_version()
    with wiring().database.transaction() as tx:
        return take_back_in(tx, programs, today)


def take_back_in(tx: Connection, programs: Mapping[int, Program], today: date) -> Counter[str]:
    """Do so in a transaction that changed what stands."""
    taken = []
    for item in clawbacks.doubtful(tx):
        policy = programs[item.program_version_id].rewards
        judged = judge(item.earned, item.lost, item.value_minor, policy)
        taken.append(rewards.TakenBack(item, judged))
    return rewards.take_back(tx, taken, today)
