"""What objects and fields an org has, and the answers of `describe`.

The facts of the standard objects are in schema.json: those that every org here has (`fields`),
and those that it has when its data has the column (`inData`). A column that is in neither is
described from its values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from sandbox.salesforce.values import UnreadableValueError, parse

_LONG_TEXT = 255
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

    def describe(self, version: str) -> dict[str, Any]:
        """The answer of `sobjects/X/describe`."""
        return {
            **self.summary(version),
            "actionOverrides": [],
            "childRelationships": [],
            "compactLayoutable": True,
            "fields": [field.describe() for field in self.fields.values()],
            "recordTypeInfos": [],
            "supportedScopes": [{"label": f"All {self.label_plural}", "name": "everything"}],
        }


def object_type(name: str, columns: Mapping[str, Iterable[str]], key_prefix: str) -> ObjectType:
    """The description of an object whose data has these columns.

    Args:
        name: the object's API name.
        columns: API field name to its non-empty values, read only for unknown columns.
        key_prefix: the first three characters of its Ids, when it is no standard object.
    """
    facts = _facts()["objects"].get(name)
    if facts is None:
        label = name.removesuffix("__c").replace("_", " ")
        facts = {"label": label, "labelPlural": label, "keyPrefix": key_prefix, "fields": []}
    fields = [_field(entry) for entry in facts["fields"] or _facts()["system"]]
    known = {field.name for field in fields}
    standard = {entry["name"]: entry for entry in [*facts.get("inData", []), *_facts()["common"]]}
    for column, values in columns.items():
        if column not in known:
            entry = standard.get(column)
            fields.append(_field(entry) if entry else guess_field(column, values))
    fields = [_with_values(field, columns.get(field.name, ())) for field in fields]
    return ObjectType(
        name=name,
        label=facts["label"],
        label_plural=facts["labelPlural"],
        key_prefix=facts["keyPrefix"],
        fields={field.name: field for field in fields},
        read_only=facts.get("readOnly", False),
    )


def standard_objects() -> list[str]:
    """The names of the objects that every org here has."""
    return list(_facts()["objects"])


def guess_field(name: str, values: Iterable[str]) -> Field:
    """The description of a column nobody described, from its non-empty values."""
    sample = list(values)
    for type_name in ("boolean", "date", "datetime", "reference", "double"):
        if sample and all(_reads_as(type_name, value) for value in sample):
            return new_field(name, type_name)
    longest = max((len(value) for value in sample), default=0)
    return new_field(name, "string" if longest <= _LONG_TEXT else "textarea")


def new_field(name: str, type_name: str) -> Field:
    """A nillable, writable field of a type, as an administrator would add it."""
    lengths = {"string": _LONG_TEXT, "textarea": 32_000, "id": 18, "reference": 18, "picklist": 255}
    number = type_name in {"double", "currency", "percent"}
    return Field(
        name=name,
        label=name.removesuffix("__c").replace("_", " "),
        type=type_name,
        length=lengths.get(type_name, 0),
        precision=18 if number else 0,
        scale=2 if number else 0,
        flags=frozenset({"nillable", "createable", "updateable"}),
    )


def _with_values(field: Field, values: Iterable[str]) -> Field:
    """A picklist with the values that its data holds beyond those it is known to have."""
    if field.type != "picklist":
        return field
    more = sorted(set(values) - set(field.picklist))
    return replace(field, picklist=(*field.picklist, *more)) if more else field


def _reads_as(type_name: str, text: str) -> bool:
    if type_name == "boolean" and text.lower() not in {"true", "false"}:
        return False
    # a code such as 00123 or 1E5 is text, however numeric it looks
    if type_name == "double" and not re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", text):
        return False
    if type_name == "reference" and not re.fullmatch(r"[0-9a-zA-Z]{3}.*\d.*[A-Z0-5]{3}", text):
        return False
    try:
        parse(type_name, text)
    except UnreadableValueError:
        return False
    return True


def _field(entry: Mapping[str, Any]) -> Field:
    return Field(
        name=entry["name"],
        label=entry["label"],
        type=entry["type"],
        length=entry.get("length", 0),
        precision=entry.get("precision", 0),
        scale=entry.get("scale", 0),
        flags=frozenset(entry["flags"].split()),
        reference_to=tuple(entry.get("referenceTo", ())),
        relationship_name=entry.get("relationshipName"),
        picklist=tuple(entry.get("picklist", ())),
    )


@lru_cache(maxsize=1)
def _facts() -> dict[str, Any]:
    text = Path(__file__).with_name("schema.json").read_text(encoding="utf-8")
    facts: dict[str, Any] = json.loads(text)
    return facts
