"""Cells of import files that cannot be: the whole sentence of each, and the edges of what can."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from goodword.bank_accounts import bic, iban
from goodword.companies import name_key, of_one_company, registrable_domain
from goodword.rules import import_cells as cells
from goodword.rules import import_values as values
from goodword.rules.crm_values import Impossible
from goodword.rules.import_cells import Given, Reader, Surroundings
from goodword.rules.import_values import Evidence

NEW_YORK = ZoneInfo("America/New_York")
AROUND = Surroundings(
    date(2026, 6, 30),
    NEW_YORK,
    {"ada": 1},
    registrable_domain,
    of_one_company,
    name_key,
    iban,
    bic,
)
KINDS = "meeting, discovery_call, budget, authority, need, timeline"
INSTANTS = "which is no instant such as 2026-06-30T14:00:00-04:00"
BETWEEN = "which is not between 1900 and 2026-07-01"
SUFFIX = "its last three characters do not fit the others: copy it from the CRM again"
CHANNELS = "write one word, such as link, code, form, email, slack or crm"


def colour(row: Given, column: str) -> object:
    return cells.word("red", "blue")(row, column)


def code(row: Given, column: str) -> object:
    return cells.shaped(r"c\d+", "c12")(row, column)


def full(row: Given, column: str) -> object:
    return cells.filled(colour)(row, column)


def row(value: str, **others: str) -> Given:
    return Given({"cell": value, "domain": "", "source": "", "kind": ""} | others, AROUND)


REFUSED: list[tuple[Reader, str, str]] = [
    (cells.needed, " ", "is empty: fill it in"),
    (full, "", "is empty: fill it in"),
    (cells.optional, "x" * 256, "has 256 characters: the most is 255"),
    (cells.optional, "a\nb", "has a line break in it: write it on one line"),
    (cells.optional, "a\u2029b", "has a line break in it: write it on one line"),
    (cells.optional, "a\x07b", "has the control character U+0007 in it: take it out"),
    (cells.optional, "a\u202eb", "has the control character U+202E in it: take it out"),
    (cells.optional, "a\udce9b", "is not UTF-8: save the file as “CSV UTF-8”"),
    (colour, "green", "is 'green': write one of red, blue"),
    (code, "12", "is '12': write it like c12"),
    (cells.instant, "soon", f"is 'soon', {INSTANTS}"),
    (cells.instant, "20260630", f"is '20260630', {INSTANTS}"),
    (cells.instant, "1899-12-31", f"is 1899-12-31, {BETWEEN}"),
    (cells.instant, "2026-07-02", f"is 2026-07-02, {BETWEEN}"),
    (cells.instant, "2028-01-01", f"is 2028-01-01, {BETWEEN}"),
    (values.email, "jo", "is 'jo', which is no address such as jo@acme.com"),
    (values.locale, "?", "is '?', which is no language such as en, ja or pt-BR"),
    (values.currency, "usd", "is 'usd', which is no code of ISO 4217 such as USD"),
    (values.crm_id, "006", "is '006', which is no id of the CRM (18 characters)"),
    (
        values.crm_id,
        "006f4000002NAbGAAX",
        f"is 006f4000002NAbGAAX: {SUFFIX}",
    ),
    (values.domain, "co.uk", "is 'co.uk', which is no domain such as acme.com"),
    (values.company_key, "株式会社", "is '株式会社', which has no name in it"),
    (
        values.company_key,
        "\ufdfa" * 255,
        "is too long once it is written out: shorten it",
    ),
    (values.channel, "two words", f"is 'two words': {CHANNELS}"),
    (values.participant, "eve", "is 'eve', which is nobody's key: import them first"),
    (values.evidence, "tea", f"has 'tea': each piece is one of {KINDS}"),
    (
        values.evidence,
        "meeting=soon",
        "has 'soon', which is no day such as 2026-06-30",
    ),
    (values.evidence, "meeting=2026-07-02", f"has 2026-07-02, {BETWEEN}"),
    (values.evidence, "meeting=1899-12-31", f"has 1899-12-31, {BETWEEN}"),
    (values.coming_day, "20260630", "is '20260630', which is no day such as 2026-06-30"),
    (values.coming_day, "2077-01-01", "is 2077-01-01, which is more than 50 years away"),
    (values.coming_day, "1975-12-31", "is 1975-12-31, which is more than 50 years away"),
    (values.iban, "DE0", "is 'DE0', which is no IBAN"),
]


@pytest.mark.parametrize(("read", "value", "sentence"), REFUSED)
def test_a_cell_that_cannot_be_is_refused_in_a_whole_sentence(
    read: Reader, value: str, sentence: str
) -> None:
    with pytest.raises(Impossible) as refused:
        read(row(value), "cell")
    assert refused.value.field == "cell"
    assert str(refused.value).startswith(f"cell {sentence}")
    if read is not values.iban:  # how an IBAN is wrong is schwifty's to say
        assert str(refused.value) == f"cell {sentence}"


MIDNIGHT = datetime(2026, 6, 30, 4, tzinfo=UTC)
TAKEN: list[tuple[Reader, str, object]] = [
    (cells.optional, " ", None),
    (cells.optional, "x" * 255, "x" * 255),
    (cells.needed, " a ", "a"),
    (full, "red", "red"),
    (colour, "", None),
    (colour, "blue", "blue"),
    (code, "", None),
    (code, "c7", "c7"),
    (cells.instant, "", None),
    (cells.instant, "2026-06-30", MIDNIGHT),
    (cells.instant, "2026-06-30T00:00", MIDNIGHT),
    (cells.instant, "2026-06-30 04:00Z", MIDNIGHT),
    (cells.instant, "2026-07-01T23:59-04:00", datetime(2026, 7, 2, 3, 59, tzinfo=UTC)),
    (cells.instant, "1900-01-01T12:00Z", datetime(1900, 1, 1, 12, tzinfo=UTC)),
    (values.email, "", None),
    (values.locale, "", None),
    (values.locale, "pt_BR", "pt-BR"),
    (values.currency, "", None),
    (values.currency, "JPY", "JPY"),
    (values.crm_id, "", None),
    (values.crm_id, "006f4000002NAbG", "006f4000002NAbGAAW"),
    (values.crm_id, "006f4000002NAbGAAW", "006f4000002NAbGAAW"),
    (values.domain, "", None),
    (values.domain, "https://shop.acme.co.uk/x", "acme.co.uk"),
    (values.domain, "gmail.com", None),
    (values.channel, "", None),
    (values.channel, "Slack", "slack"),
    (values.participant, "", None),
    (values.participant, "ada", 1),
    (values.division, "", ""),
    (values.division, " Asia   Pacific ", "Asia Pacific"),
    (values.coming_day, "", None),
    (values.coming_day, "2076-12-31", date(2076, 12, 31)),
    (values.coming_day, "1976-01-01", date(1976, 1, 1)),
    (values.evidence, "", ()),
    (values.evidence, "meeting=2026-07-01", (Evidence("meeting", date(2026, 7, 1)),)),
    (values.evidence, "meeting=1900-01-01", (Evidence("meeting", date(1900, 1, 1)),)),
    (
        values.evidence,
        "budget 2026-06-01 'signed; by the CFO'; need: they said so;need:they said so",
        (
            Evidence("budget", date(2026, 6, 1), "signed; by the CFO"),
            Evidence("need", None, "they said so"),
        ),
    ),
]


@pytest.mark.parametrize(("read", "value", "expected"), TAKEN)
def test_a_cell_that_can_be_is_read(read: Reader, value: str, expected: object) -> None:
    assert read(row(value), "cell") == expected


def test_an_address_is_at_most_as_long_as_mail_servers_take() -> None:
    longest = f"{'a' * 64}@{'b' * 62}.{'c' * 61}.{'d' * 61}.eu"
    assert len(longest) == 254
    assert values.email(row(longest), "cell") == longest
    with pytest.raises(Impossible):
        values.email(row(f"a{longest}"), "cell")


@pytest.mark.parametrize(
    ("value", "currency", "said"),
    [
        ("12", "", "currency is empty: cell needs one, such as USD"),
        ("-0.01", "USD", "cell is -0.01: write zero or more"),
        (
            "0.001",
            "USD",
            "cell cannot be read: '0.001' is no amount in USD: USD has 2 decimals",
        ),
    ],
)
def test_an_amount_needs_its_currency_and_is_not_negative(
    value: str, currency: str, said: str
) -> None:
    with pytest.raises(Impossible) as refused:
        values.amount_minor(row(value, currency=currency), "cell")
    assert str(refused.value) == said
    assert values.amount_minor(row("0", currency="USD"), "cell") == 0
    assert values.amount_minor(row("12.5", currency="USD"), "cell") == 12_50
    assert values.amount_minor(row(""), "cell") is None


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("10", "nps", "10"),
        ("0", "nps", "0"),
        ("all\r\nwell\tnow", "review", "all\nwell\tnow"),
        ("old\rmac", "review", "old\nmac"),
        ("", "review", None),
    ],
)
def test_an_event_says_a_score_or_a_text_of_several_lines(
    value: str, kind: str, expected: str | None
) -> None:
    assert values.event_value(row(value, kind=kind), "cell") == expected


@pytest.mark.parametrize("value", ["11", "100", "-1", "", "1.0", "²"])
def test_a_score_is_a_whole_number_to_ten(value: str) -> None:
    with pytest.raises(Impossible) as refused:
        values.event_value(row(value, kind=" nps "), "cell")
    told = f"cell is '{value}': a score is a whole number from 0 to 10"
    assert str(refused.value) == told


@pytest.mark.parametrize("source", ["marketing", "direct"])
def test_a_touch_of_nobodys_names_nobody(source: str) -> None:
    with pytest.raises(Impossible) as refused:
        values.touching_participant(row("ada", source=source), "cell")
    told = f"cell is named, but a {source} touch is nobody's: leave it empty"
    assert str(refused.value) == told
    assert values.touching_participant(row("", source=source), "cell") is None
    assert values.touching_participant(row("ada", source="partner"), "cell") == 1


def about(**others: str) -> Given:
    return Given({"domain": "", "contact_email": "", "company": ""} | others, AROUND)


def test_a_row_about_nobody_says_what_may_be_filled_in() -> None:
    with pytest.raises(Impossible) as refused:
        values.company(about(), "company")
    assert str(refused.value) == (
        "company is empty, and so are domain and contact_email: say whom it is about"
    )
    with pytest.raises(Impossible) as refused:
        values.touched_domain(about(opportunity_id=""), "domain")
    assert str(refused.value) == (
        "domain is empty, and so are contact_email and opportunity_id: say whom it is about"
    )
    with pytest.raises(Impossible) as refused:
        values.company(about(domain="gmail.com"), "company")
    assert str(refused.value) == (
        "domain is 'gmail.com', which anybody may use: say whom it is about"
    )
    assert refused.value.field == "domain"


def test_a_company_goes_by_what_else_the_row_has() -> None:
    assert values.company(about(company="Acme"), "company") == "Acme"
    assert values.company(about(domain="acme.example"), "company") == "acme.example"
    both = about(domain="gmail.com", contact_email="jo@gmail.com")
    assert values.company(both, "company") == "jo@gmail.com"
    touched = about(domain="gmail.com", contact_email="jo@x.example", opportunity_id="")
    assert values.touched_domain(touched, "domain") is None
