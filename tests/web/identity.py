"""A stand-in for an identity provider, over real HTTP: discovery, keys, sign-in and tokens.

It signs in whoever `person` says without asking, and checks what a real one would: the client, its
secret, the code's one use, the redirect address and the PKCE verifier.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jws
from joserfc.jwk import KeySet, RSAKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.middleware.base import RequestResponseEndpoint

CLIENT, SECRET = "goodword", "the client's own secret"
DOCUMENT, KEYS, TOKEN = "/.well-known/openid-configuration", "/keys", "/token"


def person(name: str, *roles: str, **other: Any) -> dict[str, Any]:
    """Return the claims of somebody."""
    return {
        "sub": f"number-of-{name}",
        "preferred_username": name,
        "email": f"{name}@example.com",
        "email_verified": True,
        "roles": list(roles),
        **other,
    }


def key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


FIRST = key("first")


def _part(said: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()


@dataclass
class Provider:
    """What the stand-in knows, and what it may be made to do wrong."""

    url: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    signing: RSAKey = field(default_factory=lambda: FIRST)
    published: RSAKey | None = None
    """The key that is published, where it is not the one that signs."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    token: dict[str, Any] = field(default_factory=dict)
    """Claims of the next tokens that are not what they should be."""
    is_signed: bool = True
    instead: dict[str, Callable[[], Response]] = field(default_factory=dict)
    """What the pages at these paths answer in place of what they should."""
    asked: list[dict[str, str]] = field(default_factory=list)

    def start_anew(self) -> None:
        """Do nothing wrong any more."""
        self.person = person("ann", "finance", "unknown")
        self.token, self.signing, self.published, self.is_signed = {}, FIRST, None, True
        self.instead = {}

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **self.person,
            **self.token,
        }
        if not self.is_signed:
            return f"{_part({'alg': 'none'})}.{_part(claims)}."
        header = {"alg": "RS256", "kid": self.signing.kid}
        # In ASCII, so that a text may hold what no text can.
        return jws.serialize_compact(header, json.dumps(claims), self.signing)

    def document(self) -> dict[str, Any]:
        """Return what it publishes of itself."""
        pages = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        paths = ("authorize", "token", "keys")
        addresses = {page: f"{self.url}/{path}" for page, path in zip(pages, paths, strict=True)}
        return {"issuer": self.url, **addresses}

    def app(self) -> FastAPI:
        made = FastAPI(openapi_url=None)
        made.get(DOCUMENT)(self.document)

        @made.middleware("http")
        async def instead(request: Request, answer: RequestResponseEndpoint) -> Response:
            other = self.instead.get(request.url.path)
            return other() if other else await answer(request)

        @made.get("/keys")
        def keys() -> Any:
            return KeySet([self.published or self.signing]).as_dict(private=False)

        @made.get("/authorize")
        def authorize(request: Request) -> RedirectResponse:
            asked = dict(request.query_params)
            self.asked.append(asked)
            code = secrets.token_urlsafe()
            self.codes[code] = asked
            answer = urlencode({"code": code, "state": asked["state"]})
            return RedirectResponse(f"{asked['redirect_uri']}?{answer}", 303)

        made.post("/token")(self._token)
        return made

    async def _token(self, request: Request) -> JSONResponse:
        form = dict(await request.form())
        asked = self.codes.pop(str(form.get("code")), None)
        verifier = str(form.get("code_verifier")).encode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=")
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        is_right = (
            asked is not None
            and request.headers.get("authorization") == f"Basic {basic}"
            and form.get("redirect_uri") == asked["redirect_uri"]
            and challenge.decode() == asked["code_challenge"]
        )
        if not is_right:
            return JSONResponse({"error": "invalid_grant"}, 400)
        assert asked is not None
        token = {
            "access_token": secrets.token_urlsafe(),
            "token_type": "Bearer",
            "id_token": self.id_token(asked["nonce"]),
        }
        return JSONResponse(token)
