"""Who was paid what: from Stripe's own book and from what was given, not from the program's word.

The program is asked for two things only: which rewards a movement was meant for (to say which of
them was paid twice), and what excuse it has for what is not paid.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from goodword.actions import audit
from goodword.db import checks
from tests.crash.world import DEAL_MINOR, MINIMUM, PEOPLE, REFERENCE, Given, Moved, World

EXCUSED = ("below the minimum", "is not covered yet", "nothing is due that it could be netted")
"""Carried over, as the program file says; how much that may be is computed here."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of the outcome that a reward was given for: how much of it was given back."""

    given: Given
    lost_minor: int

    @property
    def stands_for(self) -> int:
        """What of the reward stands: all but the lost part, rounded half up."""
        lost = min(self.lost_minor, DEAL_MINOR)
        return self.given.minor - (2 * self.given.minor * lost + DEAL_MINOR) // (2 * DEAL_MINOR)


def judge(world: World, fates: list[Fate]) -> tuple[list[str], list[str], list[str]]:
    """Look at a world in which everything must be settled.

    Returns:
        What was paid twice or too much, what was lost, and what does not agree.
    """
    book = _book(world)
    with world.database.transaction() as tx:
        rows = [row._mapping for row in tx.execute(_ALL)]
        broken = [violation.sentence for violation in checks.violations(tx)]
        event = audit.first_broken(tx)
        payouts = [row._mapping for row in tx.execute(_PAYOUTS)]
        ledger = {(row.participant, row.currency): row.minor for row in tx.execute(_AT_PROVIDER)}
    if event is not None:
        broken.append(f"the audit trail breaks at event {event}")
    twice = _twice(book, rows) + _too_much(book, fates)
    lost = _lost(book, fates, rows, payouts) + _unsettled(payouts)
    return twice, lost, broken + _differs(book, ledger, payouts)


def _book(world: World) -> list[Moved]:
    state = world.stripe.state
    with state.lock:
        transfers = [
            Moved(
                made["metadata"].get(REFERENCE, ""),
                made["destination"],
                made["currency"].upper(),
                made["amount"] - made["amount_reversed"],
            )
            for made in state.transfers.newest_first()
        ]
        credits_ = [
            Moved(
                made["metadata"].get(REFERENCE, ""),
                made["customer"],
                made["currency"].upper(),
                -made["amount"],
            )
            for made in state.credits.newest_first()
        ]
        coupons = [
            Moved(
                made["metadata"].get(REFERENCE, ""),
                made["metadata"]["goodword_subscription"],
                made["metadata"]["goodword_currency"],
                int(made["metadata"]["goodword_amount_minor"]) * made["times_redeemed"],
            )
            for made in state.coupons.newest_first()
        ]
    return [moved for moved in (*transfers, *credits_, *coupons) if moved.minor]


_ALL = text("""
SELECT r.id, p.key, r.state, r.amount_minor, r.carried_because, y.reference
FROM rewards r JOIN participants p ON p.id = r.participant_id
LEFT JOIN payout_rewards x ON x.reward_id = r.id
LEFT JOIN payouts y ON y.id = x.payout_id
ORDER BY r.id
""")

_PAYOUTS = text("""
SELECT y.*, p.key FROM payouts y JOIN participants p ON p.id = y.participant_id ORDER BY y.id
""")

_AT_PROVIDER = text("""
SELECT p.key AS participant, e.currency, -sum(e.amount_minor)::bigint AS minor
FROM entries e JOIN participants p ON p.id = e.participant_id
WHERE e.account IN ('at_provider', 'credit_given') GROUP BY p.key, e.currency
""")


def _key(destination: str) -> str:
    return destination.rsplit("_", maxsplit=1)[-1]


