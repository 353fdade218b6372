"""Names of fictitious companies and people, each company's different from all others.

Every domain ends in `.example`, which RFC 2606 reserves: no mail can ever leave for one.
"""

import random
from dataclasses import dataclass, replace
from typing import Final

from sandbox.company.countries import Country


@dataclass(frozen=True)
class CompanyName:
    """One fictitious company. `bare` is its name without the legal form."""

    name: str
    bare: str
    domain: str
    country: Country


@dataclass(frozen=True)
class PersonName:
    """One fictitious person. `mailbox` is what stands before the @."""

    first: str
    last: str
    full: str
    mailbox: str


_FULL_WIDTH: Final = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)} | {
    0x20: 0x3000
}
_SPELLINGS: Final = 3


class Namer:
    """Hands out company names; no two companies share a name (whatever its form) or a domain."""

    def __init__(self, rng: random.Random) -> None:
        self._orders: dict[str, list[int]] = {}
        self._used: dict[str, int] = {}
        self._rng = rng

    def company(self, country: Country) -> CompanyName:
        """Return the next company of a country. A place is added once its words are used up."""
        language = country.language
        which = language.name
        pairs = len(language.stems) * len(language.sectors)
        if which not in self._orders:
            self._orders[which] = self._rng.sample(range(pairs), pairs)
            self._used[which] = 0
        used = self._used[which]
        self._used[which] += 1
        stem, sector = divmod(self._orders[which][used % pairs], len(language.sectors))
        words = [language.stems[stem], language.sectors[sector]]
        again = used // pairs
        while again:
            again, place = divmod(again - 1, len(language.places))
            words.append(language.places[place])
        bare = language.joiner.join(written for written, _ in words)
        form = country.forms[self._rng.randrange(len(country.forms))]
        domain = "-".join(latin for _, latin in words) + ".example"
        return CompanyName(form.format(bare), bare, domain, country)


def respelled(company: CompanyName, copy: int) -> str:
    """Write a company's name otherwise: capitals, full width, or another legal form."""
    way = copy % _SPELLINGS
    if way == 0:
        return company.bare.upper().translate(_FULL_WIDTH)
    if way == 1:
        return f"  {company.bare.upper()} "
    return company.country.forms[-1].format(company.bare).replace(".", "")


def lookalike(company: CompanyName) -> str:
    """Write a name that resembles a company's without being it."""
    joiner = company.country.language.joiner
    return joiner.join((company.bare, company.country.language.places[0][0]))


def twin(company: CompanyName) -> CompanyName:
    """Return another company of the same name: only its legal form and its domain differ."""
    forms = [form for form in company.country.forms if form.format(company.bare) != company.name]
    domain = company.domain.replace(".example", "-group.example")
    return replace(company, name=forms[0].format(company.bare), domain=domain)


def person(rng: random.Random, country: Country) -> PersonName:
    """Draw a person's name as it is usual in a country."""
    language = country.language
    given, given_latin = rng.choice(language.given)
    family, family_latin = rng.choice(language.family)
    full = f"{family} {given}" if language.family_first else f"{given} {family}"
    return PersonName(given, family, full, f"{given_latin}.{family_latin}")
