"""Objects and fields, and the answers of `describe`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_SOAP = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
}


@dataclass(frozen=True)
class Field:
    """One field of an object, with the facts of its describe.

    `flags` holds the names of the describe's true booleans, and `unfilterable`.
    """

    name: str
    label: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    flags: frozenset[str] = frozenset()
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    picklist: tuple[str, ...] = ()

    def has(self, flag: str) -> bool:
        """Whether one of the describe's booleans is true."""
        return flag in self.flags

    @property
    def required(self) -> bool:
        """Whether a record cannot be created without it."""
        return (
            self.has("createable")
            and not self.has("nillable")
            and not self.has("defaultedOnCreate")
        )

    def describe(self) -> dict[str, Any]:
        """The field's part of the object's describe."""
        compound = self.type == "address"
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "soapType": _SOAP.get(self.type, "xsd:string"),
            "length": self.length,
            "byteLength": self.length * (1 if self.type in {"id", "reference"} else 3),
            "digits": 8 if self.type == "int" else 0,
            "precision": self.precision,
            "scale": self.scale,
            "nillable": self.has("nillable"),
            "createable": self.has("createable"),
            "updateable": self.has("updateable"),
            "defaultedOnCreate": self.has("defaultedOnCreate"),
            "idLookup": self.has("idLookup"),
            "externalId": self.has("externalId"),
            "unique": self.has("externalId"),
            "nameField": self.has("nameField"),
            "filterable": not self.has("unfilterable"),
            "sortable": not self.has("unfilterable") and not compound,
            "groupable": not self.has("unfilterable") and not compound,
            "aggregatable": not self.has("unfilterable") and not compound,
            "custom": self.name.endswith("__c"),
            "calculated": False,
            "autoNumber": False,
            "caseSensitive": False,
            "defaultValue": False if self.type == "boolean" else None,
            "deprecatedAndHidden": False,
            "encrypted": False,
            "permissionable": self.has("nillable"),
            "polymorphicForeignKey": len(self.reference_to) > 1,
            "referenceTo": list(self.reference_to),
            "relationshipName": self.relationship_name,
            "restrictedPicklist": self.has("restrictedPicklist"),
            "picklistValues": [
                {"active": True, "defaultValue": False, "label": v, "validFor": None, "value": v}
                for v in self.picklist
            ],
            "compoundFieldName": None,
            "inlineHelpText": None,
        }


MASTER = {"Id": "012000000000000AAA", "DeveloperName": "Master", "Name": "Master"}
"""The record type that every object has beside its own."""


def record_type_info(row: Mapping[str, Any]) -> dict[str, Any]:
    """A record type as describe shows it."""
    is_master = row["Id"] == MASTER["Id"]
    return {
        "active": row.get("IsActive") is not False,
        "available": True,
        "defaultRecordTypeMapping": is_master,
        "developerName": row["DeveloperName"],
        "master": is_master,
        "name": row["Name"],
        "recordTypeId": row["Id"],
    }


@dataclass
class ObjectType:
    """One object of the org; SOQL and JSON name it and its fields in any case."""

    name: str
    label: str
    label_plural: str
    key_prefix: str
    fields: dict[str, Field]
    read_only: bool = False

    def field(self, name: str) -> Field | None:
        """The field of that name, in any case."""
        return self.fields.get(name) or self._by_lower_name.get(name.lower())

    def relationship(self, name: str) -> Field | None:
        """The reference field whose relationship has that name, in any case."""
        return self._by_relationship.get(name.lower())

    def add(self, field: Field) -> None:
        """Give the object one more field, or another definition of one."""
        self.fields[field.name] = field
        self._forget()

    def drop(self, name: str) -> None:
        """Take a field away."""
        self.fields.pop(name, None)
        self._forget()

    @cached_property
    def _by_lower_name(self) -> dict[str, Field]:
        return {name.lower(): field for name, field in self.fields.items()}

    @cached_property
    def _by_relationship(self) -> dict[str, Field]:
        return {
            field.relationship_name.lower(): field
            for field in self.fields.values()
            if field.relationship_name
        }

    def _forget(self) -> None:
        self.__dict__.pop("_by_lower_name", None)
        self.__dict__.pop("_by_relationship", None)

    def summary(self, version: str) -> dict[str, Any]:
        """The object's part of the global describe."""
        path = f"/services/data/v{version}/sobjects/{self.name}"
        writable = not self.read_only
        yes = ("layoutable", "queryable", "replicateable", "retrieveable", "searchable")
        no = ("activateable", "customSetting", "deprecatedAndHidden", "feedEnabled", "mergeable")
        return {
            "name": self.name,
            "label": self.label,
            "labelPlural": self.label_plural,
            "keyPrefix": self.key_prefix,
            "custom": self.name.endswith("__c"),
            **dict.fromkeys(("createable", "updateable", "deletable", "undeletable"), writable),
            **dict.fromkeys(("triggerable", "mruEnabled"), writable),
            **dict.fromkeys(yes, True),
            **dict.fromkeys(no, False),
            "urls": {
                "sobject": path,
                "describe": f"{path}/describe",
                "rowTemplate": path + "/{ID}",
            },
        }

    def describe(self, version: str, record_types: list[dict[str, Any]]) -> dict[str, Any]:
        """The answer of `sobjects/X/describe`, with the object's own record types."""
        return {
            **self.summary(version),
            "actionOverrides": [],
            "childRelationships": [],
            "compactLayoutable": True,
            "fields": [field.describe() for field in self.fields.values()],
            "recordTypeInfos": [*record_types, record_type_info(MASTER)],
            "supportedScopes": [{"label": f"All {self.label_plural}", "name": "everything"}],
        }
