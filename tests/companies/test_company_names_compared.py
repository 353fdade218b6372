"""Two names of companies: the same, different, or a question; whatever is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.companies.comparing import Answer, Likeness, Rarity, compare
from goodword.companies.names import name_key, read

CROWD = tuple(
    f"{head} {trade}"
    for trade in ("Diamond", "Nova", "Terra")
    for head in "Abel Bern Cato Dorn Elba Fink Gard Holt Inka Jola Kern".split()
)
NOBODY = Rarity(map(read, CROWD))
HEADS = st.sampled_from("zorvath quellmar brintexo ludavik".split())
RESTS = st.lists(st.sampled_from("tandrel Oost Chemical Energy de 7 & Canada".split()), max_size=3)
WORDS = st.builds(lambda head, rest: [head, *rest], HEADS, RESTS)
FORMS = st.sampled_from(
    [
        "Ltd",
        "GmbH",
        "S.p.A.",
        "N.V.",
        "B. V.",
        "S.A. de C.V.",
        "Sdn. Bhd.",
        "A/S",
        "株式会社",
        "LLC",
    ]
)


def wide(text: str) -> str:
    """Write letters as wide as Japanese ones."""
    return "".join(chr(ord(letter) + 0xFEE0) if letter > " " else "\u3000" for letter in text)


def likeness(one: str, other: str) -> Likeness:
    return compare(read(one), read(other), NOBODY)


def answer(one: str, other: str) -> Answer:
    return likeness(one, other).answer


@pytest.mark.parametrize(
    "written",
    [
        "ZORVATH",
        "Zorvath N.V.",
        "N. V. Zorvath",
        "N V ZORVATH",
        "zorvath nv",
        "* ZORVATH B.V.",
        "Zorvath GmbH & Co. KG",
        "Zorvath Aktiengesellschaft",
        "Naamloze Vennootschap Zorvath",
        "Zorvath, S.A. de C.V.",
        "Zorvath S.p.A.",
        "Zorvath Sp. z o.o.",
        "Zorvath s.r.o.",
        "Zorvath A/S",
        "AB Zorvath (publ)",
        "Oy Zorvath Ab",
        "PT Zorvath Tbk",
        "Zorvath Sdn. Bhd.",
        "Zorvath Pty Ltd",
        "Zorvath Pvt. Ltd.",
        "Zorvath Anonim Şirketi",
        "株式会社Zorvath",
        "Zorvath(株)",
        wide("ZORVATH K.K."),
        "The Zorvath Company",
        "Zorváth Inc.",
        "Koninklijke Zorvath N.V.",
        "KONINKLIKE ZORVATH NV",
        "Zorvath B.V., Delft, NL",
        "Zorvath N.V. te Delft",
        "Zorvath (B.V.)",
        "Open Joint Stock Company Zorvath",
        "Limited Liability Company Zorvath",
        "Zor'vath Ltd.",
    ],
)
def test_a_name_is_the_same_in_every_legal_form_and_writing(written: str) -> None:
    found = likeness(written, "Zorvath")
    assert found.answer is Answer.SAME, found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zorvath-Quellmar Ltd", "ZORVATH QUELLMAR LIMITED"),
        ("ZorvathQuellmar", "Zorvath Quellmar"),
        ("Quellmar GmbH Robert", "Robert Quellmar GmbH"),
        ("Philtranex", "Filtranex"),  # written by sound
        ("Zorvath Quelmar", "Zorvath Quellmar"),
        ("Zorvath Qeullmar Energy", "Zorvath Quellmar Energy"),
        ("Zorvath Electronic", "Zorvath Electronics"),
        ("Zorvath Holland B.V.", "Zorvath Nederland B.V."),
        ("Zorvath & Brintexo", "Zorvath and Brintexo"),
        ("Zorvath &amp; Brintexo", "Zorvath und Brintexo"),
        ("U.S. Zorvath Corp", "US Zorvath Corporation"),
        ("ZORVATHNV", "Zorvath N.V."),
        (
            "\u041e\u041e\u041e \u041d\u043e\u0440\u0434\u043a\u0440\u043e\u043d",
            "Nordkron",
        ),  # Cyrillic letters
    ],
)
def test_other_spellings_of_a_name_are_the_same(one: str, other: str) -> None:
    found = likeness(one, other)
    assert found.answer is Answer.SAME, found


@pytest.mark.parametrize(
    ("one", "other", "extra"),
    [
        ("Zorvath", "Zorvath Chemicals", "chemicals"),
        ("Zorvath Ltd", "Zorvath Group Ltd", "group"),
        ("Zorvath Deutschland GmbH", "Zorvath Canada Ltd", "@CA"),
        ("Zorvath Quellmar", "Zorvath", "quellmar"),
        ("Zorvath Fund III", "Zorvath Fund IV", "iii"),
        ("Zorvath Trust 2006-1", "Zorvath Trust 2007-1", "2006"),
        ("Lucara Diamond", "Lucapa Diamond", "lucara"),  # a common word holds nothing in place
        ("Zorvath Quellmar Inc. 1", "Zorvath Quellmar Inc. 2", "1"),
        ("Zorvath Tan", "Zorvath Tandrel", "tandrel"),
        ("Zorval", "Zorvan", "zorva"),
        ("Acme Nova Tools", "Acme Terra Tools", "nova"),
        ("First Bank", "Bank First", "common words"),
    ],
)
def test_a_word_more_or_another_word_is_never_the_same(one: str, other: str, extra: str) -> None:
    found = likeness(one, other)
    assert found.answer is not Answer.SAME
    assert extra in found.reason


def test_what_is_alike_is_asked_and_what_is_not_is_different() -> None:
    assert answer("Zorvath Quellmar", "Zorvath Quellmar Chemicals") is Answer.ASK
    assert answer("Zorvath Chemicals", "Brintexo Chemicals") is Answer.DIFFERENT
    assert answer("Zorvath", "Brintexo") is Answer.DIFFERENT


@given(WORDS, WORDS, FORMS, FORMS)
def test_which_of_two_names_comes_first_makes_no_difference(
    one: list[str], other: list[str], form: str, another: str
) -> None:
    here, there = f"{' '.join(one)} {form}", f"{' '.join(other)} {another}"
    assert answer(here, there) is answer(there, here)
    assert likeness(here, there).score == likeness(there, here).score


@given(WORDS, FORMS)
def test_a_legal_form_case_and_punctuation_change_nothing(words: list[str], form: str) -> None:
    name = " ".join(words)
    for written in (f"{name} {form}", f"{name}, {form}", name.upper(), f"* {name}.", f"  {name} "):
        assert answer(name, written) is Answer.SAME, (written, likeness(name, written))


@given(st.permutations("Zorvath Quellmar Brintexo Energy".split()))
def test_the_order_of_words_makes_no_difference_when_they_tell_enough(words: list[str]) -> None:
    assert answer(" ".join(words), "Zorvath Quellmar Brintexo Energy") is Answer.SAME


@given(st.text(max_size=40))
def test_any_name_that_has_letters_is_the_same_as_itself(text: str) -> None:
    has_letters = bool(read(text).words)
    assert answer(text, text) is (Answer.SAME if has_letters else Answer.DIFFERENT)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_two_texts_have_an_answer_and_a_reason(one: str, other: str) -> None:
    found = likeness(one, other)
    assert 0 <= found.score <= 1
    assert found.reason


@pytest.mark.parametrize("text", ["", " ", "\0", "***", "&", "🍕", "\u202e\u200f", "...", "、。"])
def test_what_has_no_letters_is_no_company(text: str) -> None:
    assert answer(text, text) is Answer.DIFFERENT
    assert answer(text, "Zorvath") is Answer.DIFFERENT


def test_marks_that_cannot_be_seen_do_not_count() -> None:
    assert answer("\u200fZor\u200bvath\0 Ltd", "Zorvath") is Answer.SAME
    assert answer("شركة زورفات", "شركة زورفات") is Answer.SAME


def test_a_name_of_any_length_is_read_in_no_time() -> None:
    assert answer("Zorvath " * 100_000, "Zorvath") is not Answer.SAME
    assert answer("x" * 1_000_000, "y" * 1_000_000) is Answer.DIFFERENT


def test_homophones_of_chinese_characters_are_not_the_same() -> None:
    assert answer("株式会社東海", "株式会社東海") is Answer.SAME
    assert answer("上海市石油有限公司", "上海事时有有限公司") is not Answer.SAME


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("ACME, S.A. de C.V.", "acme"),
        ("The Acme Company Ltd.", "acme"),
        ("株式会社アクメ", "アクメ"),
        ("Acme Sdn. Bhd.", "acme"),
        ("Limited", "limited"),
        (wide("Acme GmbH"), "acme"),
    ],
)
def test_the_key_in_the_database_stays_what_it_was(name: str, key: str) -> None:
    assert name_key(name) == key
