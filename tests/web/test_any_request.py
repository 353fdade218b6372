"""Whatever is sent to the console and the webhooks is answered, and never by a failure of ours.

Requests are drawn from the OpenAPI document of the application: each operation with parameters and
forms of the types that it declares and with ones that they are not, by somebody with every role.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodword.wiring import wiring
from web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hypothesis.strategies import SearchStrategy

    from tests.web.browsing import Client, Console

EXAMPLES = 4
"""Requests for each operation; all of them take a few seconds."""

LEAVE = {"/console/sign-out", "/console/sign-in", "/console/sign-in/provider"}
"""Who is signed in stays so; wrong passwords are counted, and sign-in has tests of its own."""

ODD = ("", "0", "-1", "1", "9" * 30, "é", "\x00", "'; --", "<b>", "2026-02-30", "1e9", "x" * 3_000)


class Request(NamedTuple):
    """One request as it is drawn."""

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]


def operations(document: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Return each operation of an OpenAPI document: method, path, what it takes."""
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if path not in LEAVE
    ]


def values(schema: Mapping[str, Any]) -> SearchStrategy[str]:
    """Draw what a parameter says that it takes, and what none takes."""
    kinds = [schema, *schema.get("anyOf", [])]
    fitting = [str(value) for kind in kinds for value in kind.get("enum", [])]
    numbers = st.integers(-(2**64), 2**64).map(str)
    texts = st.text(st.characters(codec="utf-8"), max_size=20)
    return st.one_of(st.sampled_from([*fitting, *ODD]), numbers, texts)


def fields(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schemas of an operation's form by field."""
    found: dict[str, Any] = {}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        body = document["components"]["schemas"].get(name, content["schema"])
        found |= body.get("properties", {})
    return found


def requests_of(
    document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]
) -> SearchStrategy[Request]:
    """Draw requests for one operation."""
    taken = operation.get("parameters", [])
    query = {p["name"]: values(p["schema"]) for p in taken if p["in"] == "query"}
    inside = {p["name"]: values(p["schema"]) for p in taken if p["in"] == "path"}
    form = {name: values(schema) for name, schema in fields(document, operation).items()}
    return st.builds(
        lambda within, query, form: Request(method, _filled(path, within), query, form),
        st.fixed_dictionaries(inside),
        st.fixed_dictionaries({}, optional=query),
        st.fixed_dictionaries({}, optional=form),
    )


def _filled(path: str, within: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)[^}]*\}", lambda found: quote(within[found[1]], safe=""), path)


def send(client: Client, request: Request) -> int:
    """Send a request with the token of the browser; returns the status of the very answer."""
    asked = f"{client.url}{request.path}?{urlencode(request.query)}"
    form = {"token": client.token, **request.form} if request.method == "post" else None
    answer = client.http.request(
        request.method, asked, data=form, timeout=10, allow_redirects=False
    )
    return answer.status_code


def test_no_request_is_answered_by_a_failure_of_ours(console: Console) -> None:
    document = create_app(wiring()).openapi()
    client = console.signed_in("operator", "approver", "administrator", "auditor")
    drawn = operations(document)
    assert {path for _, path, _ in drawn} >= {"/console/audit", "/console/search", "/hooks/stripe"}
    failed = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        for strategy in strategies:
            request = data.draw(strategy)
            if send(client, request) >= server_error:
                failed.append(request)

    server_error = 500
    strategies = [requests_of(document, *one) for one in drawn]
    ask()
    assert failed == []
    assert client.get("/console").path == "/console", "still signed in"
