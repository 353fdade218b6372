"""Which Salesforce org is meant, how to get at it, and how long to wait for it."""

from __future__ import annotations

import ipaddress
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

from goodword.adapters.crm import CrmRefusedLogin, CrmUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_T = TypeVar("_T")


class NotLoopback(ValueError):
    """A stand-in's address that is not plain http on this machine."""

    def __init__(self, api_base: str) -> None:
        super().__init__(
            f"{api_base!r} is no stand-in for Salesforce: it must be plain http on loopback, for "
            "example http://127.0.0.1:8080; leave it out to reach Salesforce itself",
        )


@dataclass(frozen=True, slots=True)
class SalesforceAccess:
    """How to reach one org, by client credentials or, with a username and a key, by JWT.

    `domain` is the My Domain without .salesforce.com ("acme.my"). `api_base` is a stand-in's
    address on loopback. `home_currency` is that of amounts whose record names none.
    """

    domain: str
    consumer_key: str = field(repr=False)
    home_currency: str
    consumer_secret: str | None = field(default=None, repr=False)
    username: str | None = None
    private_key_file: Path | None = None
    api_base: str | None = None

    def private_key(self) -> str | None:
        """Read the PEM that signs the log-in, None when a consumer secret is used.

        Raises:
            CrmRefusedLogin: the file cannot be read.
        """
        if self.private_key_file is None:
            return None
        try:
            return self.private_key_file.read_text()
        except (OSError, UnicodeDecodeError) as error:
            why = f"{self.private_key_file} cannot be read ({type(error).__name__})"
            next_step = "set GOODWORD_SALESFORCE_PRIVATE_KEY_FILE to a PEM that this user may read"
            raise CrmRefusedLogin(why, next_step) from None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds, and how often to send what may be sent twice."""

    connect: float = 10
    read: float = 120
    attempts: int = 5
    first_wait: float = 1
    longest_wait: float = 60

    def insist(self, call: Callable[[], _T]) -> _T:
        """Make a call that is safe to repeat, until it is answered or the attempts run out.

        Waits double and are spread by half, so that clients do not return all at once; an
        answer's Retry-After is kept when it is longer.

        Raises:
            CrmUnreachable: the last attempt was not answered either.
        """
        for attempt in range(self.attempts - 1):
            try:
                return _read(call)
            except CrmUnreachable as error:
                self.pause(attempt, at_least=error.retry_after_seconds or 0)
        return _read(call)

    def pause(self, attempt: int, *, at_least: float = 0) -> None:
        """Wait after the attempt of that number, counted from 0."""
        wait = self.first_wait * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
        time.sleep(min(max(wait, at_least), self.longest_wait))


class StandIn(HTTPAdapter):
    """Sends what is meant for any https host to a server on loopback instead.

    simple-salesforce writes https into every address, so a stand-in without TLS is reached here.

    Raises:
        NotLoopback: the address is not plain http on this machine.
    """

    def __init__(self, api_base: str) -> None:
        self._netloc = urlsplit(api_base).netloc
        if urlsplit(api_base).scheme != "http" or not _is_loopback(api_base):
            raise NotLoopback(api_base)
        super().__init__()

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        """Send the request to the stand-in."""
        meant = urlsplit(request.url or "")
        request.url = urlunsplit(meant._replace(scheme="http", netloc=self._netloc))
        return super().send(request, *args, **kwargs)


def _is_loopback(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read(call: Callable[[], _T]) -> _T:
    try:
        return call()
    except requests.JSONDecodeError:
        raise CrmUnreachable("it answered what is no JSON, or only a part of it") from None
