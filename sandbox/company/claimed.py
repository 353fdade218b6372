"""Scenarios of registrations: what the first night must decide of a new claim."""

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
        copies=2,
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
        deals=(
            DealSketch(
                "won", created=(320, 290), moved=(280, 200), activity=(280, 200), direct=True
            ),
        ),
        registrations=(RegistrationSketch("reseller", (50, 2)),),
    ),
    Scenario(
        "staff_direct_activity",
        "Own sales worked on a deal of the account 5 to 59 days before the claim: to staff.",
        copies=4,
        deals=(
            DealSketch("open", created=(200, 120), moved=(110, 90), activity=(79, 25), direct=True),
        ),
        registrations=(RegistrationSketch("reseller", (20, 20)),),
    ),
    Scenario(
        "approved_activity_too_old",
        "Own sales last worked on the account 61 or more days before the claim: approved.",
        copies=2,
        deals=(
            DealSketch(
                "open", created=(250, 200), moved=(190, 170), activity=(90, 81), direct=True
            ),
        ),
        registrations=(RegistrationSketch("reseller", (20, 20)),),
    ),
    Scenario(
        "staff_doubtful_name",
        "Two accounts go by the claimed name, and no domain tells which: a question to staff.",
        copies=2,
        twin=True,
        registrations=(RegistrationSketch("reseller", (20, 2), named="name"),),
    ),
    Scenario(
        "lookalike_name",
        "The name only resembles an account's, and no domain tells: staff is asked.",
        deals=(
            DealSketch(
                "open", created=(200, 120), moved=(110, 90), activity=(110, 90), direct=True
            ),
        ),
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

CLAIMED: Final = (*DECIDED, *FOR_STAFF)
