"""Every situation that the sample company contains on purpose, by name."""

from dataclasses import replace
from typing import Final

from sandbox.company.claimed import CLAIMED
from sandbox.company.contested import CONTESTED
from sandbox.company.pending import PENDING
from sandbox.company.refused import REFUSED
from sandbox.company.rewarded import REWARDS
from sandbox.company.sketches import Scenario
from sandbox.company.windows import WINDOWS
from sandbox.company.withheld import WITHHELD

SCENARIOS: Final[dict[str, Scenario]] = {
    scenario.name: replace(scenario, position=position)
    for position, scenario in enumerate(
        (*CLAIMED, *WINDOWS, *REWARDS, *WITHHELD, *PENDING, *REFUSED, *CONTESTED), start=1
    )
}
"""Name -> scenario: `.sentence` tells it in words, `.keys()` the keys and ids of its records."""
