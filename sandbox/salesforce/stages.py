"""What an opportunity's stage says of it: closed or open, won or lost, how likely.

The ten standard stages are those of every new org (recorded describe; probabilities and forecast
categories from Salesforce's "Opportunity Stages" defaults). Other stages mean what the loaded
data says they mean, and are open where it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sandbox.salesforce.values import Record

FIRST = "Prospecting"
# The fields of an opportunity that its stage decides unless somebody says otherwise.
FOLLOWING = ("IsClosed", "IsWon", "Probability", "ForecastCategory", "ForecastCategoryName")


@dataclass(frozen=True)
class Stage:
    """The consequences of a stage."""

    closed: bool
    won: bool
    probability: int
    forecast: str

    def fields(self) -> Record:
        """The fields of an opportunity that follow from its stage."""
        probability = Decimal(self.probability)
        values = (self.closed, self.won, probability, self.forecast, self.forecast)
        return dict(zip(FOLLOWING, values, strict=True))


STANDARD: dict[str, Stage] = {
    **{
        name: Stage(closed=False, won=False, probability=probability, forecast="Pipeline")
        for name, probability in (
            (FIRST, 10),
            ("Qualification", 10),
            ("Needs Analysis", 20),
            ("Value Proposition", 50),
            ("Id. Decision Makers", 60),
            ("Perception Analysis", 70),
            ("Proposal/Price Quote", 75),
            ("Negotiation/Review", 90),
        )
    },
    "Closed Won": Stage(closed=True, won=True, probability=100, forecast="Closed"),
    "Closed Lost": Stage(closed=True, won=False, probability=0, forecast="Omitted"),
}
_UNKNOWN = Stage(closed=False, won=False, probability=0, forecast="Pipeline")


class Stages:
    """The stages of one org: the standard ones, and those its data taught.

    Args:
        opportunities: the loaded rows, before anything is derived.
    """

    def __init__(self, opportunities: Iterable[Record]) -> None:
        self._known = dict(STANDARD)
        for row in opportunities:
            name = row.get("StageName")
            if (
                isinstance(name, str)
                and name not in self._known
                and row.get("IsClosed") is not None
            ):
                self._known[name] = _taught(row)

    def __getitem__(self, name: object) -> Stage:
        return self._known.get(str(name), _UNKNOWN)


def _taught(row: Record) -> Stage:
    probability = row.get("Probability")
    closed, won = row.get("IsClosed") is True, row.get("IsWon") is True
    return Stage(
        closed=closed,
        won=won,
        probability=int(probability) if isinstance(probability, Decimal) else 100 * won,
        forecast="Closed" if won else "Omitted" if closed else "Pipeline",
    )
