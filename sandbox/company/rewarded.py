"""Scenarios of won deals, and what somebody is owed for them."""

from typing import Final

from sandbox.company.sketches import (
    DealSketch,
    ReferralSketch,
    RegistrationSketch,
    Scenario,
    TouchSketch,
)
from sandbox.company.usual import brought, claim, referral, sold

BY_REGISTRATION: Final = (
    Scenario(
        "won_reseller_below_500",
        "Won by a basic reseller's claim, 20% is below 500.00: approved at once and paid.",
        copies=3,
        deals=(brought((1_200, 2_400)),),
        registrations=claim("reseller/basic"),
    ),
    Scenario(
        "won_reseller_cent_below_500",
        "20% of 2,499.95 is 499.99: one cent below review.",
        deals=(brought("2499.95"),),
        registrations=claim("reseller/basic"),
    ),
    Scenario(
        "won_reseller_exactly_500",
        "20% of 2,500.00 is exactly 500.00: reviewed by one person.",
        deals=(brought("2500"),),
        registrations=claim("reseller/basic"),
    ),
    Scenario(
        "won_reseller_reviewed",
        "30% of a premium reseller's deal is below 5,000.00: reviewed by one person.",
        copies=2,
        deals=(brought((8_000, 16_000)),),
        registrations=claim("reseller/premium"),
    ),
    Scenario(
        "won_reseller_two_approvers",
        "40% of a top reseller's deal is above 5,000.00: reviewed by two persons.",
        copies=2,
        deals=(brought((20_000, 60_000)),),
        registrations=claim("reseller/top"),
    ),
    Scenario(
        "won_service_euros",
        "10% of a service partner's deal in euros, below the 460.00 EUR of review.",
        copies=2,
        currencies=("EUR",),
        deals=(brought((3_000, 4_500)),),
        registrations=claim("service/basic"),
    ),
)

BY_REFERRAL: Final = (
    Scenario(
        "won_customer_100",
        "Referred by a customer, below 10,000: the lowest band, $100.",
        copies=3,
        deals=(sold((2_000, 9_900)),),
        referrals=referral("customer"),
    ),
    Scenario(
        "won_customer_250",
        "Referred by a customer, from 10,000: $250.",
        copies=2,
        deals=(sold((10_000, 24_900)),),
        referrals=referral("customer"),
    ),
    Scenario(
        "won_customer_exactly_500",
        "Referred by a customer, from 25,000: $500, which is reviewed.",
        copies=2,
        deals=(sold((25_000, 90_000)),),
        referrals=referral("customer"),
    ),
    Scenario(
        "won_customer_1000",
        "Referred by a customer, from 100,000: $1,000.",
        deals=(sold((100_000, 180_000)),),
        referrals=referral("customer"),
    ),
    Scenario(
        "won_affiliate_below_500",
        "10% for a basic affiliate, below 500.00: approved at once and paid.",
        copies=2,
        deals=(sold((1_000, 4_900)),),
        referrals=referral("affiliate/basic"),
    ),
    Scenario(
        "won_affiliate_exactly_500",
        "10% of 5,000.00 is exactly 500.00: reviewed by one person.",
        deals=(sold("5000"),),
        referrals=referral("affiliate/basic"),
    ),
    Scenario(
        "won_affiliate_reviewed",
        "15% for a premium affiliate: reviewed by one person.",
        deals=(sold((4_000, 30_000)),),
        referrals=referral("affiliate/premium"),
    ),
    Scenario(
        "won_affiliate_yen",
        "10% of a deal in yen, below the 75,000 JPY of review: whole yen, paid in yen.",
        copies=2,
        currencies=("JPY",),
        deals=(sold((2_000, 7_000)),),
        referrals=referral("affiliate/basic"),
    ),
    Scenario(
        "won_affiliate_yen_reviewed",
        "10% of a deal in yen, above 75,000 JPY: reviewed by one person.",
        currencies=("JPY",),
        deals=(sold((20_000, 40_000)),),
        referrals=referral("affiliate/basic"),
    ),
    Scenario(
        "won_employee",
        "An employee's lead closed: the bonus for closing.",
        copies=2,
        deals=(sold((9_000, 60_000)),),
        referrals=referral("employee"),
    ),
    Scenario(
        "won_technology",
        "Referred by a technology partner, whom the program pays nothing in cash.",
        deals=(sold((9_000, 60_000)),),
        referrals=referral("technology"),
    ),
    Scenario(
        "won_two_referrers",
        "Two customers referred the same company: attribution decides.",
        copies=2,
        deals=(sold((12_000, 40_000)),),
        referrals=(
            ReferralSketch("customer", (110, 95)),
            ReferralSketch("customer", (90, 72), rank=1),
        ),
    ),
    Scenario(
        "won_after_many_touches",
        "Advertising, a customer, an affiliate and a direct call before the deal was won.",
        copies=2,
        deals=(sold((12_000, 40_000)),),
        touches=(
            TouchSketch((110, 95), "marketing", named="domain"),
            TouchSketch((90, 72), "referral", "customer", named="domain"),
            TouchSketch((42, 38), "partner", "affiliate/premium"),
            TouchSketch((36, 31), "direct"),
        ),
    ),
)

OLDER: Final = (
    Scenario(
        "older_won_customer",
        "Won 35 to 150 days ago, referred by a customer.",
        copies=14,
        currencies=("USD", "EUR", "USD", "JPY"),
        deals=(DealSketch("won", (165, 155), (150, 35), (2_000, 60_000), activity=(165, 151)),),
        referrals=(ReferralSketch("customer", (178, 168)),),
    ),
    Scenario(
        "older_won_affiliate",
        "Won 35 to 150 days ago, referred by an affiliate.",
        copies=8,
        deals=(DealSketch("won", (165, 155), (150, 35), (1_000, 9_000), activity=(165, 151)),),
        referrals=(ReferralSketch("affiliate", (178, 168)),),
    ),
    Scenario(
        "older_won_employee",
        "Won 35 to 150 days ago, an employee's lead.",
        copies=3,
        deals=(DealSketch("won", (165, 155), (150, 35), activity=(165, 151)),),
        referrals=(ReferralSketch("employee", (178, 168), channel="slack"),),
    ),
    Scenario(
        "older_won_claim",
        "Won 95 to 150 days ago inside the window of a reseller's claim.",
        copies=8,
        currencies=("USD", "USD", "EUR"),
        deals=(DealSketch("won", (158, 152), (150, 95), (1_500, 30_000)),),
        registrations=(RegistrationSketch("reseller", (175, 160)),),
    ),
    Scenario(
        "older_won_touches",
        "Won 35 to 150 days ago after touches of an affiliate and of advertising.",
        copies=7,
        deals=(DealSketch("won", (165, 160), (150, 35), (1_000, 20_000), activity=(165, 160)),),
        touches=(
            TouchSketch((178, 168), "partner", "affiliate/basic", named="domain"),
            TouchSketch((159, 156), "marketing"),
            TouchSketch((155, 151), "partner", "affiliate/premium"),
        ),
    ),
)

REWARDS: Final = (*BY_REGISTRATION, *BY_REFERRAL, *OLDER)
