"""The letters as their readers see them, and the templates that cannot be filled in."""

from __future__ import annotations

import shutil
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from goodword.adapters.letters import Letters, TemplateFailed
from goodword.money import Money
from goodword.rules.destinations import THEIRS_TO_REPAIR

FOLDER = Path(__file__).parents[2] / "templates" / "email"
PHRASES = FOLDER.with_name("explanations")
MESSAGES = sorted(f.name for f in FOLDER.iterdir() if f.is_dir() and f.name != "_layout")
LOCALES = ["en", "ja", "ms"]
DOLLARS = {"minor": 123450, "currency": "USD"}
YEN = {"minor": 12000, "currency": "JPY"}
REWARDS = {
    "count": 2,
    "seconds": 1,
    "oldest_on": "2026-06-01",
    "totals": [DOLLARS, YEN],
    "command": "goodword rewards list",
}
ACCESS = {
    "by": "ada <root>",
    "time": "12:08 UTC",
    "factor": True,
    "roles": None,
    "roles_before": ["approver"],
    "administrators": [{"name": "carol", "email": "carol@contoso.example"}],
    "trail": "goodword audit list --by ann",
}
NBSP = "\N{NO-BREAK SPACE}"


def context(**changed: Any) -> dict[str, Any]:
    return {
        "participant": {"name": "Aiko Tanaka", "kind": "customer"},
        "program": {"name": "Contoso Partners", "support_email": "partners@contoso.example"},
        "company": "O'Neil & <Sons>",
        "submitted_on": "2026-06-30",
        "until": "2026-09-27",
        "days": 7,
        "hours": 24,
        "amount": DOLLARS,
        "reasons": ["no meeting", "no budget"],
        "reason": "the budget is gone",
        "lines": [
            {"company": "Acme", "amount": YEN},
            {"company": "Globex", "amount": {"minor": -200, "currency": "JPY"}},
        ],
        "total": {"minor": 11800, "currency": "JPY"},
        "sent_by": "stripe_transfer",
        "benefit": None,
        "is_renewal": False,
        "paid_on": "2026-07-03",
        "payout": "gw_12",
        "missing": "transfers_inactive",
        "rail": "stripe_transfer",
        "was_paid": True,
        "taken_on": "2026-07-02",
        "count": 3,
        "oldest_on": "2026-06-01",
        "totals": [DOLLARS, YEN],
        "command": "goodword rewards list",
        "link": None,
        "records": [
            {
                "kind": "lead",
                "name": "Tom <at> O'Neil",
                "account": "O'Neil & <Sons>",
                "partner": "Rita (East)",
                "until": "2026-09-27",
                "is_owner": True,
            }
        ],
        "kind": "deal",
        "name": "O'Neil & <Sons> renewal",
        "account": "O'Neil & <Sons>",
        "partners": [{"name": "Rita", "division": "East", "until": "2026-09-27"}],
        "active_on": "2026-06-29",
        "ask": False,
        "is_contested": True,
        "is_appeal": False,
        "decide_by": "2026-07-05",
        "dispute": 4,
        "has_won": True,
        "share_bps": 2000,
        "changes_credit": True,
        "appeal_until": "2026-07-12",
        "is_late": False,
        "decider": "olivia",
        "tier": "premium",
        "before": "basic",
        "rose": True,
        "on": "2026-07-01",
        "rewards": REWARDS,
        "stands_in_for": ["O'Neil & <Sons>"],
        "what": "failed",
        "about": "night-2026-06-30",
        "said": "sync: <unreachable>",
        "items": [{"what": "claims to decide", "count": 3, "command": "goodword status"}],
        **ACCESS,
        **changed,
    }


@pytest.fixture(scope="module")
def letters() -> Letters:
    return Letters(FOLDER, PHRASES)


def written(folder: Path, body: str, subject: str = "Hello") -> Letters:
    language = folder / "hello" / "en"
    language.mkdir(parents=True)
    (language / "subject.txt").write_text(subject)
    (language / "body.txt").write_text(body)
    (language / "body.html").write_text(f"<p>{body}</p>")
    return Letters(folder, PHRASES)


