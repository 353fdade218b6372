"""New claims: approved, refused, set beside a rival, or put to staff, with every reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from goodword.rules.registrations import RegistrationPolicy, is_qualified, window_end


@dataclass(frozen=True, slots=True)
class Rival:
    """Another claim on the same place: live, or earlier and still undecided.

    A place is a division of an account; '' is the whole account, with every division of it.

    `until` is the last day that a live one protects, as far as is known; None: it stands.
    """

    registration_id: int
    participant_id: int
    participant_name: str
    is_live: bool
    until: date | None = None


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """What is known of a submitted claim tonight. Dates are in the program's time zone.

    `only_name_matches`: one account has its name, but another domain.
    """

    registration_id: int
    participant_id: int
    participant_name: str
    participant_is_active: bool
    open_claims: int
    place: tuple[str, str]
    submitted_on: date
    evidence: frozenset[str]
    is_existing_customer: bool
    last_direct_activity_on: date | None
    possible_accounts: int
    rival: Rival | None
    only_name_matches: bool = False


@dataclass(frozen=True, slots=True)
class Approve:
    """The claim holds through `expires_on`."""

    expires_on: date


@dataclass(frozen=True, slots=True)
class Reject:
    """The claim cannot hold; the reasons may be told to the partner."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody registered first. `reasons` name the winner and are for staff only."""

    with_id: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """Staff decides; the reasons say why the rules do not."""

    reasons: tuple[str, ...]


Verdict = Approve | Reject | Conflict | Ask


def decide(facts: ClaimFacts, policy: RegistrationPolicy) -> Verdict:
    """Decide one new claim: approve, reject, conflict, or ask staff with every reason."""
    if not is_qualified(facts.evidence):
        return Reject((_not_qualified(facts.evidence),))
    rival = None if _rival_is_over(facts) else facts.rival
    if rival and rival.participant_id == facts.participant_id:
        return Reject((f"you already hold claim {rival.registration_id} on this account",))
    if rival and rival.is_live:
        winner = f"{rival.participant_name} (claim {rival.registration_id})"
        return Conflict(rival.registration_id, (f"{winner} registered this account first",))
    doubts = _doubts(facts, policy)
    return Ask(doubts) if doubts else Approve(window_end(facts.submitted_on, policy.window_days))


def _rival_is_over(facts: ClaimFacts) -> bool:
    """Tell whether the rival's window ended before this claim came: it blocks only if extended."""
    rival = facts.rival
    return bool(rival and rival.is_live and rival.until and rival.until < facts.submitted_on)


def _not_qualified(evidence: frozenset[str]) -> str:
    given = ", ".join(sorted(evidence)) or "none"
    return (
        "a claim needs a meeting, a discovery call, a budget, or all of budget, authority, need "
        f"and timeline; given: {given}"
    )


def _doubts(facts: ClaimFacts, policy: RegistrationPolicy) -> tuple[str, ...]:
    doubts = []
    if not facts.participant_is_active:
        doubts.append("the partner is not active")
    if facts.open_claims >= policy.open_limit:
        doubts.append(f"the partner has {facts.open_claims} open claims of {policy.open_limit}")
    if facts.is_existing_customer:
        doubts.append("the account is already a customer")
    if facts.possible_accounts > 1:
        doubts.append(f"{facts.possible_accounts} accounts in the CRM go by this name or domain")
    if facts.only_name_matches:
        doubts.append("an account in the CRM goes by this name, with another domain")
    if facts.rival:
        doubts.append(_rival_doubt(facts, facts.rival))
    touched = facts.last_direct_activity_on
    blocked_since = facts.submitted_on - timedelta(days=policy.blocked_by_direct_activity_days)
    if touched is not None and touched >= blocked_since:
        doubts.append(f"direct sales was active on this account on {touched.isoformat()}")
    return tuple(doubts)


def _rival_doubt(facts: ClaimFacts, rival: Rival) -> str:
    earlier = f"earlier claim {rival.registration_id}"
    if _rival_is_over(facts):
        return f"{earlier} protected the account through {rival.until}, and is not reviewed yet"
    return f"{earlier} is not decided yet"


def decide_in_order(
    claims: list[ClaimFacts],
    policy: RegistrationPolicy,
) -> list[tuple[ClaimFacts, Verdict]]:
    """Decide claims in the order they were submitted, each seeing the ones decided before it.

    Args:
        claims: ordered by time of submission, then id; `rival` and `open_claims` as of before the
            first of them.
        policy: what the program says about claims.
    """
    holders: dict[str, dict[str, Rival]] = {}
    opened: dict[int, int] = {}
    decided = []
    for claim in claims:
        seen = replace(
            claim,
            rival=claim.rival or _holder(holders, *claim.place),
            open_claims=claim.open_claims + opened.get(claim.participant_id, 0),
        )
        verdict = decide(seen, policy)
        decided.append((seen, verdict))
        if isinstance(verdict, Approve | Ask):
            key, division = claim.place
            holders.setdefault(key, {}).setdefault(division, _as_rival(claim, verdict))
        if isinstance(verdict, Approve):
            opened[claim.participant_id] = opened.get(claim.participant_id, 0) + 1
    return decided


def _holder(holders: dict[str, dict[str, Rival]], key: str, division: str) -> Rival | None:
    """Return who holds a place, first to register first: the whole account takes in divisions."""
    held = holders.get(key, {}).items()
    return next((r for name, r in held if name == division or "" in {name, division}), None)


def _as_rival(claim: ClaimFacts, verdict: Approve | Ask) -> Rival:
    until = verdict.expires_on if isinstance(verdict, Approve) else None
    is_live = until is not None
    who = (claim.registration_id, claim.participant_id, claim.participant_name)
    return Rival(*who, is_live, until)
