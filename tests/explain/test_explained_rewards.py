"""A reward's whole story: claim, deal, credit, rules, amount, hold, approval, payout, books."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from goodword.rules.explanations import Case, Kind, facts

if TYPE_CHECKING:
    from tests.explain.conftest import Company


def test_a_reward_won_by_a_registration_tells_claim_deal_credit_and_rules(company: Company) -> None:
    story = company.tell(Kind.REWARD, company.reward_of("res"))
    assert story.title == "Reward 1: 2,400.00 USD to Nordwind, paid"
    assert story.said("Participant").startswith("Nordwind (res) is a reseller of tier basic")
    claim = story.said("Claims")
    assert "Nordwind claimed Fabrikam on 2026-02-02 with meeting of 2026-01-30 and budget" in claim
    assert "under version 1 of the program (in force from 2025-01-01)" in claim
    assert "2026-02-15 Needs Analysis; 2026-03-10 Closed Won" in story.said("Deal")
    assert "won on 2026-03-10 for 12,000.00 USD" in story.said("Deal")
    credit = story.said("Credit")
    assert "registration 1 comes before any other claim and takes all of it" in credit
    assert "Registration 1 of Nordwind (2026-02-02): 100.00%, 12,000.00 USD" in credit
    assert "Touch 1, direct (2026-01-15): nothing; registration 1 takes the whole value" in credit
    assert "Registration 2 of Tailspin (2026-02-10): nothing; it is conflicting" in credit
    rules = story.said("Rules tried, in order")
    assert "1. Customer referral does not pay: it is for customer, not reseller." in rules
    assert "2. Reseller margin, basic pays 2,400.00 USD: for a reseller of tier basic" in rules
    assert "12. Employee bonus does not pay" in rules


def test_a_paid_reward_tells_arithmetic_hold_approval_payout_and_ledger(company: Company) -> None:
    story = company.tell(Kind.REWARD, company.reward_of("res"))
    assert "20% of 12,000.00 USD = 2,400.00 USD." in story.said("Amount")
    assert "it comes out the same" in story.said("Amount")
    assert "may be paid from 2026-03-13: 3 days (the program's hold)" in story.said("Hold")
    approval = story.said("Approval")
    assert "Asked for approval on 2026-03-12 by 1 person; 2,400.00 USD is 500.00" in approval
    assert "ann approved 2,400.00 USD; as agreed." in approval
    payout = story.said("Payout")
    assert "Attempt 1, first sent 2026-03-16 06:00 UTC" in payout
    assert "Paid on 2026-03-16; the provider calls it tr_1Fabrikam." in payout
    assert (
        "2026-03-13 accrue, reward 1: debit program_expense 2,400.00 USD, credit owed 2,400.00 USD."
    ) in story.said("Ledger")
    assert "reward earned (en): queued" in story.said("Messages")
    assert "ann: approved reward 1; as agreed." in story.said("Audit trail")


def test_a_cancelled_deal_tells_what_was_taken_back(company: Company) -> None:
    back = "Reward 4 takes back 2,400.00 USD of reward 1: the deal was lost again;"
    for number in (1, 4):
        story = company.tell(Kind.REWARD, number)
        assert back in story.said("Taken back")
        assert "DIFFERS" not in story.whole
    assert "cancelled on 2026-03-20: the deal was lost again" in story.said("Deal")


def test_a_deal_of_two_touches_tells_every_weight_and_why_others_earn_nothing(
    company: Company,
) -> None:
    story = company.tell(Kind.REWARD, company.reward_of("aff"))
    credit = story.said("Credit")
    assert "divided by linear, as version 2 of the program" in credit
    assert (
        "Touch 2, partner of Adventure (2026-03-05): 50.00%, 5,000.13 USD; touch 1 of 2" in credit
    )
    assert "Touch 3, marketing (2026-03-08): 50.00%, 5,000.12 USD" in credit
    assert "gives it 50.00%; it earns nobody anything." in credit
    assert "(2025-06-01): nothing; it is older than the 180 days that count." in credit
    assert "(2026-03-15): nothing; it came after the deal was won." in credit


def test_an_amount_that_is_rounded_says_so_and_who_it_waits_for(company: Company) -> None:
    story = company.tell(Kind.REWARD, company.reward_of("aff"))
    assert "10% of 5,000.13 USD = 500.013 USD." in story.said("Amount")
    assert "Rounded half away from zero: 500.01 USD." in story.said("Amount")
    assert "It waits for 1 person: `goodword rewards approve 2`." in story.said("Approval")


def test_a_tier_that_changed_later_does_not_change_the_story(company: Company) -> None:
    story = company.tell(Kind.REWARD, company.reward_of("aff"))
    assert "is an affiliate of tier top" in story.said("Participant")
    assert "it was an affiliate of tier basic: that decides." in story.said("Participant")
    assert "5. Affiliate commission, basic pays 500.01 USD" in story.said("Rules tried, in order")
    assert "it comes out the same" in story.said("Amount")


def test_a_reward_for_a_lead_tells_its_band_and_the_refused_payout(company: Company) -> None:
    story = company.tell(Kind.REWARD, company.reward_of("emp"))
    assert "Erin Blake introduced Litware on 2026-02-20 by form" in story.said("Claims")
    assert (
        "A deal of 20,000.00 USD is in the band from 10,000.00 USD, which pays 150.00 USD."
    ) in story.said("Amount")
    assert "the policy approved 150.00 USD; 150.00 USD is below 500.00 USD." in (
        story.said("Approval")
    )
    payout = story.said("Payout")
    assert "The last answer: the account is closed (account_closed)." in payout
    assert payout.endswith("`goodword payouts rerun 2`.")


def test_a_record_that_differs_from_its_rules_is_said(company: Company) -> None:
    case = company.tell(Kind.REWARD, company.reward_of("res")).case
    generous = company.early.replace('amount = "20%"', 'amount = "30%"', 1).replace(
        "hold_days = 3", "hold_days = 5"
    )
    story = company.retell(case, generous)
    assert (
        "THE RECORD DIFFERS when it is worked out again: before caps: 2,400.00 USD in the record, "
        "3,600.00 USD recomputed; after caps: 2,400.00 USD in the record, 3,600.00 USD recomputed; "
        "payable from: 2026-03-13 in the record, 2026-03-15 recomputed."
    ) in story.said("Amount")


CAPPED = """
[[incentives]]
name = "Lead"
kinds = ["customer"]
on = "qualified"
pay = "cash"
amount = ["50.00 USD"]
cap = { amount = ["70.00 USD"], per = "year" }
"""


def lead(**other: Any) -> facts.Reward:
    """Make what Cora, participant 7, earned by the rule “Lead” for a lead without a deal."""
    return facts.Reward(
        id=2,
        participant_id=7,
        incentive="Lead",
        outcome="qualified",
        conversion_id=None,
        referral_id=2,
        reverses_id=None,
        program_version_id=1,
        base_minor=0,
        computed_minor=50_00,
        currency="USD",
        outcome_on=date(2026, 3, 2),
        payable_on=date(2026, 3, 5),
        computed_on=date(2026, 3, 9),
        state="computed",
        approvals_needed=None,
        asked_on=None,
        carried_because=None,
        **other,
    )


CORA = facts.Person(7, "c7", "customer", "Cora", "USD", "basic", None, "active")


def test_a_capped_reward_counts_the_ones_before_it_and_says_what_was_cut(company: Company) -> None:
    cut = lead(pay="cash", amount_minor=20_00, reason="50.00 USD each; capped at 70.00 USD a year")
    before = facts.CapLine(2, 1, date(2026, 3, 1), 50_00, "USD")
    case = Case(Kind.REWARD, 2, people=(CORA,), rewards=(cut,), counted=(before,))
    head, _, _ = company.early.partition("[[incentives]]")
    amount = company.retell(case, head + CAPPED).said("Amount")
    assert "The same amount each time: 50.00 USD." in amount
    assert "at most 70.00 USD a year; before: 1 reward by this rule since 2026-01-01" in amount
    assert "Of 50.00 USD is left 20.00 USD: capped at 70.00 USD a year." in amount
    assert "it comes out the same" in amount


IN_KIND = """
[[incentives]]
name = "Lead"
kinds = ["customer"]
on = "qualified"
pay = "free_months"
months = 1
amount = ["50.00 USD"]
cap = { count = 12, per = "year" }
"""


def test_what_is_not_money_is_told_with_its_worth(company: Company) -> None:
    month = lead(
        pay="free_months",
        amount_minor=50_00,
        reason="one free month, worth 50.00 USD",
        benefit={"months": 1},
    )
    case = Case(Kind.REWARD, 2, people=(CORA,), rewards=(month,))
    head, _, _ = company.early.partition("[[incentives]]")
    story = company.retell(case, head + IN_KIND)
    assert story.title == "Reward 2: one free month (worth 50.00 USD) to Cora, computed"
    assert "1. Lead pays one free month (worth 50.00 USD): for a customer" in (
        story.said("Rules tried, in order")
    )
    amount = story.said("Amount")
    assert "It is not money, and worth the same each time: one free month (worth 50.00 USD)." in (
        amount
    )
    assert "The rule pays at most 12 rewards a year" in amount
    assert "it comes out the same" in amount
    generous = company.retell(case, head + IN_KIND.replace("months = 1", "months = 2"))
    assert "given: one free month in the record, 2 free months recomputed" in generous.whole
