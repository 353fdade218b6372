"""Which objects and fields an org has.

The facts of the standard objects are in schema.json: the fields that every org here has
(`fields`), and those that it has when its data has the column (`inData`). A column that is in
neither is described from its values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from sandbox.salesforce.schema import Field, ObjectType
from sandbox.salesforce.values import UnreadableValueError, parse

_LONG_TEXT = 255


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
    """A nillable, writable field of a type, as an administrator would add it.

    A custom field named `External_Id__c` is one that records can be upserted by.
    """
    lengths = {"string": _LONG_TEXT, "textarea": 32_000, "id": 18, "reference": 18, "picklist": 255}
    number = type_name in {"double", "currency", "percent"}
    key = {"externalId", "idLookup"} if re.fullmatch(r"External_?Id__c", name) else set()
    return Field(
        name=name,
        label=name.removesuffix("__c").replace("_", " "),
        type=type_name,
        length=lengths.get(type_name, 0),
        precision=18 if number else 0,
        scale=2 if number else 0,
        flags=frozenset({"nillable", "createable", "updateable", *key}),
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
