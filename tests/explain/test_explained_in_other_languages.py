"""What `goodword explain --locale` writes, and that no catalogue lacks a phrase of the program."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po

from goodword.adapters import languages, stripe_readiness
from goodword.adapters.languages import UnknownLanguage
from goodword.phrases import Said, Stored, because, say
from goodword.rules.explanations import Kind
from goodword.rules.payouts import Rail
from goodword.wiring import PHRASES
from tests.explain import sources
from tests.explain.english import english_left
from tests.explain.test_explain_command import run

if TYPE_CHECKING:
    from goodword.rules.languages import Language
    from tests.explain.conftest import Company

LOCALES = ("ja", "ms")
_ENDS = {"ja": ("。", "：", "？"), "ms": (".", ":", "?")}  # noqa: RUF001 - Japanese punctuation


def language(locale: str) -> Language:
    found = languages.read(PHRASES, locale)
    assert found is not None
    return found


def catalogue(locale: str) -> dict[sources.Entry, str]:
    with (PHRASES / f"{locale}.po").open("rb") as file:
        found = read_po(file, locale=locale, abort_invalid=True)
    return {(entry.context, str(entry.id)): str(entry.string) for entry in found if entry.id}


def in_po(entry: sources.Entry, file: str) -> str:
    """Write an entry as a translator gets it."""
    context, english = entry
    head = f'#: {file}\nmsgctxt "{context}"' if context else f"#: {file}"
    return f'{head}\nmsgid "{english}"\nmsgstr ""'


@pytest.mark.parametrize("locale", LOCALES)
def test_a_catalogue_has_every_phrase_reason_and_word_of_the_program_and_no_other(
    locale: str,
) -> None:
    wanted, kept = sources.entries(), catalogue(locale)
    missing = [in_po(entry, file) for entry, file in wanted.items() if not kept.get(entry)]
    assert not missing, "\n\n".join(["not translated:", *missing])
    assert kept.keys() - wanted.keys() == set()


@pytest.mark.parametrize("locale", LOCALES)
def test_a_translation_holds_and_ends_as_its_phrase_does(locale: str) -> None:
    ends = dict(zip((".", ":", "?"), _ENDS[locale], strict=True))
    wrong = [
        f"{english} -> {translated}"
        for (_, english), translated in catalogue(locale).items()
        if set(held(english)) != set(held(translated))
        or set(quoted(english)) != set(quoted(translated))
        or (english[-1] in ends and not translated.endswith(ends[english[-1]]))
    ]
    assert wrong == []


def held(phrase: str) -> list[str]:
    return re.findall(r"\{\w*\}", phrase)


def quoted(phrase: str) -> list[str]:
    """Return the commands in a phrase."""
    return re.findall(r"`[^`]*`", phrase)


def test_no_reason_has_a_semicolon_by_which_it_would_be_cut() -> None:
    assert [phrase for context, phrase in sources.entries() if context and ";" in phrase] == []


def test_a_reason_is_known_again_with_what_it_holds() -> None:
    stored = because(
        "{reason}, {part} of it credited",
        reason=because("{percent} of {amount}", percent="20%", amount="12,000.00 USD"),
        part="33.30%",
    )
    ja, ms = language("ja"), language("ms")
    assert ja.write(Stored(stored)) == "$12,000.00の20%、そのうち33.30%を配分"
    assert ms.write(Stored(stored)) == (
        "20% daripada USD\N{NO-BREAK SPACE}12,000.00, 33.30% daripadanya dikreditkan"
    )
    both = "it is for customer or reseller, not employee; won on 2026-03-10 with 2 claims"
    assert ja.write(Stored(both)) == (
        "顧客または販売代理店向けで、従業員は対象外。2026年3月10日に受注、関与2件"
    )
    assert ja.write(Stored("it is for customers in JP or MY, not an unknown one")) == (
        "JPまたはMYの顧客向けで、不明なものは対象外"
    )


def test_what_stripe_and_imports_call_a_thing_is_no_account_of_the_crm() -> None:
    ja = language("ja")
    refused = stripe_readiness.no_destination(Rail.STRIPE_TRANSFER)
    assert ja.write(Stored(refused.reason)) == "参加者のStripeアカウントが登録されていない"
    assert ja.write(Stored(refused.next_step)) == "stripe_accountを記入して参加者を取り込む"
    assert ja.write(Stored("Stripe account acct_1 is not there: gone")) == (
        "Stripeアカウントacct_1が存在しない：「gone」"  # noqa: RUF001 - Japanese punctuation
    )
    refused = stripe_readiness.no_destination(Rail.STRIPE_COUPON)
    assert ja.write(Stored(refused.reason)) == "参加者のStripeサブスクリプションが登録されていない"


def test_what_somebody_wrote_stays_as_it_is_in_quotation_marks() -> None:
    ja = language("ja")
    assert ja.write(Stored("as agreed; call them")) == "「as agreed; call them」"
    assert ja.write(Stored("the ruling in dispute 3: they met first")) == (
        "異議3の裁定：「they met first」"  # noqa: RUF001 - Japanese punctuation
    )
    assert ja.write(Stored("500.00 USD is below 700.00 USD; ask Ann")) == (
        "$500.00は$700.00未満。「ask Ann」"
    )


def test_a_long_text_of_known_words_is_somebodys_own() -> None:
    endless = ", ".join(["paid"] * 40) + " or so"
    assert language("ja").write(Stored(endless)) == f"「{endless}」"


def test_a_phrase_that_a_catalogue_lacks_stays_english() -> None:
    said = say("On {on} it rained", on=date(2026, 3, 10))
    assert language("ja").write(said) == "On 2026年3月10日 it rained"


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", list(Kind))
def test_a_story_has_no_english_sentence_in_another_language(
    company: Company, kind: Kind, locale: str
) -> None:
    for number in company.numbers(kind):
        told = company.tell(kind, number)
        assert all(
            isinstance(each, Said) for section in told.story.sections for each in section.sentences
        )
        written = told.story.written(language(locale))
        assert english_left(told.case, written, company.versions) == []


def test_the_command_writes_japanese_in_100_columns_and_json_in_no_other_words(
    company: Company,
) -> None:
    done = run(company, "reward", "1", "--locale", "ja-JP")
    assert done.returncode == 0, done.stderr
    assert "$12,000.00の20% = $2,400.00。" in done.stdout.replace("\n", "")
    written = json.loads(run(company, "conversion", "1", "--json", "--locale", "ms").stdout)
    english = company.document(Kind.CONVERSION, 1)
    for part in ("title", "sections", "recomputed"):
        assert written[part] == english[part]


def test_a_language_without_a_catalogue_is_refused_with_those_there_are() -> None:
    assert languages.read(PHRASES, "en-GB") is None
    with pytest.raises(UnknownLanguage, match=r"'fr'; choose one of en, ja, ms"):
        languages.read(PHRASES, "fr")
