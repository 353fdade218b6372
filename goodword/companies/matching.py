"""Who is it? One asked company against the known accounts: same, different, or ask a person."""

from __future__ import annotations

from dataclasses import dataclass

from goodword.companies.comparing import Answer, Likeness, compare
from goodword.companies.index import Account, Asked, Index
from goodword.companies.names import read

_SHOWN = 5  # candidates that a person is shown


@dataclass(frozen=True, slots=True)
class Candidate:
    """One account that may be meant.

    Attributes:
        account_id: of the account.
        answer: SAME or ASK; what is different is no candidate.
        score: how alike, from 0 to 1.
        reason: in words, for staff.
    """

    account_id: str
    answer: Answer
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Match:
    """The answer to "who is it?".

    Attributes:
        answer: SAME: it is `account_id`; ASK: a person must say; DIFFERENT: none of the accounts.
        account_id: the account meant when the answer is SAME, else None.
        reason: in words, for staff.
        candidates: the accounts that it may be, likeliest first; none when DIFFERENT.
    """

    answer: Answer
    account_id: str | None
    reason: str
    candidates: tuple[Candidate, ...] = ()


def match(asked: Asked, index: Index) -> Match:
    """Find the account that is meant.

    A domain that an account has decides. Without one the names do, unless both have domains and
    they differ, or several accounts answer to the name: then a person must say.
    """
    found = _candidates(asked, index)
    if not found:
        return Match(Answer.DIFFERENT, None, "no account has this domain or a name like it")
    sure = [each for each in found if each.answer is Answer.SAME]
    if len(sure) == 1:
        return Match(Answer.SAME, sure[0].account_id, sure[0].reason, tuple(found[:_SHOWN]))
    if sure:
        return Match(Answer.ASK, None, _several(sure, index), tuple(found[:_SHOWN]))
    first = found[0]
    return Match(
        Answer.ASK,
        None,
        f"{first.reason}{_family(first, index)}; a person must say",
        tuple(found[:_SHOWN]),
    )


def _candidates(asked: Asked, index: Index) -> list[Candidate]:
    """Return every account that may be meant once, sure ones first."""
    name = read(asked.name)
    numbers = list(index.with_domain(asked.domain))
    by_domain = set(numbers)
    best: dict[str, Candidate] = {}
    for number in dict.fromkeys([*numbers, *index.candidates(name)]):
        account = index.accounts[number]
        likeness = compare(name, index.names[number], index.rarity)
        if number in by_domain:
            likeness = Likeness(Answer.SAME, 1.0, f"same registrable domain {asked.domain}")
        else:
            likeness = _doubted(likeness, asked, account)
        if likeness.answer is Answer.DIFFERENT:
            continue
        new = Candidate(account.id, likeness.answer, likeness.score, likeness.reason)
        if account.id not in best or _rank(new) < _rank(best[account.id]):
            best[account.id] = new
    return sorted(best.values(), key=_rank)


def _doubted(likeness: Likeness, asked: Asked, account: Account) -> Likeness:
    """Turn a sure name into a question when the domains are known and differ."""
    if likeness.answer is not Answer.SAME or not (asked.domain and account.domain):
        return likeness
    if asked.domain == account.domain:  # it is shared: it tells nothing
        return likeness
    reason = f"same name, another domain ({asked.domain} and {account.domain})"
    return Likeness(Answer.ASK, likeness.score, reason)


def _rank(candidate: Candidate) -> tuple[bool, float, str]:
    return candidate.answer is not Answer.SAME, -candidate.score, candidate.account_id


def _several(sure: list[Candidate], index: Index) -> str:
    named = " and ".join(each.account_id for each in sure[:_SHOWN])
    family = len({index.top(each.account_id) for each in sure}) == 1
    of_one = ", of one family," if family else ""
    return f"{len(sure)} accounts{of_one} answer to it: {named}; a person must say"


def _family(candidate: Candidate, index: Index) -> str:
    top = index.top(candidate.account_id)
    return f", subsidiary of {top}" if top != candidate.account_id else ""
