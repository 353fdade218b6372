"""Scenarios of claims that people act on: `goodword sample` tells what they did before the night.

Left to the rules alone, as in the night by itself, each is decided as its sentence says.
"""

from typing import Final

from sandbox.company.sketches import DealSketch, LeadSketch, RegistrationSketch, Scenario

_QUIET: Final = DealSketch("open", created=(88, 87), moved=(60, 50), stage="Needs Analysis")
_ENDING: Final = (RegistrationSketch("reseller", (86, 85), named="everything"),)
_RIVALS: Final = (
    RegistrationSketch("reseller", (30, 28)),
    RegistrationSketch("reseller", (27, 25), rank=1),
)

CONTESTED: Final = (
    Scenario(
        "routed_lead",
        "A lead comes in from an account that a partner has claimed: it is given to the partner.",
        fixed=True,
        leads=(LeadSketch((9, 3)),),
        registrations=(RegistrationSketch("reseller", (40, 13)),),
    ),
    Scenario(
        "more_days_granted",
        "The window ends in a few days without progress: the partner asks for more days and gets "
        "them. By the rules alone: approved, and warned.",
        fixed=True,
        deals=(_QUIET,),
        registrations=_ENDING,
    ),
    Scenario(
        "more_days_refused",
        "The partner asks for more days, and staff refuses. By the rules alone: warned.",
        fixed=True,
        deals=(_QUIET,),
        registrations=_ENDING,
    ),
    Scenario(
        "more_days_waiting",
        "The partner asks for more days, and nobody has answered. By the rules alone: warned.",
        fixed=True,
        deals=(_QUIET,),
        registrations=_ENDING,
    ),
    Scenario(
        "claim_withdrawn",
        "The partner lets go of a claim that staff had approved. By the rules alone: approved.",
        fixed=True,
        registrations=(RegistrationSketch("reseller", (30, 25)),),
    ),
    Scenario(
        "dispute_open",
        "The second partner contests the claim of the first, and nobody has ruled in time. By the "
        "rules alone: conflicting.",
        fixed=True,
        registrations=_RIVALS,
    ),
    Scenario(
        "dispute_transferred",
        "The second partner contests the claim, and it is transferred, with a share of 20% for the "
        "first. By the rules alone: conflicting.",
        fixed=True,
        registrations=_RIVALS,
    ),
    Scenario(
        "dispute_appealed",
        "The ruling for the first partner is appealed and upheld. By the rules alone: conflicting.",
        fixed=True,
        registrations=_RIVALS,
    ),
    Scenario(
        "dispute_term_over",
        "The ruling for the first partner is not appealed in time: the night closes it. By the "
        "rules alone: conflicting.",
        fixed=True,
        registrations=_RIVALS,
    ),
)
