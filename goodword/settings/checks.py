"""What a setting cannot be. Each check takes a variable's name and value.

All raise SettingsError, which never repeats a value: it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from goodword import bank_accounts
from goodword.rules.rights import Role

MOST_PER_SECOND = 1000
LONGEST_FIRST_WAIT = 60
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_SECRET_KEY_LENGTH = 32
_KNOWN = frozenset(
    f"GOODWORD_{name}"
    for name in (
        "HOME PROGRAM DATABASE_URL BASE_URL SECRET_KEY "
        "SALESFORCE_DOMAIN SALESFORCE_API_BASE SALESFORCE_CONSUMER_KEY SALESFORCE_CONSUMER_SECRET "
        "SALESFORCE_USERNAME SALESFORCE_PRIVATE_KEY_FILE "
        "STRIPE_API_KEY STRIPE_API_BASE STRIPE_WEBHOOK_SECRET STRIPE_MAX_PER_SECOND "
        "OIDC_ISSUER OIDC_CLIENT_ID OIDC_CLIENT_SECRET OIDC_ROLES_CLAIM OIDC_ROLES "
        "SMTP_URL MAIL_FROM BANK_NAME BANK_IBAN BANK_BIC "
        "NOTICES_URL NOTICES_SECRET NOTICES_STYLE FIRST_WAIT"
    ).split()
)


class SettingsError(ValueError):
    """An environment variable holds what cannot be right. Its value is not repeated."""

    def __init__(self, variable: str, wrong: str, remedy: str) -> None:
        self.variable = variable
        self.wrong = wrong
        self.remedy = remedy
        super().__init__(f"{variable} {wrong}. {remedy}")


def refuse_unknown(ours: Mapping[str, str]) -> None:
    """Refuse a variable that is nearly one of ours: it would be ignored in silence."""
    for name in sorted(ours.keys() - _KNOWN):
        near = get_close_matches(name, _KNOWN, n=1, cutoff=0.88)
        if near:
            raise SettingsError(name, "is unknown", f"Did you mean {near[0]}?")


def my_domain(value: str) -> str:
    """Return the My Domain without .salesforce.com, from any way people write it."""
    host = value.removeprefix("https://").rstrip("/").removesuffix(".salesforce.com")
    if value and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", host):
        raise SettingsError(
            "GOODWORD_SALESFORCE_DOMAIN",
            "is no host name",
            "Give the My Domain, such as acme.my.salesforce.com.",
        )
    return host


def _parts(name: str, value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        raise SettingsError(name, "is no address", "Check its brackets and its port.") from None
    return parts


def database_url(name: str, value: str) -> None:
    """Refuse every database but PostgreSQL, and a password that would be taken for the host."""
    parts = _parts(name, value)
    if parts.netloc.count("@") > 1:
        raise SettingsError(
            name, "has more than one @", "In a name or a password write %40 for one."
        )
    if parts.scheme not in {"postgresql", "postgresql+psycopg"}:
        raise SettingsError(
            name,
            "does not begin with postgresql://",
            "Only PostgreSQL 15 or later will do: postgresql://user:password@host:5432/goodword. "
            "Leave it out to use the embedded one.",
        )


def origin(name: str, value: str) -> None:
    """Refuse what is not scheme and host, and plain http to another machine."""
    parts = _parts(name, value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
        raise SettingsError(name, "is no origin", "Give scheme and host only: https://example.com.")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise SettingsError(name, "is plain http on another machine", "Use https.")


def webhook_url(name: str, value: str) -> None:
    """Refuse what is no web address, and plain http to another machine."""
    parts = _parts(name, value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise SettingsError(name, "is no web address", "Give it as the chat tool shows it.")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise SettingsError(name, "is plain http on another machine", "Use https.")


def style(name: str, value: str) -> None:
    """Refuse a style of notices that is unknown."""
    if value not in {"signed", "slack"}:
        raise SettingsError(name, "is no style", "Give signed, or slack.")


def stand_in(name: str, value: str) -> None:
    """Refuse an origin that is not on this machine."""
    origin(name, value)
    if _parts(name, value).hostname not in _LOOPBACK:
        raise SettingsError(
            name,
            "is for stand-ins on this machine",
            "Give an address on 127.0.0.1, or leave it out to reach the real system.",
        )


def secret_key(name: str, value: str) -> None:
    """Refuse a key that is too short to sign with."""
    if len(value) < _SECRET_KEY_LENGTH:
        raise SettingsError(
            name,
            f"is shorter than {_SECRET_KEY_LENGTH} characters",
            'Make one with: python3 -c "import secrets; print(secrets.token_urlsafe(48))".',
        )


def stripe_key(name: str, value: str) -> None:
    """Refuse a key that cannot pay."""
    if not value.startswith(("sk_", "rk_")):
        raise SettingsError(
            name, "is no secret or restricted key", "These begin with sk_ or rk_; pk_ cannot pay."
        )


def iban(name: str, value: str) -> None:
    """Refuse what is no IBAN."""
    try:
        bank_accounts.iban(value)
    except bank_accounts.NotAnIban as wrong:
        raise SettingsError(
            name, f"is {wrong}", "Give the IBAN of the account that pays."
        ) from None


def bic(name: str, value: str) -> None:
    """Refuse what is no BIC."""
    try:
        bank_accounts.bic(value)
    except bank_accounts.NotABic as wrong:
        raise SettingsError(name, f"is {wrong}", "Give the BIC of the bank that pays.") from None


def smtp_url(name: str, value: str) -> None:
    """Refuse what is no mail server's address."""
    parts = _parts(name, value)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise SettingsError(
            name, "is no mail server", "Give smtp://user:password@host:587 or smtps://…:465."
        )


def seconds(name: str, value: str) -> None:
    """Refuse what is no number of seconds, or a wait that would outlast the night."""
    if not (re.fullmatch(r"\d+(\.\d+)?", value) and float(value) <= LONGEST_FIRST_WAIT):
        raise SettingsError(
            name,
            f"is no number of seconds from 0 to {LONGEST_FIRST_WAIT}",
            "Give seconds, such as 1 or 0.5.",
        )


def sender(name: str, value: str) -> None:
    """Refuse a sender without a mail address, or with a line break in it."""
    address = parseaddr(value)[1]
    if "@" not in address or any(sign in value for sign in "\r\n"):
        raise SettingsError(
            name, "holds no mail address", "Give Partner Team <partners@example.com>."
        )


def issuer(name: str, value: str) -> None:
    """Refuse an identity provider that is not reached over TLS, but for one on this machine."""
    parts = _parts(name, value)
    is_here = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or is_here):
        raise SettingsError(
            name, "is no https address", "Give the issuer as the provider publishes it."
        )


def roles(name: str, value: str) -> None:
    """Refuse what does not say which of the provider's groups has which role."""
    for pair in value.split(","):
        role, equals, group = (part.strip() for part in pair.partition("="))
        if role not in set(Role) or not equals or not group:
            raise SettingsError(
                name,
                "does not say who has which role",
                f"Give pairs with commas, such as approver=finance; roles: {', '.join(Role)}.",
            )


def readable_file(name: str, value: str) -> None:
    """Refuse a path where no file is."""
    if not Path(value).expanduser().is_file():
        raise SettingsError(name, "names no file that can be read", "Give the path of a PEM file.")
