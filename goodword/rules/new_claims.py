"""New claims: approved, refused, set beside a rival, or put to staff, with every reason.

First to register wins: by the time of submission, then the number, in whatever order claims are
decided. An earlier claim that is not decided yet holds up a later one; a claim that turns up late
but was submitted before the one that holds the place is for staff to settle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from goodword.money import Money
from goodword.phrases import because, in_a_row
from goodword.rules.registrations import RegistrationPolicy, is_qualified, window_end


@dataclass(frozen=True, slots=True)
class Rival:
    """Another claim on the same place: live (or expired since), or earlier and still undecided.

    A place is a division of an account; '' is the whole account, with every division of it.

    `until` is the last day that a live one protects, as far as is known; None: it stands.
    `is_later`: a live one that was submitted after the claim it is the rival of.
    """

    registration_id: int
    participant_id: int
    participant_name: str
    is_live: bool
    until: date | None = None
    is_later: bool = False

    def blocks(self, submitted_on: date) -> bool:
        """Tell whether it protected the place when a claim of that day came, and came before it."""
        is_over = self.until is not None and self.until < submitted_on
        return self.is_live and not is_over and not self.is_later


@dataclass(frozen=True, slots=True)
class OlderDeal:
    """A deal that direct sales opened before the claim and that is still open.

    `active_on` is the last activity that the CRM knows of; None: it knows of none.
    """

    opened_on: date
    active_on: date | None = None


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """What is known of a submitted claim tonight. Dates are in the program's time zone.

    Attributes:
        only_name_matches: one account has its name, but another domain.
        kind: what kind of participant claims.
        name_key: the normal form of the company's name; `domain` its registrable domain.
        expected: the amount that the partner expects.
        given: of REQUIRABLE, what the claim says.
        rival: the first claim of another partner on the place; `own` is the first of the same one.
        expired_on: the last day of the partner's own claim on the place that ended by expiring.
        older_deals: those of direct sales on the account, the oldest first.
        family: the places of the account's parent and subsidiaries, and of namesakes that may be
            the same company, where one of the two has no account.
        relative: the live claim of another partner on one of those.
        questions: why matching cannot tell whether an account is meant; a person has not answered.
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
    kind: str = "reseller"
    name_key: str = ""
    domain: str | None = None
    expected: Money | None = None
    given: frozenset[str] = frozenset()
    own: Rival | None = None
    expired_on: date | None = None
    older_deals: tuple[OlderDeal, ...] = ()
    family: tuple[str, ...] = ()
    relative: Rival | None = None
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Approve:
    """The claim holds through `expires_on`."""

    expires_on: date


