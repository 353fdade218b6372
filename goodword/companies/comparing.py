"""Two names: one company, two, or a question for a person; and why."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import JaroWinkler

from goodword.companies import words as known
from goodword.companies.names import Name
from goodword.companies.spelling import (
    ABBREVIATED,
    cost,
    exchanged,
    inflected,
    is_one_slip,
    is_plural,
    is_surely,
    is_written_as,
    sound,
)
from goodword.phrases import because

_ASK_FROM = 0.6  # of what the words weigh
_ASK_FROM_HEADED = 0.4  # the same, when both names begin with one word that tells
_ASK_FROM_LETTERS = 0.9  # of the letters
_COMMON = 0.0005  # of all first words: a word that stands behind more of them is common
_COMMON_AT_LEAST = 8  # first words, in a short list
_KNOWN_BEHIND = 3  # first words: so often a word is no slip of another
# Letters from which the first word that tells may have a slip: alone, beside a common word that is
# right, beside one that tells.
_LETTERS_ALONE = 8
_LETTERS_BESIDE = 6
_LETTERS_ANCHORED = 5
_LETTERS_OUT_OF_ORDER = 9  # of a word alone that lost, doubled or turned letters; one less beside
_SLIPS_TOGETHER = 0.35  # of all words, at most so much cost in a name that is the same


class Answer(StrEnum):
    """What two companies are to each other."""

    SAME = "same"
    ASK = "ask"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How two names compare: the answer, how alike from 0 to 1, and the reason in words."""

    answer: Answer
    score: float
    reason: str


class Rarity:
    """How much a word tells about which company is meant, counted from the names matched against.

    A word that stands behind many different first words ("technologies") tells little, however
    often one company is spelled; one that stands with few ("philips") tells much.
    """

    def __init__(self, names: Iterable[Name]) -> None:
        heads: defaultdict[str, set[str]] = defaultdict(set)
        firsts: set[str] = set()
        for name in names:
            if not name.words:
                continue
            firsts.add(name.words[0])
            for word in name.words[1:]:
                heads[word].add(name.words[0])
        self._behind = Counter({word: len(first) for word, first in heads.items()})
        self._all = len(firsts) + 1
        self._many = max(_COMMON_AT_LEAST, _COMMON * self._all)

    def weight(self, word: str) -> float:
        """Return from about 0.1 (in every name) up to 1 (in no other)."""
        if word in known.TRADES or word.startswith("@"):
            return 0.25
        rare = 1 - math.log1p(self._behind[word]) / math.log1p(self._all)
        return max(0.1, rare)

    def tells(self, word: str) -> bool:
        """Return whether a word points to one company: no trade, no place, not common."""
        if word in known.TRADES or word.startswith("@") or len(word) == 1:
            return False
        return self._behind[word] <= self._many

    def are_two(self, one: str, other: str) -> bool:
        """Return whether two words are known each by itself, and not one word with two endings."""
        if one in known.TRADES and other in known.TRADES:
            return not is_plural(one, other) and sound(one) != sound(other)
        if inflected(one, other):
            return False
        return self._behind[one] >= _KNOWN_BEHIND and self._behind[other] >= _KNOWN_BEHIND


@dataclass(frozen=True, slots=True)
class _Aligned:
    """Which words of two names answer each other, at which cost, and which answer none.

    `is_ordered`: those that do stand in one order in both.
    """

    pairs: tuple[tuple[str, str, float], ...]
    only: tuple[tuple[str, ...], tuple[str, ...]]
    is_ordered: bool


def compare(one: Name, other: Name, rarity: Rarity) -> Likeness:
    """Compare two names; which of them comes first makes no difference.

    SAME needs every word of both to have its answer in the other, addresses and titles apart, with
    no difference but slips that leave no doubt. An extra word is a question at most, whatever it
    is: "Acme" and "Acme Chemicals" are often two companies.
    """
    if not (one.words and other.words):
        return Likeness(Answer.DIFFERENT, 0.0, because("there is no name to compare"))
    if one.whole == other.whole:
        return Likeness(Answer.SAME, 1.0, because("the same name"))
    if one.squashed == other.squashed:
        return Likeness(Answer.SAME, 1.0, because("the names agree but for the legal form"))
    one, other = sorted((one, other), key=lambda name: name.words)  # so that both ways are one
    aligned = _align(one, other, rarity)
    score = _score(aligned, rarity)
    if not any(aligned.only):
        if _is_turned(one, other):
            reason = because(
                "the same words in another order, which are two institutions in some places"
            )
            return Likeness(Answer.ASK, score, reason)
        return _all_words(aligned, rarity)
    extra = " and ".join(f"'{word}'" for words in aligned.only for word in words)
    telling = [pair for pair in aligned.pairs if rarity.tells(pair[0]) or rarity.tells(pair[1])]
    headed = one.words[0] == other.words[0] and rarity.tells(one.words[0])
    letters = JaroWinkler.similarity(one.squashed, other.squashed)
    alike = score >= (_ASK_FROM_HEADED if headed else _ASK_FROM)
    if (telling and alike) or letters >= _ASK_FROM_LETTERS:
        return Likeness(
            Answer.ASK,
            score,
            because(
                "the names are alike ({score}) but for {names}", score=f"{score:.2f}", names=extra
            ),
        )
    return Likeness(Answer.DIFFERENT, score, because("the names differ in {names}", names=extra))


