"""The identity provider: OpenID Connect's authorization code flow with PKCE, state and nonce.

Protocol: OpenID Connect Core 1.0, sections 3.1 (code flow) and 3.1.3.7 (what of an ID token must be
checked), and OpenID Connect Discovery 1.0, section 4. Authlib speaks it; what is trusted is the ID
token, signed by a key of the provider's own.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

SCOPE = "openid profile email"

# The provider's own keys sign: no shared secret, and never "none".
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
_TIMEOUT_SECONDS = 10
_LEEWAY_SECONDS = 60
_KEPT_SECONDS = 3600
_REQUIRED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_LONGEST_CLAIM = 255
"""Characters, as the specification has it of `sub` (section 2); no name or mailbox is longer."""


class NotIdentified(Exception):
    """The provider did not say who somebody is, or said it in a way that is not to be trusted."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(
            f"The identity provider did not say who you are ({why}). Sign in again; if it stays "
            "so, an administrator finds the provider's settings with `goodword doctor`."
        )


@dataclass(frozen=True, slots=True)
class IdentityAccess:
    """How to reach a provider, and as which client of it."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    groups_claim: str = "roles"
    """The claim that holds what somebody is there for: a list of texts, or one text."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked with, and must fit what comes back; `after` is where to go then."""

    state: str
    nonce: str
    verifier: str
    after: str

    @classmethod
    def new(cls, after: str) -> Asking:
        """Return one that nobody can guess."""
        state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        return cls(state, nonce, secrets.token_urlsafe(48), after)

    def to_dict(self) -> dict[str, str]:
        """Return it as it may be written."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Person:
    """Who the provider says somebody is. `identity` is the issuer, a space, and its own number."""

    identity: str
    name: str
    email: str
    groups: frozenset[str]


class IdentityProvider:
    """One provider; safe to share between threads."""

    def __init__(self, access: IdentityAccess) -> None:
        self._access = access
        self._known: tuple[float, dict[str, Any], KeySet] | None = None

    @property
    def issuer(self) -> str:
        """Its name for itself: an address."""
        return self._access.issuer

    def reach(self) -> None:
        """Read what it publishes of itself. Raises NotIdentified."""
        self._published(anew=True)

    def address(self, asking: Asking) -> str:
        """Return where somebody signs in there. Raises NotIdentified."""
        published, _ = self._published()
        with self._session() as session:
            address, _ = session.create_authorization_url(
                published["authorization_endpoint"],
                state=asking.state,
                code_verifier=asking.verifier,
                nonce=asking.nonce,
            )
        return str(address)

    def person(self, answer: Mapping[str, str], asking: Asking) -> Person:
        """Return who somebody is, from what the browser brought back.

        Args:
            answer: the parameters of the address that the provider sent the browser to.
            asking: what this browser was sent away with.

        Raises:
            NotIdentified: the answer is not to this question, or the token is not to be trusted.
        """
        if not hmac.compare_digest(answer.get("state", "").encode(), asking.state.encode()):
            raise NotIdentified("the answer is not to a question of this browser")
        if "code" not in answer:
            raise NotIdentified(answer.get("error", "it sent no code")[:200])
        token = self._exchange(answer["code"], asking)
        return self._read(self._claims(token, asking.nonce))

    def _exchange(self, code: str, asking: Asking) -> dict[str, Any]:
        published, _ = self._published()
        try:
            with self._session() as session:
                token = session.fetch_token(
                    published["token_endpoint"],
                    code=code,
                    code_verifier=asking.verifier,
                    grant_type="authorization_code",
                    redirect_uri=self._access.redirect_uri,
                )
        except (requests.RequestException, AuthlibBaseError, ValueError) as error:
            raise NotIdentified(f"the code was refused: {type(error).__name__}") from None
        return dict(token)

    def _claims(self, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        access = self._access
        options: Any = {
            "iss": {"essential": True, "value": access.issuer},
            "aud": {"essential": True, "value": access.client_id},
        }
        asked = {"nonce": nonce, "client_id": access.client_id}
        asked["access_token"] = token.get("access_token", "")
        try:
            signed = self._verified(str(token.get("id_token", "")))
            claims = CodeIDToken(signed.claims, signed.header, options, asked)
            claims.validate(leeway=_LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError) as error:
            raise NotIdentified(f"its token is not to be trusted: {error}") from None
        return dict(claims)

    def _verified(self, id_token: str) -> jwt.Token:
        _, keys = self._published()
        try:
            return jwt.decode(id_token, keys, algorithms=_ALGORITHMS)
        except InvalidKeyIdError:  # its keys have changed since they were read
            _, keys = self._published(anew=True)
            return jwt.decode(id_token, keys, algorithms=_ALGORITHMS)

    def _read(self, claims: Mapping[str, Any]) -> Person:
        verified = claims.get("email_verified")  # which some providers say in words
        is_not = verified is not None and str(verified).lower() != "true"
        if is_not or not claims.get("email"):
            raise NotIdentified("it gives no verified e-mail address: let it give the claim email")
        email = _text(claims, "email")
        name = _text(claims, "preferred_username" if claims.get("preferred_username") else "email")
        given = claims.get(self._access.groups_claim, [])
        groups = [given] if isinstance(given, str) else given
        if not isinstance(groups, list):
            raise NotIdentified(f"the claim {self._access.groups_claim} is no list")
        identity = f"{self.issuer} {_text(claims, 'sub')}"
        return Person(identity, name.lower(), email, frozenset(map(str, groups)))

    def _session(self) -> OAuth2Session:
        access = self._access
        return OAuth2Session(
            access.client_id,
            access.client_secret,
            scope=SCOPE,
            redirect_uri=access.redirect_uri,
            code_challenge_method="S256",
            default_timeout=_TIMEOUT_SECONDS,
        )

    def _published(self, *, anew: bool = False) -> tuple[dict[str, Any], KeySet]:
        """Return the provider's document and keys, read at most once an hour."""
        if self._known and not anew and time.monotonic() - self._known[0] < _KEPT_SECONDS:
            return self._known[1:]
        try:
            document = self._get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            lacks = [name for name in _REQUIRED if not isinstance(document.get(name), str)]
            if lacks or document.get("issuer") != self.issuer:
                wrong = f"lacks {lacks[0]}" if lacks else "is another issuer's"
                raise NotIdentified(f"its document {wrong}")
            keys = KeySet.import_key_set(self._get(document["jwks_uri"]))  # type: ignore[arg-type]
        except (requests.RequestException, JoseError, ValueError, KeyError, TypeError) as error:
            raise NotIdentified(f"it cannot be read: {type(error).__name__}") from None
        self._known = time.monotonic(), document, keys
        return document, keys

    @staticmethod
    def _get(address: str) -> dict[str, Any]:
        got = requests.get(address, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
        got.raise_for_status()
        read = got.json()
        return read if isinstance(read, dict) else {}


def _text(claims: Mapping[str, Any], name: str) -> str:
    """Return a claim that can be kept and shown; raises NotIdentified for any other."""
    said = claims.get(name)
    if not isinstance(said, str) or not said.isprintable() or not 0 < len(said) <= _LONGEST_CLAIM:
        raise NotIdentified(f"its claim {name} is no text of 1 to {_LONGEST_CLAIM} characters")
    return said
