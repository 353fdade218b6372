"""Passwords, codes and tokens: made, hashed, sealed and compared.

Passwords are hashed with Argon2id: 19 MiB, two passes, one lane, the least that OWASP's sheet on
password storage recommends. More would let whoever sends sign-ins take a small server's memory.
Codes are TOTP (RFC 6238): six digits, 30 s, SHA-1, which is what authenticator apps do.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from goodword.rules.sign_in import HALF_SIGNED_IN_LASTS, normal

if TYPE_CHECKING:
    from argon2 import PasswordHasher
    from cryptography.fernet import Fernet

ISSUER = "Goodword"
STEP_SECONDS = 30

_UNMISTAKABLE = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 4  # 31 ** 16: 79 bits


class Unsealable(Exception):
    """A secret was sealed with another key than this process has."""

    def __init__(self) -> None:
        super().__init__(
            "The key of the second factors is not the one that they were sealed with: set "
            "GOODWORD_SECRET_KEY to that one, the same for every process, or let people begin "
            "anew with `goodword staff reset NAME --second-factor`."
        )


class Vault:
    """Seals what must be read again, such as the secret of a second factor."""

    def __init__(self, key: str) -> None:
        self._key = key

    def seal(self, secret: str) -> str:
        """Return the secret as it may be kept."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return a sealed secret.

        Raises:
            Unsealable: another key sealed it.
        """
        return self._open(sealed, None)

    def open_recent(self, sealed: str) -> str:
        """Return what was sealed within the time that signing in may take; raises as `open`."""
        return self._open(sealed, int(HALF_SIGNED_IN_LASTS.total_seconds()))

    def _open(self, sealed: str, seconds: int | None) -> str:
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - as below

        try:
            return self._fernet.decrypt(sealed.encode(), seconds).decode()
        except InvalidToken:
            raise Unsealable from None

    @property
    def _fernet(self) -> Fernet:
        from cryptography.fernet import Fernet  # noqa: PLC0415 - only who signs in needs it

        derived = hashlib.sha256(b"goodword vault " + self._key.encode()).digest()
        return Fernet(urlsafe_b64encode(derived))


# Passwords --------------------------------------------------------------------------------------


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415 - only who signs in needs it

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobodys() -> str:
    """Return a hash to compare with where there is none, so that both take as long."""
    return _hasher().hash(secrets.token_urlsafe())


def first_password() -> str:
    """Return a password to be read out and typed once."""
    groups = ("".join(secrets.choice(_UNMISTAKABLE) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    return _hasher().hash(normal(password))


def is_password(password: str, hashed: str | None) -> bool:
    """Tell whether it is the password; as slow where there is none."""
    from argon2.exceptions import VerificationError  # noqa: PLC0415 - as above

    try:
        _hasher().verify(hashed or _nobodys(), normal(password))
    except VerificationError:
        return False
    return hashed is not None


def is_outdated(hashed: str) -> bool:
    """Tell whether the hash was made with weaker parameters than today's."""
    return _hasher().check_needs_rehash(hashed)


# Codes ------------------------------------------------------------------------------------------


def factor_secret() -> str:
    """Return a new secret for an authenticator app, in Base32."""
    import pyotp  # noqa: PLC0415 - only who signs in needs it

    return pyotp.random_base32()


def factor_address(secret: str, name: str) -> str:
    """Return the otpauth:// address that sets an authenticator app up."""
    import pyotp  # noqa: PLC0415 - as above

    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def step_of(code: str, secret: str, now: datetime, after: int) -> int | None:
    """Return the step that a code is of: this one, the one before or the next; None: it is wrong.

    Args:
        code: what somebody typed, spaces and all.
        secret: in Base32.
        now: the instant it came.
        after: steps up to this one were used; their codes are not taken again.
    """
    import pyotp  # noqa: PLC0415 - as above

    typed = "".join(code.split()).encode()
    clock = pyotp.TOTP(secret)
    current = int(now.timestamp()) // STEP_SECONDS
    for step in (current - 1, current, current + 1):
        is_it = hmac.compare_digest(clock.generate_otp(step).encode(), typed)
        if is_it and step > after:
            return step
    return None


# Tokens -----------------------------------------------------------------------------------------


def token() -> str:
    """Return 256 random bits for a cookie."""
    return secrets.token_urlsafe(32)


def fingerprint(given: str) -> str:
    """Return what is kept of a token: its SHA-256, hexadecimal."""
    return hashlib.sha256(given.encode()).hexdigest()


def form_token(given: str) -> str:
    """Return what a form must bring along, besides the cookie, to prove where it came from."""
    return hmac.new(given.encode(), b"goodword form", hashlib.sha256).hexdigest()


def is_form_token(brought: str, given: str) -> bool:
    """Tell whether a form brought the token that belongs to the cookie."""
    return hmac.compare_digest(brought.encode(), form_token(given).encode())