def _all_words(aligned: _Aligned, rarity: Rarity) -> Likeness:
    """Every word has its answer: are the differences slips?"""
    score = _score(aligned, rarity)
    if not any(rarity.tells(a) and rarity.tells(b) for a, b, _ in aligned.pairs):
        if aligned.is_ordered and all(_is_common(*pair) for pair in aligned.pairs):
            reason = because("the names agree but for a slip in a common word")
            return Likeness(Answer.SAME, score, reason)
        return Likeness(Answer.ASK, score, because("the names agree, but in common words alone"))
    slipped = [_for(a, b) for a, b, paid in aligned.pairs if paid]
    if not slipped:
        reason = because("the names agree but for the order of words, the legal form or an address")
        return Likeness(Answer.SAME, 1.0, reason)
    if _are_slips(aligned, rarity):
        reason = because("the names agree but for the spelling, {names}", names=", ".join(slipped))
        return Likeness(Answer.SAME, score, reason)
    reason = because(
        "the names are alike ({score}) but for {names}",
        score=f"{score:.2f}",
        names=", ".join(slipped),
    )
    return Likeness(Answer.ASK, score, reason)


def _is_common(one: str, other: str, paid: float) -> bool:
    """Return whether two words are one common word: in the plural, or with a slip in it."""
    if not paid or is_plural(one, other):
        return True
    both_known = one in known.TRADES and other in known.TRADES
    return not both_known and is_surely(one, other, _LETTERS_BESIDE)


def _is_short_for(one: str, other: str) -> bool:
    """Return whether one word is a common one, and the other its beginning and nothing else."""
    shorter, longer = sorted((one, other), key=len)
    return longer in known.TRADES and shorter not in known.TRADES


def _is_turned(one: Name, other: Name) -> bool:
    """Return whether one is "University of Washington" and the other "Washington University"."""
    if one.is_of == other.is_of:
        return False
    plain = other if one.is_of else one
    return plain.words[0] not in known.TURNED and any(w in known.TURNED for w in plain.words)


def _for(one: str, other: str) -> str:
    return because("{one} for {other}", one=f"'{one}'", other=f"'{other}'")


def _are_slips(aligned: _Aligned, rarity: Rarity) -> bool:
    """Return whether what differs cannot be another company's name.

    What a word that tells may differ in goes by what else is there: beside another one that is as
    it should be, by any slip; beside a common word, or alone in a long name, by a letter too many
    or too few or out of order; else by nothing that takes one of its consonants away.
    """
    telling = [pair for pair in aligned.pairs if rarity.tells(pair[0]) and rarity.tells(pair[1])]
    anchored = any(not paid for _, _, paid in telling)
    exact = anchored or any(not paid or is_plural(a, b) for a, b, paid in aligned.pairs)
    enough = _LETTERS_ANCHORED if anchored else _LETTERS_BESIDE if exact else _LETTERS_ALONE
    for a, b, paid in aligned.pairs:
        if paid >= ABBREVIATED and not _is_short_for(a, b):
            return False
    for number, (a, b, paid) in enumerate(telling):
        if not paid or is_surely(a, b, enough):
            continue
        letters = max(len(a), len(b))
        if anchored and number:
            believed = letters >= _LETTERS_BESIDE or not exchanged(a, b)
        elif anchored:
            believed = letters >= _LETTERS_BESIDE and is_one_slip(a, b)
        else:
            least = _LETTERS_OUT_OF_ORDER - exact
            believed = letters >= least and is_one_slip(a, b) and not exchanged(a, b)
        if not believed:
            return False
    together = sum(paid for _, _, paid in aligned.pairs) / len(aligned.pairs)
    return together <= _SLIPS_TOGETHER


def _align(one: Name, other: Name, rarity: Rarity) -> _Aligned:
    """Pair the words, cheapest first; two words written as one are one."""
    left, right = _joined(one.words, other.words), _joined(other.words, one.words)
    offers = sorted(
        (price, min(a, b), max(a, b), i, j)
        for i, a in enumerate(left)
        for j, b in enumerate(right)
        if (price := cost(a, b)) < 1 and not (price and rarity.are_two(a, b))
    )
    taken: dict[int, int] = {}
    for _, _, _, i, j in offers:
        if i not in taken and j not in taken.values():
            taken[i] = j
    pairs = tuple((left[i], right[j], cost(left[i], right[j])) for i, j in sorted(taken.items()))
    only_left = [word for i, word in enumerate(left) if i not in taken]
    only_right = [word for j, word in enumerate(right) if j not in taken.values()]
    only = (_left_over(only_left, other), _left_over(only_right, one))
    places = [j for _, j in sorted(taken.items())]
    return _Aligned(pairs, only, places == sorted(places))


def _joined(words: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """Join two words where the other name writes them as one."""
    known_words, joined, at = set(others), [], 0
    while at < len(words):
        pair = words[at] + words[at + 1] if at + 1 < len(words) else ""
        alone = at < len(words) and words[at] in known_words
        if pair and not alone and any(is_written_as(pair, word) for word in others):
            joined.append(pair)
            at += 2
        else:
            joined.append(words[at])
            at += 1
    return tuple(joined)


def _left_over(words: Sequence[str], other: Name) -> tuple[str, ...]:
    """Leave out what the other has in its address, and the first letter of its legal form."""
    cut = {form[0] for form in other.forms if form}
    return tuple(
        word for word in words if word not in other.tail and not (len(word) == 1 and word in cut)
    )


def _score(aligned: _Aligned, rarity: Rarity) -> float:
    agreed = total = 0.0
    for a, b, paid in aligned.pairs:
        weight = rarity.weight(a) + rarity.weight(b)
        agreed += weight * (1 - paid)
        total += weight
    total += sum(rarity.weight(word) for words in aligned.only for word in words)
    return agreed / total if total else 0.0
