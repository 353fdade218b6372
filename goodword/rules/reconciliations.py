"""Reconciliation: the ledger's payouts against the provider's movements, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from goodword.money import Money
from goodword.phrases import because
from goodword.rules.payouts import BY_HAND, Held, Movement, Paid, PayoutState, Rail


class DifferenceKind(StrEnum):
    """What does not agree."""

    AMOUNT = "amount"
    DESTINATION = "destination"
    NOT_IN_LEDGER = "not in the ledger"
    NOT_AT_PROVIDER = "not at the provider"
    REVERSED = "reversed"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class LedgerPayout:
    """A payout as the ledger has it. `in_window`: the provider's list must show it.

    `reversed_minor` is what the provider took back of it as far as the ledger knows,
    `own_reversals_minor` what operators did; `is_being_reversed`: one of these is not settled.
    """

    payout_id: int
    participant_id: int
    reference: str
    state: PayoutState
    rail: Rail
    money: Money
    destination: str
    external_id: str | None
    reversed_minor: int
    own_reversals_minor: int
    is_being_reversed: bool
    in_window: bool


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One difference, with its size on both sides in minor units and a sentence for operators."""

    kind: DifferenceKind
    payout_id: int | None
    external_id: str | None
    reference: str
    destination: str | None
    currency: str
    ledger_minor: int
    provider_minor: int
    sentence: str


def adopt(movements: Sequence[Movement], money: Money, destination: str) -> Paid | Held | None:
    """Say what a look-up proves of an unknown payout: paid, for a person, or None: never made."""
    if not movements:
        return None
    if len(movements) > 1:
        return Held(
            because(
                "the provider made {number} movements for it: repair by hand", number=len(movements)
            )
        )
    found = movements[0]
    if (found.amount_minor, found.currency, found.destination) != (
        money.minor,
        money.currency,
        destination,
    ):
        other = Money(found.amount_minor, found.currency)
        return Held(
            because(
                "the provider has {amount} to {account} under its name",
                amount=other,
                account=found.destination,
            )
        )
    return Paid(found.external_id)


_EXPLAINED = frozenset({PayoutState.PAID, PayoutState.REVERSED})
_UNSETTLED = frozenset({PayoutState.SUBMITTING, PayoutState.UNKNOWN, PayoutState.HELD})


def compare(
    movements: Sequence[Movement],
    payouts: Sequence[LedgerPayout],
) -> list[Disagreement]:
    """Find every difference between a window of the provider's movements and the ledger.

    What came back of a paid transfer is no difference: it is booked (`returned`). A movement that
    a payout has by name is that payout's, whatever it carries: one that was adopted has no
    reference of its own at the provider.
    """
    by_reference = {payout.reference: payout for payout in payouts}
    by_name = {payout.external_id: payout.reference for payout in payouts if payout.external_id}
    found: dict[str, list[Movement]] = {}
    for movement in movements:
        whose = by_name.get(movement.external_id, movement.reference)
        found.setdefault(whose, []).append(movement)
    differences = [
        difference
        for reference, group in sorted(found.items())
        for difference in _of_group(group, by_reference.get(reference))
    ]
    missing = (p for p in payouts if p.in_window and p.reference not in found)
    return differences + [_missing(p) for p in missing if _must_be_listed(p)]


def _must_be_listed(payout: LedgerPayout) -> bool:
    return payout.state is PayoutState.PAID and payout.rail not in BY_HAND


def _of_group(group: list[Movement], payout: LedgerPayout | None) -> list[Disagreement]:
    ours = payout.external_id if payout else None
    first, *more = sorted(group, key=lambda movement: movement.external_id != ours)
    differences = [
        _differ(DifferenceKind.TWICE, payout, extra, because("moved once more"))
        for extra in more
        if _left(extra)
    ]
    if payout is None or payout.state not in _EXPLAINED:
        stands = because("is unknown here")
        if payout is not None:
            stands = because("is {state} here", state=payout.state.value)
        return [
            *(
                [_differ(DifferenceKind.NOT_IN_LEDGER, payout, first, stands)]
                if _left(first)
                else []
            ),
            *differences,
        ]
    if (first.amount_minor, first.currency) != (payout.money.minor, payout.money.currency):
        words = because("is {amount} in the ledger", amount=payout.money)
        differences.append(_differ(DifferenceKind.AMOUNT, payout, first, words))
    if first.destination != payout.destination:
        words = because(
            "went to {account}, and to {other} in the ledger",
            account=first.destination,
            other=payout.destination,
        )
        differences.append(_differ(DifferenceKind.DESTINATION, payout, first, words))
    if first.reversed_minor < payout.reversed_minor + payout.own_reversals_minor:
        back = Money(payout.reversed_minor + payout.own_reversals_minor, first.currency)
        words = because(
            "of which {amount} came back in the ledger, and less at the provider", amount=back
        )
        differences.append(_differ(DifferenceKind.REVERSED, payout, first, words))
    return differences


def _left(movement: Movement) -> int:
    """Return what of a movement did not come back."""
    return movement.amount_minor - movement.reversed_minor


def _differ(
    kind: DifferenceKind, payout: LedgerPayout | None, movement: Movement, words: str
) -> Disagreement:
    at_provider = Money(movement.amount_minor, movement.currency)
    # Nothing is booked of an unexplained one, also not what came back: adopted it is the whole.
    booked, found = 0, movement.amount_minor
    if payout and payout.state in _EXPLAINED and kind is not DifferenceKind.TWICE:
        booked = payout.money.minor - payout.reversed_minor - payout.own_reversals_minor
        found = _left(movement)
    # What may still be recorded as paid explains the movement: its destination stays open.
    explained = payout is not None and payout.state in _UNSETTLED
    return Disagreement(
        kind,
        payout.payout_id if payout else None,
        movement.external_id,
        movement.reference,
        None if explained and kind is not DifferenceKind.TWICE else movement.destination,
        movement.currency,
        booked,
        found,
        because(
            "{reference}: {amount} at the provider ({movement}) {reason}",
            reference=movement.reference,
            amount=at_provider,
            movement=movement.external_id,
            reason=words,
        ),
    )


def _missing(payout: LedgerPayout) -> Disagreement:
    return Disagreement(
        DifferenceKind.NOT_AT_PROVIDER,
        payout.payout_id,
        payout.external_id,
        payout.reference,
        None,
        payout.money.currency,
        payout.money.minor,
        0,
        because(
            "{reference}: {amount} is paid here, and the provider does not list it",
            reference=payout.reference,
            amount=payout.money,
        ),
    )


@dataclass(frozen=True, slots=True)
class Returned:
    """What the provider took back of a paid payout, in all, in minor units, by itself."""

    payout: LedgerPayout
    reversed_minor: int

    @property
    def newly(self) -> Money:
        """What the ledger does not know yet."""
        return Money(self.reversed_minor - self.payout.reversed_minor, self.payout.money.currency)


def returned(movements: Sequence[Movement], payouts: Sequence[LedgerPayout]) -> list[Returned]:
    """Find what the provider took back and the ledger has not booked.

    While a reversal of our own is not settled nothing is judged: it may be in the provider's sum.
    """
    by_external_id = {payout.external_id: payout for payout in payouts if payout.external_id}
    found = []
    for movement in movements:
        payout = by_external_id.get(movement.external_id)
        if payout is None or payout.state not in _EXPLAINED or payout.is_being_reversed:
            continue
        by_provider = movement.reversed_minor - payout.own_reversals_minor
        if by_provider > payout.reversed_minor:
            found.append(Returned(payout, min(by_provider, payout.money.minor)))
    return found
