"""What words of a company's name mean: legal forms, titles, filling words, trades, places.

Legal forms come from cleanco's list, places from the Unicode Consortium's names of countries that
Babel ships. The short lists below hold what neither has.
"""

from __future__ import annotations

from functools import cache

from goodword.companies.text import split

Phrase = tuple[str, ...]

# What cleanco's list lacks: forms written out, and those of countries it does not cover.
_MORE_FORMS = """
berhad|sdn berhad|naamloze vennootschap|naamlooze vennootschap|besloten vennootschap
aktiengesellschaft|gesellschaft mit beschrankter haftung|kommanditgesellschaft|mbh|ggmbh|gesmbh|ug
ug haftungsbeschrankt|ohg|gbr|eg|ek|se|kg auf aktien|societe anonyme|societe par actions simplifiee
societe a responsabilite limitee|sas|sasu|ltee|sca|asbl|scrl|srl|sagl|societa per azioni
societa a responsabilita limitata|sociedad anonima|sociedad limitada|sociedade anonima|sa de cv
sab de cv|sapi de cv|s de rl de cv|sau|slu|eireli|aktiebolag|aktiebolaget|publ|aktieselskab
anpartsselskab|aksjeselskap|osakeyhtio|ou|sia|as|anonim sirketi|limited sirketi|sanayi ve ticaret
spolka akcyjna|spolka z ograniczona odpowiedzialnoscia|eood|ead|jsc|pjsc|ojsc|cjsc|pao|ao|zao
too|kabushiki kaisha|kk|godo kaisha|gk|yugen kaisha|tbk|persero|pvt|pvt ltd|private limited
pte ltd|proprietary limited|pty|fze|fzco|fz llc|wll|dmcc|qsc|psc|kscp|ulc|lc|cc|npc|rf|pcl
public company|public limited company|joint stock company|open joint stock company
public joint stock company|closed joint stock company|limited liability company
obshchestvo s ogranichennoi otvetstvennostiu|aktsionernoe obshchestvo
publichnoe aktsionernoe obshchestvo|societatea cu raspundere limitata|corporate|co op|cooperative
lllp|gte
"""
# Written without a space before or behind the name.
GLUED_FORMS = (
    "株式会社", "有限会社", "合同会社", "合資会社", "(株)", "(有)", "股份有限公司", "有限责任公司",
    "有限責任公司", "有限公司", "주식회사", "유한회사", "(주)",
)  # fmt: skip
# Behind one of these, inside a name, stands an address: "Acme B.V., Delft, NL".
CLOSING_FORMS = frozenset(
    "nv bv gmbh ltd limited inc incorporated llc plc llp sarl srl spa ag sa kg oy oyj aps sro"
    " spzoo doo bhd kft zrt nyrt sas asa".split()
)
# Forms that also stand before the name: "AB Volvo", "PT Astra", "OOO Lukoil".
LEADING_FORMS = frozenset(
    "nv bv ab as oy pt cv sa ag spa sarl ooo oao zao pao ao jsc pjsc ojsc cjsc tov firma".split()
)
FILLERS = frozenset(
    "and und et y e i en og och of for in at by the de da di do du des del della van von der den"
    " het la le les el los las".split()
)
# Behind a legal form these begin a place: "Acme N.V. te Delft".
TOWARDS = frozenset("te in at zu im".split())
# A title that an old company is granted; its name is the same without it.
TITLES = frozenset("koninklijke koninklijk kongelige kungliga konigliche koenigliche".split())
# Words that say what companies do or how they are organised, and are shared by very many.
TRADES = frozenset(
    """
    group groupe gruppe gruppo grupo holding holdings international internationale global worldwide
    world company corporation enterprise enterprises partners partner associates ventures venture
    capital investment investments invest fund funds finance financial bank banking insurance trust
    asset assets properties property realty estate industries industry industrial industrie
    manufacturing works products product production systems system solutions solution services
    service technology technologies technologie tech research development engineering consulting
    management marketing media communications network networks digital data software computer
    computers electronics electronic electric electrical energy power oil gas petroleum mining
    minerals metals steel chemical chemicals chemie pharma pharmaceuticals pharmaceutical medical
    health healthcare care biotech sciences science laboratories laboratory labs food foods
    beverages retail stores store trading trade import export logistics transport shipping airlines
    motors motor automotive auto construction building materials paper packaging textile design
    studio studios entertainment hotels hotel restaurants education university school institute
    foundation association society club american national general first united new royal universal
    central north south east west northern southern eastern western pacific atlantic
    """.split()
)
_MORE_PLACES = {
    "holland": "NL", "netherland": "NL", "uk": "GB", "england": "GB", "great britain": "GB",
    "us": "US", "usa": "US", "america": "US", "united states of america": "US",
    "korea": "KR", "uae": "AE", "prc": "CN", "deutschland": "DE", "nl": "NL",
}  # fmt: skip
_LANGUAGES = "en de fr nl es it pt sv da nb fi pl cs hu ro tr ms id ja zh".split()


@cache
def legal_forms() -> frozenset[Phrase]:
    """Return every known legal form as its words in normal form: ("sp", "zoo") and the like."""
    from cleanco.termdata import terms_by_type  # noqa: PLC0415 - only what matches needs it

    listed = [tuple(split(term)) for terms in terms_by_type.values() for term in terms]
    more = [tuple(line.split()) for line in _MORE_FORMS.replace("\n", "|").split("|")]
    return frozenset(words for words in (*listed, *more) if words)


def country(text: str) -> str | None:
    """Return the code of a country ("@NL") by its name or its two letters; None when unknown."""
    words = tuple(split(text))
    code = words[0].upper() if len(words) == 1 else ""
    return places().get(words) or (f"@{code}" if f"@{code}" in places().values() else None)


@cache
def places() -> dict[Phrase, str]:
    """Return countries and continents by their names in twenty languages, as codes: "@NL"."""
    from babel import Locale  # noqa: PLC0415 - it reads twenty files

    found: dict[Phrase, str] = {}
    for language in _LANGUAGES:
        for code, name in Locale(language).territories.items():
            found.setdefault(tuple(split(name)), f"@{code}")
    for name, code in _MORE_PLACES.items():
        found[tuple(name.split())] = f"@{code}"
    return {words: code for words, code in found.items() if words}
