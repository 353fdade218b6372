"""The words and legal forms that the fictitious names are made of, by language and country."""

import unicodedata
from dataclasses import dataclass
from typing import Final

Word = tuple[str, str]
"""How a word is written, and how it reads in a domain name."""


def _words(text: str) -> tuple[Word, ...]:
    """Read words separated by blanks; `written:latin` where the script is not Latin."""
    pairs = (entry.partition(":") for entry in text.split())
    return tuple((written, _latin(latin or written)) for written, _, latin in pairs)


def _latin(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.replace("ß", "ss"))
    return decomposed.encode("ascii", "ignore").decode().lower()


@dataclass(frozen=True)
class Language:
    """The vocabulary that names are made of; `joiner` stands between the words of a name."""

    name: str
    stems: tuple[Word, ...]
    sectors: tuple[Word, ...]
    places: tuple[Word, ...]
    given: tuple[Word, ...]
    family: tuple[Word, ...]
    joiner: str = " "
    family_first: bool = False


@dataclass(frozen=True)
class Country:
    """A country that the company sells to, and how companies there write their legal form."""

    code: str
    name: str
    currency: str
    locale: str
    zone: str
    language: Language
    forms: tuple[str, ...]


_ENGLISH: Final = Language(
    name="en",
    stems=_words(
        "Alder Amberly Ashcroft Beacon Birchwood Blackwater Bluestem Bramble Brightwell "
        "Canyon Cedarline Clearbrook Cobalt Copperfield Crestview Driftwood Eastgate Elmhurst "
        "Everfield Fairhaven Falconridge Fernhill Foxglove Granite Greystone Hawthorne Heron "
        "Highmark Ironbridge Juniper Kestrel Kingfisher Lakeshore Larkspur Lighthouse "
        "Maplewood Meridian Northwind Oakmont Osprey Palisade Pinecrest Quarry Redwood "
        "Ridgeway Riverbend Rosewood Saltmarsh Sequoia Silverleaf Stonegate Summit Tamarack "
        "Thornbury Tidewater Umber Vanguard Westbrook Wildrose Yarrow"
    ),
    sectors=_words(
        "Logistics Foods Health Energy Robotics Textiles Insurance Media Freight Optics "
        "Dental Aviation Mining Paper Pharma Retail Software Steel Studios Telecom Timber "
        "Tools Travel Ventures Water Airways Bank Chemicals Diagnostics Education"
    ),
    places=_words(
        "Austin Boston Chicago Dallas Denver Houston Leeds London Melaka Miami Penang Phoenix "
        "Portland Reno Seattle Sydney Tampa Toronto York Johor"
    ),
    given=_words(
        "Ada Amir Beth Carlos Chloe Daniel Diana Ethan Farah Grace Hassan Isla James Kavya "
        "Liam Maya Nadia Noah Olivia Owen Priya Quinn Rosa Samuel Siti Tessa Umar Victor Wei "
        "Zoe"
    ),
    family=_words(
        "Abbott Aziz Barnes Bello Chan Cole Dawson Doyle Ellis Fisher Gill Grant Hale Ibrahim "
        "Jensen Khan Lowe Marsh Nair Novak Ong Patel Reyes Rossi Shaw Stone Tan Vega Walsh "
        "York"
    ),
)
_GERMAN: Final = Language(
    name="de",
    stems=_words(
        "Adler Ahorn Bachmann Bergfeld Birkner Brückner Dorn Eichenau Falkner Försterling "
        "Grünwald Habicht Hagedorn Hellwig Immergrün Jägerhof Kaltenbach Kranich Lindenau "
        "Löwenthal Morgenrot Nordlicht Oberländer Quellhof Rautenberg Schönfeld Steinbach "
        "Tannhof Uhlenhorst Weißdorn"
    ),
    sectors=_words(
        "Maschinenbau Logistik Werkzeuge Antriebe Medizintechnik Chemie Energie Druck Optik "
        "Stahl Elektronik Verpackung Messtechnik Anlagen Software Textil Papier Handel "
        "Automobil Glas"
    ),
    places=_words("Berlin Bremen Dresden Essen Hamburg Kassel Köln Leipzig Mainz Wien"),
    given=_words("Anke Bernd Clara Dieter Elke Felix Greta Hanno Ines Jonas Katrin Lars Mona Uwe"),
    family=_words("Bauer Braun Ebert Fuchs Groß Huber Jung Keller Lang Maier Roth Vogt Wolf Zorn"),
)
_ROMANCE: Final = Language(
    name="romance",
    stems=_words(
        "Alcázar Aubépine Belvedere Bonaventure Castellana Clairval Corvina Dorado Estrella "
        "Fontaine Girasole Hirondelle Jacaranda Lavande Luminar Mirabel Monteclaro Novarese "
        "Olivar Perla Pivoine Rivoli Sablière Serena Tramontana Valcourt Ventoux Verdemar "
        "Vignola Zafiro"
    ),
    sectors=_words(
        "Logistica Energia Pharma Assurances Textile Alimentaria Optique Medica Transports "
        "Editorial Cosmetica Aeronautica Vinicola Ceramica Industries Conseil Turismo "
        "Mobilier Verre Moda"
    ),
    places=_words("Lyon Lille Nantes Madrid Bilbao Sevilla Milano Torino Roma Genova"),
    given=_words("Aline Bruno Carla Diego Elena Fabio Gilles Inès Luca Marta Nuria Paolo Renée"),
    family=_words("Bianchi Caron Duval Ferrer Garnier Leone Marin Moretti Navarro Perrin Ruiz"),
)
_JAPANESE: Final = Language(
    name="ja",
    stems=_words(
        "北斗:hokuto 青葉:aoba 朝日野:asahino 富士見:fujimi 花園:hanazono 旭川:asahikawa "
        "泉:izumi 桜井:sakurai 松風:matsukaze 三葉:mitsuba 若草:wakakusa 白鳥:hakucho "
        "高砂:takasago 千歳:chitose 大和田:owada 常盤:tokiwa 七星:nanahoshi 緑川:midorikawa "
        "銀河:ginga 東雲:shinonome 瑞穂:mizuho 若松:wakamatsu 八雲:yakumo 港南:konan "
        "双葉:futaba"
    ),
    sectors=_words(
        "物流:butsuryu 製作所:seisakusho 電機:denki 商事:shoji 化学:kagaku 食品:shokuhin "
        "建設:kensetsu 印刷:insatsu 工業:kogyo 薬品:yakuhin 通信:tsushin 精機:seiki 運輸:unyu "
        "紙業:shigyo"
    ),
    places=_words("東京:tokyo 大阪:osaka 名古屋:nagoya 福岡:fukuoka 札幌:sapporo 仙台:sendai"),
    given=_words("葵:aoi 大輔:daisuke 恵美:emi 春樹:haruki 純:jun 香織:kaori 誠:makoto 直美:naomi"),
    family=_words("阿部:abe 藤田:fujita 林:hayashi 伊藤:ito 小林:kobayashi 森:mori 中村:nakamura"),
    joiner="",
    family_first=True,
)

