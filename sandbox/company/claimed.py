"""Scenarios of registrations: what the first night's review must decide, with 90-day windows."""

from typing import Final

from sandbox.company.sketches import DealSketch, RegistrationSketch, Scenario

_MIXED: Final = ("USD", "EUR", "USD", "JPY")
# A partner brought it after having claimed the account: own sales never worked on it.
_BROUGHT: Final = DealSketch("open", created=(12, 6), moved=(5, 1), stage="Qualification")

DECIDED: Final = (
    Scenario(
        "approved_meeting",
        "A claim with a meeting as evidence on a free account: approved automatically.",
        copies=4,
        currencies=_MIXED,
        deals=(_BROUGHT,),
        registrations=(RegistrationSketch("reseller", (50, 13)),),
    ),
    Scenario(
        "approved_discovery_call",
        "A discovery call alone is evidence enough: approved automatically.",
        copies=2,
        registrations=(RegistrationSketch("reseller", (50, 13), "discovery_call"),),
    ),
    Scenario(
        "approved_budget",
        "A confirmed budget alone is evidence enough: approved automatically.",
        copies=2,
        registrations=(RegistrationSketch("service/premium", (50, 13), "budget"),),
    ),
    Scenario(
        "approved_bant",
        "Budget, authority, need and timeline together: approved automatically.",
        copies=2,
        registrations=(RegistrationSketch("reseller", (50, 13), "budget;authority;need;timeline"),),
    ),
    Scenario(
        "approved_new_to_crm",
        "A company that the CRM does not know yet: approved automatically, by name and domain.",
        copies=3,
        account="",
        currencies=_MIXED,
        registrations=(RegistrationSketch("reseller", (50, 13)),),
    ),
    Scenario(
        "rejected_bare_name",
        "A bare name without any evidence: rejected with the reason.",
        copies=4,
        registrations=(RegistrationSketch("reseller", (50, 2), evidence=""),),
    ),
    Scenario(
        "rejected_incomplete_bant",
        "Authority, need and timeline without a budget are no complete BANT: rejected.",
        copies=2,
        registrations=(
            RegistrationSketch("reseller", (50, 2), "authority;need;timeline", named="name"),
        ),
    ),
    Scenario(
        "conflict_same_domain",
        "A second partner claims an account that another has claimed: conflicting.",
        copies=3,
        currencies=_MIXED,
        deals=(_BROUGHT,),
        registrations=(
            RegistrationSketch("reseller", (60, 41)),
            RegistrationSketch("reseller", (40, 13), rank=1),
        ),
    ),
    Scenario(
        "conflict_other_spelling",
        "The second claim spells the name otherwise (capitals, full width, another legal form) "
        "and gives no domain: still the same company, conflicting.",
        copies=4,
        currencies=_MIXED,
        registrations=(
            RegistrationSketch("reseller", (60, 41)),
            RegistrationSketch("reseller", (40, 2), named="respelled", rank=1),
        ),
    ),
    Scenario(
        "conflict_by_opportunity",
        "The second claim names the deal's id and calls the company by a trading name: its "
        "account is already claimed, conflicting.",
        copies=3,
        deals=(DealSketch("open", created=(35, 30), moved=(20, 10), stage="Value Proposition"),),
        registrations=(
            RegistrationSketch("reseller", (60, 41)),
            RegistrationSketch("reseller", (28, 22), named="opportunity", rank=1),
        ),
    ),
    Scenario(
        "conflict_same_instant",
        "Two claims on one account at the same instant: the smaller id wins, the other conflicts.",
        registrations=(
            RegistrationSketch("reseller", (30, 30), late_evening=True),
            RegistrationSketch("reseller", (30, 30), late_evening=True, rank=1),
        ),
    ),
    Scenario(
        "two_divisions",
        "Two partners claim two divisions of one account: both approved.",
        copies=3,
        currencies=("USD", "JPY", "EUR"),
        registrations=(
            RegistrationSketch("reseller", (60, 41), division="Europe"),
            RegistrationSketch("reseller", (40, 13), division="Asia Pacific", rank=1),
        ),
    ),
    Scenario(
        "over_limit",
        "One partner claims 27 accounts: the 26th and the 27th exceed 25 open ones, to staff.",
        copies=27,
        fixed=True,
        registrations=(RegistrationSketch("reseller-busy", (50, 16)),),
    ),
)

