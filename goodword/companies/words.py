"""What words of a company's name mean: legal forms, titles, filling words, trades, places.

Legal forms come from cleanco's list, places from the Unicode Consortium's names of countries that
Babel ships. The short lists below hold what neither has.
"""

from __future__ import annotations

from functools import cache, lru_cache

from rapidfuzz.distance import OSA

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
lllp|gte|cos|companies
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
    "nv bv ab as oy pt cv sa ag spa sarl ooo oao zao pao ao jsc pjsc ojsc cjsc tov firma"
    " sia uab ou eurl sasu tow".split()
)
# Behind one of these stands another name of the same company, or who takes its mail.
ALSO_CALLED = tuple(
    tuple(phrase.split())
    for phrase in (
        "dba", "d b a", "doing business as", "trading as", "t a", "aka", "a k a", "also known as",
        "fka", "f k a", "formerly", "formerly known as", "vormals", "anciennement", "c o",
    )
)  # fmt: skip
FILLERS = frozenset(
    "and und et y e i en og och of for in at by the de da di do du des del della van von der den"
    " het la le les el los las".split()
)
# Behind a legal form these begin a place: "Acme N.V. te Delft".
TOWARDS = frozenset("te in at zu im".split())
# A title that an old company is granted; its name is the same without it.
TITLES = frozenset("koninklijke koninklijk kongelige kungliga konigliche koenigliche".split())
# Institutions that exist twice in one place: "Washington University", "University of Washington".
TURNED = frozenset("university college institute".split())
# Short forms, other languages' words and other spellings of words that very many names share.
WRITTEN_FOR = {
    short: word
    for word, shorts in {
        "academy": "acad akademie academie accademia academia",
        "administration": "admin",
        "advertising": "advtg advg",
        "agricultural": "agric agri",
        "american": "amer",
        "associates": "assoc assocs assoctes",
        "association": "assn assoctn",
        "brothers": "bros",
        "building": "bldg",
        "center": "centre centro centrum zentrum ctr cntr",
        "chemical": "chem",
        "chemicals": "chems",
        "college": "coll",
        "communications": "commun communs comms",
        "company": "compagnie compania",
        "construction": "constr constrn",
        "consulting": "consltg",
        "department": "dept",
        "development": "dev devel devt",
        "distribution": "distr distrib",
        "division": "div",
        "electronics": "elektronik elettronica electronica",
        "engineering": "eng engr engrg engg",
        "enterprises": "entpr entprs entrprs",
        "equipment": "equip eqpt",
        "financial": "fin fincl",
        "foundation": "fdn fndn fndtn",
        "government": "govt",
        "group": "grp gruppe groupe gruppo grupo",
        "holdings": "hldg hldgs",
        "hospital": "hosp",
        "industries": "ind inds indus industrie",
        "institute": "inst institut instituto istituto instituut instytut",
        "insurance": "ins insur",
        "international": "intl internatl internationale internazionale internacional",
        "investments": "invs invst invstmts",
        "laboratories": "lab labs laboratory laboratoire laboratoires laboratorios laboratori"
        " laboratorium laboratorien",
        "machinery": "mach machy",
        "management": "mgmt mgt mngmt mngt",
        "manufacturing": "mfg mnfg manuf mfrg",
        "manufacturers": "mfrs",
        "marketing": "mktg mkting",
        "materials": "matl matls",
        "medical": "med",
        "municipal": "muni",
        "national": "natl nat",
        "organization": "org organisation organisatie organizacion",
        "pharmaceuticals": "pharm pharms pharma pharmaceutical",
        "products": "prod prods prdcts",
        "properties": "props",
        "science": "sci",
        "services": "svc svcs serv servs srvcs",
        "society": "soc",
        "solutions": "solns",
        "systems": "sys syst systs",
        "technical": "technische technisch technique tecnica tecnico tecnologico",
        "technology": "tech techn tchnlgy technologie technologia tecnologia",
        "technologies": "techs technols",
        "telecommunications": "telecom telecoms telekom",
        "transport": "transp",
        "university": "univ universitat universiteit universite universidad universita universidade"
        " universitet uniwersytet univerzita universitas universiti",
    }.items()
    for short in shorts.split()
}
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
    academy administration advertising agricultural agriculture air aluminum aluminium analytics
    animal apparel architects art arts aviation bakery banc bancorp beverage bio biomedical books
    brand brands bridge brothers builders business buildings cable capitals carbon cards cement
    center chain church city clinic cloud coal coast coffee college commerce commercial
    communication community components concrete consultants consumer contracting control controls
    council county creative credit dairy dental department developers device devices diagnostics
    distribution division dynamics earth economic engine engines environmental equipment equity
    estates exchange express fashion farm farms federal federation fiber film films fire fitness
    forest freight furniture games gaming garden glass gold golden government graphics great green
    hardware home homes horizon hospital house housing human hydraulics image imaging improvement
    information infrastructure innovation innovations innovative instruments integrated
    intelligence interactive interior interiors internet iron island jewelry kitchen lake land
    leasing legal leisure life light lighting lines local machine machinery mail maintenance
    manufacturers marine maritime market markets mechanical membrane metal micro mobile mobility
    modern mortgage mount mountain municipal music mutual natural net nuclear ocean office oils
    online optical organization organic outdoor park parts petrol photo physical pictures plant
    plastic plastics plumbing police port post precision press prime print printing pro process
    production professional project projects public publishing pump pumps quality rail railway
    ranch recovery recycling red refining rental renewable renewables repair resource resources
    river road robotics rubber safety saint sales san santa school schools security
    semiconductor semiconductors senior services shipping shop silver site smart social soft solar
    source space special specialty sport sports spring standard star state states steam
    stone storage strategic street structural studios sugar sun super supply support surgical
    sustainable talent tank team technical telecommunications telecom telephone television
    textiles theatre timber tires tobacco tool tools top total tower town toys tractor trading
    training travel treatment truck trucking trucks union unit utilities valley vehicle venture
    video village vision warehouse waste water wealth web wellness wind wine wireless wood world
    aero agrar agro anlagenbau apotheke arzneimittel bau bauunternehmen beratung betrieb
    bibliothek brauerei buro dienst dienste dienstleistungen druck druckerei einkauf elektro
    elektrotechnik energie entsorgung fabrik fahrzeugbau fenster fensterbau gebaude gebruder
    genossenschaft gewerbe handel handels hochbau holz hotelbetriebe immobilien ingenieure
    kommunikation kunststoff kunststofftechnik landwirtschaft lebensmittel leasing logistik
    maschinenbau maschinen metall metallbau mobel papier pflege planung praxis reisen sohne
    sparkasse spedition stadt stadtwerke stahl stahlbau technik tiefbau transporte
    treuhand umwelt unternehmen verlag versicherung versicherungen vermogensverwaltung vertrieb
    verwaltung volksbank raiffeisenbank raiffeisen werbung werk werke werkzeugbau wohnbau
    assurance assurances banque boulangerie conseil distribution editions entreprise entreprises
    fils fonds france freres immobiliere industriel industrielle informatique ingenierie
    investissement maison mutuelle restauration societe transports travaux
    alimentos asesores banca banco caja comercial comercio constructora construcciones
    desarrollo distribuidora empresa hermanos hijos industria industrial ingenieria inmobiliaria
    inversiones seguros servicios sistemas soluciones tecnologias transportes
    assicurazioni cassa commercio costruzioni edilizia fabbrica fratelli figli impresa imprese
    meccanica servizi sistemi soluzioni trasporti tecnologie
    beheer beleggingen bouw bouwbedrijf dienstverlening handelsonderneming maatschappij
    onderneming techniek vastgoed verzekeringen winkels zonen
    bygg eiendom entreprenad fastigheter forsakring tjenester tjanster teknik teknikk
    """.split()
)
_MORE_PLACES = {
    "holland": "NL", "netherland": "NL", "uk": "GB", "england": "GB", "great britain": "GB",
    "us": "US", "usa": "US", "america": "US", "united states of america": "US",
    "amerika": "US", "amerique": "US",
    "korea": "KR", "uae": "AE", "prc": "CN", "deutschland": "DE", "nl": "NL",
}  # fmt: skip
_SHORTEST_FORM = 7  # letters of a legal form that may have a slip
_LONG_NAME = 8  # letters of a country's name that may have a slip
_LANGUAGES = "en de fr nl es it pt sv da nb fi pl cs hu ro tr ms id ja zh".split()


@cache
def legal_forms() -> frozenset[Phrase]:
    """Return every known legal form as its words in normal form: ("sp", "zoo") and the like."""
    from cleanco.termdata import terms_by_type  # noqa: PLC0415 - only what matches needs it

    listed = [tuple(split(term)) for terms in terms_by_type.values() for term in terms]
    more = [tuple(line.split()) for line in _MORE_FORMS.replace("\n", "|").split("|")]
    return frozenset(words for words in (*listed, *more) if words)


@lru_cache(65536)
def is_form_misspelled(word: str) -> bool:
    """Return whether a word is a long legal form but for one slip: "Limted", "Corporaton"."""
    return len(word) >= _SHORTEST_FORM - 1 and any(
        OSA.distance(word, form, score_cutoff=1) <= 1 for form in _long_forms()
    )


@cache
def _long_forms() -> frozenset[str]:
    alone = {form[0] for form in legal_forms() if len(form) == 1 and len(form[0]) >= _SHORTEST_FORM}
    return frozenset(alone - {"corporate", "private", "cooperative"})  # words of names as well


def country(text: str) -> str | None:
    """Return the code of a country ("@NL") by its name or its two letters; None when unknown."""
    words = tuple(split(text))
    code = words[0].upper() if len(words) == 1 else ""
    return places().get(words) or (f"@{code}" if f"@{code}" in places().values() else None)


@lru_cache(65536)
def misspelled(word: str) -> str | None:
    """Return the code of the one country whose name a long word is, but for one slip."""
    if len(word) < _LONG_NAME:
        return None
    codes = {
        code
        for name, code in _long_names().get(word[0], ())
        if OSA.distance(word, name, score_cutoff=1) <= 1
    }
    return codes.pop() if len(codes) == 1 else None


@cache
def _long_names() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for words, code in places().items():
        if len(words) == 1 and len(words[0]) >= _LONG_NAME:
            found.setdefault(words[0][0], []).append((words[0], code))
    return found


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
