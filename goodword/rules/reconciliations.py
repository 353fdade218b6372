"""Reconciliation: the ledger's payouts against the provider's movements, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from goodword.money import Money
from goodword.rules.payouts import Held, Movement, Paid, PayoutState


class DifferenceKind(StrEnum):
    """What does not agree."""

    AMOUNT = "amount"
    NOT_IN_LEDGER = "not in the ledger"
    NOT_AT_PROVIDER = "not at the provider"
    REVERSED = "reversed"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class LedgerPayout:
    """A payout as the ledger has it. `in_window`: the provider's list must show it."""

    payout_id: int
    reference: str
    state: PayoutState
    money: Money
    destination: str
    external_id: str | None
    in_window: bool


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One difference, with its size on both sides in minor units and a sentence for operators."""

    kind: DifferenceKind
    payout_id: int | None
    external_id: str | None
    currency: str
    ledger_minor: int
    provider_minor: int
    sentence: str


def adopt(movements: Sequence[Movement], money: Money, destination: str) -> Paid | Held | None:
    """Say what a look-up proves of an unknown payout: paid, for a person, or None: never made."""
    if not movements:
        return None
    if len(movements) > 1:
        return Held(f"the provider made {len(movements)} movements for it: repair by hand")
    found = movements[0]
    if (found.amount_minor, found.currency, found.destination) != (
        money.minor,
        money.currency,
        destination,
    ):
        other = Money(found.amount_minor, found.currency)
        return Held(f"the provider has {other} to {found.destination} under its name")
    return Paid(found.external_id)


def compare(
    movements: Sequence[Movement],
    payouts: Sequence[LedgerPayout],
) -> list[Disagreement]:
    """Find every difference between a window of the provider's movements and the ledger."""
    by_reference = {payout.reference: payout for payout in payouts}
    found: dict[str, list[Movement]] = {}
    for movement in movements:
        found.setdefault(movement.reference, []).append(movement)
    differences = [
        difference
        for reference, group in sorted(found.items())
        for difference in _of_group(group, by_reference.get(reference))
    ]
    missing = (p for p in payouts if p.in_window and p.reference not in found)
    return differences + [_missing(p) for p in missing if p.state is PayoutState.PAID]


def _of_group(group: list[Movement], payout: LedgerPayout | None) -> list[Disagreement]:
    ours = payout.external_id if payout else None
    first, *more = sorted(group, key=lambda movement: movement.external_id != ours)
    differences = [
        _differ(DifferenceKind.TWICE, payout, extra, "moved once more") for extra in more
    ]
    if payout is None or payout.state not in {PayoutState.PAID, PayoutState.REVERSED}:
        stands = "is unknown here" if payout is None else f"is {payout.state.value} here"
        return [_differ(DifferenceKind.NOT_IN_LEDGER, payout, first, stands), *differences]
    if (first.amount_minor, first.currency) != (payout.money.minor, payout.money.currency):
        words = f"is {payout.money} in the ledger"
        differences.append(_differ(DifferenceKind.AMOUNT, payout, first, words))
    if first.reversed_minor and payout.state is not PayoutState.REVERSED:
        back = Money(first.reversed_minor, first.currency)
        differences.append(
            _differ(DifferenceKind.REVERSED, payout, first, f"of which {back} came back")
        )
    return differences


def _differ(
    kind: DifferenceKind, payout: LedgerPayout | None, movement: Movement, words: str
) -> Disagreement:
    at_provider = Money(movement.amount_minor, movement.currency)
    paid = payout is not None and payout.state is PayoutState.PAID and kind is not kind.TWICE
    return Disagreement(
        kind,
        payout.payout_id if payout else None,
        movement.external_id,
        movement.currency,
        payout.money.minor if paid and payout else 0,
        movement.amount_minor - movement.reversed_minor,
        f"{movement.reference}: {at_provider} at the provider ({movement.external_id}) {words}",
    )


def _missing(payout: LedgerPayout) -> Disagreement:
    return Disagreement(
        DifferenceKind.NOT_AT_PROVIDER,
        payout.payout_id,
        payout.external_id,
        payout.money.currency,
        payout.money.minor,
        0,
        f"{payout.reference}: {payout.money} is paid here, and the provider does not list it",
    )
