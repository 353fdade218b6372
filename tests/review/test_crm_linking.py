"""Claims and leads on the accounts that they mean, in a real database, as the nights link them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from goodword.actions import account_questions, claims, matchings, record_claims
from goodword.actions.account_questions import Answered
from goodword.actions.new_claims import Door, Submission, Submitted, submit
from goodword.companies import Index, registrable_domain
from goodword.db.queries import matchings as queries
from goodword.db.queries import new_claims as new_queries
from goodword.db.session import Database
from goodword.rules import new_claims
from goodword.rules.crm_intake import Became
from goodword.rules.registrations import RegistrationPolicy
from tests import factories as make

LIVE: dict[str, Any] = {"state": "approved", "expires_on": make.TOMORROW, "decided_by": "staff"}
LATER = make.NOW + timedelta(hours=1)


@pytest.fixture
def tx(database: Database) -> Any:
    with database.transaction() as tx:
        for n in range(40):  # a population, so that words have a frequency
            make.account(tx, name=f"Company {n} of {n * 7919 % 997} Rivers")
        yield tx


def link(tx: Connection) -> Counter[str]:
    """Link and match as a night does."""
    counts = claims.link(tx)
    matched = compared(tx)
    counts += matchings.record(tx, matched, make.TODAY)
    account_questions.close_settled(tx, make.TODAY)
    return counts


def compared(tx: Connection) -> list[matchings.Matched]:
    index = Index.of(queries.known_accounts(tx))
    return [matchings.Matched(one, matchings.find(one, index)) for one in queries.unmatched(tx)]


def claim(tx: Connection, company: str, domain: str | None = None, **other: Any) -> int:
    return make.registration(tx, make.participant(tx), company, domain=domain, **other)


def account_of(tx: Connection, number: int | str) -> Any:
    table, key = ("leads", "crm_id") if isinstance(number, str) else ("registrations", "id")
    return make.value(tx, f"SELECT account_crm_id FROM {table} WHERE {key} = :id", id=number)


def say(tx: Connection, number: int, account: str, *, is_same: bool) -> None:
    said = Answered(number, account, is_same, "asked them", "grace")
    account_questions.answer(tx, said, make.TODAY)


def merge(tx: Connection, account: str, into: str, **kept: Any) -> None:
    make.account(tx, crm_id=account, is_deleted=True, master_crm_id=into, modified_at=LATER, **kept)


# Domains that belong to nobody ------------------------------------------------------------------


@pytest.mark.parametrize("website", ["gmail.com", "https://www.facebook.com/acmebakery"])
def test_a_domain_that_anybody_may_use_is_no_evidence(tx: Connection, website: str) -> None:
    held = make.account(tx, name="Joe's Plumbing", website=website)
    lead = make.lead(tx, company="Northern Lights Bakery", website=website.upper())
    number = submitted(tx, "Southern Cross Florists", website)
    link(tx)
    assert account_of(tx, lead) is None
    assert account_of(tx, number) is None
    assert make.value(tx, "SELECT domain FROM accounts WHERE crm_id = :id", id=held) is None


def test_two_companies_with_free_mail_are_not_in_one_place(tx: Connection) -> None:
    keys = [
        make.value(tx, "SELECT claim_key FROM registrations WHERE id = :id", id=number)
        for number in (submitted(tx, "Acme", "gmail.com"), submitted(tx, "Globex", "jo@gmail.com"))
    ]
    assert keys == ["name:acme", "name:globex"]


def submitted(tx: Connection, company: str, domain: str) -> int:
    make.program(tx)
    who = make.value(tx, "SELECT key FROM participants WHERE id = :id", id=make.participant(tx))
    submission = Submission(f"k{company}", who, company, domain, evidence="meeting")
    door = Door("staff", "grace", make.TODAY, ZoneInfo("UTC"), make.NOW)
    taken = submit(tx, submission, door)
    assert isinstance(taken, Submitted)
    return taken.registration_id


@pytest.mark.parametrize(
    "text_", ["192.168.1.1", "http://10.0.0.7:8080/x", "acme.com, acme.de", "not yet.known"]
)
def test_what_is_no_address_of_a_company_has_no_domain(text_: str) -> None:
    assert registrable_domain(text_) is None


def test_a_fragment_is_no_part_of_a_domain() -> None:
    assert registrable_domain("www.acme.com#jobs") == "acme.com"


# Names ------------------------------------------------------------------------------------------


def test_a_name_of_which_nothing_counts_is_no_name(tx: Connection) -> None:
    make.account(tx, name="—", website=None)
    lead = make.lead(tx, company="???", website=None)
    link(tx)
    assert account_of(tx, lead) is None


def test_a_domain_does_not_decide_against_an_account_of_the_very_name(tx: Connection) -> None:
    make.account(tx, name="Zonnebloem", website="zonnebloem.example")
    make.account(tx, name="Korenbloem", website=None)
    number = claim(tx, "Korenbloem", "zonnebloem.example")
    link(tx)
    assert account_of(tx, number) is None
    questions = "SELECT count(*) FROM account_questions WHERE registration_id = :id"
    assert make.value(tx, questions, id=number) == 2


def test_a_lead_whose_company_is_corrected_leaves_the_account_of_the_wrong_one(
    tx: Connection,
) -> None:
    wrong = make.account(tx, name="Zonnebloem", website="zonnebloem.example")
    right = make.account(tx, name="Korenbloem", website="korenbloem.example")
    lead = make.lead(tx, company="Zonnebloem", website="zonnebloem.example")
    link(tx)
    assert account_of(tx, lead) == wrong
    later = {"crm_id": lead, "modified_at": LATER}
    make.lead(tx, company="Korenbloem", website="korenbloem.example", **later)
    link(tx)
    assert account_of(tx, lead) == right
    old = {"crm_id": lead, "modified_at": make.NOW}  # a page that comes late brings nothing back
    make.lead(tx, company="Zonnebloem", website="zonnebloem.example", **old)
    assert account_of(tx, lead) == right


# What a person has said --------------------------------------------------------------------------


def test_the_deal_that_a_claim_names_does_not_outweigh_a_persons_answer(tx: Connection) -> None:
    account = make.account(tx, name="Zonnebloem")
    deal = make.deal(tx, account_crm_id=account)
    number = claim(tx, "Korenbloem", opportunity_crm_id=deal)
    link(tx)
    assert account_of(tx, number) == account
    say(tx, number, account, is_same=False)
    link(tx)
    assert account_of(tx, number) is None


def test_an_answer_holds_for_the_account_that_took_over_the_one_it_was_about(
    tx: Connection,
) -> None:
    account = make.account(tx, name="Zonnebloem", website=None)
    taker = make.account(tx, name="Tulpenbos", website=None)
    number = claim(tx, "Zonnebloem")
    say(tx, number, account, is_same=False)
    link(tx)
    merge(tx, account, taker, name="Zonnebloem", website=None)
    link(tx)
    assert account_of(tx, number) is None


def test_what_the_night_closed_by_itself_is_no_persons_answer(tx: Connection) -> None:
    first = make.account(tx, name="Zonnebloem", website="one.example")
    number = claim(tx, "Zonnebloem", "other.example")
    link(tx)  # asked whether it is the first
    second = make.account(tx, name="Elsewhere", website="other.example")
    link(tx)
    assert account_of(tx, number) == second
    gone = {"name": "Elsewhere", "website": "other.example", "modified_at": LATER}
    make.account(tx, crm_id=second, is_deleted=True, **gone)
    make.account(tx, crm_id=first, name="Zonnebloem", website="other.example", modified_at=LATER)
    link(tx)
    assert account_of(tx, number) == first


def test_an_answer_given_while_the_night_compares_stands(tx: Connection) -> None:
    account = make.account(tx, name="Gloeilampenfabrieken Zonnebloem N.V.", website=None)
    number = claim(tx, "GLOEILAMPENFABRIEKEN ZONNEBLOEMM")
    claims.link(tx)
    matched = compared(tx)
    say(tx, number, account, is_same=False)
    matchings.record(tx, matched, make.TODAY)
    assert account_of(tx, number) is None


def test_a_doubt_is_said_once_and_not_again_when_it_was_answered(tx: Connection) -> None:
    account = make.account(tx, name="Zonnebloem", website="one.example")
    number = claim(tx, "Zonnebloem", "other.example")
    link(tx)
    [facts] = new_queries.claim_facts(tx, [number], make.ZONE)
    verdict = new_claims.decide(facts, RegistrationPolicy(), make.TODAY)
    assert isinstance(verdict, new_claims.Ask)
    assert len(verdict.reasons) == 1
    say(tx, number, account, is_same=False)
    [facts] = new_queries.claim_facts(tx, [number], make.ZONE)
    verdict = new_claims.decide(facts, RegistrationPolicy(), make.TODAY)
    assert isinstance(verdict, new_claims.Approve)


# Leads that were converted -----------------------------------------------------------------------


def of_lead(tx: Connection, number: int, **other: Any) -> tuple[int, str]:
    lead = f"00Q{number:015}"
    return claim(tx, f"From lead {number}", source="crm_lead", source_id=lead, **other), lead


def test_a_converted_lead_never_puts_a_claim_beside_one_on_the_whole_account(
    tx: Connection,
) -> None:
    account = make.account(tx)
    holder = claim(tx, "Holder", account_crm_id=account, division="East", **LIVE)
    number, lead = of_lead(tx, 1, **LIVE)
    record_claims.follow(tx, [Became(lead, account_crm_id=account)], make.TODAY)
    assert (account_of(tx, holder), account_of(tx, number)) == (account, None)


def test_two_converted_leads_never_share_a_whole_account_and_its_division(tx: Connection) -> None:
    account = make.account(tx)
    first, lead = of_lead(tx, 1, division="East", **LIVE)
    second, other = of_lead(tx, 2, **LIVE)
    found = [Became(other, account_crm_id=account), Became(lead, account_crm_id=account)]
    record_claims.follow(tx, found, make.TODAY)
    assert (account_of(tx, first), account_of(tx, second)) == (account, None)


def test_a_converted_leads_claim_stays_where_its_merged_account_went(tx: Connection) -> None:
    became, kept = make.account(tx), make.account(tx)
    number, lead = of_lead(tx, 1, **LIVE)
    record_claims.follow(tx, [Became(lead, account_crm_id=became)], make.TODAY)
    merge(tx, became, kept)
    link(tx)
    assert account_of(tx, number) == kept
    before = make.everything(tx)
    assert record_claims.follow(tx, [Became(lead, account_crm_id=became)], make.TODAY) == {}
    assert make.everything(tx) == before


def test_a_converted_lead_does_not_outweigh_a_persons_answer(tx: Connection) -> None:
    became, meant = make.account(tx), make.account(tx)
    number, lead = of_lead(tx, 1, **LIVE)
    record_claims.follow(tx, [Became(lead, account_crm_id=became)], make.TODAY)
    say(tx, number, meant, is_same=True)
    record_claims.follow(tx, [Became(lead, account_crm_id=became)], make.TODAY)
    assert account_of(tx, number) == meant
