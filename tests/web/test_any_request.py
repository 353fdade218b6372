"""Whatever is sent to the console and the webhooks is answered as the OpenAPI document says.

Schemathesis draws requests from it, fitting ones and ones that do not fit, for somebody with every
role in a company where something of every noun waits. `GOODWORD_ANY_REQUESTS=200` draws so many of
each kind for each operation, at random, for half an hour.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
import stripe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from goodword.wiring import close, wiring
from tests.web.company import busy
from web.app import create_app

if TYPE_CHECKING:
    from typing import TypeAlias

    from hypothesis.strategies import SearchStrategy

    from tests.web.browsing import Client, Console

    Operation: TypeAlias = schemathesis.APIOperation[Any, Any, Any, Any]

HUNTING = int(os.environ.get("GOODWORD_ANY_REQUESTS", "0"))
DRAWN = settings(
    max_examples=HUNTING or 2,
    derandomize=not HUNTING,
    database=None,
    suppress_health_check=list(HealthCheck),
)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
SECRET = "whsec_of_this_test"
LEAVE = {"/console/sign-out"}
"""Who is signed in stays so."""


@pytest.fixture
def client(console: Console, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("GOODWORD_STRIPE_WEBHOOK_SECRET", SECRET)
    close()
    console.add("approver", name="carol")
    console.add("operator", "approver", "administrator", "auditor", name="dave")
    with console.database.transaction() as tx:
        busy(tx, "carol", "dave")
    return console.signed_in(name="dave")


def send(client: Client, case: schemathesis.Case) -> None:
    """Send a request with the cookie and token of the browser, an event with its signature."""
    headers = {"X-Form-Token": client.token}
    if case.path == "/hooks/stripe":
        body = json.dumps(case.body) if isinstance(case.body, (dict, list)) else ""
        signed = stripe.WebhookSignature.generate_signature_header(body, SECRET)
        case.body, headers = body.encode(), {"Stripe-Signature": signed}
    browser = requests.Session()
    browser.cookies.set("goodword", client.cookie)
    answer = case.call(client.url, browser, headers, allow_redirects=False, timeout=60)
    case.validate_response(answer, checks=CHECKS)


def kinds(operation: Operation) -> list[SearchStrategy[schemathesis.Case]]:
    """Draw what fits, what does not, and what fits and is about something that exists."""
    drawn = [operation.as_strategy(mode) for mode in schemathesis.GenerationMode]
    if "{number}" in operation.path:
        there = [operation.as_strategy(path_parameters={"number": n}) for n in range(1, 5)]
        drawn.append(st.one_of(there))
    return drawn


def test_every_request_is_answered_as_documented(client: Client) -> None:
    schema = schemathesis.openapi.from_dict(create_app(wiring()).openapi())
    asked = Counter[str]()
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path in LEAVE:
            continue
        for strategy in kinds(operation):

            @DRAWN
            @given(strategy)
            def ask(case: schemathesis.Case) -> None:
                asked[case.path] += 1
                send(client, case)

            # Nothing can be sent that does not fit where nothing is asked for.
            with suppress(Unsatisfiable):
                ask()
        assert asked[operation.path] > 0
    assert set(asked) >= {"/console/audit", "/console/search", "/hooks/stripe", "/healthz"}
    assert client.get("/console").path == "/console", "still signed in"
