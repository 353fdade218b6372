"""Languages: stored reasons are known again by their phrases, and nothing else is guessed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from goodword.money import Money
from goodword.phrases import Percent, Stored, Unrounded, say, word
from goodword.rules.languages import Language


class Plain:
    """A language's formats, so that each can be told from what was not written by it."""

    def money(self, amount: Money | Unrounded) -> str:
        return f"<{amount}>"

    def day(self, on: date) -> str:
        return f"<{on:%d.%m.%Y}>"

    def percent(self, percent: Percent) -> str:
        return f"<{percent.of_hundred:f} Prozent>"


TOLD = {
    "On {on} it was {what}.": "Es war am {on} {what}.",
    "“{words}”": "„{words}“",
    "{one}; {other}": "{one} | {other}",
}
REASONS = {
    "{amount} is below {least}": "{amount} liegt unter {least}",
    "won on {on}": "gewonnen am {on}",
    "{percent} of {amount}": "{percent} von {amount}",
    "the ruling in dispute {dispute}: {said}": "Urteil im Streit {dispute}: {said}",
    "the participant is {status}": "der Teilnehmer ist {status}",
    "it is for {names}, not {kind}": "für {names}, nicht {kind}",
    "{one} or {other}": "{one} oder {other}",
    "approved by {who}": "genehmigt von {who}",
    "{name} for {name}": "{name} um {name}",
    "the {account} is closed": "{account} ist geschlossen",
}
WORDS = {"suspended": "gesperrt", "handed over": "übergeben", "reseller": "Händler"}
GERMAN = Language("de", TOLD, REASONS, WORDS, Plain())


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Money(12_50, "USD"), "<12.50 USD>"),
        (Unrounded(Decimal("0.145"), "USD"), "<0.145 USD>"),
        (Percent(Decimal("33.30")), "<33.30 Prozent>"),
        (date(2026, 3, 2), "<02.03.2026>"),
        (word("handed_over"), "übergeben"),
        (word("unheard_of"), "unheard of"),
        ("as it is", "as it is"),
        (12, "12"),
        (
            say("On {on} it was {what}.", on=date(2026, 3, 2), what=word("suspended")),
            "Es war am <02.03.2026> gesperrt.",
        ),
        (say("It rained on {on}", on=date(2026, 3, 2)), "It rained on <02.03.2026>"),
    ],
)
def test_what_is_told_is_written_by_what_it_is(value: object, written: str) -> None:
    assert GERMAN.write(value) == written


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ("5.00 USD is below 1,000.00 USD", "<5.00 USD> liegt unter <1,000.00 USD>"),
        ("won on 2026-03-02", "gewonnen am <02.03.2026>"),
        ("20% of 10.00 USD", "<20 Prozent> von <10.00 USD>"),
        ("the participant is suspended", "der Teilnehmer ist gesperrt"),
        ("the participant is handed_over", "der Teilnehmer ist übergeben"),
        ("approved by Ann Lim", "genehmigt von Ann Lim"),
        (
            "won on 2026-03-02; the participant is suspended",
            "gewonnen am <02.03.2026> | der Teilnehmer ist gesperrt",
        ),
        (
            "the ruling in dispute 3: won on 2026-03-02",
            "Urteil im Streit 3: gewonnen am <02.03.2026>",
        ),
        ("the ruling in dispute 3: they met", "Urteil im Streit 3: „they met“"),
        ("it is for reseller, not suspended", "für Händler, nicht gesperrt"),
        ("it is for JP or MY or 日本, not reseller", "für JP oder MY oder 日本, nicht Händler"),
        ("12 for 12", "12 um 12"),
    ],
)
def test_a_stored_reason_is_known_again_with_what_it_holds(stored: str, written: str) -> None:
    assert GERMAN.write(Stored(stored)) == written


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ("as agreed", "„as agreed“"),
        ("as agreed; call Ann", "„as agreed; call Ann“"),
        (
            "as agreed; won on 2026-03-02; call Ann; at ten",
            "„as agreed“ | gewonnen am <02.03.2026> | „call Ann; at ten“",
        ),
        ("12,5 of them", "„12,5 of them“"),
        ("re_1AbC", "re_1AbC"),
        ("12 for 13", "„12 for 13“"),
        ("a for a", "„a for a“"),
    ],
)
def test_somebodys_own_words_stay_in_quotation_marks(stored: str, written: str) -> None:
    assert GERMAN.write(Stored(stored)) == written


def test_what_only_looks_like_an_amount_is_none() -> None:
    said = GERMAN.write(Stored("5.00 ZZZ is below 10.00 USD"))
    assert "<5.00" not in said
