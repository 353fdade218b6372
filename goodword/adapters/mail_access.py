"""Where mail is handed in, read from one address such as smtps://user:secret@mail.example.com."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.headerregistry import Address
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

_LOCAL = r"[^\s@<>()\[\],;:\"\\\x00-\x20\x7f]{1,64}"
_LABEL = r"(?!-)[^\W_](?:[^\W_]|-){0,62}"
_ONE_ADDRESS = re.compile(rf"({_LOCAL})@({_LABEL}(?:\.{_LABEL})*)")
_LONGEST_ADDRESS = 254  # RFC 5321 with the erratum 1690


class BadAddress(ValueError):
    """A text that is not exactly one e-mail address, or that would change the headers."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address!r} is not one e-mail address; write it like aiko@example.com")


class BadMailUrl(ValueError):
    """A mail server's address that cannot be used. Its sentence never holds the password."""


class Security(StrEnum):
    """How the connection is encrypted."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class MailAccess:
    """How to hand in mail, and in whose name. `timeout` is in seconds, for each step."""

    host: str
    port: int
    sender: Address
    security: Security = Security.NONE
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    reply_to: Address | None = None
    timeout: float = 30

    @classmethod
    def from_url(cls, url: str, sender: str, reply_to: str | None = None) -> MailAccess:
        """Read `smtp://[user:password@]host[:port][?starttls]` or `smtps://…`.

        `sender` and `reply_to` are `aiko@example.com` or `Goodword <aiko@example.com>`.

        Raises:
            BadMailUrl: another scheme, no host, or a password that would travel unencrypted.
            BadAddress: sender or reply_to is not one address.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise BadMailUrl(f"the mail server's address has a bad host or port: {error}") from None
        if parts.scheme not in {"smtp", "smtps"} or not host:
            raise BadMailUrl(
                "a mail server is written smtp://host:25, smtp://user:password@host:587?starttls "
                f"or smtps://user:password@host:465, not {parts.scheme or 'nothing'}://…",
            )
        asked = parse_qs(parts.query, keep_blank_values=True)
        if unknown := asked.keys() - {"starttls"}:
            what = ", ".join(sorted(unknown))
            raise BadMailUrl(f"the mail server's address asks for {what}; only ?starttls is known")
        security = _security(parts.scheme, starttls="starttls" in asked)
        if parts.password and security is Security.NONE and not _is_loopback(host):
            raise BadMailUrl(
                f"the password would travel to {host} unencrypted; add ?starttls or write smtps://",
            )
        return cls(
            host=host,
            port=port or {Security.TLS: 465, Security.STARTTLS: 587}.get(security, 25),
            sender=mailbox(sender),
            security=security,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            reply_to=mailbox(reply_to) if reply_to else None,
        )


def mailbox(text: str, name: str | None = None) -> Address:
    """Read one address, `aiko@example.com` or `Aiko <aiko@example.com>`, safe to put in a header.

    A domain outside ASCII is written as DNS has it. `name` is the display name; what cannot be
    printed in it is left out.

    Raises:
        BadAddress: not exactly one address; more than 254 characters; a control character.
    """
    bare = text.strip(" ")
    shown = re.fullmatch(r"([^<>\r\n]*)<([^<>]*)>", bare)
    if shown:
        name, bare = name or shown[1].strip(' "'), shown[2]
    found = _ONE_ADDRESS.fullmatch(bare)
    if not found or len(bare) > _LONGEST_ADDRESS or ".." in found[1] or found[1][0] == ".":
        raise BadAddress(text)
    try:
        domain = found[2].encode("idna").decode("ascii")
    except UnicodeError:
        raise BadAddress(text) from None
    printable = "".join(char for char in " ".join((name or "").split()) if char.isprintable())
    return Address(display_name=printable, username=found[1], domain=domain)


def _security(scheme: str, *, starttls: bool) -> Security:
    if scheme == "smtps":
        return Security.TLS
    return Security.STARTTLS if starttls else Security.NONE


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