FOR_STAFF: Final = (
    Scenario(
        "staff_existing_customer",
        "The account has bought before and is a customer: to staff.",
        copies=4,
        account="Customer",
        currencies=_MIXED,
        deals=(DealSketch("won", created=(320, 290), moved=(280, 200), activity=(280, 200)),),
        registrations=(RegistrationSketch("reseller", (50, 2)),),
    ),
    Scenario(
        "staff_direct_activity",
        "Own sales worked on a deal of the account 5 to 59 days before the claim: to staff.",
        copies=4,
        deals=(DealSketch("open", created=(200, 120), moved=(110, 90), activity=(79, 25)),),
        registrations=(RegistrationSketch("reseller", (20, 20)),),
    ),
    Scenario(
        "approved_activity_too_old",
        "Own sales last worked on the account 61 or more days before the claim: approved.",
        copies=2,
        deals=(DealSketch("open", created=(250, 200), moved=(190, 170), activity=(90, 81)),),
        registrations=(RegistrationSketch("reseller", (20, 20)),),
    ),
    Scenario(
        "staff_doubtful_name",
        "The name only resembles that of an account, and no domain tells: a question to staff.",
        copies=2,
        deals=(DealSketch("open", created=(200, 120), moved=(110, 90), activity=(110, 90)),),
        registrations=(RegistrationSketch("reseller", (20, 2), named="lookalike"),),
    ),
    Scenario(
        "staff_suspended_partner",
        "The partner is suspended: to staff.",
        copies=2,
        registrations=(RegistrationSketch("reseller-suspended", (50, 2)),),
    ),
    Scenario(
        "staff_applied_partner",
        "The partner has applied and is not active yet: to staff.",
        registrations=(RegistrationSketch("reseller-applied", (50, 2)),),
    ),
    Scenario(
        "staff_closed_partner",
        "The partner has left the program: to staff.",
        registrations=(RegistrationSketch("reseller-closed", (50, 2)),),
    ),
)

WINDOWS: Final = (
    Scenario(
        "extended_by_stage",
        "Past its window, and the deal's stage moved in the last 30 days: extended.",
        copies=4,
        currencies=_MIXED,
        deals=(DealSketch("open", created=(125, 122), moved=(25, 2)),),
        registrations=(RegistrationSketch("reseller", (118, 96), named="everything"),),
    ),
    Scenario(
        "extended_by_activity",
        "Past its window, no stage moved, but there was activity in the last 30 days: extended.",
        copies=2,
        deals=(DealSketch("open", created=(125, 122), moved=(90, 80), activity=(25, 2)),),
        registrations=(RegistrationSketch("reseller", (118, 96), named="everything"),),
    ),
    Scenario(
        "expired_no_progress",
        "Past its window, and nothing moved for more than 50 days: expired.",
        copies=4,
        currencies=_MIXED,
        deals=(DealSketch("open", created=(125, 122), moved=(90, 51), stage="Needs Analysis"),),
        registrations=(RegistrationSketch("reseller", (118, 96), named="everything"),),
    ),
    Scenario(
        "last_day",
        "Registered at 23:30 New York time on 1 April (2 April in UTC): 30 June is its last day.",
        deals=(DealSketch("open", created=(96, 93), moved=(20, 5)),),
        registrations=(
            RegistrationSketch("reseller", (90, 90), named="everything", late_evening=True),
        ),
    ),
    Scenario(
        "warned_14_days",
        "Its window ends in 4 to 14 days: the partner is warned.",
        copies=4,
        currencies=_MIXED,
        deals=(DealSketch("open", created=(92, 90), moved=(25, 2)),),
        registrations=(RegistrationSketch("reseller", (86, 76), named="everything"),),
    ),
    Scenario(
        "warned_3_days",
        "Its window ends in 1 to 3 days: the partner is warned again.",
        copies=3,
        deals=(DealSketch("open", created=(98, 92), moved=(60, 40)),),
        registrations=(RegistrationSketch("reseller", (89, 87), named="everything"),),
    ),
    Scenario(
        "lost_inside_window",
        "The deal was lost inside the window: lost.",
        copies=4,
        currencies=_MIXED,
        deals=(DealSketch("lost", created=(92, 86), moved=(25, 2)),),
        registrations=(RegistrationSketch("reseller", (80, 40), named="everything"),),
    ),
    Scenario(
        "won_after_window",
        "The deal was won after the window had ended without progress: the claim gives nothing.",
        copies=2,
        deals=(
            DealSketch(
                "won", created=(150, 145), moved=(12, 6), amount=(8_000, 20_000), straight=True
            ),
        ),
        registrations=(RegistrationSketch("reseller", (140, 125), named="everything"),),
    ),
)


REGISTRATIONS: Final = (*DECIDED, *FOR_STAFF, *WINDOWS)
