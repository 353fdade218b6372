"""Log-in: the OAuth 2.0 token endpoint, and the access tokens that it gives.

Client credentials and JWT bearer only, the two flows that a server should use. Any key and
secret are good except an empty one or `wrong`; a JWT's signature is not looked at.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.errors import expired_session

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Salesforce's default session timeout: two hours without a request.
IDLE_TIMEOUT = timedelta(hours=2)
_REFUSED_SECRETS = frozenset({"", "wrong"})


class LogInError(Exception):
    """The token endpoint refuses; its answers have another form than the API's."""

    status = HTTPStatus.BAD_REQUEST

    def __init__(self, error: str, description: str) -> None:
        self.body = {"error": error, "error_description": description}
        super().__init__(f"{error}: {description}")


class Sessions:
    """The access tokens of one org, and when each was last used.

    Args:
        org: whose tokens these are.
    """

    def __init__(self, org: Org) -> None:
        self._org = org
        self._last_used: dict[str, datetime] = {}
        self._key = secrets.token_bytes(16)

    def log_in(
        self, form: Mapping[str, str], authorization: str, real_now: datetime
    ) -> tuple[str, str]:
        """Check a token request and open a session.

        Args:
            form: the request's form fields.
            authorization: its Authorization header.
            real_now: the true time, which is what a client's assertion was made by; the
                sandbox's own clock may stand years away from it.

        Returns:
            The access token and the Id of the user it is for.

        Raises:
            LogInError: the credentials, the assertion or the flow are not accepted.
        """
        grant = form.get("grant_type", "")
        if grant == "client_credentials":
            _check_client(form, authorization)
        elif grant == JWT_BEARER:
            _check_assertion(form.get("assertion", ""), real_now)
        elif grant:
            raise LogInError("unsupported_grant_type", "grant type not supported")
        else:
            raise LogInError("invalid_request", "missing required parameter: grant_type")
        token = f"{self._org.id[:15]}!{secrets.token_urlsafe(72)}"
        self._last_used[token] = self._org.clock.now()
        return token, self._org.user_id

    def answer(self, token: str, user_id: str, instance_url: str) -> dict[str, Any]:
        """The token endpoint's answer for a session."""
        identity = f"https://login.salesforce.com/id/{self._org.id}/{user_id}"
        issued_at = str(int(self._org.clock.now().timestamp() * 1000))
        digest = hmac.digest(self._key, (identity + issued_at).encode(), hashlib.sha256)
        return {
            "access_token": token,
            "signature": base64.b64encode(digest).decode(),
            "scope": "api",
            "instance_url": instance_url,
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued_at,
        }

    def use(self, authorization: str) -> str:
        """The token of an Authorization header, if its session is alive.

        Raises:
            SalesforceError: INVALID_SESSION_ID.
        """
        scheme, _, token = authorization.partition(" ")
        now = self._org.clock.now()
        last_used = self._last_used.get(token)
        known = scheme.lower() in {"bearer", "oauth"} and last_used is not None
        if not known or (last_used is not None and now - last_used > IDLE_TIMEOUT):
            raise expired_session()
        self._last_used[token] = now
        return token

    def revoke(self, token: str) -> None:
        """End a session."""
        self._last_used.pop(token, None)


def _check_client(form: Mapping[str, str], authorization: str) -> None:
    key, secret = _basic(authorization) or (
        form.get("client_id", ""),
        form.get("client_secret", ""),
    )
    if key in _REFUSED_SECRETS:
        raise LogInError("invalid_client_id", "client identifier invalid")
    if secret in _REFUSED_SECRETS:
        raise LogInError("invalid_client", "invalid client credentials")


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        key, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return key, secret


def _check_assertion(assertion: str, real_now: datetime) -> None:
    """Refuse what is no JWT with issuer, subject, audience and an expiry that is still to come."""
    try:
        header, claims, _ = (part for part in assertion.split("."))
        algorithm = _part(header)["alg"]
        issuer, subject, audience, expiry = (_part(claims)[n] for n in ("iss", "sub", "aud", "exp"))
        expires_at = int(expiry)
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise LogInError("invalid_grant", "invalid assertion") from error
    if algorithm != "RS256" or not subject or not str(audience).startswith("https://"):
        raise LogInError("invalid_grant", "invalid assertion")
    if issuer in _REFUSED_SECRETS:
        raise LogInError("invalid_client_id", "client identifier invalid")
    if expires_at <= real_now.timestamp():
        raise LogInError("invalid_grant", "expired authorization code")


def _part(encoded: str) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(
        base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    )
    return decoded
