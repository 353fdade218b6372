"""Paces: how fast a provider may be called by all processes together.

Slots are spread evenly. A rate that the provider refused is halved, and comes back little by
little, so that it settles around what the provider really takes.
"""

from __future__ import annotations

from dataclasses import dataclass

WINDOW_SECONDS = 1.08
"""The limit holds for each second; a second's slots are spread over a little more than that,
since calls reach the provider less evenly than they leave."""

LEAST_PER_SECOND = 1
"""Refusals slow calls down to this, and no further."""

SLOWED_ONCE_IN_SECONDS = 1
"""The refusals of one moment are one refusal: what was under way then was already too fast."""

RECOVERED_IN_SECONDS = 30
"""From the least to the allowed rate, when nothing is refused meanwhile."""

BLOCK_SECONDS = 0.25
"""How much of the time ahead one lease takes at most: what a process that dies leaves unused."""

FARTHEST_SECONDS = 300
"""No queue is longer: a next slot farther away was given out by a clock that was set back."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A block of slots: how many, and the seconds from now to the first and between two."""

    slots: int
    wait_seconds: float
    spacing_seconds: float
