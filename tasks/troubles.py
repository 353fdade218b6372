"""Troubles: what the orchestrator saw of a night and no night can tell, in a letter to staff."""

from __future__ import annotations

import textwrap
from collections import Counter
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from prefect.utilities.urls import url_for

from goodword.actions import messages as outbox
from goodword.db.queries import messages as queries
from goodword.wiring import wiring
from tasks import messages, nights

LONGEST = 1000
"""Characters of what was said; the run's page has all of it."""


class Trouble(StrEnum):
    """What is the matter."""

    FAILED = "failed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Told:
    """A trouble as a letter tells it.

    Attributes:
        fact: what makes the letter the only one.
        what: the kind of trouble.
        about: which run, or since when no night has ended well.
        said: the run's own words; empty when there are none.
        link: the run's page; empty when there is none.
    """

    fact: str
    what: Trouble
    about: str
    said: str = ""
    link: str = ""


class NobodyToTell(Exception):
    """The program names no address of staff."""

    def __init__(self) -> None:
        super().__init__("nobody was told: staff_email in the program file is empty; give one")


def page(run: str | None) -> str:
    """Return the address of a flow run's page; "" without a run, or where the server has none."""
    return (url_for("flow-run", UUID(run)) or "") if run else ""


def tell(told: Told, today: date) -> Counter[str]:
    """Write one letter about a trouble and send it at once, since the next night may be the matter.

    Raises:
        NobodyToTell: the program has no address for it.
    """
    staff = nights.program(today).staff_email
    if not staff:
        raise NobodyToTell
    context = {
        "what": told.what.value,
        "about": told.about,
        "said": textwrap.shorten(told.said, LONGEST),
        "link": told.link,
        "command": "goodword status",
    }
    letter = outbox.StaffLetter(told.fact, "night_trouble", staff, context)
    with wiring().ready_database.transaction() as tx:
        outbox.queue_for_staff(tx, letter, today)
        waiting = queries.queued_about(tx, told.fact)
    return messages.send(waiting, today)
