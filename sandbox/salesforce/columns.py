"""Field paths of a query, such as `Account.Owner.Name`, found in describe and read from rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lark import Token

from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.org import Org
from sandbox.salesforce.schema import Field, ObjectType
from sandbox.salesforce.soql import Query, error_at
from sandbox.salesforce.tables import Table
from sandbox.salesforce.values import Record, Value

Reader = Callable[[Record], Value]
_CUSTOM_HINT = (
    "If you are attempting to use a custom {0}, be sure to append the '__{1}' after the {2}. "
    "Please reference your WSDL or the describe call for the appropriate names."
)


@dataclass(frozen=True)
class Step:
    """One relationship on a path: its name, and the record that a record refers to by it."""

    name: str
    follow: Callable[[Record], tuple[Table, Record] | None]


@dataclass(frozen=True)
class Column:
    """One field that a query reads, directly or through relationships."""

    steps: tuple[Step, ...]
    field: Field
    read: Reader

    @property
    def path(self) -> str:
        """The path in the describe's own letters."""
        return ".".join([*(step.name for step in self.steps), self.field.name])


def find_object(org: Org, query: Query) -> Table:
    """The table that a query is FROM.

    Raises:
        SalesforceError: INVALID_TYPE.
    """
    table = org.find_table(query.object_name)
    if table is None:
        raise error_at(
            query,
            query.object_name,
            "INVALID_TYPE",
            f"sObject type '{query.object_name}' is not supported. "
            + _CUSTOM_HINT.format("object", "c", "entity name"),
        )
    return table


def find_column(org: Org, query: Query, kind: ObjectType, path: Token) -> Column:
    """The column that a path in a query names.

    Raises:
        SalesforceError: INVALID_FIELD, for a field or a relationship that is not there.
    """
    *relationships, name = path.split(".")
    if relationships and relationships[0].lower() == kind.name.lower():
        relationships.pop(0)  # Opportunity.Name FROM Opportunity
    steps: list[Step] = []
    for relationship in relationships:
        reference = kind.relationship(relationship)
        targets = _targets(org, reference)
        if reference is None or not targets:
            raise _no_relationship(query, path, relationship)
        steps.append(Step(reference.relationship_name or "", _follower(reference.name, targets)))
        kind = targets[0].kind
    field = kind.field(name)
    if field is None:
        raise error_at(
            query,
            path,
            "INVALID_FIELD",
            f"No such column '{name}' on entity '{kind.name}'. "
            + _CUSTOM_HINT.format("field", "c", "custom field name"),
        )
    return Column(tuple(steps), field, _reader(steps, field))


def _targets(org: Org, reference: Field | None) -> list[Table]:
    """The tables that a reference may point into, users before others."""
    names = sorted(reference.reference_to, key=lambda name: name != "User") if reference else ()
    return [table for name in names if (table := org.find_table(name)) is not None]


def _no_relationship(query: Query, path: Token, relationship: str) -> SalesforceError:
    return error_at(
        query,
        path,
        "INVALID_FIELD",
        f"Didn't understand relationship '{relationship}' in field path. "
        + _CUSTOM_HINT.format("relationship", "r", "custom relationship name"),
    )


def _follower(
    reference: str, targets: list[Table]
) -> Callable[[Record], tuple[Table, Record] | None]:
    def follow(row: Record) -> tuple[Table, Record] | None:
        record_id = row.get(reference)
        for table in targets:
            found = table.get(str(record_id)) if record_id else None
            if found is not None:
                return table, found
        return None

    return follow


def _reader(steps: list[Step], field: Field) -> Reader:
    own = _own_reader(field)
    if not steps:
        return own

    def through(row: Record) -> Value:
        for step in steps:
            found = step.follow(row)
            if found is None:
                return None
            row = found[1]
        return own(row)

    return through


def _own_reader(field: Field) -> Reader:
    name = field.name
    if field.type == "boolean":  # a checkbox is never null
        return lambda row: row.get(name) or False
    return lambda row: row.get(name)
