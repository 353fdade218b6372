"""Scenarios of claims that stood before the first night: how their 90-day windows end."""

from typing import Final

from sandbox.company.sketches import DealSketch, RegistrationSketch, Scenario

_MIXED: Final = ("USD", "EUR", "USD", "JPY")

WINDOWS: Final = (
    Scenario(
        "extended_by_stage",
        "Past its window, and the deal's stage moved in the 30 days before its end, which are also"
        " among the last 30 days: extended.",
        copies=4,
        currencies=_MIXED,
        deals=(DealSketch("open", created=(105, 100), moved=(28, 10)),),
        registrations=(RegistrationSketch("reseller", (98, 94), named="everything"),),
    ),
    Scenario(
        "extended_by_activity",
        "Past its window, no stage moved, but there was activity in the 30 days before its end:"
        " extended.",
        copies=2,
        deals=(DealSketch("open", created=(105, 100), moved=(90, 80), activity=(28, 10)),),
        registrations=(RegistrationSketch("reseller", (98, 94), named="everything"),),
    ),
    Scenario(
        "expired_no_progress",
        "Past its window, and nothing moved for more than 60 days: expired.",
        copies=4,
        currencies=_MIXED,
        deals=(DealSketch("open", created=(125, 122), moved=(90, 62), stage="Needs Analysis"),),
        registrations=(RegistrationSketch("reseller", (112, 96), named="everything"),),
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
