"""The known accounts, arranged so that the few that a name may mean are found quickly."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from goodword.companies.comparing import Rarity
from goodword.companies.names import Name, read

_GRAM = 3  # letters
_GRAMS_ASKED = 8  # of a name, its rarest
_WORDS_ASKED = 3  # of a name, its rarest
_LONGEST_LIST = 400  # accounts behind a gram or word; what more share tells nothing
_CANDIDATES = 24
_WORD_COUNTS = 4  # shared grams that one shared rare word is worth
_SHARED_BY = 4  # unrelated accounts with one domain: a mail or hosting provider's


@dataclass(frozen=True, slots=True)
class Asked:
    """A company as somebody wrote it.

    Attributes:
        name: as written.
        domain: its registrable domain (`registrable_domain`), None when unknown.
        country: as the CRM writes it; compared only with the accounts' own.
    """

    name: str
    domain: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A known company. Several with one `id` are one: its former names, and merged accounts.

    Attributes:
        id: of the account in the CRM that survives.
        name: one of its names.
        domain: one of its registrable domains, None when unknown.
        country: as the CRM writes it.
        parent_id: the `id` of the account it belongs to.
    """

    id: str
    name: str
    domain: str | None = None
    country: str | None = None
    parent_id: str | None = None


class Index:
    """The known accounts by domain, key, rare words and grams of letters."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        self.accounts = accounts
        self.names = tuple(read(account.name) for account in accounts)
        self.rarity = Rarity(self.names)
        self._called = {each.id: each.name for each in reversed(accounts)}
        self._parents = {each.id: each.parent_id for each in accounts if each.parent_id}
        self._by_domain = self._domains()
        self._by_key: defaultdict[str, list[int]] = defaultdict(list)
        self._by_part: defaultdict[str, array[int]] = defaultdict(lambda: array("i"))
        for number, name in enumerate(self.names):
            self._by_key[name.squashed].append(number)
            for part in _parts(name):
                self._by_part[part].append(number)

    @classmethod
    def of(cls, accounts: Iterable[Account]) -> Index:
        """Arrange every account that may be meant; several rows may have one `id`."""
        return cls(tuple(accounts))

    def with_domain(self, domain: str | None) -> Sequence[int]:
        """Return the numbers of the accounts that have a domain; none when it is shared."""
        return self._by_domain.get(domain, ()) if domain else ()

    def top(self, account_id: str) -> str:
        """Return the head of an account's family; itself when it has no parent."""
        seen = {account_id}
        while (parent := self._parents.get(account_id)) and parent not in seen:
            seen.add(parent)
            account_id = parent
        return account_id

    def called(self, account_id: str) -> str:
        """Return an account's name and id; its id alone when it is not among the accounts."""
        name = self._called.get(account_id)
        return f"'{name}' ({account_id})" if name else account_id

    def candidates(self, name: Name) -> list[int]:
        """Return the numbers of the accounts whose names are worth comparing, likeliest first."""
        found = Counter[int]()
        for part, worth in self._asked(name):
            for number in self._by_part[part]:
                found[number] += worth
        same = self._by_key.get(name.squashed, [])
        likely = [number for number, _ in found.most_common(_CANDIDATES)]
        return list(dict.fromkeys([*same[:_CANDIDATES], *likely]))

    def _asked(self, name: Name) -> Iterator[tuple[str, int]]:
        rare = sorted(
            (len(self._by_part[part]), part) for part in set(_parts(name)) if part in self._by_part
        )
        words = [part for _, part in rare if part[0] == " "]
        grams = [part for _, part in rare if part[0] != " "]
        yield from ((word, _WORD_COUNTS) for word in words[:_WORDS_ASKED] if self._few(word))
        yield from ((gram, 1) for gram in grams[:_GRAMS_ASKED] if self._few(gram))

    def _few(self, part: str) -> bool:
        return len(self._by_part[part]) <= _LONGEST_LIST

    def _domains(self) -> dict[str, list[int]]:
        found: defaultdict[str, list[int]] = defaultdict(list)
        for number, account in enumerate(self.accounts):
            if account.domain:
                found[account.domain].append(number)
        return {
            domain: numbers
            for domain, numbers in found.items()
            if len({self.top(self.accounts[number].id) for number in numbers}) < _SHARED_BY
        }


def _parts(name: Name) -> Iterator[str]:
    """Yield what a name can be found by: its words behind a space, and grams of its letters."""
    yield from (" " + word for word in dict.fromkeys(name.words))
    letters = name.squashed
    yield from {letters[at : at + _GRAM] for at in range(len(letters) - _GRAM + 1)}
