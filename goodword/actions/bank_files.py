"""Bank files: made of what was handed over, kept byte for byte, and exported by a person.

A payout is in at most one file, and a file is never made anew: what is handed to the bank twice is
paid twice.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from goodword.actions import audit
from goodword.db.queries import bank_files as queries
from goodword.db.queries.reconciliations import reference_prefix
from goodword.money import Money
from goodword.phrases import because
from goodword.rules.bank_files import BankFile, Line, execution_day, short_name

Build = Callable[[BankFile], bytes]
"""Writes a file: the same bytes for the same file (adapters/bank_files.py)."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was made: its number, its name at the bank, and what it pays."""

    number: int
    message_id: str
    payouts: int
    total: Money


def collect(tx: Connection, today: date, build: Build) -> list[Made]:
    """Put every payout that was handed over, and is in no file yet, into one file a currency.

    Raises:
        Whatever `build` raises; nothing is made then, and the next night collects the same.
    """
    waiting = queries.uncollected(tx)
    waiting.sort(key=lambda item: (item.request["currency"], item.payout_id))
    prefix = reference_prefix(tx)
    return [
        _make(tx, list(items), today, prefix, build)
        for _, items in groupby(waiting, key=lambda item: item.request["currency"])
    ]


def _make(
    tx: Connection, items: Sequence[queries.HandedOver], today: date, prefix: str, build: Build
) -> Made:
    number = tx.execute(
        text("SELECT nextval(pg_get_serial_sequence('bank_files', 'id'))")
    ).scalar_one()
    lines = tuple(_line(item.request) for item in items)
    total = sum((line.money for line in lines), Money(0, lines[0].money.currency))
    file = BankFile(short_name(f"{prefix}file-{number}"), today, execution_day(today), lines)
    made = Made(number, file.message_id, len(lines), total)
    _keep(tx, made, build(file).decode(), today)
    ids = [item.payout_id for item in items]
    taken = tx.execute(
        text("UPDATE payouts SET bank_file_id = :file, reason = :reason WHERE id = ANY(:ids)"),
        {
            "file": number,
            "reason": because(
                "it is in bank file {number}: `goodword bank-files export {number}`", number=number
            ),
            "ids": ids,
        },
    ).rowcount
    assert taken == len(ids), "a payout of this file went meanwhile"
    facts = {"payouts": len(ids), "total_minor": total.minor, "currency": total.currency}
    made_event = audit.Event(audit.NIGHT, "made", "bank_file", number, file.message_id, facts)
    reason = because("bank file {number}", number=number)
    put = [audit.Event(audit.NIGHT, "put into a file", "payout", id_, reason) for id_ in ids]
    audit.record(tx, [made_event, *put])
    return made


def _line(request: Mapping[str, Any]) -> Line:
    return Line(
        request["end_to_end_id"],
        request["name"],
        request["iban"],
        request["bic"],
        Money(request["amount"], request["currency"]),
        request["text"],
    )


def _keep(tx: Connection, made: Made, body: str, today: date) -> None:
    tx.execute(
        text(
            "INSERT INTO bank_files (id, message_id, currency, payouts, total_minor, body, digest,"
            " made_on) OVERRIDING SYSTEM VALUE VALUES (:id, :message_id, :currency, :payouts,"
            " :total_minor, :body, :digest, :made_on)"
        ),
        {
            "id": made.number,
            "message_id": made.message_id,
            "currency": made.total.currency,
            "payouts": made.payouts,
            "total_minor": made.total.minor,
            "body": body,
            "digest": hashlib.sha256(body.encode()).hexdigest(),
            "made_on": today,
        },
    )


# Exported ---------------------------------------------------------------------------------------


class NoSuchFile(LookupError):
    """There is no bank file of this number."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"There is no bank file {number}: `goodword bank-files list` shows those there are."
        )


class AlreadySettled(Exception):
    """Somebody has settled payouts of a file: handing it to the bank would pay them (again)."""

    def __init__(self, kept: queries.Kept) -> None:
        listed = ", ".join(f"payout {number} is {state}" for number, state in kept.settled.items())
        super().__init__(
            f"Bank file {kept.number} must not go to the bank any more, since it would pay what is "
            f"settled already: {listed}. Decline what of it is open (`goodword payouts decline`): "
            "it goes into a new file. `goodword bank-files show` still shows this one."
        )


class FileThere(Exception):
    """There is another file at the path; it was left as it is."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is there already and is another file: give another path.")


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that is given to a person; `before`: when and by whom it was exported first."""

    made: Made
    body: bytes
    digest: str
    before: tuple[datetime, str] | None


def export(tx: Connection, number: int, actor: str) -> Exported:
    """Give out the bytes of a file, and note who got them; the first time is kept on the file.

    Write them (`write`) before the transaction commits, so that what is noted was there.

    Raises:
        NoSuchFile: there is none of this number.
        AlreadySettled: a payout of it is not handed over any more.
    """
    kept = queries.locked(tx, number)
    if kept is None:
        raise NoSuchFile(number)
    if kept.settled:
        raise AlreadySettled(kept)
    before = None
    if kept.exported_at and kept.exported_by:
        before = (kept.exported_at, kept.exported_by)
    else:
        tx.execute(
            text(
                "UPDATE bank_files SET exported_at = clock_timestamp(), exported_by = :actor"
                " WHERE id = :id"
            ),
            {"id": number, "actor": actor},
        )
    said = "exported again" if before else "exported"
    audit.record(tx, [audit.Event(actor, said, "bank_file", number, kept.digest)])
    made = Made(number, kept.message_id, kept.payouts, Money(kept.total_minor, kept.currency))
    return Exported(made, kept.body.encode(), kept.digest, before)


def write(exported: Exported, to: Path) -> Path:
    """Write an exported file, readable by its owner only; one that is there already is not touched.

    Args:
        exported: the file.
        to: a path, or a folder in which it gets its own name.

    Returns:
        Where it is.

    Raises:
        FileThere: something else is there.
        OSError: it cannot be written there.
    """
    path = to / f"{exported.made.message_id}.xml" if to.is_dir() else to
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if path.read_bytes() != exported.body:
            raise FileThere(path) from None
        return path
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(exported.body)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)  # half a file would be in the way of the whole one
        raise
    return path
