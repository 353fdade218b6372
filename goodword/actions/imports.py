"""Imports: rows of files into participants, claims, touches and events; each only once.

    batch = imports.Batch(kind, today, zone, actor)
    report = imports.ImportReport()
    for chunk in import_files.read_csv(file, kind):
        with database.transaction() as tx:
            report += imports.save(tx, batch, chunk)

One import at a time (`database.exclusive("import")`). One that was interrupted is started again:
what it has written counts as the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, text

from goodword.actions import audit, messages
from goodword.actions.import_files import RawRow
from goodword.bank_accounts import bic, iban
from goodword.companies import name_key, of_one_company, registrable_domain
from goodword.db import models
from goodword.db.bulk import stage
from goodword.phrases import because, in_a_row
from goodword.rules import imports as rules
from goodword.rules.crm_values import Impossible
from goodword.rules.import_cells import LONGEST, Given, Surroundings, checked

Kind = rules.Kind

_TABLES: Mapping[Kind, Any] = {
    Kind.PARTICIPANTS: models.Participant.__table__,
    Kind.REFERRALS: models.Referral.__table__,
    Kind.REGISTRATIONS: models.Registration.__table__,
    Kind.TOUCHES: models.Touch.__table__,
    Kind.EVENTS: models.Event.__table__,
}


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One row that was not taken in: the line it begins on, its key, every reason.

    `reason` are all of `reasons` in one text, with where the row ends when that is another line.
    """

    line: int
    key: str
    reason: str
    reasons: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How many rows were new, changed and the same, and those refused. Reports add up."""

    new: int = 0
    changed: int = 0
    same: int = 0
    refused: tuple[RefusedRow, ...] = ()

    def __add__(self, other: ImportReport) -> ImportReport:
        return ImportReport(
            self.new + other.new,
            self.changed + other.changed,
            self.same + other.same,
            self.refused + other.refused,
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """One file on its way in.

    Attributes:
        kind: what the file holds.
        today: the business date.
        zone: the program's time zone.
        actor: who imports, for the audit trail.
        source: the door that claims come by, as `registrations.source` has it.
        source_ids: their numbers at that door, by key.
        moved_kinds: the kinds of participants whose tier the program moves: a file says it of new
            ones only.
        taken: the line and the hash of each row taken in so far, by key.
    """

    kind: Kind
    today: date
    zone: ZoneInfo
    actor: str
    source: str = "import"
    source_ids: Mapping[str, str] = field(default_factory=dict)
    moved_kinds: frozenset[str] = frozenset()
    taken: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Accepted:
    """A row to write: new, or a correction of the recorded row `kept_id`."""

    line: int
    row: rules.ImportedRow
    kept_id: int | None = None
    corrections: Mapping[str, rules.Correction] = field(default_factory=dict)


def save(tx: Connection, batch: Batch, chunk: Sequence[RawRow]) -> ImportReport:
    """Take in one chunk of a file, with its audit events and the mails that new claims get.

    The number of statements does not depend on the number of rows. When the transaction fails, the
    batch has counted what was not written: start the import again with another.
    """
    around = _surroundings(tx, batch, chunk)
    read = [(raw, _read(batch.kind, raw, around)) for raw in chunk]
    kept = _kept(tx, batch.kind, [row.key for _, row in read if not isinstance(row, rules.Refused)])
    new: list[_Accepted] = []
    changed: list[_Accepted] = []
    refused: list[RefusedRow] = []
    for raw, row in read:
        verdict = row if isinstance(row, rules.Refused) else _judge(batch, kept, raw.line, row)
        if isinstance(verdict, rules.Refused):
            refused.append(_refused(raw, verdict))
        elif verdict is not None:
            (new if verdict.kept_id is None else changed).append(verdict)
    _write(tx, batch, new, changed)
    same = len(chunk) - len(new) - len(changed) - len(refused)
    return ImportReport(len(new), len(changed), same, tuple(refused))


# Reading ----------------------------------------------------------------------------------------


def _surroundings(tx: Connection, batch: Batch, chunk: Sequence[RawRow]) -> Surroundings:
    named = {raw.cells.get("participant", "").strip() for raw in chunk}
    keys = [key for key in named if _can_be_asked_for(key)]
    found = tx.execute(
        text("SELECT key, id FROM participants WHERE key = ANY(:keys)"), {"keys": keys}
    )
    participants = {row.key: row.id for row in found}
    return Surroundings(
        batch.today,
        batch.zone,
        participants,
        registrable_domain,
        of_one_company,
        name_key,
        iban,
        bic,
    )


def _can_be_asked_for(key: str) -> bool:
    """Tell whether the database can hold such a key; when not, the row's reader says why."""
    try:
        return bool(checked("participant", key, LONGEST))
    except Impossible:
        return False


def _read(kind: Kind, raw: RawRow, around: Surroundings) -> rules.ImportedRow | rules.Refused:
    return (
        rules.Refused((raw.problem,)) if raw.problem else rules.read(kind, Given(raw.cells, around))
    )


