"""Which account is meant: by domain, by name, or by a person's answer."""

from __future__ import annotations

import pytest

from goodword.companies import Account, Answer, Asked, Index, Match, match

ACCOUNTS = (
    Account("1", "Zorvath N.V.", "zorvath.com", "NL"),
    Account("2", "Zorvath Chemicals B.V.", "zorvath-chemicals.com", "NL", parent_id="1"),
    Account("3", "Quellmar Ltd", "quellmar.co.uk", "United Kingdom"),
    Account("4", "Brintexo Inc."),
    Account("5", "Brintexo GmbH", parent_id="4"),
    Account("6", "Ludavik SA", "shared.example"),
    Account("7", "Mokhtari Foods", "shared.example"),
    Account("8", "Tandrel AG", "tandrel.example"),
    Account("8", "Oldname AG", "oldname.example"),  # merged into Tandrel
)
INDEX = Index.of(ACCOUNTS)


def found(name: str, domain: str | None = None, country: str | None = None) -> Match:
    return match(Asked(name, domain, country), INDEX)


def test_the_domain_of_one_account_decides_whatever_the_name() -> None:
    meant = found("Something Else", "quellmar.co.uk")
    assert (meant.answer, meant.account_id) == (Answer.SAME, "3")
    assert meant.reason == "same registrable domain quellmar.co.uk"


def test_a_domain_of_one_and_the_very_name_of_another_is_a_question() -> None:
    asked = found("Quellmar", "tandrel.example")
    # Quellmar has a domain of its own, so that its name alone is no answer
    assert (asked.answer, asked.account_id) == (Answer.SAME, "8")
    rival = found("Brintexo Inc.", "tandrel.example")
    assert (rival.answer, rival.account_id) == (Answer.ASK, None)
    assert "same registrable domain" in rival.reason
    assert "the same name" in rival.reason


def test_a_domain_that_two_accounts_have_is_settled_by_the_name_or_by_a_person() -> None:
    assert found("Ludavik", "shared.example").account_id == "6"
    unsettled = found("Nobody", "shared.example")
    assert unsettled.answer is Answer.ASK
    assert {each.account_id for each in unsettled.candidates} == {"6", "7"}


def test_the_name_decides_when_only_its_legal_form_differs() -> None:
    meant = found("ZORVATH BV")
    assert (meant.answer, meant.account_id) == (Answer.SAME, "1")
    assert meant.reason == (
        "the names agree but for the legal form: 'ZORVATH BV' and 'Zorvath N.V.'"
    )


def test_the_same_name_with_another_domain_is_a_question() -> None:
    asked = found("Zorvath NV", "zorvath.example")
    assert asked.answer is Answer.ASK
    assert "same name, another domain (zorvath.example and zorvath.com)" in asked.reason


@pytest.mark.parametrize(
    ("country", "answer"),
    [
        ("NL", Answer.SAME),
        ("Niederlande", Answer.SAME),
        ("Atlantis", Answer.SAME),
        (None, Answer.SAME),
        ("Japan", Answer.ASK),
        ("JP", Answer.ASK),
    ],
)
def test_the_same_name_in_another_country_is_a_question(
    country: str | None, answer: Answer
) -> None:
    assert found("Zorvath", country=country).answer is answer


def test_two_accounts_of_one_name_are_a_question_that_tells_the_family() -> None:
    asked = found("Brintexo")
    assert (asked.answer, asked.account_id) == (Answer.ASK, None)
    assert asked.reason.startswith("2 accounts answer to it, 4 (")
    assert asked.reason.endswith("5: a subsidiary of 'Brintexo Inc.' (4); a person must say")


def test_a_name_that_is_alike_is_a_question_with_what_differs() -> None:
    asked = found("Zorvath Chemicals Holding")
    assert asked.answer is Answer.ASK
    assert [each.account_id for each in asked.candidates] == ["2", "1"]
    assert "'holding'" in asked.reason
    assert "2: a subsidiary of 'Zorvath N.V.' (1); a person must say" in asked.reason


def test_a_name_that_is_only_alike_is_no_question_when_the_domains_differ() -> None:
    assert found("Zorvath Logistics").answer is Answer.ASK
    assert found("Zorvath Logistics", "zorvath-logistics.example").answer is Answer.DIFFERENT


def test_a_merged_account_answers_to_its_former_name_and_domain() -> None:
    assert found("Oldname").account_id == "8"
    assert found("x", "oldname.example").account_id == "8"


def test_a_domain_that_many_have_tells_nothing() -> None:
    many = [Account(str(n), f"Firma{n * 7919}", "mail.example") for n in range(4)]
    assert match(Asked("Unknown", "mail.example"), Index.of(many)).answer is Answer.DIFFERENT


@pytest.mark.parametrize("name", ["", "\0", "***", "🍕", "x" * 100_000, "\u202eabc", "Limited"])
def test_no_name_breaks_a_question_or_an_index(name: str) -> None:
    index = Index.of([*ACCOUNTS, Account("10", name)])
    assert match(Asked(name), index).reason
    assert match(Asked("Zorvath N.V."), index).account_id == "1"


def test_nobody_is_meant_where_no_account_is_known() -> None:
    nobody = match(Asked("Zorvath", "zorvath.com"), Index.of([]))
    assert nobody == Match(Answer.DIFFERENT, None, "no account has this domain or a name like it")


def test_a_family_that_goes_in_a_circle_is_no_trap() -> None:
    circle = [Account("a", "Zorvath", parent_id="b"), Account("b", "Zorvath", parent_id="a")]
    assert match(Asked("Zorvath"), Index.of(circle)).answer is Answer.ASK


@pytest.mark.parametrize(
    "written", ["Zorvth Chemicals", "Zorvaht Chemicals", "ZORVATHCHEMICALS", "Chemicals Zorvath"]
)
def test_a_slip_does_not_hide_an_account(written: str) -> None:
    assert "2" in {each.account_id for each in found(written).candidates}
