"""The folder for an administrator: well formed, complete, and named as the program names it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from goodword.adapters.salesforce_metadata import metadata
from goodword.rules.crm_policy import CrmPolicy, Intake, IntakeFields, RouteTo

NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
RENAMED = CrmPolicy("Reseller__c", "Reserved_Until__c")
PERMISSIONS = "permissionsets/Goodword_Integration.permissionset"


def read(policy: CrmPolicy) -> dict[str, ET.Element]:
    return {path: ET.fromstring(text) for path, text in metadata(policy).items()}  # noqa: S314 - our own


def texts(root: ET.Element, path: str) -> list[str | None]:
    return [found.text for found in root.iterfind("/".join(NAMESPACE + p for p in path.split("/")))]


def test_every_file_is_metadata_of_its_kind() -> None:
    assert {path: root.tag.removeprefix(NAMESPACE) for path, root in read(CrmPolicy()).items()} == {
        "package.xml": "Package",
        "objects/Account.object": "CustomObject",
        "objects/Opportunity.object": "CustomObject",
        "objects/Lead.object": "CustomObject",
        PERMISSIONS: "PermissionSet",
    }


@pytest.mark.parametrize("policy", [CrmPolicy(), RENAMED])
def test_fields_are_created_and_permitted_as_the_program_names_them(policy: CrmPolicy) -> None:
    files = read(policy)
    objects = ("Account", "Opportunity", "Lead")
    for kind in objects:
        root = files[f"objects/{kind}.object"]
        assert texts(root, "fields/fullName") == list(policy.own_fields)
        assert texts(root, "fields/type") == ["Text", "Date"]
        assert texts(root, "fields/length") == ["255"]
    named = [f"{kind}.{name}" for kind in objects for name in policy.own_fields]
    assert texts(files["package.xml"], "types/members") == [*named, "Goodword_Integration"]
    assert texts(files["package.xml"], "types/name") == ["CustomField", "PermissionSet"]
    assert texts(files["package.xml"], "version") == ["62.0"]
    assert texts(files[PERMISSIONS], "fieldPermissions/field") == named
    assert set(texts(files[PERMISSIONS], "fieldPermissions/editable")) == {"true"}


def test_a_label_is_readable_and_not_too_long() -> None:
    policy = replace(RENAMED, partner_field=f"{'Long_' * 11}Name__c")
    labels = texts(read(policy)["objects/Lead.object"], "fields/label")
    assert labels[1] == "Reserved Until"
    assert len(labels[0] or "") == 40


def test_nothing_may_be_deleted_and_only_routing_may_give_records_away() -> None:
    kept, given = (
        read(replace(CrmPolicy(), route_to=way))[PERMISSIONS]
        for way in (RouteTo.FIELD, RouteTo.OWNER)
    )
    assert set(texts(kept, "objectPermissions/allowDelete")) == {"false"}
    assert set(texts(kept, "objectPermissions/modifyAllRecords")) == {"false"}
    assert texts(kept, "userPermissions/name") == ["ApiEnabled"]
    assert texts(given, "userPermissions/name") == [
        "ApiEnabled",
        "TransferAnyEntity",
        "TransferAnyLead",
    ]


def test_a_custom_object_is_only_read() -> None:
    policy = CrmPolicy(
        intake=Intake.OBJECT, object="Deal__c", fields=IntakeFields(company="Company__c")
    )
    root = read(policy)[PERMISSIONS]
    edits = dict(
        zip(
            texts(root, "objectPermissions/object"),
            texts(root, "objectPermissions/allowEdit"),
            strict=True,
        )
    )
    assert edits == {"Account": "true", "Opportunity": "true", "Lead": "true", "Deal__c": "false"}


def test_fields_of_a_package_are_permitted_and_not_created() -> None:
    policy = CrmPolicy("prm__Partner__c", "prm__Until__c")
    files = read(policy)
    assert files.keys() == {"package.xml", PERMISSIONS}
    assert "Account.prm__Partner__c" in texts(files[PERMISSIONS], "fieldPermissions/field")
