"""Records in quarantine, corrected by a person: read once more, in the way that the night reads.

What is corrected is the copy here. The CRM keeps what it says, and its next change of the record
comes with it: whoever corrects a record here corrects it there too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.actions import audit, deal_registrations, opportunities
from goodword.db.queries import quarantines as queries
from goodword.rules.crm import Conventions, CrmObject, Opportunity, StageChange, Unreadable
from goodword.rules.crm_intake import SINCE, read_deal_registration
from goodword.rules.crm_reading import READERS
from goodword.rules.programs import Program

LOCKED = frozenset({"Id", SINCE})
"""What tells which record it is, and since when it is known."""
_LONGEST = 32_000


class NoSuchRecord(LookupError):
    """There is no record of this number in quarantine."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"there is no record {number} in quarantine: `goodword quarantine` lists them"
        )


class CorrectionRefused(Exception):
    """The record cannot be corrected so; the sentence says why."""


class StillUnreadable(CorrectionRefused):
    """The corrected record cannot be read either."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"it cannot be taken in yet: {reason}")


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody writes into a record that was set aside.

    `cells` are the fields that change, by their API names, as a form has them: empty is nothing.
    `seen` is the digest of the record as they saw it; None does not compare.
    """

    number: int
    cells: Mapping[str, str]
    reason: str
    actor: str
    seen: str | None = None


def why_not(source: str, record: Mapping[str, object]) -> str | None:
    """Say why a record in quarantine is not corrected here; None: it can be."""
    if source == "salesforce.protection":
        return (
            "the CRM refused what was to be written there: remove what it names, and the next "
            "night writes it"
        )
    if source == f"salesforce.{CrmObject.LEAD}" and record.get("RecordTypeId"):
        return "a lead that has a record type is corrected in the CRM, which says what type it is"
    return None


def correct(tx: Connection, correction: Correction, program: Program, today: date) -> None:
    """Take in a record of the quarantine with what a person corrected, and close its quarantine.

    Raises:
        NoSuchRecord: there is none of this number, or it is in quarantine no more.
        CorrectionRefused: no reason is given, the record changed meanwhile, is not corrected here,
            or a cell is none of its own, or too long.
        StillUnreadable: it cannot be taken in with these cells either.
    """
    if not correction.reason.strip():
        raise CorrectionRefused("a correction by a person needs its reason: give one")
    kept = queries.open_record(tx, correction.number)
    if kept is None:
        raise NoSuchRecord(correction.number)
    if correction.seen not in {None, kept.digest}:
        raise CorrectionRefused("the record changed meanwhile: look at it again")
    if bar := why_not(kept.source, kept.record):
        raise CorrectionRefused(bar)
    changed = _changed(kept.record, correction.cells)
    record = {**kept.record, **changed}
    if kept.source.startswith("salesforce.registration."):
        _register(tx, kept, record, program, today)
    else:
        _mirror(tx, kept, record, program)
    after = queries.state_of(tx, correction.number)
    if after.resolved_at is None:
        raise StillUnreadable(after.reason)
    facts = {name: {"before": kept.record[name], "after": value} for name, value in changed.items()}
    audit.record(
        tx,
        [
            audit.Event(
                correction.actor,
                "corrected",
                "quarantined record",
                correction.number,
                correction.reason,
                {"source": kept.source, "record": kept.external_id, **facts},
                on=today,
            )
        ],
    )


def _changed(record: Mapping[str, Any], cells: Mapping[str, str]) -> dict[str, object]:
    """Return the cells that say something else than the record, each in its field's type."""
    found: dict[str, object] = {}
    for name, cell in cells.items():
        if name not in record or name in LOCKED:
            fields = ", ".join(sorted(record.keys() - LOCKED))
            raise CorrectionRefused(
                f"{name} is no field of the record that can be corrected: it has {fields}"
            )
        if len(cell) > _LONGEST or "\0" in cell:
            raise CorrectionRefused(f"{name} is longer than {_LONGEST:,} characters, or no text")
        if cell != as_cell(record[name]):
            found[name] = _typed(record[name], cell)
    return found


def as_cell(value: object) -> str:
    """Write a value of a record as a form has it: nothing is empty, true and false are words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def _typed(before: object, cell: str) -> object:
    if not cell.strip():
        return None
    if cell in {"true", "false"} and not isinstance(before, str):
        return cell == "true"
    return cell


def _mirror(tx: Connection, kept: Row[Any], record: Mapping[str, Any], program: Program) -> None:
    crm_object = CrmObject(kept.source.removeprefix("salesforce."))
    read = READERS[crm_object](record, Conventions(program.currency, program.crm))
    if isinstance(read, Unreadable):
        raise StillUnreadable(read.reason)
    opportunities.save_page(tx, crm_object, [read], [])
    if isinstance(read, Opportunity | StageChange):
        deal = read.crm_id if isinstance(read, Opportunity) else read.opportunity_crm_id
        opportunities.date_wins(tx, [deal], program.time_zone)


def _register(
    tx: Connection, kept: Row[Any], record: Mapping[str, Any], program: Program, today: date
) -> None:
    around = Conventions(program.currency, program.crm)
    intake = deal_registrations.Intake(around, today, program.zone)
    if kept.source != intake.quarantine:
        raise CorrectionRefused(
            f"the program does not take registrations from {kept.source.rpartition('.')[2]} any "
            "more: the record waits for nothing"
        )
    read = read_deal_registration(record, around)
    if isinstance(read, Unreadable):
        raise StillUnreadable(read.reason)
    # What is written back into its quarantine is what the night would find there.
    tx.execute(_KEEP, {"id": kept.id, "record": json.dumps(record)})
    deal_registrations.take_in(tx, intake, [read], [])


_KEEP = text("UPDATE quarantine SET record = CAST(:record AS jsonb) WHERE id = :id")
