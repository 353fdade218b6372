"""The token endpoint and what an access token opens."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import Visitor

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def token(visitor: Visitor, **form: str) -> requests.Response:
    url = f"{visitor.sandbox.base_url}/services/oauth2/token"
    return requests.post(url, data=form, timeout=60)


def assertion(**claims: Any) -> str:
    whole = {
        "iss": "key",
        "sub": "user@small.example",
        "aud": "https://login.salesforce.com",
        "exp": str(int(time.time()) + 180),
        **claims,
    }
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256"}, whole)]
    encoded = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "c2ln"])


def test_client_credentials_open_a_session_on_loopback(reader: Visitor) -> None:
    answer = token(
        reader, grant_type="client_credentials", client_id="key", client_secret="secret"
    ).json()
    assert answer["instance_url"] == reader.sandbox.base_url
    assert answer["id"] == "https://login.salesforce.com/id/00D000000000001AAA/005Gw0000000001IAA"
    assert answer["token_type"] == "Bearer"
    assert answer["access_token"].startswith("00D000000000001!")
    assert int(answer["issued_at"]) == reader.world.clock.now().timestamp() * 1000


def test_a_jwt_assertion_opens_a_session(reader: Visitor) -> None:
    assert token(reader, grant_type=JWT_BEARER, assertion=assertion()).ok


@pytest.mark.parametrize(
    ("form", "body"),
    [
        (
            {"grant_type": "client_credentials", "client_id": "key", "client_secret": "wrong"},
            {"error": "invalid_client", "error_description": "invalid client credentials"},
        ),
        (
            {"grant_type": "client_credentials", "client_id": "", "client_secret": "secret"},
            {"error": "invalid_client_id", "error_description": "client identifier invalid"},
        ),
        (
            {"grant_type": JWT_BEARER, "assertion": "no.jwt"},
            {"error": "invalid_grant", "error_description": "invalid assertion"},
        ),
        (
            {"grant_type": JWT_BEARER, "assertion": assertion(exp="1")},
            {"error": "invalid_grant", "error_description": "expired authorization code"},
        ),
        (
            {"grant_type": JWT_BEARER, "assertion": assertion(sub="")},
            {"error": "invalid_grant", "error_description": "invalid assertion"},
        ),
        (
            {"grant_type": "password"},
            {"error": "unsupported_grant_type", "error_description": "grant type not supported"},
        ),
    ],
)
def test_bad_credentials_are_refused_in_oauth_words(
    reader: Visitor, form: dict[str, str], body: dict[str, str]
) -> None:
    answer = token(reader, **form)
    assert (answer.status_code, answer.json()) == (400, body)


def test_every_other_call_needs_a_live_token(reader: Visitor) -> None:
    answer = reader.call("GET", "/limits", headers={"Authorization": "Bearer stale"})
    assert answer.status_code == 401
    assert answer.json() == [
        {"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}
    ]


def test_a_session_ends_after_two_idle_hours_and_the_client_logs_in_again(fresh: Visitor) -> None:
    old = fresh.crm.session_id
    fresh.sandbox.world.clock.set(fresh.world.clock.now().replace(hour=5))
    assert fresh.call("GET", "/limits").status_code == 401
    assert fresh.rows("SELECT Id FROM Organization") == [{"Id": "00D000000000001AAA"}]
    assert fresh.crm.session_id != old


def test_answers_carry_the_usage_and_the_virtual_time(reader: Visitor) -> None:
    answer = reader.call("GET", "/limits")
    assert answer.headers["Date"] == "Tue, 30 Jun 2026 02:00:00 GMT"
    used, quota = answer.headers["Sforce-Limit-Info"].removeprefix("api-usage=").split("/")
    remaining = answer.json()["DailyApiRequests"]["Remaining"]
    assert (int(quota) - int(used), quota) == (remaining, "100000")


def test_versions_and_resources_are_listed(reader: Visitor) -> None:
    url = f"{reader.sandbox.base_url}/services/data/"
    assert {
        "label": "Winter '24",
        "url": "/services/data/v59.0",
        "version": "59.0",
    } in requests.get(url, timeout=60).json()
    assert reader.call("GET", "/").json()["query"] == "/services/data/v59.0/query"


def test_what_is_not_there_is_not_found(reader: Visitor) -> None:
    for path in ("/sobjects/Foo", "/sobjects/Foo/describe", "/chatter", "/jobs/query/750x"):
        answer = reader.call("GET", path)
        assert answer.status_code == 404
        assert answer.json() == [
            {"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}
        ]
