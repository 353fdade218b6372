"""Compute: from conversions, qualified leads and paid invoices to rewards; what is taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from goodword.actions import conversions, invoices, rewards
from goodword.actions import recipients as made_recipients
from goodword.db.queries import clawbacks, recipients, referred, tiers
from goodword.db.queries import invoices as invoice_queries
from goodword.db.queries import rewards as queries
from goodword.db.queries.recipients import Unknown
from goodword.rules.books import CapBook
from goodword.rules.dated_tiers import dated
from goodword.rules.earnings import Earned, Earning, Rules, earn
from goodword.rules.outcomes import Outcome
from goodword.rules.programs import Program
from goodword.rules.refunds import judge
from goodword.wiring import wiring
from tasks import ahead, nights
from tasks.retries import effect

COMPUTED = 2_500
"""Outcomes a chunk: each has tables to make and a transaction to end, whatever is in it."""

_Id = TypeVar("_Id", int, str)


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
    """Compute the rewards of referrals as such, likewise."""
    read = partial(referred.earnings, zone=nights.program(today).time_zone)
    return _compute(ids, read, rewards.mark_referred_rewarded, today)


@effect
def compute_conversions(ids: list[int], today: date) -> Counter[str]:
    """Compute the rewards of conversions; caps and tiers see the ones before."""
    return _compute(ids, queries.converted_earnings, conversions.mark_rewarded, today)


@effect
def compute_referrals(ids: list[int], today: date) -> Counter[str]:
    """Compute the rewards of qualified leads, likewise."""
    read = partial(queries.qualified_earnings, zone=nights.program(today).time_zone)
    return _compute(ids, read, rewards.mark_referrals_rewarded, today)


@effect
def compute_invoices(ids: list[str], today: date) -> Counter[str]:
    """Compute the rewards of paid invoices, likewise."""
    return _compute(ids, invoice_queries.earnings, invoices.mark_rewarded, today)


def _compute(
    ids: list[_Id],
    read: Callable[[Connection, list[_Id]], list[Earning]],
    mark: Callable[[Connection, list[_Id], date], None],
    today: date,
) -> Counter[str]:
    """Compute the rewards of outcomes a chunk at a time.

    What a chunk gives is in the books before it is written down, when the next one is decided.
    """
    versions = nights.rules_by_version()
    books = _Books(versions)

    unknown: dict[str, Unknown] = {}

    def decide(chunk: list[_Id]) -> tuple[list[_Id], list[Earned]]:
        with wiring().database.transaction() as tx:
            found = recipients.assigned(tx, read(tx, chunk), versions, unknown)
            changes = tiers.changes(tx, {earning.participant_id for earning in found})
            books.open(tx, found)
        return chunk, earn(dated(found, changes, versions), versions, books.book)

    counts = Counter[str]()
    for chunk, earned in ahead.prepared(nights.chunks(ids, COMPUTED), decide):
        with wiring().database.transaction() as tx:
            mark(tx, chunk, today)
            known = made_recipients.make(tx, earned, unknown, today)
            counts += rewards.record_earned(tx, known, today)
    return counts


class _Books:
    """What caps and tiers count of participants: of each as it stands when they first come up.

    What they are given from then on `earn` notes in the same book.
    """

    def __init__(self, versions: Mapping[int, Rules]) -> None:
        self.book = CapBook()
        self._known: set[int] = set()
        self._capped: set[int] = set()
        self._capped_kinds = {kind for rules in versions.values() for kind in rules.capped_kinds}
        self._go_by_bills = any(rules.go_by_bills for rules in versions.values())
        self._has_windows = any(rules.windows for rules in versions.values())

    def open(self, tx: Connection, earnings: Sequence[Earning]) -> None:
        """Read what those whom these outcomes may pay got, and what participants brought: once."""
        capped = {
            number
            for each in earnings
            if each.facts.participant_kind in self._capped_kinds
            for number in each.payees
        }
        if fresh := capped - self._capped:
            self.book |= queries.cap_book(tx, list(fresh))
            if self._go_by_bills:
                queries.add_billed(tx, self.book, list(fresh))
            self._capped |= fresh
        new = {each.participant_id for each in earnings} - self._known
        if new and self._has_windows:
            queries.add_won(tx, self.book, list(new))
        self._known |= new


@effect
def link_recipients() -> Counter[str]:
    """Find out who at the provider the customers are whom rewards made participants."""
    with wiring().database.transaction() as tx:
        return +Counter({"linked": made_recipients.link(tx)})


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
