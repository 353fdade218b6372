"""Bank files: XML that agrees with the schema, the same bytes each time, and what is refused."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sepaxml.validation import try_valid_xml  # type: ignore[import-untyped] # no stubs

from goodword.adapters.bank_files import (
    LARGEST_MINOR,
    SCHEMA,
    BankTransfers,
    Debtor,
    NoBankAccount,
    NotWritable,
    build,
)
from goodword.adapters.payments import NotPayable, NotReady, Payment
from goodword.money import Money
from goodword.rules.bank_files import BankFile, Line, execution_day, short_name
from goodword.rules.payouts import HandedOver, NotAnswered, Rail

DEBTOR = Debtor("Harbour Software", "DE89 3704 0044 0532 0130 00", "cobadeffxxx")
GERMAN, FRENCH, DUTCH = (
    "DE02120300000000202051",
    "FR1420041010050500013M02606",
    "NL91ABNA0417164300",
)
LINE = Line("goodword-1-1", "Ada Lim", FRENCH, None, Money(12_345, "EUR"), "Rewards, payout 1")
FILE = BankFile("goodword-1-file-1", date(2026, 6, 30), date(2026, 7, 1), (LINE,))
BANK = BankTransfers(DEBTOR)
PAYMENT = Payment(
    "goodword-1a2b3c4d-7",
    Rail.BANK_FILE,
    Money(12_345, "EUR"),
    FRENCH,
    "Referral rewards, payout 7",
    receiver="Ada Lim",
)


def texts(xml: bytes, element: str) -> list[str | None]:
    space = f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}"
    return [found.text for found in ET.fromstring(xml).iter(f"{{{space}}}{element}")]  # noqa: S314 - ours


def test_a_file_says_who_pays_whom_how_much_and_when() -> None:
    second = Line("goodword-1-2", "Bo Tan", DUTCH, "ABNANL2A", Money(1, "EUR"), "Rewards, payout 2")
    xml = build(replace(FILE, lines=(LINE, second)), DEBTOR)
    assert texts(xml, "MsgId") == texts(xml, "PmtInfId") == ["goodword-1-file-1"]
    assert texts(xml, "CreDtTm") == ["2026-06-30T00:00:00"]
    assert texts(xml, "ReqdExctnDt")
    assert texts(xml, "Dt") == ["2026-07-01"]
    assert texts(xml, "NbOfTxs") == ["2", "2"]
    assert texts(xml, "CtrlSum") == ["123.46", "123.46"]
    assert texts(xml, "InstdAmt") == ["123.45", "0.01"]
    assert texts(xml, "EndToEndId") == ["goodword-1-1", "goodword-1-2"]
    assert texts(xml, "Nm") == ["Harbour Software", "Harbour Software", "Ada Lim", "Bo Tan"]
    assert texts(xml, "IBAN") == ["DE89370400440532013000", FRENCH, DUTCH]
    assert texts(xml, "BICFI") == ["COBADEFFXXX", "ABNANL2A"]
    assert texts(xml, "Ustrd") == ["Rewards, payout 1", "Rewards, payout 2"]


def test_the_same_file_is_the_same_bytes() -> None:
    assert build(FILE, DEBTOR) == build(FILE, DEBTOR)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Žofia Müller-Ørsted", "Zofia Muller-Orsted"),
        ("山田太郎", "Shan Tian Tai Lang"),
        ("Smith & Sons; \u201cO\u2019Neill\u201d <b>@", "Smith + Sons, 'O'Neill' b (at)"),
        ("Ada</Nm></Cdtr><IBAN>XX", "Ada /Nm /Cdtr IBAN XX"),
        ("\u202eevil\x00\nname", "evil name"),
        ("/Slash & Co/", "Slash + Co"),
        ("x" * 200, "x" * 70),
    ],
)
def test_a_name_is_written_in_the_characters_of_every_bank(name: str, written: str) -> None:
    xml = build(replace(FILE, lines=(replace(LINE, name=name),)), DEBTOR)
    assert texts(xml, "Nm")[-1] == written


@settings(max_examples=15)  # the schema is read anew for each file
@given(st.text(max_size=200), st.text(max_size=300))
@example("😀", "")
@example("]]>&amp;", "\ud800")
def test_no_name_and_no_text_breaks_a_file(name: str, text: str) -> None:
    line = replace(LINE, name=name, text=text)
    with suppress(NotWritable):
        xml = build(replace(FILE, lines=(line,)), DEBTOR)
        try_valid_xml(xml, SCHEMA)
        assert texts(xml, "EndToEndId") == [LINE.end_to_end_id]
        assert xml.isascii()


def test_a_name_without_a_letter_or_a_figure_names_nobody() -> None:
    with pytest.raises(NotWritable, match="has nothing in it that banks can write"):
        build(replace(FILE, lines=(replace(LINE, name="😀 /-"),)), DEBTOR)


def test_a_text_that_no_bank_can_write_gives_way_to_the_payouts_name() -> None:
    xml = build(replace(FILE, lines=(replace(LINE, text="😀"),)), DEBTOR)
    assert texts(xml, "Ustrd") == [LINE.end_to_end_id]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"iban": "FR1420041010050500013M02607"}, "is no IBAN (Invalid checksum digits)"),
        ({"iban": "US64SVBKUS6S3300958879"}, "is no IBAN (Unknown country-code 'US')"),
        ({"iban": "AE070331234567890123456"}, "is outside the Single Euro Payments Area"),
        ({"bic": "COBADEF"}, "is no BIC (Invalid length '7')"),
        ({"money": Money(100, "USD")}, "bank files pay in EUR only, this is 1.00 USD"),
        ({"money": Money(0, "EUR")}, "0.00 EUR is not above zero"),
        ({"money": Money(LARGEST_MINOR + 1, "EUR")}, "up to 999,999,999.99 EUR"),
    ],
)
def test_what_no_bank_could_carry_out_is_in_no_file(change: dict[str, object], said: str) -> None:
    wrong = replace(LINE, **change)  # type: ignore[arg-type] # the values fit their names
    with pytest.raises(NotWritable) as refused:
        build(replace(FILE, lines=(wrong,)), DEBTOR)
    assert str(refused.value).startswith("goodword-1-1 cannot be paid by a file: ")
    assert said in str(refused.value)


def test_a_file_without_payments_or_with_two_of_one_name_is_not_made() -> None:
    for lines in ((), (LINE, LINE)):
        with pytest.raises(NotWritable, match="no payment, or two of one name"):
            build(replace(FILE, lines=lines), DEBTOR)


def test_the_account_that_pays_is_checked_too() -> None:
    for wrong, said in (
        (replace(DEBTOR, iban="DE00"), "is no IBAN"),
        (replace(DEBTOR, bic="COBA"), "is no BIC"),
        (replace(DEBTOR, name="✨"), "nothing in it that banks can write"),
    ):
        with pytest.raises(NotWritable, match=said):
            build(FILE, wrong)


# The rail -----------------------------------------------------------------------------------------


def test_a_request_is_what_will_stand_in_the_file() -> None:
    assert BANK.request(replace(PAYMENT, receiver="Müller & Co", bic="bnpafrpp")) == {
        "end_to_end_id": "goodword-1a2b3c4d-7",
        "name": "Muller + Co",
        "iban": FRENCH,
        "bic": "BNPAFRPP",
        "amount": 12_345,
        "currency": "EUR",
        "text": "Referral rewards, payout 7",
    }


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": Money(1, "JPY")}, "currency_not_accepted"),
        ({"amount": Money(LARGEST_MINOR + 1, "EUR")}, "amount_too_large"),
        ({"destination": "FR00"}, "iban_invalid"),
        ({"bic": "X"}, "bic_invalid"),
        ({"receiver": ""}, "name_not_writable"),
    ],
)
def test_what_can_never_be_paid_by_a_file_says_why_and_what_to_do(
    change: dict[str, object], code: str
) -> None:
    with pytest.raises(NotPayable) as refused:
        BANK.request(replace(PAYMENT, **change))  # type: ignore[arg-type] # as above
    assert refused.value.refused.code == code
    assert refused.value.refused.next_step


def test_sending_hands_a_payout_over_however_often() -> None:
    request = BANK.request(PAYMENT)
    assert BANK.send(request) == BANK.send(request) == HandedOver("it goes into the next bank file")


def test_readiness_looks_at_the_iban_and_the_currency() -> None:
    wanted = [(GERMAN, "EUR"), (GERMAN, "USD"), ("DE00", "EUR")]
    ready, dollars, wrong = (BANK.readiness(wanted)[way] for way in wanted)
    assert ready is None
    assert isinstance(dollars, NotReady)
    assert isinstance(wrong, NotReady)
    assert (dollars.code, wrong.code) == ("currency_not_accepted", "unknown_account")


def test_without_an_account_to_pay_from_nobody_is_paid_by_a_file() -> None:
    nobody = BankTransfers(None)
    (answer,) = nobody.readiness([(GERMAN, "EUR")]).values()
    assert isinstance(answer, NotAnswered)
    assert "GOODWORD_BANK_IBAN" in answer.reason
    with pytest.raises(NoBankAccount, match="GOODWORD_BANK_NAME"):
        nobody.write(FILE)


# Names and days -----------------------------------------------------------------------------------


def test_a_reference_that_fits_is_its_own_name() -> None:
    assert short_name("goodword-1a2b3c4d-1234") == "goodword-1a2b3c4d-1234"


@given(st.text(max_size=200))
@example("a" * 36)
@example("/a")
@example("a//b")
@example("山")
def test_every_name_in_a_file_is_short_and_plain(reference: str) -> None:
    name = short_name(reference)
    assert 1 <= len(name) <= 35
    assert name.isascii()
    assert not name.startswith("/")
    assert "//" not in name


@given(st.lists(st.text("ab/é-", max_size=60), unique=True, max_size=20))
def test_two_references_never_have_one_name(references: list[str]) -> None:
    assert len({short_name(reference) for reference in references}) == len(references)


def test_a_file_is_carried_out_on_the_first_weekday_after_it_was_made() -> None:
    monday, thursday = date(2026, 6, 29), date(2026, 7, 2)
    assert execution_day(thursday) == date(2026, 7, 3)
    assert [execution_day(date(2026, 7, day)) for day in (3, 4, 5)] == [date(2026, 7, 6)] * 3
    assert execution_day(monday) == date(2026, 6, 30)
