"""An identity provider that answers absurdly: a page that says so, and one line in the log."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import Response
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse

from goodword.adapters.identity import IdentityAccess, IdentityProvider
from goodword.adapters.identity_answers import NotIdentified
from tests.web.identity import CLIENT, DOCUMENT, FIRST, KEYS, SECRET, TOKEN, Provider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.web.browsing import Console

    Answers = Callable[[Provider], Response]

SIGN_IN = "/console/sign-in/provider"
DEEP = "[" * 200_000
PUBLIC = FIRST.as_dict(private=False)
PRIVATE_WORDS = "words of the provider that are nobody's business"


def said(text: str | bytes, status: int = 200) -> Answers:
    return lambda _: Response(text, status, media_type="application/json")


def as_json(given: Any, status: int = 200) -> Answers:
    return lambda _: Response(json.dumps(given), status, media_type="application/json")


def document(**changed: Any) -> Answers:
    return lambda provider: JSONResponse({**provider.document(), **changed})


def again(provider: Provider) -> Response:
    """Lead back to the document, which leads back to it."""
    return RedirectResponse(f"{provider.url}{DOCUMENT}", 307)


def key(**changed: Any) -> Answers:
    return as_json({"keys": [{**PUBLIC, **changed}]})


def token(**said: Any) -> Answers:
    return as_json({"access_token": "x", "token_type": "Bearer", **said})


ANYWHERE: dict[str, Answers] = {
    "no JSON": said("<html>It works!</html>"),
    "nothing": said(""),
    "no text": said(b"\xff\xfe\x00\xd8"),
    "a list": as_json([{"a": 1}]),
    "a text": as_json(PRIVATE_WORDS),
    "null": as_json(None),
    "a number": said("9" * 5_000),
    "too deep": said(DEEP),
    "too long": said(json.dumps({"x": "x" * 2_000_000})),
    "an error": said(PRIVATE_WORDS, 500),
    "gone": as_json({}, 404),
    "a redirect loop": again,
    "another encoding": lambda _: Response("x", headers={"Content-Encoding": "gzip"}),
    "less than it says": lambda _: Response("{}", headers={"Content-Length": "900"}),
}
ABSURD: dict[str, dict[str, Answers]] = {
    DOCUMENT: {
        **ANYWHERE,
        "an empty object": as_json({}),
        "another issuer": document(issuer="https://another.example"),
        "no token endpoint": document(token_endpoint=None),
        "a list of endpoints": document(authorization_endpoint=["http://127.0.0.1"]),
        "no address": document(authorization_endpoint="over there"),
        "half an address": document(authorization_endpoint="http://[::1"),
        "no text": lambda provider: Response(
            json.dumps({**provider.document(), "authorization_endpoint": "http://h/\ud800"})
        ),
        "a script": document(authorization_endpoint="javascript:alert(1)"),
        "a file of keys": document(jwks_uri="file:///etc/passwd"),
        "keys at no port": document(jwks_uri="http://127.0.0.1:99999/keys"),
        "keys at half an address": document(jwks_uri="http://[::1"),
        "keys where nobody is": document(jwks_uri="http://127.0.0.1:1/keys"),
    },
    KEYS: {
        **ANYWHERE,
        "no keys": as_json({"keys": []}),
        "no list": as_json({"keys": PUBLIC}),
        "null in place of keys": as_json({"keys": None}),
        "texts": as_json({"keys": ["a key", 7, None]}),
        "a number for a number": key(n=7),
        "no number": key(n="!"),
        "an empty number": key(n=""),
        "a list of names": key(kid=["first"]),
        "a kind that is none": key(kty=["RSA"]),
        "a use that is none": key(use={"sig": 1}),
        "a curve that is none": as_json({"keys": [{"kty": "EC", "crv": "P-1", "x": "", "y": ""}]}),
        "a point off its curve": as_json(
            {"keys": [{"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"}]}
        ),
    },
    TOKEN: {
        **ANYWHERE,
        "an error that is none": as_json({"error": {"a": [PRIVATE_WORDS]}}, 400),
        "no words for its error": as_json({"error": PRIVATE_WORDS}, 400),
        "no token": token(),
        "no text for a token": token(id_token={"a": 1}),
        "a number for a token": token(id_token=7),
        "no token in the text": token(id_token="..."),
        "a token of another alphabet": token(id_token="ö.ö.ö"),
        "a token of five parts": token(id_token="a.b.c.d.e"),
        "a header too deep": token(id_token="W" * 40_000 + ".e30.e30"),
        "an algorithm that is none": token(id_token="eyJhbGciOlsxXX0.e30.e30"),
        "a name that is none": token(id_token="eyJhbGciOiJSUzI1NiIsImtpZCI6e319.e30.e30"),
        "endless": as_json({"access_token": "x", "expires_in": float("inf")}),
        "a list of seconds": token(expires_in=[], id_token="."),
    },
}  # fmt: skip


CLAIMS: list[dict[str, Any]] = [
    {"exp": "soon"},
    {"exp": float("inf")},
    {"exp": float("nan")},
    {"iat": []},
    {"nbf": {}},
    {"aud": {}},
    {"auth_time": "then"},
    {"amr": 7},
    {"at_hash": 7},
    {"at_hash": "\ud800"},
    {"iss": ["x"]},
    {"roles": {"approver": True}},
    {"sub": 7},
]


@pytest.mark.parametrize("path", list(ABSURD))
def test_whatever_the_provider_answers_is_told_on_a_page_and_once_in_the_log(
    console: Console,
    provider: Provider,
    path: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, "goodword")
    client = console.visitor()
    for what, absurd in ABSURD[path].items():
        caplog.clear()
        provider.instead = {path: lambda absurd=absurd: absurd(provider)}  # type: ignore[misc]
        page = client.get(SIGN_IN)
        assert page.status in {409, 503}, (what, page.text)
        assert "identity provider" in page.text, what
        assert "mistake in the program" not in page.text, what
        assert len(page.html) < 5_000, what
        logged = [record for record in caplog.records if record.name == "goodword"]
        assert len(logged) == 1, (what, caplog.text)
        for secret in (SECRET, PRIVATE_WORDS, "access_token"):
            assert secret not in page.html + caplog.text, what
    assert console.rows("SELECT name FROM staff") == [("ada",)]
    provider.instead = {}
    assert client.get(SIGN_IN).path == "/console"


def test_a_token_whose_claims_are_absurd_lets_nobody_in(
    console: Console,
    provider: Provider,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = console.visitor()
    for claims in CLAIMS:
        caplog.clear()
        provider.token = claims
        page = client.get(SIGN_IN)
        assert (page.status, "did not say who you are" in page.text) == (409, True), claims
        assert caplog.text.count("nobody was let in") == 1, claims
    assert console.rows("SELECT name FROM staff") == [("ada",)]


def test_the_client_s_secret_follows_no_redirect(
    console: Console,
    provider: Provider,
) -> None:
    came: list[str] = []

    def elsewhere() -> Response:
        came.append("something")
        return JSONResponse({})

    provider.instead = {
        TOKEN: lambda: RedirectResponse(f"{provider.url}/elsewhere", 307),
        "/elsewhere": elsewhere,
    }
    page = console.visitor().get(SIGN_IN)
    assert (page.status, "came with the status 307" in page.text) == (503, True)
    assert came == []


def test_nobody_waits_for_an_answer_without_an_end(
    running_provider: Provider,
) -> None:
    async def drops() -> AsyncIterator[bytes]:
        yield b"{"
        for _ in range(200):
            await asyncio.sleep(0.01)
            yield b" "

    async def silence() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(2)

    for slowly in (drops, silence):
        running_provider.instead = {DOCUMENT: lambda slowly=slowly: StreamingResponse(slowly())}  # type: ignore[misc]
        access = IdentityAccess(
            running_provider.url, CLIENT, SECRET, "http://127.0.0.1", patience=0.1
        )
        with pytest.raises(NotIdentified, match=r"takes longer than 0.1 seconds|cannot be read"):
            IdentityProvider(access).reach()
