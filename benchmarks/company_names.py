"""Made-up companies in any number: words as frequent as in real lists, and people's slips.

The same seed makes the same names. A tenth of all companies have a first word that others have;
trades follow Zipf's law, so that the commonest stands in thousands of names.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate

from goodword.companies import Account, Asked
from goodword.companies.words import TRADES

_SEED = 20260630
_SHARED_BRANDS = 0.1  # of all names
_SECOND_WORDS = 0.25  # of all names
_SLIPS = 0.3  # of all respellings
_SHOUTED = 0.3  # of all respellings
_STARTS = "b br c ch cl d dr f fl g gr h j k kr l m n p pr qu r s sch sl sp st t tr v w z".split()
_MIDDLES = "a e i o u ai ea ou".split()
_ENDS = "b ck d l ll m n nd ng nt p r rd rt s ss st t th x".split()
_ENDINGS = ("", "", "o", "a", "ex", "ia", "is", "ly", "um", "son")
_FORMS = ("Inc.", "LLC", "Ltd", "Limited", "GmbH", "AG", "B.V.", "S.A.", "S.r.l.", "K.K.", "Corp.")


class _Maker:
    """Draws names; every draw depends on the seed and those before it alone."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - names, not secrets
        self._trades = sorted(TRADES)
        self.random.shuffle(self._trades)
        weights = (1 / rank for rank in range(1, len(self._trades) + 1))
        self._upto = list(accumulate(weights))
        self._brands = [self._coined() for _ in range(2_000)]

    def name(self) -> str:
        """Return a name: one or two words of its own, up to two trades, a legal form."""
        draw = self.random
        own = draw.choice(self._brands) if draw.random() < _SHARED_BRANDS else self._coined()
        second = [self._coined()] if draw.random() < _SECOND_WORDS else []
        count = draw.choices((0, 1, 2), (3, 5, 2))[0]
        trades = draw.choices(self._trades, cum_weights=self._upto, k=count)
        words = [own, *second, *(trade.capitalize() for trade in trades)]
        return " ".join([*words, draw.choice(_FORMS)])

    def respelled(self, name: str) -> str:
        """Return a name as somebody else writes it: another form, case, or one letter wrong."""
        draw = self.random
        words = name.split()[:-1]
        if draw.random() < _SLIPS:
            at = draw.randrange(len(words))
            cut = draw.randrange(1, max(2, len(words[at])))
            words[at] = words[at][:cut] + words[at][cut + 1 :]
        text = " ".join([*words, draw.choice(_FORMS)])
        return text.upper() if draw.random() < _SHOUTED else text

    def _coined(self) -> str:
        draw = self.random
        syllables = (
            draw.choice(_STARTS) + draw.choice(_MIDDLES) + draw.choice(_ENDS)
            for _ in range(draw.choice((1, 2, 2)))
        )
        return ("".join(syllables) + draw.choice(_ENDINGS)).capitalize()


def accounts(count: int) -> Iterator[Account]:
    """Yield so many accounts, "A0" and on, without domains: names must do."""
    maker = _Maker(_SEED)
    return (Account(f"A{number}", maker.name()) for number in range(count))


def questions(count: int, known: int) -> Iterator[Asked]:
    """Yield so many questions; half mean one of the first `known` accounts, half are new."""
    again, maker = list(accounts(known)), _Maker(_SEED + 1)
    for number in range(count):
        old = again[maker.random.randrange(known)]
        yield Asked(maker.respelled(old.name) if number % 2 else maker.name())
