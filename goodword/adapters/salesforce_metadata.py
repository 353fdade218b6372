"""What an administrator creates in the org, as a folder that Salesforce's own tools deploy.

    sf project deploy start --metadata-dir DIR

Metadata API format: package.xml, one .object file for each object, and a permission set for the
integration user. Source: Salesforce, "Metadata API Developer Guide", CustomField, PermissionSet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.etree import ElementTree as ET

from goodword.adapters.salesforce_session import API_VERSION
from goodword.rules.crm import PROTECTED
from goodword.rules.crm_policy import CrmPolicy, Intake, RouteTo

PERMISSION_SET = "Goodword_Integration"
PARTNER_LENGTH = 255

_NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
_LONGEST_LABEL = 40
_API, _TRANSFERS = "ApiEnabled", ("TransferAnyEntity", "TransferAnyLead")

Tree = Iterable[tuple[str, "str | Tree"]]
"""Elements in their order: a name with its text, or with the elements inside it."""


def metadata(policy: CrmPolicy) -> Mapping[str, str]:
    """Write the files, by their paths within the folder.

    The permission set lets its user read what is mirrored and write the program's own fields. It
    does not open private records: under private sharing, share what the program may write with the
    user. Fields of an installed package (prefix__Name__c) come with it, and are only permitted.
    """
    created = [name for name in policy.own_fields if "__" not in name.removesuffix("__c")]
    files = {"package.xml": _document("Package", _package(created))}
    if created:
        for kind in PROTECTED:
            fields = [("fields", _field(policy, name)) for name in created]
            files[f"objects/{kind}.object"] = _document("CustomObject", fields)
    permissions = _document("PermissionSet", _permissions(policy))
    return files | {f"permissionsets/{PERMISSION_SET}.permissionset": permissions}


def _package(created: Iterable[str]) -> Tree:
    fields = [("members", f"{kind}.{name}") for kind in PROTECTED for name in created]
    if fields:
        yield "types", [*fields, ("name", "CustomField")]
    yield "types", [("members", PERMISSION_SET), ("name", "PermissionSet")]
    yield "version", API_VERSION


def _field(policy: CrmPolicy, name: str) -> Tree:
    yield "fullName", name
    if name == policy.partner_field:
        yield "description", "The partner whose claim protects this record. Written by Goodword."
    else:
        yield "description", "The last day of the protection. Written by Goodword."
    yield "label", name.removesuffix("__c").replace("_", " ")[:_LONGEST_LABEL]
    if name == policy.partner_field:
        yield "length", str(PARTNER_LENGTH)
    yield "required", "false"
    yield "type", "Text" if name == policy.partner_field else "Date"


def _permissions(policy: CrmPolicy) -> Tree:
    yield "description", "What Goodword's integration user may do beyond its profile."
    for kind in PROTECTED:
        for name in policy.own_fields:
            field = [("editable", "true"), ("field", f"{kind}.{name}"), ("readable", "true")]
            yield "fieldPermissions", field
    yield "hasActivationRequired", "false"
    yield "label", PERMISSION_SET.replace("_", " ")
    yield from (("objectPermissions", _of_object(kind, edit=True)) for kind in PROTECTED)
    if policy.intake is Intake.OBJECT and policy.object is not None:
        yield "objectPermissions", _of_object(policy.object, edit=False)
    for name in (_API, *(_TRANSFERS if policy.route_to is RouteTo.OWNER else ())):
        yield "userPermissions", [("enabled", "true"), ("name", name)]


def _of_object(name: str, *, edit: bool) -> Tree:
    return [
        ("allowCreate", "false"),
        ("allowDelete", "false"),
        ("allowEdit", "true" if edit else "false"),
        ("allowRead", "true"),
        ("modifyAllRecords", "false"),
        ("object", name),
        ("viewAllRecords", "true"),
    ]


def _document(name: str, content: Tree) -> str:
    root = ET.Element(name, xmlns=_NAMESPACE)
    _fill(root, content)
    ET.indent(root, "    ")
    written = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}\n'


def _fill(parent: ET.Element, content: Tree) -> None:
    for name, value in content:
        element = ET.SubElement(parent, name)
        if isinstance(value, str):
            element.text = value
        else:
            _fill(element, value)