def _twice(book: list[Moved], rows: list[Any]) -> list[str]:
    """Find references that moved more than once, and rewards inside several that moved."""
    moves = Counter(moved.reference for moved in book)
    found = [f"{count} movements of one payout" for count in moves.values() if count > 1]
    times: Counter[int] = Counter()
    for row in rows:
        times[row["id"]] += moves[row["reference"]] if row["reference"] else 0
    return found + [f"reward {number} moved {n} times" for number, n in times.items() if n > 1]


def _paid(book: list[Moved]) -> Counter[str]:
    paid: Counter[str] = Counter()
    for moved in book:
        paid[_key(moved.destination)] += moved.minor
    return paid


def _too_much(book: list[Moved], fates: list[Fate]) -> list[str]:
    """More than stands was paid, beyond what was given and later lost its reason."""
    paid = _paid(book)
    most: Counter[str] = Counter()
    for fate in fates:
        most[fate.given.person.key] += fate.given.minor
    return [
        f"{key} was paid {minor}, and {most[key]} was ever given"
        for key, minor in paid.items()
        if minor > most[key]
    ]


def _lost(book: list[Moved], fates: list[Fate], rows: list[Any], payouts: list[Any]) -> list[str]:
    """Less than stands was paid, by the minimum payout or more, and nobody is told why."""
    paid, stands = _paid(book), Counter[str]()
    people = {fate.given.person.key: fate.given.person for fate in fates}
    for fate in fates:
        stands[fate.given.person.key] += fate.stands_for
    waiting = {payout["key"] for payout in payouts if _waits_rightly(payout)}
    lost = []
    for key, person in people.items():
        missing = stands[key] - paid[key]
        if missing <= 0 or missing < MINIMUM[person.currency] or key in waiting:
            continue
        excuses = {
            row["carried_because"] or "nothing"
            for row in rows
            if row["key"] == key and row["state"] == "approved" and row["amount_minor"] > 0
        }
        if not excuses or any(excuse == "nothing" or _is_no_reason(excuse) for excuse in excuses):
            lost.append(f"{key} lacks {missing} of {stands[key]}; reasons: {sorted(excuses)}")
    return lost


def _is_no_reason(excuse: str) -> bool:
    """Tell an excuse that the amounts do not bear out from one that a person can act on."""
    return any(words in excuse for words in EXCUSED)


def _waits_rightly(payout: Any) -> bool:
    """Tell what a person looks at from what should have been settled or paid.

    A coupon waits for another one to be used up; Stripe never pays an amount that is too fine.
    """
    if payout["state"] == "planned":
        return bool(payout["code"] == "bill_already_free")
    if payout["state"] == "refused":
        step = next(person.step for person in PEOPLE if person.key == payout["key"])
        return payout["cleared_at"] is None and bool(payout["amount_minor"] % step)
    return payout["state"] == "held" and bool(payout["reason"])


def unsettled(world: World) -> list[str]:
    """Return the payouts that wait although nothing is in their way."""
    with world.database.transaction() as tx:
        return _unsettled([row._mapping for row in tx.execute(_PAYOUTS)])


def _unsettled(payouts: list[Any]) -> list[str]:
    return [
        f"payout {payout['id']} is still {payout['state']} ({payout['reason']})"
        for payout in payouts
        if payout["state"] in {"planned", "submitting", "unknown", "refused"}
        and payout["cleared_at"] is None
        and not _waits_rightly(payout)
    ]


def _differs(
    book: list[Moved], ledger: dict[tuple[str, str], int], payouts: list[Any]
) -> list[str]:
    """Compare provider and ledger, but for what is held: a person looks at that."""
    held = {payout["reference"] for payout in payouts if payout["state"] == "held"}
    moved: Counter[tuple[str, str]] = Counter()
    for item in book:
        if item.reference not in held:
            moved[_key(item.destination), item.currency] += item.minor
    return [
        f"{place}: {moved[place]} at the provider, {ledger.get(place, 0)} in the ledger"
        for place in sorted({*moved, *ledger})
        if moved[place] != ledger.get(place, 0)
    ]
