"""Registrations: who may hold a claim on an account, and for how long.

`submitted -> approved -> (extended) -> won | lost | expired`, or `submitted -> rejected |
conflicting`, or `-> withdrawn`. Days are calendar days of the program's time zone; `expires_on` is
the last protected day, and it is protected in full.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

EVIDENCE = ("meeting", "discovery_call", "budget", "authority", "need", "timeline")
BANT = frozenset({"budget", "authority", "need", "timeline"})
ENOUGH_ALONE = frozenset({"meeting", "discovery_call", "budget"})


class RegistrationState(StrEnum):
    """Where a claim stands. `approved` and `extended` are live: they protect the account."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    EXTENDED = "extended"
    WON = "won"
    LOST = "lost"
    EXPIRED = "expired"
    REJECTED = "rejected"
    CONFLICTING = "conflicting"
    WITHDRAWN = "withdrawn"


LIVE = (RegistrationState.APPROVED, RegistrationState.EXTENDED)


@dataclass(frozen=True, slots=True)
class RegistrationPolicy:
    """What the program says about claims; every number is in days but the counts."""

    window_days: int = 90
    extension_days: int = 30
    max_extensions: int = 1
    progress_within_days: int = 30
    warn_before_days: tuple[int, ...] = (14, 3)
    blocked_by_direct_activity_days: int = 60
    open_limit: int = 25


# A new claim ------------------------------------------------------------------------------------


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


def window_end(from_on: date, days: int) -> date:
    """Return the last protected day: 16 March with 60 days is protected through 15 May."""
    return from_on + timedelta(days=days)


def is_qualified(evidence: frozenset[str]) -> bool:
    """Tell whether a claim is more than a name: one strong piece of evidence, or a whole BANT."""
    return bool(evidence & ENOUGH_ALONE) or evidence >= BANT


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


# A live claim -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegistrationFacts:
    """What is known of a live claim tonight. `won_on` is a win inside its window."""

    registration_id: int
    submitted_on: date
    expires_on: date
    extensions_used: int
    won_on: date | None = None
    lost_on: date | None = None
    moved_forward_on: tuple[date, ...] = ()
    active_on: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Keep:
    """Nothing changes tonight.

    `warn_days` is the warning that is due, the same every night until the next one is, so that a
    missed night loses none: it is sent once for each `expires_on` and `warn_days`.
    """

    warn_days: int | None = None


@dataclass(frozen=True, slots=True)
class Extend:
    """The deal is progressing: protected through `until`."""

    until: date
    reason: str


@dataclass(frozen=True, slots=True)
class Expire:
    """The window is over: the account is free from the day after `expires_on`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Win:
    """The deal was won inside the window: the partner is credited."""

    won_on: date


@dataclass(frozen=True, slots=True)
class Lose:
    """The named deal was lost."""

    lost_on: date


Decision = Keep | Extend | Expire | Win | Lose


def review(facts: RegistrationFacts, policy: RegistrationPolicy, today: date) -> Decision:
    """Decide what tonight means for one live claim.

    From its last day on it is extended when the deal is progressing. Only what happened up to the
    last day counts, so that a missed night decides the same as one in time; of a win and a loss
    the earlier stands, as it would have each night.
    """
    last = min(today, facts.expires_on)
    won = facts.won_on if _is_within(facts.won_on, facts.submitted_on, last) else None
    lost = facts.lost_on if _is_within(facts.lost_on, date.min, last) else None
    if won and not (lost and lost < won):
        return Win(won)
    if lost:
        return Lose(lost)
    if today < facts.expires_on:
        return Keep(_warning(facts.expires_on, policy, today))
    progress = _progress(facts, policy, today)
    if progress and facts.extensions_used < policy.max_extensions:
        return Extend(window_end(facts.expires_on, policy.extension_days), progress)
    if today == facts.expires_on:
        return Keep(_warning(facts.expires_on, policy, today))
    if progress:
        return Expire(f"all {policy.max_extensions} extensions are used")
    return Expire(f"no progress in the last {policy.progress_within_days} days of the window")


def course(
    facts: RegistrationFacts,
    policy: RegistrationPolicy,
    today: date,
) -> tuple[Decision, ...]:
    """Follow one claim until its decision stands: an extension may itself be over by tonight."""
    decisions: list[Decision] = []
    while True:
        decision = review(facts, policy, today)
        decisions.append(decision)
        if not isinstance(decision, Extend):
            return tuple(decisions)
        facts = replace(
            facts,
            expires_on=decision.until,
            extensions_used=facts.extensions_used + 1,
        )


def _is_within(on: date | None, first: date, last: date) -> bool:
    return on is not None and first <= on <= last


def _progress(facts: RegistrationFacts, policy: RegistrationPolicy, today: date) -> str:
    last = min(today, facts.expires_on)
    since = last - timedelta(days=policy.progress_within_days)
    moves = [on for on in facts.moved_forward_on if _is_within(on, since, last)]
    if moves:
        return f"the deal moved forward on {max(moves).isoformat()}"
    activity = [on for on in facts.active_on if _is_within(on, since, last)]
    if activity:
        return f"there was activity on {max(activity).isoformat()}"
    return ""


def _warning(expires_on: date, policy: RegistrationPolicy, today: date) -> int | None:
    left = (expires_on - today).days
    return min((days for days in policy.warn_before_days if left <= days), default=None)
