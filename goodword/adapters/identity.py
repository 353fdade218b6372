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

from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from goodword.adapters.identity_answers import (
    NotIdentified,
    OutOfOrder,
    answered,
    error_code,
    is_address,
)

SCOPE = "openid profile email"

# The provider's own keys sign: no shared secret, and never "none".
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
_LEEWAY_SECONDS = 60
_KEPT_SECONDS = 3600
_REQUIRED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_LONGEST_CLAIM = 255
"""Characters, as the specification has it of `sub` (section 2); no name or mailbox is longer."""


@dataclass(frozen=True, slots=True)
class IdentityAccess:
    """How to reach a provider, and as which client of it."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    groups_claim: str = "roles"
    """The claim that holds what somebody is there for: a list of texts, or one text."""
    patience: float = 10
    """Seconds that the provider may be silent for, and that one answer may take to come."""


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
        access = self._access
        with OAuth2Session(
            access.client_id,
            scope=SCOPE,
            redirect_uri=access.redirect_uri,
            code_challenge_method="S256",
        ) as session:
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
            raise NotIdentified(error_code(answer.get("error", "it sent no code")))
        token = self._exchange(answer["code"], asking)
        return self._read(self._claims(token, asking.nonce))

    def _exchange(self, code: str, asking: Asking) -> dict[str, Any]:
        published, _ = self._published()
        access, what = self._access, "its answer to the code"
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": asking.verifier,
            "redirect_uri": access.redirect_uri,
        }
        client = (access.client_id, access.client_secret)
        token = answered(
            what,
            "POST",
            published["token_endpoint"],
            access.patience,
            data=asked,
            auth=client,
        )
        if "error" in token:
            raise NotIdentified(f"it refused the code: {error_code(token['error'])}")
        if not isinstance(token.get("id_token"), str):
            raise OutOfOrder(f"{what} has no id_token")
        return token

    def _claims(self, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        access = self._access
        options: Any = {
            "iss": {"essential": True, "value": access.issuer},
            "aud": {"essential": True, "value": access.client_id},
        }
        asked = {"nonce": nonce, "client_id": access.client_id}
        asked["access_token"] = token.get("access_token", "")
        try:
            signed = self._verified(token["id_token"])
            claims = CodeIDToken(signed.claims, signed.header, options, asked)
            claims.validate(leeway=_LEEWAY_SECONDS)
        except NotIdentified:
            raise
        except Exception as error:  # whatever the libraries stumble over in it
            why = str(error) if isinstance(error, JoseError) else type(error).__name__
            raise NotIdentified(f"its token is not to be trusted: {why}") from error
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

    def _published(self, *, anew: bool = False) -> tuple[dict[str, Any], KeySet]:
        """Return the provider's document and keys, read at most once an hour."""
        if self._known and not anew and time.monotonic() - self._known[0] < _KEPT_SECONDS:
            return self._known[1:]
        address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        document = answered("its document", "GET", address, self._access.patience)
        lacks = [name for name in _REQUIRED if not is_address(document.get(name))]
        if lacks or document.get("issuer") != self.issuer:
            wrong = f"lacks the address {lacks[0]}" if lacks else "is another issuer's"
            raise OutOfOrder(f"its document {wrong}")
        published: Any = answered(
            "its list of keys", "GET", document["jwks_uri"], self._access.patience
        )
        try:
            keys = KeySet.import_key_set(published)
        except Exception as error:  # whatever the library stumbles over in them
            raise OutOfOrder(f"its keys are none: {type(error).__name__}") from error
        self._known = time.monotonic(), document, keys
        return document, keys


def _text(claims: Mapping[str, Any], name: str) -> str:
    """Return a claim that can be kept and shown; raises NotIdentified for any other."""
    said = claims.get(name)
    if not isinstance(said, str) or not said.isprintable() or not 0 < len(said) <= _LONGEST_CLAIM:
        raise NotIdentified(f"its claim {name} is no text of 1 to {_LONGEST_CLAIM} characters")
    return said
