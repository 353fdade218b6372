"""Matching: what is sure is connected, what is doubtful is asked, and nothing is compared twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import Connection, text

from goodword.actions import account_questions, claims, matchings
from goodword.actions.account_questions import Answered, AnswerRefused
from goodword.companies import Index
from goodword.db.queries import account_questions as question_queries
from goodword.db.queries import matchings as queries
from goodword.db.session import Database
from tests import factories as make

LIVE: dict[str, Any] = {"state": "approved", "expires_on": make.TOMORROW}


@pytest.fixture
def tx(database: Database) -> Any:
    with database.transaction() as tx:
        for n in range(40):  # a population, so that words have a frequency
            make.account(tx, name=f"Company {n} of {n * 7919 % 997} Rivers")
        yield tx


def match(tx: Connection) -> Counter[str]:
    claims.link(tx)
    index = Index.of(queries.known_accounts(tx))
    found = [matchings.Matched(one, matchings.find(one, index)) for one in queries.unmatched(tx)]
    counts = matchings.record(tx, found, make.TODAY)
    account_questions.close_settled(tx, make.TODAY)
    return counts


def claim(tx: Connection, company: str, domain: str | None = None, **other: Any) -> int:
    return make.registration(tx, make.participant(tx), company, domain=domain, **other)


def account_of(tx: Connection, number: int) -> Any:
    return make.value(tx, "SELECT account_crm_id FROM registrations WHERE id = :id", id=number)


def said(number: int, account: str, *, is_same: bool, reason: str = "asked them") -> Answered:
    return Answered(number, account, is_same, reason, "grace")


def test_another_spelling_is_connected_with_its_reason_in_the_trail(tx: Connection) -> None:
    account = make.account(tx, name="Gloeilampenfabrieken Zonnebloem N.V.", website=None)
    number = claim(tx, "GLOEILAMPENFABRIEKEN ZONNEBLOEMM")
    referral = make.referral(
        tx, make.participant(tx), company="Gloeilampen-Fabrieken Zonnebloem", name_key="x"
    )
    lead = make.lead(tx, company="Gloeilampenfabrieken Zonebloem BV", website=None)
    match(tx)
    assert account_of(tx, number) == account
    statement = "SELECT account_crm_id FROM {} WHERE {} = :id"
    assert make.value(tx, statement.format("referrals", "id"), id=referral) == account
    assert make.value(tx, statement.format("leads", "crm_id"), id=lead) == account
    why = "SELECT reason FROM audit_events WHERE subject = 'registration' AND action = 'linked'"
    assert make.value(tx, why)


def test_a_night_on_which_nothing_changed_compares_nothing(tx: Connection) -> None:
    number = claim(tx, "Nobody Knows Us")
    assert len(queries.unmatched(tx)) == 1
    match(tx)
    assert queries.unmatched(tx) == []
    make.account(tx, name="Somebody New")
    assert [one.subject_id for one in queries.unmatched(tx)] == [str(number)]
    match(tx)
    tx.execute(text("UPDATE accounts SET modified_at = now(), protected_partner = 'Ann'"))
    assert queries.unmatched(tx) == []


def doubtful(tx: Connection) -> tuple[int, str]:
    """A claim whose name is an account's, with another domain."""
    account = make.account(tx, name="Zonnebloem Gloeilampen", website="zonnebloem.example")
    return claim(tx, "Zonnebloem Gloeilampen", "bloem.example"), account


def test_what_is_doubtful_is_asked_once_and_waits_for_staff(tx: Connection) -> None:
    number, account = doubtful(tx)
    assert match(tx)["questions asked"] == 1
    make.account(tx, name="Somebody New")
    assert match(tx)["questions asked"] == 0
    assert account_of(tx, number) is None
    [asked] = question_queries.unanswered(tx)
    assert (asked["registration_id"], asked["account_crm_id"]) == (number, account)
    assert "Zonnebloem Gloeilampen" in asked["reason"]
    assert "another domain" in asked["reason"]


def test_the_same_connects_and_answers_the_others(tx: Connection) -> None:
    number, account = doubtful(tx)
    other = make.account(tx, name="Zonnebloem Gloeilampen NV", website="third.example")
    assert match(tx)["questions asked"] == 2
    account_questions.answer(tx, said(number, account, is_same=True), make.TODAY)
    assert account_of(tx, number) == account
    answers = "SELECT answer FROM account_questions WHERE account_crm_id = :id"
    assert make.value(tx, answers, id=account) == "same"
    assert make.value(tx, answers, id=other) == "different"
    assert question_queries.unanswered(tx) == []


def test_different_is_never_asked_or_connected_again(tx: Connection) -> None:
    number, account = doubtful(tx)
    match(tx)
    account_questions.answer(tx, said(number, account, is_same=False), make.TODAY)
    tx.execute(text("UPDATE registrations SET domain = 'zonnebloem.example'"))
    make.account(tx, name="Somebody New")
    assert match(tx) == {}
    assert account_of(tx, number) is None
    assert question_queries.unanswered(tx) == []


def test_different_lets_a_wrong_connection_go(tx: Connection) -> None:
    account = make.account(tx, name="Zonnebloem", website="zonnebloem.example")
    number = claim(tx, "Zonnebloem")
    match(tx)
    assert account_of(tx, number) == account
    account_questions.answer(tx, said(number, account, is_same=False), make.TODAY)
    match(tx)
    assert account_of(tx, number) is None


def test_a_question_that_time_answered_is_closed(tx: Connection) -> None:
    number, account = doubtful(tx)
    match(tx)
    found = make.account(tx, name="Bloem", website="bloem.example")
    match(tx)
    assert account_of(tx, number) == found
    answer = tx.execute(text("SELECT answer, answered_by FROM account_questions")).one()
    assert tuple(answer) == ("different", "night")
    assert account != found


def test_an_answer_that_cannot_be_is_refused_with_what_to_do(tx: Connection) -> None:
    number, account = doubtful(tx)
    taken = claim(tx, "Elsewhere", account_crm_id=account, **LIVE)
    tx.execute(text("UPDATE registrations SET state = 'approved', expires_on = now()"))
    over = claim(tx, "Over", state="expired")
    gone = make.account(tx, is_deleted=True)
    for answered, sentence in (
        (said(number, account, is_same=True, reason=" "), "needs its reason"),
        (said(999_999, account, is_same=True), "there is no registration 999999"),
        (said(over, account, is_same=True), "is expired"),
        (said(number, gone, is_same=True), "or it is deleted"),
        (said(number, account, is_same=True), "another live claim protects account"),
    ):
        with pytest.raises(AnswerRefused, match=sentence):
            account_questions.answer(tx, answered, make.TODAY)
    assert taken


def test_a_merged_account_is_meant_by_its_successor(tx: Connection) -> None:
    kept = make.account(tx, name="Rivers Holding")
    merged = {"is_deleted": True, "master_crm_id": kept, "website": None}
    gone = make.account(tx, name="Gloeilampenfabrieken Zonnebloem", **merged)
    number = claim(tx, "Gloeilampenfabriek Zonnebloem")
    account_questions.answer(tx, said(number, gone, is_same=True), make.TODAY)
    assert account_of(tx, number) == kept
