"""The sandbox against responses recorded from real orgs, and against a real org's export.

Skipped where the shared data is not at hand.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.data import load_company
from sandbox.server import Sandbox

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import Visitor

HERE = Path(__file__)
SHARED = Path(os.environ.get("GOODWORD_SHARED_DATA", HERE.parents[4] / "shared" / "data"))
RECORDED = SHARED / "salesforce-recorded"
DEMO_ORG = SHARED / "salesforce-demo-org"

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded responses here")


def fixture(name: str) -> Any:
    return json.loads((RECORDED / "restforce-fixtures" / f"{name}.json").read_text("utf-8"))


def described(name: str) -> dict[str, dict[str, Any]]:
    body = json.loads((RECORDED / "describe" / f"{name}.json").read_text("utf-8"))
    return {field["name"]: field for field in body["fields"]}


def keys(value: Any) -> Any:
    """The shape of an answer: names all the way down, one element for each list."""
    if isinstance(value, dict):
        return {name: keys(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [keys(value[0])] if value else []
    return None


@pytest.mark.parametrize(
    ("name", "method", "path", "body"),
    [
        ("delete_error_response", "DELETE", "/sobjects/Account/rid", None),
        ("sobject_find_error_response", "GET", "/sobjects/Account/23foo", None),
        ("sobject_describe_error_response", "GET", "/sobjects/Whizbang/describe", None),
        ("upsert_error_response", "PATCH", "/sobjects/Account/Namez/x", {}),
    ],
)
def test_refusals_are_those_that_were_recorded(
    reader: Visitor, name: str, method: str, path: str, body: Any
) -> None:
    assert reader.call(method, path, json=body).json() == fixture(name)


def test_an_expired_session_is_refused_as_recorded(reader: Visitor) -> None:
    answer = reader.call("GET", "/limits", headers={"Authorization": "OAuth stale"})
    assert answer.json() == fixture("expired_session_response")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("query_error_response", "/query?q=SELECT+Foo+FROM+Account"),
        ("query_empty_response", "/query?q=SELECT+Id+FROM+Lead"),
        ("org_query_response", "/query?q=SELECT+Id+FROM+Organization"),
        (
            "get_updated_success_response",
            "/sobjects/Account/updated/?start=2026-06-01T00:00:00Z&end=2026-06-02T00:00:00Z",
        ),
    ],
)
def test_answers_have_the_recorded_shape(reader: Visitor, name: str, path: str) -> None:
    assert keys(reader.call("GET", path).json()) == keys(fixture(name))


@pytest.mark.parametrize("name", ["Account", "Contact", "Lead", "Opportunity"])
def test_describe_says_what_the_recorded_one_says(reader: Visitor, name: str) -> None:
    recorded = described(name)
    ours = {field["name"]: field for field in getattr(reader.crm, name).describe()["fields"]}
    own = {field for field in ours if field.startswith("Goodword_")}
    assert set(ours) - own <= set(recorded)
    same = (
        "type", "length", "precision", "scale", "digits", "nillable", "createable",
        "updateable", "defaultedOnCreate", "filterable", "idLookup", "label", "nameField",
        "referenceTo", "relationshipName", "restrictedPicklist", "soapType", "custom",
        "polymorphicForeignKey",
    )  # fmt: skip
    for field in set(ours) - own:
        differing = {
            key: (ours[field][key], recorded[field][key])
            for key in same
            if ours[field][key] != recorded[field][key]
        }
        assert differing == {}, field


@pytest.mark.skipif(not DEMO_ORG.is_dir(), reason="no demo org here")
def test_a_real_org_s_export_is_read_whole_through_its_few_stamps(visit: type[Visitor]) -> None:
    with Sandbox(load_company(DEMO_ORG)) as sandbox:
        visitor = visit(sandbox)
        met: list[str] = []
        after = "SystemModstamp >= 2000-01-01T00:00:00Z"
        while rows := visitor.rows(
            f"SELECT Id, SystemModstamp, Account.Name FROM Opportunity WHERE {after} "
            "ORDER BY SystemModstamp, Id LIMIT 200"
        ):
            met += [row["Id"] for row in rows]
            at, last = rows[-1]["SystemModstamp"], rows[-1]["Id"]
            after = f"SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > '{last}')"
        assert len(met) == len(set(met)) == 774
        won = visitor.crm.query("SELECT COUNT() FROM Opportunity WHERE IsWon = true")
        assert won["totalSize"] == 640
        address = visitor.rows(
            "SELECT BillingAddress FROM Account WHERE BillingCity != null LIMIT 1"
        )
        assert isinstance(address[0]["BillingAddress"], dict)
