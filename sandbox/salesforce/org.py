"""One Salesforce org: its objects, its rows, and the stamps that it keeps on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.salesforce import history
from sandbox.salesforce.catalog import guess_field, new_field, object_type, standard_objects
from sandbox.salesforce.derived import fill
from sandbox.salesforce.ids import long_id, new_id
from sandbox.salesforce.loading import columns, key_prefix, typed, without_nulls
from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.stages import FOLLOWING, Stages
from sandbox.salesforce.tables import Table
from sandbox.salesforce.values import Record, stamp

if TYPE_CHECKING:
    from sandbox.clock import VirtualClock
    from sandbox.world import Company, Row

_NO_ROWS: list[Row] = []


class UnknownObjectError(LookupError):
    """An object that the org has not."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"the org has no object {name!r}; it has {', '.join(sorted(known))}")


class UnknownRecordError(LookupError):
    """A record that the org has not."""


class Transaction:
    """What rows were before some writes."""

    def __init__(self) -> None:
        self._before: list[tuple[Table, str, Record | None]] = []

    def remember(self, table: Table, record_id: str) -> None:
        """Note what a row is before it is written."""
        self._before.append((table, record_id, table.get(record_id)))

    def roll_back(self) -> None:
        """Make every row what it was, the last written first."""
        while self._before:
            table, record_id, row = self._before.pop()
            if row is None:
                table.remove(record_id)
            else:
                table.put(row)