@dataclass(frozen=True, slots=True)
class Reject:
    """The claim cannot hold; `reasons` may be told to the partner, `for_staff` may not."""

    reasons: tuple[str, ...]
    for_staff: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody registered first. `reasons` name the winner and are for staff only."""

    with_id: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """Staff decides; the reasons say why the rules do not, and are for staff only."""

    reasons: tuple[str, ...]


Verdict = Approve | Reject | Conflict | Ask


def decide(facts: ClaimFacts, policy: RegistrationPolicy, today: date | None = None) -> Verdict:
    """Decide one new claim with every reason that there is; a refusal goes before a conflict.

    Args:
        facts: the claim.
        policy: what the program in force tonight says; the partner's kind may have its own.
        today: the day of the decision, from which a window may count; without it the claim's own.
    """
    policy = policy.of(facts.kind)
    refusals = tuple(_refusals(facts, policy))
    rival = facts.rival
    if rival and not rival.blocks(facts.submitted_on):
        rival = None
    conflict = (_won_by(rival),) if rival else ()
    doubts = tuple(_doubts(facts, policy))
    if refusals:
        return Reject(refusals, conflict + doubts)
    if rival:
        return Conflict(rival.registration_id, conflict + doubts)
    if doubts:
        return Ask(doubts)
    return Approve(policy.last_day(facts.submitted_on, today or facts.submitted_on))


def _won_by(rival: Rival) -> str:
    return because("{claim} registered this account first", claim=_named(rival))


def _named(rival: Rival) -> str:
    return because(
        "{who} (claim {number})", who=rival.participant_name, number=rival.registration_id
    )


# What may be told to the partner ----------------------------------------------------------------


def _refusals(facts: ClaimFacts, policy: RegistrationPolicy) -> Iterator[str]:
    if not is_qualified(facts.evidence):
        yield _not_qualified(facts.evidence)
    if facts.kind not in policy.kinds:
        yield because(
            "partners of kind {kind} do not register accounts in this program", kind=facts.kind
        )
    yield from _incomplete(facts, policy)
    yield from _too_small(facts, policy)
    if any(blocked.means(facts.name_key, facts.domain) for blocked in policy.blocked):
        yield because("this company cannot be registered in this program")
    if facts.own and not _is_over(facts.own, facts.submitted_on):
        yield because(
            "you already hold claim {number} on this account", number=facts.own.registration_id
        )
    yield from _cooling(facts, policy)


def _is_over(rival: Rival, submitted_on: date) -> bool:
    return rival.is_live and rival.until is not None and rival.until < submitted_on


def _not_qualified(evidence: frozenset[str]) -> str:
    given = in_a_row(sorted(evidence)) if evidence else because("none")
    needs = because(
        "a claim needs a meeting, a discovery call, a budget, or all of budget, authority, need "
        "and timeline"
    )
    return needs + "; " + because("given: {evidence}", evidence=given)


def _incomplete(facts: ClaimFacts, policy: RegistrationPolicy) -> Iterator[str]:
    needed = list(policy.require)
    if policy.minimum_amount and facts.expected is None and "expected_amount" not in needed:
        needed.append("expected_amount")
    missing = [field.replace("_", " ") for field in needed if field not in facts.given]
    if missing:
        yield because("the claim does not say its {fields}", fields=in_a_row(missing))


def _too_small(facts: ClaimFacts, policy: RegistrationPolicy) -> Iterator[str]:
    expected = facts.expected
    least = policy.minimum_amount.get(expected.currency) if expected else None
    if expected and least is not None and expected.minor < least:
        asked = because("it expects {amount}", amount=expected)
        yield f"{asked}; {because('the least is {amount}', amount=Money(least, expected.currency))}"


def _cooling(facts: ClaimFacts, policy: RegistrationPolicy) -> Iterator[str]:
    if facts.expired_on is None:
        return
    free_on = window_end(facts.expired_on, policy.cooling_days + 1)
    if facts.submitted_on < free_on:
        yield "; ".join(
            (
                because("your earlier claim on this account expired on {on}", on=facts.expired_on),
                because("it can be claimed again from {on} on", on=free_on),
            )
        )


# What staff decides -----------------------------------------------------------------------------


def _doubts(facts: ClaimFacts, policy: RegistrationPolicy) -> Iterator[str]:
    if not facts.participant_is_active:
        yield because("the partner is not active")
    if facts.open_claims >= policy.open_limit:
        yield because(
            "the partner has {number} open claims of {most}",
            number=facts.open_claims,
            most=policy.open_limit,
        )
    expected = facts.expected
    if expected and policy.minimum_amount and expected.currency not in policy.minimum_amount:
        yield because(
            "it expects {amount}, and the program names no least amount in that currency",
            amount=expected,
        )
    yield from _account_doubts(facts)
    yield from _rival_doubts(facts)
    touched = facts.last_direct_activity_on
    blocked_since = facts.submitted_on - timedelta(days=policy.blocked_by_direct_activity_days)
    if touched is not None and touched >= blocked_since:
        yield because("direct sales was active on this account on {on}", on=touched)
    # One that direct sales has known to have left alone for so long is no reason any more.
    for deal in facts.older_deals if policy.ask_about_older_deals else ():
        if deal.active_on is None or deal.active_on >= blocked_since:
            yield because("direct sales opened a deal on this account on {on}", on=deal.opened_on)
            break


def _account_doubts(facts: ClaimFacts) -> Iterator[str]:
    if facts.is_existing_customer:
        yield because("the account is already a customer")
    if facts.questions:  # they say it of each account
        yield from facts.questions
    elif facts.possible_accounts > 1:
        yield because(
            "{number} accounts in the CRM go by this name or domain", number=facts.possible_accounts
        )
    elif facts.only_name_matches:
        yield because("an account in the CRM goes by this name, with another domain")
    if facts.relative and not _is_over(facts.relative, facts.submitted_on):
        yield because(
            "{claim} protects a parent, subsidiary or namesake of this account",
            claim=_named(facts.relative),
        )


def _rival_doubts(facts: ClaimFacts) -> Iterator[str]:
    for rival in (facts.rival, facts.own):
        if rival is None or rival.blocks(facts.submitted_on):
            continue
        number = rival.registration_id
        if _is_over(rival, facts.submitted_on):
            yield because(
                "earlier claim {number} protected the account through {until}, and is not reviewed "
                "yet",
                number=number,
                until=rival.until,
            )
        elif rival.is_live:
            yield because(
                "it was submitted before {claim}, which protects this account", claim=_named(rival)
            )
        elif rival is facts.rival:
            yield because("earlier claim {number} is not decided yet", number=number)


# A night's claims -------------------------------------------------------------------------------


def decide_in_order(
    claims: Sequence[ClaimFacts],
    policy: RegistrationPolicy,
    today: date | None = None,
) -> list[tuple[ClaimFacts, Verdict]]:
    """Decide claims in the order they were submitted, each seeing the ones decided before it.

    Args:
        claims: ordered by time of submission, then id; `rival`, `own`, `relative` and
            `open_claims` as of before the first of them.
        policy: what the program says about claims.
        today: the day of the decision, as in `decide`.
    """
    held = _Held()
    opened: dict[int, int] = {}
    decided = []
    for claim in claims:
        seen = replace(
            held.seen_by(claim),
            open_claims=claim.open_claims + opened.get(claim.participant_id, 0),
        )
        verdict = decide(seen, policy, today)
        decided.append((seen, verdict))
        if isinstance(verdict, Approve | Ask):
            held.add(claim, verdict)
        if isinstance(verdict, Approve):
            opened[claim.participant_id] = opened.get(claim.participant_id, 0) + 1
    return decided


class _Held:
    """Who holds or waits for which place among the claims decided so far, in their order."""

    def __init__(self) -> None:
        # Claims of one partner in one place do not pile up: the first of each is enough.
        self._rivals: dict[str, dict[tuple[str, int], Rival]] = {}

    def add(self, claim: ClaimFacts, verdict: Approve | Ask) -> None:
        until = verdict.expires_on if isinstance(verdict, Approve) else None
        who = (claim.registration_id, claim.participant_id, claim.participant_name)
        key, division = claim.place
        here = self._rivals.setdefault(key, {})
        here.setdefault((division, claim.participant_id), Rival(*who, until is not None, until))

    def seen_by(self, claim: ClaimFacts) -> ClaimFacts:
        """Return a claim with the rivals that it has by now."""
        rivals = list(self._on(*claim.place))
        mine = [rival for rival in rivals if rival.participant_id == claim.participant_id]
        others = [rival for rival in rivals if rival.participant_id != claim.participant_id]
        family = (rival for key in claim.family for rival in self._on(key, ""))
        theirs = (rival for rival in family if rival.participant_id != claim.participant_id)
        relatives = (rival for rival in theirs if rival.is_live)
        return replace(
            claim,
            rival=_first(claim, [claim.rival, *others]),
            own=_first(claim, [claim.own, *mine]),
            relative=claim.relative or next(iter(relatives), None),
        )

    def _on(self, key: str, division: str) -> Iterator[Rival]:
        """Yield who is on a place: the whole account takes in every division."""
        for (held, _), rival in self._rivals.get(key, {}).items():
            if held.casefold() == division.casefold() or "" in {held, division}:
                yield rival


def _first(claim: ClaimFacts, rivals: list[Rival | None]) -> Rival | None:
    """Return the first that blocks a claim, or the first of all."""
    known = [rival for rival in rivals if rival]
    blocking = (rival for rival in known if rival.blocks(claim.submitted_on))
    return next(blocking, known[0] if known else None)
