"""Contracts: what one participant alone is paid, in place of the program's incentives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from goodword.rules.incentives import Incentive


@dataclass(frozen=True, slots=True)
class Contract:
    """The incentives of one participant, for the claims made while it runs.

    Attributes:
        participant: the participant's key.
        document: what was signed, with its version, as people look it up.
        from_on: its first day.
        until_on: its last day; None: until the program says otherwise.
        incentives: in place of all of the program's.
    """

    participant: str
    document: str
    from_on: date
    until_on: date | None
    incentives: tuple[Incentive, ...]

    def covers(self, on: date) -> bool:
        """Tell whether a claim made on a day goes by this contract."""
        return self.from_on <= on and (self.until_on is None or on <= self.until_on)


def contract_of(contracts: Iterable[Contract], participant: str, on: date) -> Contract | None:
    """Return the contract that a participant's claim of a day goes by, or None."""
    mine = (each for each in contracts if each.participant == participant and each.covers(on))
    return next(mine, None)