class Org:
    """The state of one org. Whoever uses it holds the world's lock.

    Args:
        company: the data it starts with. Every object in `company.tables`, and the standard
            objects whether or not they have rows.
        clock: the clock its stamps are read from.
    """

    def __init__(self, company: Company, clock: VirtualClock) -> None:
        self.id = company.org_id
        self.name = company.name
        self.clock = clock
        self.user_id = new_id("005", 1)
        self._tables: dict[str, Table] = {}
        self._last_number: dict[str, int] = {}
        self._transaction: Transaction | None = None
        for name in {**dict.fromkeys(standard_objects()), **company.tables}:
            self._load(name, company.tables.get(name, _NO_ROWS))
        self.stages = Stages(self.table("Opportunity").rows.values())
        self._derive(has_history="OpportunityHistory" in company.tables)
        self.table("User").put(self._integration_user())
        self.table("Organization").put(self._organization())

    def find_table(self, name: str) -> Table | None:
        """The table of an object named in any case, or None."""
        return self._tables.get(name.lower())

    def table(self, name: str) -> Table:
        """The table of an object named in any case.

        Raises:
            UnknownObjectError: the org has no such object.
        """
        table = self.find_table(name)
        if table is None:
            raise UnknownObjectError(name, (kept.kind.name for kept in self._tables.values()))
        return table

    def objects(self) -> list[ObjectType]:
        """Every object of the org."""
        return [table.kind for table in self._tables.values()]

    def now(self) -> str:
        """The present instant as the org stamps it."""
        return stamp(self.clock.now())

    def next_id(self, key_prefix: str) -> str:
        """A record Id that the org has not given before."""
        number = self._last_number.get(key_prefix, 1) + 1
        self._last_number[key_prefix] = number
        return new_id(key_prefix, number)

    def save(self, table: Table, row: Record) -> None:
        """Put a row that was written through the API, and keep an opportunity's history."""
        record_id = str(row["Id"])
        before = table.get(record_id)
        self._put(table, row)
        if table.kind.name == "Opportunity" and history.changed(before, row):
            at, by = row["LastModifiedDate"], row["LastModifiedById"]
            kept = self.table("OpportunityHistory")
            entry = history.row_of(row, 0, at, by)
            self._put(kept, {**entry, "Id": self.next_id(kept.kind.key_prefix)})

    def delete(self, table: Table, record_id: str, at: str) -> None:
        """Move a record to the recycle bin."""
        row = table.rows[record_id]
        marks: Record = {"IsDeleted": True, "LastModifiedDate": at, "SystemModstamp": at}
        self._put(table, {**row, **marks})

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Writes that can be undone together, and are when an exception ends them."""
        self._transaction = Transaction()
        try:
            yield self._transaction
        except BaseException:
            self._transaction.roll_back()
            raise
        finally:
            self._transaction = None

    # What the sandbox's own controls do, past every rule of the API.

    def put_raw(self, object_name: str, rows: Iterable[Row]) -> None:
        """Upsert rows by Id exactly as given, stamps included; fields not given stay.

        A value that its field's type cannot hold is kept and shown as it is. A field that the
        object has not is added to it. What a stage implies is derived where it is not given. No
        history is written.

        Raises:
            UnknownObjectError: the org has no such object.
        """
        table = self.table(object_name)
        for row in rows:
            for name, text in row.items():
                if table.kind.field(name) is None:
                    table.kind.add(guess_field(name, [text] if text else []))
            given = typed(table.kind, row)
            kept = table.get(str(given["Id"])) or {}
            if "StageName" in given:  # what followed from the old stage does not stay
                kept = {name: value for name, value in kept.items() if name not in FOLLOWING}
            whole = {**self._stamped(given), **kept, **given}
            table.put(fill(table.kind, whole, self.stages))

    def soft_delete(self, object_name: str, record_id: str, at: datetime | None = None) -> None:
        """Move a record to the recycle bin, stamped with the clock's now or an aware instant.

        Raises:
            UnknownObjectError: the org has no such object.
            UnknownRecordError: the object has no such record.
        """
        table = self.table(object_name)
        found = long_id(record_id)
        if found is None or table.get(found) is None:
            raise UnknownRecordError(f"the org has no {table.kind.name} with the Id {record_id!r}")
        self.delete(table, found, stamp(at) if at else self.now())

    def drop_field(self, object_name: str, field: str) -> None:
        """Take a field away, from describe and from every row.

        Raises:
            UnknownObjectError: the org has no such object.
        """
        table = self.table(object_name)
        table.kind.drop(field)
        for row in list(table.rows.values()):
            if field in row:
                table.put({name: value for name, value in row.items() if name != field})

    def hide_object(self, object_name: str) -> None:
        """Take an object away with its rows, as from a user who may not see it.

        Raises:
            UnknownObjectError: the org has no such object.
        """
        del self._tables[self.table(object_name).kind.name.lower()]

    def add_field(self, object_name: str, field: str, type_name: str = "string") -> None:
        """Give an object a nillable, writable field of a describe type such as `string`.

        Raises:
            UnknownObjectError: the org has no such object.
        """
        self.table(object_name).kind.add(new_field(field, type_name))

    def _put(self, table: Table, row: Record) -> None:
        if self._transaction is not None:
            self._transaction.remember(table, str(row["Id"]))
        table.put(row)

    def _load(self, name: str, rows: list[Row]) -> None:
        kind = object_type(name, columns(rows), key_prefix(rows))
        told = (typed(kind, without_nulls(row)) for row in rows)
        self._tables[name.lower()] = Table(kind, ({**self._stamped(row), **row} for row in told))

    def _stamped(self, row: Record) -> Record:
        """The stamps of a loaded row that has none, or only some, of its own."""
        told = [row.get(name) for name in ("LastModifiedDate", "SystemModstamp", "CreatedDate")]
        at = next((stamped for stamped in told if stamped is not None), None) or self.now()
        return {
            "IsDeleted": False,
            "CreatedDate": at,
            "CreatedById": self.user_id,
            "LastModifiedDate": at,
            "LastModifiedById": self.user_id,
            "SystemModstamp": at,
        }

    def _derive(self, *, has_history: bool) -> None:
        """Fill what the loaded rows leave to be derived, and the history when there is none."""
        for table in self._tables.values():
            for record_id, row in table.rows.items():
                table.rows[record_id] = fill(table.kind, row, self.stages)
        if not has_history:
            kept = self.table("OpportunityHistory").kind
            opportunities = self.table("Opportunity").rows.values()
            rows = list(history.synthesize(opportunities, self.stages))
            self._tables[kept.name.lower()] = Table(kept, rows)
            self._last_number[kept.key_prefix] = len(rows)

    def _integration_user(self) -> Record:
        name = "Goodword Integration"
        row: Record = {
            "Id": self.user_id,
            "Username": "goodword@sandbox.example",
            "LastName": "Integration",
            "FirstName": "Goodword",
            "Name": name,
            "Email": "goodword@sandbox.example",
            "IsActive": True,
            "UserType": "Standard",
        }
        return {**self._stamped(row), **row}

    def _organization(self) -> Record:
        row: Record = {
            "Id": self.id,
            "Name": self.name,
            "OrganizationType": "Developer Edition",
            "IsSandbox": True,
            "InstanceName": "SBX",
            "DefaultLocaleSidKey": "en_US",
            "TimeZoneSidKey": "GMT",
            "LanguageLocaleKey": "en_US",
        }
        return {**self._stamped(row), **row}
