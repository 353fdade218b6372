"""Past conversions: what a simulated program makes of won deals: conversions, renewals, or nothing.

A renewal is credited as the simulated program credits the deal that won its customer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from goodword.rules import renewals
from goodword.rules.attribution import AttributionPolicy
from goodword.rules.conversions import (
    Claim,
    ClaimKind,
    Convert,
    Credited,
    Unclaimed,
    WonDeal,
    credit,
    detect,
    registered,
)
from goodword.rules.histories import PastDeal
from goodword.rules.programs import Program

_NEVER_CONVERTED = 10**15  # numbers of deals without a conversion: after those of all that have one


@dataclass(frozen=True, slots=True)
class Converted:
    """A past deal that the simulated program converts, by number, and who is credited with it.

    `first` is the deal that won the customer, of a renewal.
    """

    found: PastDeal
    number: int
    credited: Sequence[Credited]
    first: Converted | None = None

    @property
    def by_participant(self) -> list[tuple[int | None, list[Credited]]]:
        """What is credited to each participant in the order of their numbers, to nobody last."""
        own: dict[int | None, list[Credited]] = defaultdict(list)
        for each in self.credited:
            own[each.claim.participant_id].append(each)
        return sorted(own.items(), key=lambda item: (item[0] is None, item[0] or 0))


def decided(
    deals: Iterable[PastDeal], program: Program, policies: Mapping[int, AttributionPolicy]
) -> Iterator[tuple[PastDeal, Converted | Unclaimed]]:
    """Decide of every deal what the simulated program makes of it.

    Those that may renew come last: whoever won their customers is known by then.

    Args:
        deals: in any order.
        program: the simulated one; its [renewals] say what may renew.
        policies: the attribution policies of the published versions, by number.
    """
    own = program.renewals
    firsts: dict[str, list[Converted]] = defaultdict(list)
    later: list[tuple[int, PastDeal]] = []
    for place, found in enumerate(deals, start=_NEVER_CONVERTED):
        number = found.conversion_id or place
        if found.account is not None and own.has(found.facts.type):
            later.append((number, found))
            continue
        verdict = _converted(found, number, as_known(found, policies), program.attribution)
        if own.deal_types and found.account is not None and isinstance(verdict, Converted):
            firsts[found.account].append(verdict)
        yield found, verdict
    for number, found in later:
        deal = as_known(found, policies)
        first = _first(found, firsts.get(found.account or "", ()))
        if first and not registered(deal, program.attribution):
            yield found, _renewed(found, number, first, program.attribution)
        else:
            yield found, _converted(found, number, deal, program.attribution)


def _converted(
    found: PastDeal, number: int, deal: WonDeal, policy: AttributionPolicy
) -> Converted | Unclaimed:
    verdict = detect(deal, policy)
    if isinstance(verdict, Unclaimed):
        return verdict
    return Converted(found, number, credit(deal, verdict, policy))


def _renewed(
    found: PastDeal, number: int, first: Converted, policy: AttributionPolicy
) -> Converted:
    shared = tuple(each.claim for each in first.credited)
    credited = renewals.credit(found.deal, first.found.deal, shared, policy)
    return Converted(found, number, credited, first)


def _first(renewal: PastDeal, credited: Iterable[Converted]) -> Converted | None:
    """Return the earliest deal of a customer that is credited, as of the night of a renewal.

    Of one that was corrected since it is the last conversion.
    """
    before = (each for each in credited if _won_customer(each.found, renewal))
    return min(before, key=lambda each: (*_place(each.found), -each.number), default=None)


def _won_customer(first: PastDeal, renewal: PastDeal) -> bool:
    """Tell whether a deal of the same customer may have won it, as of the night of a renewal.

    The deal that was really renewed did, whatever came of it. Another one had to stand; and where
    the renewal really converted, it had to be known by then.
    """
    if _place(first) >= _place(renewal):
        return False
    if first.deal.opportunity_crm_id == renewal.renews:
        return True
    was_known = renewal.conversion_id is None or first.computed_on <= renewal.computed_on
    return was_known and first.stood(renewal.computed_on)


def _place(found: PastDeal) -> tuple[object, str]:
    return found.deal.won_at, found.deal.opportunity_crm_id


def as_known(found: PastDeal, policies: Mapping[int, AttributionPolicy]) -> WonDeal:
    """Return a deal with the claims that were known when it converted.

    A claim that the version of that day would have credited, and that was not, came later.
    """
    if found.version is None or len(found.journey) == len(found.deal.claims):
        return found.deal
    late = {_name(claim) for claim in _would(found, policies[found.version])} - found.journey
    if not late:
        return found.deal
    return replace(found.deal, claims=tuple(c for c in found.deal.claims if _name(c) not in late))


def _would(found: PastDeal, policy: AttributionPolicy) -> tuple[Claim, ...]:
    """Return the claims that a version would have credited; of a renewal only a registration."""
    if found.renews is not None and not registered(found.deal, policy):
        return ()
    verdict = detect(found.deal, policy)
    return verdict.journey if isinstance(verdict, Convert) else ()


def _name(claim: Claim) -> tuple[ClaimKind, int]:
    return claim.kind, claim.claim_id
