"""Who is it? One asked company against the known accounts: same, different, or ask a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from goodword.companies.comparing import Answer, compare
from goodword.companies.index import Account, Asked, Index
from goodword.companies.names import read
from goodword.companies.words import country
from goodword.phrases import because

_SHOWN = 5  # candidates that a person is shown
_SHOWN_LETTERS = 80  # of a name


@dataclass(frozen=True, slots=True)
class Candidate:
    """One account that may be meant.

    Attributes:
        account_id: of the account.
        answer: SAME or ASK; what is different is no candidate.
        score: how alike the names are, from 0 to 1.
        reason: in words, for staff.
        has_domain: whether the account has the asked domain, and it is no shared one.
    """

    account_id: str
    answer: Answer
    score: float
    reason: str
    has_domain: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """The answer to "who is it?".

    Attributes:
        answer: SAME: it is `account_id`; ASK: a person must say; DIFFERENT: none of the accounts.
        account_id: the account meant when the answer is SAME, else None.
        reason: in words, for staff.
        candidates: the accounts that it may be, likeliest first, at most five; none when DIFFERENT.
    """

    answer: Answer
    account_id: str | None
    reason: str
    candidates: tuple[Candidate, ...] = ()


def match(asked: Asked, index: Index) -> Match:
    """Find the account that is meant.

    A domain that one account has decides, unless another company without a domain has the very
    name. Without a domain in common the names decide, unless the domains or the countries of both
    are known and differ. Where several accounts answer, a person must say.
    """
    found = _candidates(asked, index)
    if not found:
        return Match(Answer.DIFFERENT, None, "no account has this domain or a name like it")
    shown = tuple(found[:_SHOWN])
    meant = _meant(found)
    if len(meant) == 1 and not (rivals := _rivals(meant[0], found, index)):
        return Match(Answer.SAME, meant[0].account_id, meant[0].reason, shown)
    if meant:
        several = meant if len(meant) > 1 else [*meant, *rivals]
        return Match(Answer.ASK, None, _several(several, index), shown)
    reason = f"{found[0].reason}{_family(found[:1], index)}; a person must say"
    return Match(Answer.ASK, None, reason, shown)


def _candidates(asked: Asked, index: Index) -> list[Candidate]:
    """Return every account that may be meant once, the likeliest first."""
    name = read(asked.name)
    having = index.with_domain(asked.domain)
    best: dict[str, Candidate] = {}
    for number in dict.fromkeys([*having, *index.candidates(name)]):
        account = index.accounts[number]
        likeness = compare(name, index.names[number], index.rarity)
        if likeness.answer is Answer.DIFFERENT and number not in having:
            continue  # most of them: no reason is written for nobody
        new = Candidate(
            account.id,
            likeness.answer,
            likeness.score,
            because(
                "{reason}: {one} and {other}",
                reason=likeness.reason,
                one=_quoted(asked.name),
                other=_quoted(account.name),
            ),
        )
        if number in having:
            reason = because("same registrable domain {domain}", domain=asked.domain)
            new = replace(new, answer=Answer.SAME, reason=reason, has_domain=True)
        else:
            new = _doubted(new, asked, account)
        known = best.get(account.id)
        if new.answer is not Answer.DIFFERENT and (not known or _rank(new) < _rank(known)):
            best[account.id] = new
    return sorted(best.values(), key=_rank)


def _doubted(candidate: Candidate, asked: Asked, account: Account) -> Candidate:
    """Turn a name that is the same into a question when something else says that it is another.

    A name that is only alike is no question when the domains are known and differ: half of all
    companies share a word with another, and a person would be asked about each of them.
    """
    has_another = bool(asked.domain and account.domain and asked.domain != account.domain)
    if candidate.answer is not Answer.SAME:
        return replace(candidate, answer=Answer.DIFFERENT) if has_another else candidate
    if has_another:
        reason = because(
            "same name, another domain ({one} and {other})", one=asked.domain, other=account.domain
        )
    elif _abroad(asked.country, account.country):
        reason = because(
            "same name, another country ({one} and {other})",
            one=asked.country,
            other=account.country,
        )
    else:
        return candidate
    return replace(candidate, answer=Answer.ASK, reason=reason)


def _abroad(one: str | None, other: str | None) -> bool:
    """Return whether both countries are known, and differ."""
    codes = {country(each or "") for each in (one, other)}
    return len(codes) > 1 and None not in codes


def _rank(candidate: Candidate) -> tuple[bool, bool, float, str]:
    sure = candidate.answer is Answer.SAME
    return not candidate.has_domain, not sure, -candidate.score, candidate.account_id


def _meant(found: Sequence[Candidate]) -> list[Candidate]:
    """Return who has the best right to be meant: by domain, then by the very name, then by name."""
    sure = [each for each in found if each.answer is Answer.SAME]
    having = [each for each in sure if each.has_domain]
    if having:
        named = [each for each in having if each.score == 1]
        return named if len(named) == 1 else having
    return [each for each in sure if each.score == 1] or sure


def _rivals(meant: Candidate, found: Iterable[Candidate], index: Index) -> list[Candidate]:
    """Return who has the very name, while the one meant has the domain and another name."""
    if not meant.has_domain or meant.score == 1:
        return []
    top = index.top(meant.account_id)
    return [
        each
        for each in found
        if each.answer is Answer.SAME
        and each.score == 1
        and not each.has_domain
        and index.top(each.account_id) != top
    ]


def _several(meant: Sequence[Candidate], index: Index) -> str:
    named = " and ".join(f"{each.account_id} ({each.reason})" for each in meant[:_SHOWN])
    return f"{len(meant)} accounts answer to it, {named}{_family(meant, index)}; a person must say"


def _family(candidates: Sequence[Candidate], index: Index) -> str:
    """Say whose subsidiaries they are, when they are of one family."""
    tops = {index.top(each.account_id) for each in candidates}
    below = [each.account_id for each in candidates if each.account_id not in tops]
    if len(tops) > 1 or not below:
        return ""
    (top,) = tops
    one = "a subsidiary" if len(below) == 1 else "subsidiaries"
    return f"; {' and '.join(below)}: {one} of {index.called(top)}"


def _quoted(name: str) -> str:
    start = name[:_SHOWN_LETTERS]
    printable = "".join(letter if letter.isprintable() else " " for letter in start)
    return f"'{printable.strip()}'"
