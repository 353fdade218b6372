"""Scenarios of won deals whose reward something stands in the way of."""

from typing import Final

from sandbox.company.sketches import DealSketch, ReferralSketch, Scenario, TouchSketch
from sandbox.company.usual import REFERRED, brought, claim, referral, sold

_MIXED: Final = ("USD", "USD", "EUR")

WITHHELD: Final = (
    Scenario(
        "won_no_payout_method",
        "The affiliate has not said how to be paid: earned, not payable yet.",
        copies=2,
        deals=(sold((1_000, 4_900)),),
        referrals=referral("affiliate-no-payout"),
    ),
    Scenario(
        "won_restricted_account",
        "Stripe has restricted the affiliate's account, transfers are inactive: not sent.",
        deals=(sold((1_000, 4_900)),),
        referrals=referral("affiliate-restricted"),
    ),
    Scenario(
        "won_pending_account",
        "The affiliate's Stripe account is not verified yet, transfers are pending: not sent.",
        deals=(sold((1_000, 4_900)),),
        referrals=referral("affiliate-pending"),
    ),
    Scenario(
        "won_yen_on_dollar_account",
        "A deal in yen for an affiliate whose Stripe account is in dollars.",
        currencies=("JPY",),
        deals=(sold((1_000, 4_000)),),
        referrals=referral("affiliate-dollar-account"),
    ),
    Scenario(
        "won_below_minimum",
        "10% of 150.00 is 15.00, below the smallest payout of 20.00: carried over.",
        fixed=True,
        deals=(sold("150"),),
        referrals=referral("affiliate-small"),
    ),
    Scenario(
        "won_customer_without_currency",
        "The credit goes to a Stripe customer without a currency: the first credit sets it.",
        deals=(sold((2_000, 9_900)),),
        referrals=referral("customer-no-currency"),
    ),
    Scenario(
        "won_suspended_affiliate",
        "The affiliate who referred the deal is suspended.",
        deals=(sold((1_000, 4_900)),),
        referrals=referral("affiliate-suspended"),
    ),
    Scenario(
        "self_referral_domain",
        "An affiliate referred the company they work for: held for review.",
        fixed=True,
        company_of="affiliate-self",
        deals=(sold((1_000, 4_900)),),
        referrals=referral("affiliate-self"),
    ),
    Scenario(
        "self_referral_alias",
        "The contact's e-mail is the referrer's own with a +tag: held for review.",
        fixed=True,
        deals=(sold((2_000, 9_900)),),
        referrals=(ReferralSketch("customer-alias", REFERRED, alias=True),),
    ),
    Scenario(
        "referred_existing_customer",
        "The referred company was a customer before: held for review.",
        account="Customer",
        deals=(
            DealSketch("won", created=(380, 350), moved=(340, 260), activity=(340, 260)),
            sold((2_000, 9_900)),
        ),
        referrals=referral("customer"),
    ),
    Scenario(
        "referred_too_long_ago",
        "The referral is older than the look-back of 180 days when the deal is won: nothing owed.",
        copies=2,
        deals=(sold((9_000, 40_000)),),
        referrals=(ReferralSketch("customer", (260, 215)),),
    ),
    Scenario(
        "touched_after_won",
        "The partner's touch came after the deal was won: nothing owed.",
        deals=(sold((9_000, 40_000), moved=(20, 10)),),
        touches=(TouchSketch((5, 1), "partner", "affiliate/premium"),),
    ),
    Scenario(
        "reopened_and_won_again",
        "Won, reopened, and won again: one conversion, owed once.",
        copies=2,
        deals=(sold((2_000, 9_900), outcome="reopened"),),
        referrals=referral("customer"),
    ),
    Scenario(
        "won_then_lost",
        "Won, and lost again within 90 days: what was owed is taken back.",
        copies=3,
        deals=(sold((2_000, 9_900), created=(100, 90), moved=(25, 5), outcome="won_then_lost"),),
        referrals=(ReferralSketch("customer", (130, 105)),),
    ),
    Scenario(
        "won_exactly_3_days_ago",
        "Won on 27 June: a hold of 3 days ends with the first night's date.",
        deals=(sold((2_000, 9_900), moved=(3, 3)),),
        referrals=referral("customer"),
    ),
    Scenario(
        "won_still_held",
        "Won on 28 or 29 June: earned, and held.",
        copies=4,
        currencies=_MIXED,
        deals=(sold((2_000, 9_900), moved=(2, 1)),),
        referrals=referral("customer"),
    ),
    Scenario(
        "won_claim_still_held",
        "Won by a reseller's claim on 28 or 29 June: earned, and held.",
        copies=2,
        deals=(brought((1_200, 2_400), moved=(2, 1)),),
        registrations=claim("reseller/basic"),
    ),
)
