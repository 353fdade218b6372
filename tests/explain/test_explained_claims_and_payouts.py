"""What conversions, registrations, referrals and payouts tell of themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from goodword.rules.explanations import Kind

if TYPE_CHECKING:
    from tests.explain.conftest import Company


def test_a_share_that_differs_from_its_model_is_said(company: Company) -> None:
    case = company.tell(Kind.CONVERSION, 2).case
    moved = tuple(
        replace(share, value_minor=share.value_minor + (1, -1)[share.position - 1])
        for share in case.shares
    )
    story = company.retell(replace(case, shares=moved))
    assert (
        "THE RECORD DIFFERS: share 1: 5,000.14 USD in the record, 5,000.13 USD recomputed; share 2"
    ) in story.said("Credit")


def test_a_registration_reads_like_minutes_and_names_its_rival(company: Company) -> None:
    story = company.tell(Kind.REGISTRATION, 1)
    assert story.title == "Registration 1: Fabrikam, claimed by Nordwind, won"
    minutes = story.said("Minutes").splitlines()
    assert minutes[0] == "2026-02-02 submitted by Nordwind."
    assert minutes[1] == (
        "2026-03-12 the night: linked account 001000000000001AAA; the deal that it names is on "
        "this account."
    )
    assert minutes[2] == "2026-03-12 the night: approved, protected through 2026-05-03; qualified."
    assert minutes[3] == "2026-03-12 the night: won; won on 2026-03-10."
    assert minutes[4].startswith("2026-03-12 conversion 1 credits it with 12,000.00 USD;")
    assert minutes[5] == "2026-03-20 conversion 1 stands no more; the deal was lost again."
    assert len(minutes) == 7
    assert minutes[-1].startswith("It ended as won (decided on 2026-03-12 by the rules)")
    assert "Came later: Registration 2: Tailspin claimed Fabrikam Inc." in story.said("Rivals")
    rival = company.tell(Kind.REGISTRATION, 2)
    assert "First to register was: Registration 1: Nordwind" in rival.said("Rivals")
    assert "conflicting with registration 1; Nordwind (claim 1) registered this account first" in (
        rival.said("Minutes")
    )


def test_a_conversion_tells_all_claims_shares_and_rewards(company: Company) -> None:
    story = company.tell(Kind.CONVERSION, 1)
    assert len(story.said("Claims").splitlines()) == 3
    assert "Reward 1: 2,400.00 USD to Nordwind, Reseller margin, basic" in story.said("Rewards")
    assert "Reward 4: -2,400.00 USD to Nordwind, takes back reward 1" in story.said("Rewards")
    assert story.story.recomputed["differences"] == []


def test_a_deal_that_is_worth_something_else_by_now_is_to_be_corrected(company: Company) -> None:
    case = company.tell(Kind.CONVERSION, 2).case
    assert "another amount" not in company.retell(case).said("Deal")
    other = tuple(replace(deal, amount_minor=1) for deal in case.deals)
    assert "the CRM says another amount by now: the night corrects that" in (
        company.retell(replace(case, deals=other)).said("Deal")
    )


def test_a_payout_tells_what_it_covers_what_was_sent_and_what_comes_next(company: Company) -> None:
    paid, refused = company.tell(Kind.PAYOUT, 1), company.tell(Kind.PAYOUT, 2)
    assert "Together they are 2,400.00 USD, the amount of the payout." in (
        paid.said("What it covers")
    )
    assert "destination: acct_1Here" in paid.said("Request")
    assert "transferred, payout 1: debit in_flight" in paid.said("Ledger")
    assert "set free when the payout was refused" in refused.said("What it covers")
    assert "Next step: Ask for another account." in refused.said("Attempts and answer")


def test_a_payout_without_an_answer_tells_when_it_is_repeated_and_looked_up(
    company: Company,
) -> None:
    case = company.tell(Kind.PAYOUT, 2).case
    unknown = replace(case.payouts[0], state="unknown", reason="no answer in 30 s", code=None)
    story = company.retell(replace(case, payouts=(unknown,)))
    answer = story.said("Attempts and answer")
    assert "Until 2026-03-17 02:00 UTC it is sent again with the same key" in answer
    assert "until 2026-03-17 08:00 UTC it is left alone; after that it is looked up" in answer


def test_a_referral_tells_the_deal_that_qualified_it(company: Company) -> None:
    story = company.tell(Kind.REFERRAL, 1)
    assert story.title == "Referral 1: Litware, introduced by Erin Blake, qualified"
    assert "This deal made it a qualified lead on 2026-03-02." in story.said("Deals")
    assert "It is no conversion" in story.said("Conversion")
    assert "Reward 3: 150.00 USD to Erin Blake, Employee lead" in story.said("Rewards")