def _kept(tx: Connection, kind: Kind, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    found = tx.execute(text(f"SELECT * FROM {kind} WHERE key = ANY(:keys)"), {"keys": list(keys)})
    return {row["key"]: dict(row) for row in found.mappings()}


def _refused(raw: RawRow, verdict: rules.Refused) -> RefusedRow:
    reason = "; ".join(verdict.reasons)
    if raw.last_line > raw.line:
        reason += f" (the row goes from line {raw.line} to line {raw.last_line})"
    key = raw.cells.get("key", "").strip()
    # It goes to a terminal: what is no plain text is written out.
    shown = key if key.isprintable() else ascii(key)
    return RefusedRow(raw.line, shown, reason, verdict.reasons)


def _judge(
    batch: Batch, kept: Mapping[str, dict[str, Any]], line: int, row: rules.ImportedRow
) -> _Accepted | rules.Refused | None:
    """Decide one good row: to be written, refused, or None: it says nothing new."""
    said = hash(row)
    if row.key in batch.taken:
        first, before = batch.taken[row.key]
        if said == before:
            return None
        return rules.Refused((f"key is that of line {first}, which says something else",))
    recorded = kept.get(row.key)
    if recorded and isinstance(row, rules.ParticipantRow) and row.kind in batch.moved_kinds:
        row = replace(row, tier=str(recorded["tier"]))
    accepted = _Accepted(line, row)
    if recorded is not None:
        try:
            found = rules.corrections(batch.kind, recorded, row)
        except rules.Frozen as error:
            return rules.Refused((str(error),))
        accepted = _Accepted(line, row, recorded["id"], found)
    batch.taken[row.key] = (line, said)
    return accepted if recorded is None or accepted.corrections else None


# Writing ----------------------------------------------------------------------------------------


def _write(
    tx: Connection, batch: Batch, new: Sequence[_Accepted], changed: Sequence[_Accepted]
) -> None:
    ids: dict[str, int] = {}
    if new:
        names = _stage(tx, batch, new)
        inserted = tx.execute(
            text(
                f"INSERT INTO {batch.kind} ({names}) SELECT {names} FROM imported ORDER BY line"
                " RETURNING id, key"
            )
        )
        ids = {row.key: row.id for row in inserted}
    if changed:
        names = _stage(tx, batch, changed)
        given = set(names.split(", ")) & rules.correctable(batch.kind)
        sets = ", ".join(f"{name} = i.{name}" for name in sorted(given))
        tx.execute(
            text(f"UPDATE {batch.kind} kept SET {sets} FROM imported i WHERE kept.key = i.key")
        )
    messages.queue(tx, _letters(batch, new, ids), batch.today)
    events = [_imported(batch, item, ids[item.row.key]) for item in new]
    audit.record(tx, events + [_corrected(batch, item) for item in changed])


def _stage(tx: Connection, batch: Batch, items: Sequence[_Accepted]) -> str:
    """Copy rows into the temporary table `imported`; returns the names of the kind's columns."""
    table: Table = _TABLES[batch.kind]
    rows = [(item.line, *_copied(_values(batch, item.row).values())) for item in items]
    names = _values(batch, items[0].row)
    types = {name: table.c[name].type.compile(tx.dialect).lower() for name in names}
    stage(tx, "imported", {"line": "bigint", **types}, rows)
    return ", ".join(names)


def _values(batch: Batch, row: rules.ImportedRow) -> dict[str, object]:
    values = rules.stored(batch.kind, row)
    if isinstance(row, rules.RegistrationRow):
        values |= {"source": batch.source, "source_id": batch.source_ids.get(row.key)}
    return values


def _copied(values: Iterable[object]) -> Iterator[object]:
    return (json.dumps(value) if isinstance(value, list) else value for value in values)


def _letters(
    batch: Batch, new: Sequence[_Accepted], ids: Mapping[str, int]
) -> list[messages.Letter]:
    """Write to those whose claims are news: that they were received. History is not told again."""
    letters = []
    for item in new:
        row = item.row
        if not isinstance(row, rules.ReferralRow | rules.RegistrationRow):
            continue
        if not rules.is_fresh(row.submitted_at, batch.today, batch.zone):
            continue
        noun = batch.kind.noun
        submitted_on = row.submitted_at.astimezone(batch.zone).date()
        letters.append(
            messages.Letter(
                f"{noun}:{ids[row.key]}:received",
                f"{noun}_received",
                row.participant_id,
                {"company": row.company, "submitted_on": submitted_on.isoformat()},
            )
        )
    return letters


def _imported(batch: Batch, item: _Accepted, number: int) -> audit.Event:
    if batch.source == "import":
        facts: dict[str, object] = {"key": item.row.key, "line": item.line}
        return audit.Event(batch.actor, "imported", batch.kind.noun, number, facts=facts)
    facts = {"key": item.row.key, "source": batch.source}
    return audit.Event(batch.actor, "submitted", batch.kind.noun, number, facts=facts)


def _corrected(batch: Batch, item: _Accepted) -> audit.Event:
    assert item.kept_id is not None
    facts = {
        name: {"before": change.before, "after": change.after}
        for name, change in item.corrections.items()
    }
    reason = because("its source changed {names}", names=in_a_row(facts))
    if batch.source == "import":
        reason = because("an imported file changed {names}", names=in_a_row(facts))
    return audit.Event(batch.actor, "changed", batch.kind.noun, item.kept_id, reason, facts)