COUNTRIES: Final = {
    country.code: country
    for country in (
        Country(
            "US",
            "United States",
            "USD",
            "en",
            "America/New_York",
            _ENGLISH,
            ("{} Inc.", "{}, Inc.", "{} LLC", "{} Corp.", "{} Co."),
        ),
        Country(
            "GB", "United Kingdom", "USD", "en", "Europe/London", _ENGLISH, ("{} Ltd", "{} PLC")
        ),
        Country(
            "MY",
            "Malaysia",
            "USD",
            "ms",
            "Asia/Kuala_Lumpur",
            _ENGLISH,
            ("{} Sdn Bhd", "{} Sdn. Bhd.", "{} Berhad"),
        ),
        Country(
            "SG",
            "Singapore",
            "USD",
            "en",
            "Asia/Singapore",
            _ENGLISH,
            ("{} Pte. Ltd.", "{} Private Limited"),
        ),
        Country(
            "DE",
            "Germany",
            "EUR",
            "en",
            "Europe/Berlin",
            _GERMAN,
            ("{} GmbH", "{} AG", "{} GmbH & Co. KG"),
        ),
        Country("FR", "France", "EUR", "en", "Europe/Paris", _ROMANCE, ("{} S.A.S.", "{} S.A.")),
        Country("ES", "Spain", "EUR", "en", "Europe/Madrid", _ROMANCE, ("{} S.L.", "{} S.A.")),
        Country("IT", "Italy", "EUR", "en", "Europe/Rome", _ROMANCE, ("{} S.r.l.", "{} S.p.A.")),
        Country(
            "JP",
            "Japan",
            "JPY",
            "ja",
            "Asia/Tokyo",
            _JAPANESE,
            ("株式会社{}", "{}株式会社", "{}合同会社"),
        ),
    )
}

MARKETS: Final = {
    "USD": ("US", "US", "US", "US", "GB", "MY", "SG"),
    "EUR": ("DE", "DE", "FR", "ES", "IT"),
    "JPY": ("JP",),
}
"""Countries billed in each currency, repeated by their weight."""
