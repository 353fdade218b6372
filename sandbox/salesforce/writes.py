"""Creating, changing and deleting records through the API, by Salesforce's rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.salesforce import errors
from sandbox.salesforce.checks import Source, checked_values, refuse_missing
from sandbox.salesforce.derived import derive
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.ids import long_id
from sandbox.salesforce.org import Org
from sandbox.salesforce.stages import FOLLOWING
from sandbox.salesforce.tables import Table
from sandbox.salesforce.values import Record, Value

_LEAD_STATUS = "Open - Not Contacted"


@dataclass(frozen=True)
class Writer:
    """The writes of one request.

    Args:
        org: the org that is written.
        source: whether the values come as JSON or as the cells of a CSV.
    """

    org: Org
    source: Source = "json"

    def create(self, table: Table, data: Mapping[str, Any]) -> str:
        """Create a record and return its Id.

        Raises:
            SalesforceError: the record breaks a rule.
        """
        if any(name.lower() == "id" for name in data):
            raise SalesforceError(
                "INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", ["Id"]
            )
        kind = table.kind
        _refuse_read_only_object(table)
        given = checked_values(self.org, kind, data, "createable", self.source)
        refuse_missing([f.name for f in kind.fields.values() if f.required], given)
        now, by = self.org.now(), self.org.user_id
        row: Record = {
            **_defaults(table, by),
            **given,
            "Id": self.org.next_id(kind.key_prefix),
            "IsDeleted": False,
            "CreatedDate": now,
            "CreatedById": by,
        }
        return self._save(table, None, row, given)

    def update(self, table: Table, record_id: str, data: Mapping[str, Any]) -> str:
        """Change a record and return its Id; its stamp moves even when nothing changes.

        Raises:
            SalesforceError: there is no such record, or the change breaks a rule.
        """
        before = self.existing(table, record_id)
        kind = table.kind
        _refuse_read_only_object(table)
        if kind.name == "Lead" and before.get("IsConverted") is True:
            raise errors.converted_lead()
        given = checked_values(self.org, kind, data, "updateable", self.source)
        cleared = [name for name, value in given.items() if value is None]
        refuse_missing([name for name in cleared if not kind.fields[name].has("nillable")], given)
        return self._save(table, before, {**before, **given}, given)

    def upsert(
        self, table: Table, key: tuple[str, str | None], data: Mapping[str, Any]
    ) -> tuple[str, bool]:
        """Update the one record whose field has a value, or create one with it.

        Args:
            table: the object's.
            key: the field (`Id` or one that records can be looked up by) and the value.
            data: the fields to write.

        Returns:
            The Id, and whether the record was created.

        Raises:
            SalesforceError: no such field, several records with the value, or a broken rule.
        """
        name, value = key
        field = table.kind.field(name)
        if field is None or not (field.has("idLookup") or field.has("externalId")):
            raise errors.no_such_external_id(name)
        if field.type == "id":
            if value is None:
                return self.create(table, data), True
            return self.update(table, value, data), False
        if value is None:
            raise SalesforceError("MISSING_ARGUMENT", f"{field.name} not specified", [field.name])
        found = [
            str(row["Id"])
            for row in table.rows.values()
            if row.get("IsDeleted") is not True
            and str(row.get(field.name) or "").casefold() == value.casefold()
        ]
        if len(found) > 1:
            raise DuplicateExternalIdError(field.name, found)
        if found:
            return self.update(table, found[0], data), False
        return self.create(table, {**data, field.name: value}), True

    def delete(self, table: Table, record_id: str) -> str:
        """Move a record to the recycle bin and return its Id.

        Raises:
            SalesforceError: there is no such record, or it is there already.
        """
        row = self.existing(table, record_id)
        _refuse_read_only_object(table)
        self.org.delete(table, str(row["Id"]), self.org.now())
        return str(row["Id"])

    def existing(self, table: Table, record_id: str) -> Record:
        """The live record of an Id of 15 or 18 characters.

        Raises:
            SalesforceError: MALFORMED_ID, INVALID_CROSS_REFERENCE_KEY or ENTITY_IS_DELETED.
        """
        found = long_id(record_id)
        if found is None or not found.startswith(table.kind.key_prefix):
            raise SalesforceError(
                "MALFORMED_ID",
                f"{table.kind.label} ID: id value of incorrect type: {record_id}",
                ["Id"],
            )
        row = table.get(found)
        if row is None:
            raise errors.bad_cross_reference()
        if row.get("IsDeleted") is True:
            raise errors.deleted()
        return row

    def _save(self, table: Table, before: Record | None, row: Record, given: Record) -> str:
        now = self.org.now()
        stamps: Record = {
            "LastModifiedDate": now,
            "LastModifiedById": self.org.user_id,
            "SystemModstamp": now,
        }
        row = {**row, **stamps}
        if table.kind.name == "Opportunity":
            row = self._restaged(before, row, given)
        self.org.save(table, {**row, **_others(derive(table.kind, row, self.org.stages))})
        return str(row["Id"])

    def _restaged(self, before: Record | None, row: Record, given: Record) -> Record:
        """An opportunity with what follows from its stage, when the write sets the stage."""
        if before is not None and before.get("StageName") == row.get("StageName"):
            return row
        implied = self.org.stages[row.get("StageName")].fields()
        follow = {name: value for name, value in implied.items() if name not in given}
        return {**row, **follow, "LastStageChangeDate": row["LastModifiedDate"]}


class DuplicateExternalIdError(SalesforceError):
    """Several records have the external Id; the answer lists their addresses."""

    def __init__(self, field: str, record_ids: list[str]) -> None:
        self.record_ids = record_ids
        super().__init__(
            "DUPLICATE_EXTERNAL_ID",
            f"{field}: more than one record found for external id field: {record_ids}",
            [field],
            status=300,
        )


def _others(derived: Record) -> Record:
    """Derived fields that no one may set, as against those that a stage only suggests."""
    return {name: value for name, value in derived.items() if name not in FOLLOWING}


def _refuse_read_only_object(table: Table) -> None:
    if table.kind.read_only:
        raise SalesforceError(
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            f"entity type {table.kind.name} does not support this operation",
        )


def _defaults(table: Table, user_id: str) -> Record:
    """What a new record has when the request does not say."""
    fields = table.kind.fields
    defaults: dict[str, Value] = {"OwnerId": user_id, "Status": _LEAD_STATUS}
    if "CurrencyIsoCode" in fields and fields["CurrencyIsoCode"].picklist:
        defaults["CurrencyIsoCode"] = fields["CurrencyIsoCode"].picklist[0]
    wanted = {name for name in defaults if name in fields and fields[name].has("defaultedOnCreate")}
    return {name: value for name, value in defaults.items() if name in wanted}
