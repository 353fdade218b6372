"""Scenarios of referrals that are still open, or that came to nothing."""

from typing import Final

from sandbox.company.sketches import DealSketch, ReferralSketch, Scenario

_MIXED: Final = ("USD", "USD", "EUR", "USD", "JPY", "USD", "USD", "EUR", "USD", "USD")

PENDING: Final = (
    Scenario(
        "referred_open_deal",
        "Referred by a customer, and own sales are working on the deal.",
        copies=34,
        currencies=_MIXED,
        deals=(DealSketch("open", (80, 50), (40, 3), activity=(30, 2)),),
        referrals=(ReferralSketch("customer", (110, 85)),),
    ),
    Scenario(
        "referred_named_deal",
        "Referred by an affiliate, who names the deal itself.",
        copies=12,
        deals=(DealSketch("open", (80, 50), (20, 3), activity=(20, 2)),),
        referrals=(ReferralSketch("affiliate", (45, 25), named="everything"),),
    ),
    Scenario(
        "referred_qualified_lead",
        "An employee's lead has become a qualified deal: $50, $150 or $500 by its size.",
        copies=8,
        deals=(DealSketch("open", (60, 40), (25, 3), (4_000, 150_000), activity=(20, 2)),),
        referrals=(ReferralSketch("employee", (75, 62), channel="slack"),),
    ),
    Scenario(
        "referred_unqualified_lead",
        "An employee's lead is still being prospected: nothing is owed yet.",
        copies=4,
        deals=(DealSketch("open", (30, 20), (19, 3), stage="Prospecting"),),
        referrals=(ReferralSketch("employee", (45, 32)),),
    ),
    Scenario(
        "referred_new_company",
        "Referred, and the CRM does not know the company yet.",
        copies=32,
        account="",
        currencies=_MIXED,
        referrals=(ReferralSketch("customer", (60, 1)),),
    ),
    Scenario(
        "referred_by_reseller",
        "Referred by a reseller by its name alone, and the CRM does not know the company yet.",
        copies=8,
        account="",
        referrals=(ReferralSketch("reseller", (60, 1), named="name"),),
    ),
    Scenario(
        "referred_lost_deal",
        "Referred, and the deal was lost.",
        copies=12,
        currencies=_MIXED,
        deals=(DealSketch("lost", (100, 80), (60, 10), activity=(70, 61)),),
        referrals=(ReferralSketch("customer", (130, 105)),),
    ),
    Scenario(
        "referred_long_ago",
        "Referred more than 180 days ago, and the deal is still open.",
        copies=8,
        deals=(DealSketch("open", (190, 150), (60, 20), activity=(50, 20)),),
        referrals=(ReferralSketch("customer", (300, 200)),),
    ),
)