class _Balance(HTMLParser):
    """Finds elements that are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def run_together(text: str) -> list[str]:
    """Return the paragraphs that no empty line parts from what follows; lists have none."""
    lines = [(line, line.endswith((".", ":", "?", "。", "："))) for line in text.split("\n")]  # noqa: RUF001 - Japanese punctuation
    return [
        above
        for (above, ends), (line, also_ends) in pairwise(lines)
        if above and not above.startswith((" ", "-"))
        if line.startswith("    ") or (ends and also_ends)
    ]


def test_all_the_promised_messages_are_written_in_three_languages() -> None:
    assert {"referral_received", "referral_qualified", "reward_earned"} <= set(MESSAGES)
    assert len(MESSAGES) == 36
    for message in MESSAGES:
        parts = {str(f.relative_to(FOLDER / message)) for f in (FOLDER / message).rglob("*.*")}
        assert parts == {
            f"{locale}/{part}"
            for locale in LOCALES
            for part in ("subject.txt", "body.txt", "body.html")
        }


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("message", MESSAGES)
def test_every_letter_is_whole_in_every_language(
    letters: Letters, message: str, locale: str
) -> None:
    letter = letters.render(message, locale, context())
    assert letter.language == locale
    assert letter.subject
    assert "\n" not in letter.subject
    assert f'<html lang="{locale}">' in letter.html
    assert "Contoso Partners" in letter.text
    assert "Contoso Partners" in letter.html
    assert "<Sons>" not in letter.html
    assert "&amp;" not in letter.text
    assert "\n\n\n" not in letter.text
    assert run_together(letter.text) == []
    balance = _Balance()
    balance.feed(letter.html)
    assert balance.open == []
    assert "http" not in letter.html  # nothing is loaded from elsewhere


def test_the_readme_names_every_variable_of_every_message() -> None:
    readme = (FOLDER / "README.md").read_text()
    for name in context():
        assert f"`{name}" in readme
    for message in MESSAGES:
        assert f"| `{message}` |" in readme


@pytest.mark.parametrize(
    ("locale", "money", "day"),
    [
        ("en", "$1,234.50", "June 30, 2026"),
        ("en-GB", "US$1,234.50", "30 June 2026"),
        ("ja", "$1,234.50", "2026年6月30日"),
        ("ms", f"USD{NBSP}1,234.50", "30 Jun 2026"),
        ("fr", "$1,234.50", "June 30, 2026"),  # not written in French: all English
        ("", "$1,234.50", "June 30, 2026"),
        ("../../etc", "$1,234.50", "June 30, 2026"),
    ],
)
def test_money_and_dates_are_written_as_the_reader_writes_them(
    letters: Letters, locale: str, money: str, day: str
) -> None:
    assert money in letters.render("reward_earned", locale, context()).text
    assert day in letters.render("referral_received", locale, context()).text


@pytest.mark.parametrize(
    ("amount", "locale", "shown"),
    [
        (YEN, "en", "¥12,000"),
        (YEN, "ja", "￥12,000"),
        ({"minor": 123450, "currency": "MYR"}, "ms", f"RM{NBSP}1,234.50"),
        ({"minor": 5, "currency": "USD"}, "en", "$0.05"),
        ({"minor": -500, "currency": "USD"}, "en", "-$5.00"),
        ({"minor": 12345, "currency": "KWD"}, "en", f"KWD{NBSP}12.345"),
        ({"minor": 12345, "currency": "IQD"}, "en", f"IQD{NBSP}12.345"),
        ({"minor": 10**14 + 1, "currency": "USD"}, "en", "$1,000,000,000,000.01"),
    ],
)
def test_money_keeps_every_minor_unit(
    letters: Letters, amount: dict[str, Any], locale: str, shown: str
) -> None:
    assert shown in letters.render("reward_earned", locale, context(amount=amount)).subject


def test_money_numbers_and_percents_can_all_be_written(tmp_path: Path) -> None:
    body = "{{ m | money }} {{ 12500 | number }} {{ 1250 | percent }} {{ 2000 | percent }}"
    letter = written(tmp_path, body).render("hello", "en", {"m": Money(1250, "USD")})
    assert letter.text == "$12.50 12,500 12.5% 20%\n"


def test_a_deal_without_an_amount_promises_none(letters: Letters) -> None:
    text = letters.render("referral_qualified", "en", context(amount=None)).text
    assert "work out your reward" in text
    assert "None" not in text


def test_the_statement_shows_each_line_the_total_and_how_it_was_sent(letters: Letters) -> None:
    text = letters.render("reward_paid", "en", context()).text
    assert "Acme: ¥12,000\nGlobex (taken back" in text
    assert "Total: ¥11,800" in text
    assert "Stripe account" in text
    credit = letters.render("reward_paid", "en", context(sent_by="stripe_credit")).text
    assert "next invoice" in credit

    bank = letters.render("reward_paid", "en", context(sent_by="bank_file")).text
    assert "Paid by bank transfer" in bank
    assert "Stripe" not in bank


IN_KIND = {
    "one free month": ("stripe_coupon", {"months": 1}),
    "3 free months": ("stripe_coupon", {"months": 3}),
    "12.5% off your next renewal": ("stripe_coupon", {"percent_off": "12.5"}),
    "Ticket & <dinner>": ("perk", {"perk": "Ticket & <dinner>"}),
}


@pytest.mark.parametrize(
    ("locale", "by_rule", "of_staff"),
    [
        ("en", "the account is already a customer", "ask us in May"),
        ("ja", "この取引先はすでに顧客である", "「ask us in May」"),
        ("ms", "akaun itu sudah menjadi pelanggan", "“ask us in May”"),
    ],
)
def test_a_refused_claim_is_told_why_in_the_readers_language_and_staffs_words_as_they_are(
    letters: Letters, locale: str, by_rule: str, of_staff: str
) -> None:
    why = {"reasons": ["the account is already a customer", "ask us in May"]}
    letter = letters.render("registration_rejected", locale, context(**why))
    for part in (letter.text, letter.html):
        assert by_rule in part
        assert of_staff in part


def test_a_letter_in_a_language_of_the_companys_own_quotes_reasons_as_they_are(
    tmp_path: Path,
) -> None:
    shutil.copytree(FOLDER / "registration_rejected" / "en", tmp_path / "hello" / "fr")
    shutil.copytree(FOLDER / "_layout", tmp_path / "_layout")
    letter = Letters(tmp_path, PHRASES).render("hello", "fr", context())
    assert "- no meeting" in letter.text


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("said", IN_KIND)
def test_what_is_given_in_kind_is_named_and_its_worth_is_not_told_as_money_sent(
    letters: Letters, said: str, locale: str
) -> None:
    sent_by, benefit = IN_KIND[said]
    given = context(sent_by=sent_by, benefit=benefit, total=DOLLARS)
    letter = letters.render("reward_paid", locale, given)
    if locale == "en" or sent_by == "perk":
        assert said in letter.subject
        assert f"    {said}\n" in letter.text
    assert "1,234.50" not in letter.subject
    assert letter.text.count("1,234.50") == 1
    assert "<dinner>" not in letter.html
    assert "\n\n\n" not in letter.text
    assert "Acme" in letter.html


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("said", IN_KIND)
def test_what_is_earned_in_kind_is_named_and_its_worth_is_not_promised_as_money(
    letters: Letters, said: str, locale: str
) -> None:
    sent_by, benefit = IN_KIND[said]
    given = context(benefit=benefit, company="Acme")
    letter = letters.render("reward_earned", locale, given)
    if locale == "en" or sent_by == "perk":
        assert said in letter.subject
        assert f"    {said}\n" in letter.text
    assert "1,234.50" not in letter.subject
    assert letter.text.count("1,234.50") == 1
    assert "business days" not in letter.text
    assert "<dinner>" not in letter.html
    assert "\n\n\n" not in letter.text


TAKEN_BACK = {
    (True, False): "There is nothing for you to pay back: we take it off your later payouts.",
    (False, False): "It has not been paid to you yet, and will not be.",
    (True, True): "nothing for you to give or pay back: we take this amount off your later payouts",
    (False, True): "It has not been given to you yet, and will not be.",
}


@pytest.mark.parametrize(("was_paid", "in_kind"), TAKEN_BACK)
def test_who_loses_a_reward_is_told_whether_it_comes_off_later_payouts(
    letters: Letters,
    was_paid: bool,  # noqa: FBT001 - a parametrised argument
    in_kind: bool,  # noqa: FBT001 - a parametrised argument
) -> None:
    benefit = {"months": 3} if in_kind else None
    given = context(benefit=benefit, was_paid=was_paid)
    letter = letters.render("reward_taken_back", "en", given)
    assert TAKEN_BACK[was_paid, in_kind] in letter.text
    assert TAKEN_BACK[was_paid, in_kind] in letter.html
    assert ("    3 free months\n" if in_kind else "    $1,234.50\n") in letter.text
    assert "Decided on July 2, 2026." in letter.text
    assert letter.text.count("1,234.50") == 1
    assert "O'Neil & <Sons>" in letter.subject


@pytest.mark.parametrize("locale", LOCALES)
def test_each_case_of_a_reward_taken_back_has_its_own_words_in_every_language(
    letters: Letters, locale: str
) -> None:
    written_ = [
        letters.render("reward_taken_back", locale, context(benefit=benefit, was_paid=was_paid))
        for benefit in (None, {"perk": "Ticket & <dinner>"})
        for was_paid in (True, False)
    ]
    assert len({letter.text for letter in written_}) == len(written_)
    assert "Ticket & <dinner>" in written_[3].subject
    for letter in written_:
        assert "\n\n\n" not in letter.text
        assert "<dinner>" not in letter.html


def test_what_came_back_and_is_paid_again_has_a_name_in_the_statement(letters: Letters) -> None:
    lines = [{"company": "", "amount": YEN}]
    text = letters.render("reward_paid", "en", context(lines=lines)).text
    assert "An earlier payout, sent again: ¥12,000" in text


def test_who_gave_back_is_told_of_each_deal_and_that_it_happens_once(letters: Letters) -> None:
    lines = [{"company": "Acme", "amount": DOLLARS}]
    letter = letters.render("payout_taken_back", "en", context(lines=lines))
    assert letter.subject == "We have taken back $1,234.50"
    assert "Acme: $1,234.50" in letter.text
    assert "it will not be taken off your later rewards as well" in letter.text


@pytest.mark.parametrize("locale", LOCALES)
def test_each_thing_that_blocks_a_payout_has_its_own_way_out(letters: Letters, locale: str) -> None:
    alike = {"unknown_customer": "unknown_account", "payouts_disabled": "transfers_inactive"}
    codes = (THEIRS_TO_REPAIR - set(alike)) | {"something_new"}

    def text(code: str) -> str:
        return letters.render("payout_blocked", locale, context(missing=code)).text

    assert len({text(code) for code in codes}) == len(codes)
    assert all(text(one) == text(other) for one, other in alike.items())


@pytest.mark.parametrize("locale", LOCALES)
def test_who_has_no_destination_is_told_which_one_is_missing(letters: Letters, locale: str) -> None:
    def text(rail: str | None) -> str:
        given = context(missing="no_destination", rail=rail)
        return letters.render("payout_blocked", locale, given).text

    assert "IBAN" in text("bank_file")
    assert "Stripe" in text("stripe_transfer")
    rails = ("bank_file", "stripe_transfer", "stripe_credit", "stripe_coupon", None)
    assert len({text(rail) for rail in rails}) == len(rails)


def test_one_day_and_one_reward_are_singular(letters: Letters) -> None:
    assert letters.render("registration_expiring", "en", context(days=1)).subject.startswith(
        "1 day"
    )
    assert letters.render("approvals_waiting", "en", context(count=1)).subject.startswith(
        "1 reward waiting"
    )


def test_a_variable_that_is_not_given_is_named(letters: Letters) -> None:
    given = context()
    del given["company"]
    with pytest.raises(TemplateFailed) as caught:
        letters.render("reward_earned", "ja", given)
    failed = caught.value
    assert (failed.template, failed.locale, failed.variable) == ("reward_earned", "ja", "company")


def test_a_part_of_a_variable_that_is_not_given_is_named(letters: Letters) -> None:
    with pytest.raises(TemplateFailed) as caught:
        letters.render("reward_earned", "en", context(program={"name": "Contoso"}))
    assert caught.value.variable == "support_email"


@pytest.mark.parametrize("company", ["Acme\r\nBcc: all@example.com", "Acme\nInc", "Acme\x00"])
def test_a_subject_is_one_line(letters: Letters, company: str) -> None:
    with pytest.raises(TemplateFailed, match="line break"):
        letters.render("referral_received", "en", context(company=company))


@pytest.mark.parametrize(
    "body",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ given.clear() }}",
        "{{ 5 | money }}",
        "{{ 'June' | day }}",
        "{{ 1 / 0 }}",
        "{% include 'elsewhere.txt' %}",
        "{% if %}",
    ],
)
def test_a_template_that_goes_wrong_fails_alone(tmp_path: Path, body: str) -> None:
    with pytest.raises(TemplateFailed, match="hello"):
        written(tmp_path, body).render("hello", "en", {"given": {"a": 1}})


@pytest.mark.parametrize("message", ["no_such", "_layout", "../email/reward_paid", ""])
def test_a_message_that_does_not_exist_is_a_failure_of_its_own(
    letters: Letters, message: str
) -> None:
    with pytest.raises(TemplateFailed, match="no such message"):
        letters.render(message, "en", context())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"has_won": True, "is_contested": True}, "stays yours."),
        ({"has_won": True, "is_contested": False}, "is yours now."),
        ({"has_won": False, "is_contested": True}, "has gone to another partner"),
        ({"has_won": False, "is_contested": False}, "does not go to you."),
        ({"has_won": True}, "another partner gets 20%."),
        ({"has_won": False}, "You get 20% of what"),
        ({}, "worked out anew"),
        ({}, "you may appeal once, until July 12, 2026"),
    ],
)
def test_a_ruling_says_whose_the_claim_is_who_gets_what_and_until_when_to_appeal(
    letters: Letters, given: dict[str, Any], expected: str
) -> None:
    assert expected in letters.render("dispute_decided", "en", context(**given)).text


def test_a_last_ruling_without_a_share_speaks_of_neither(letters: Letters) -> None:
    last = context(share_bps=0, appeal_until=None, changes_credit=False)
    text = letters.render("dispute_decided", "en", last).text
    assert "appeal" not in text
    assert "%" not in text
    assert "anew" not in text
