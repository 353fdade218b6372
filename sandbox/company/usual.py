"""The usual deal, referral and claim, which most scenarios of won deals share."""

from typing import Final

from sandbox.company.dates import Span
from sandbox.company.sketches import DealSketch, Outcome, ReferralSketch, RegistrationSketch

# Won in the last 30 days, and long enough ago for a hold of 3 days to be over.
RECENT: Final = (29, 4)
REFERRED: Final = (110, 72)
CREATED: Final = (70, 45)
WORKED_ON: Final = (40, 30)


def sold(
    amount: Span | str, moved: Span = RECENT, *, created: Span = CREATED, outcome: Outcome = "won"
) -> DealSketch:
    """Sketch a deal that own sales closed."""
    return DealSketch(outcome, created, moved, amount, activity=WORKED_ON)


def brought(amount: Span | str, moved: Span = RECENT) -> DealSketch:
    """Sketch a deal that the partner who claimed it closed; own sales never worked on it."""
    return DealSketch("won", (68, 45), moved, amount)


def referral(who: str) -> tuple[ReferralSketch, ...]:
    """Sketch one referral of the company, made before there was a deal."""
    return (ReferralSketch(who, REFERRED),)


def claim(who: str) -> tuple[RegistrationSketch, ...]:
    """Sketch one claim whose window covers every day on which a usual deal is won."""
    return (RegistrationSketch(who, (85, 70), "meeting;budget"),)
