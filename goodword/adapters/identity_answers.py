"""What an identity provider answers over HTTP: a JSON object, or a sentence on what it is instead.

Authlib does not read these answers: it follows redirects with the client's secret, waits for an
answer however long, and has no words for most of what a provider can send that is none.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError  # what a body that is read bit by bit fails with

_GOOD, _REFUSALS = range(200, 300), {400, 401}
"""Statuses: RFC 6749, section 5.2 refuses a code by the latter, and says why in JSON."""
_IN_JSON = {"Accept": "application/json"}
_LARGEST_BYTES, _PIECE_BYTES = 1 << 20, 1 << 14
"""Of one answer; those of real providers have some thousands."""
_LONGEST_WHY = 200


class NotIdentified(Exception):
    """The provider did not say who somebody is, or said it in a way that is not to be trusted."""

    def __init__(self, why: str) -> None:
        self.why = "".join(filter(str.isprintable, why))[:_LONGEST_WHY]
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        return (
            f"The identity provider did not say who you are ({self.why}). Sign in again; if it "
            "stays so, an administrator finds the provider's settings with `goodword doctor`."
        )


class OutOfOrder(NotIdentified, ConnectionError):
    """The provider answers in a way in which nobody at all could sign in."""

    def _sentence(self) -> str:
        return (
            f"The identity provider does not answer as it should ({self.why}), and nobody can sign "
            "in by it until it does. Tell whoever looks after it, and an administrator of "
            "Goodword, to whom `goodword doctor` says whether it answers."
        )


def answered(what: str, method: str, address: str, patience: float, **sent: Any) -> dict[str, Any]:
    """Return a JSON object that the provider answers, which may be a refusal.

    Args:
        what: what the answer is, for a sentence.
        method: of HTTP.
        address: an endpoint of the provider's. Where it leads elsewhere nobody follows: what is
            sent has secrets in it.
        patience: seconds that it may be silent for, and that it may take to come.
        sent: what requests takes besides.

    Raises:
        OutOfOrder: it is something else, too large, too slow, or does not come at all.
    """
    how: dict[str, Any] = {
        "headers": _IN_JSON,
        "allow_redirects": False,
        "stream": True,
        **sent,
    }
    try:
        with requests.request(method, address, timeout=patience, **how) as got:
            status = got.status_code
            said = _body(what, got, patience)
    except OutOfOrder:
        raise
    except (OSError, ValueError, HTTPError) as error:
        raise OutOfOrder(f"{what} cannot be read: {type(error).__name__}") from error
    if status not in _GOOD and status not in _REFUSALS:
        raise OutOfOrder(f"{what} came with the status {status}")
    try:
        read = json.loads(said)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise OutOfOrder(f"{what} is no JSON object")
    return read


def _body(what: str, got: requests.Response, patience: float) -> bytes:
    """Read an answer as it comes, so that neither its length nor its pace is without end."""
    until = time.monotonic() + patience
    read = bytearray()
    while piece := got.raw.read1(_PIECE_BYTES, decode_content=True):
        read += piece
        if len(read) > _LARGEST_BYTES:
            raise OutOfOrder(f"{what} is longer than {_LARGEST_BYTES:,} bytes")
        if time.monotonic() > until:
            raise OutOfOrder(f"{what} takes longer than {patience:g} seconds")
    return bytes(read)


def is_address(given: object) -> bool:
    """Tell whether a browser and we could go there."""
    if not isinstance(given, str) or not given.isprintable():
        return False
    try:
        parts = urlsplit(given)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def error_code(said: object) -> str:
    """Return an error's code (RFC 6749, sections 4.1.2.1 and 5.2), and of nothing else a word."""
    is_one = isinstance(said, str) and re.fullmatch(r"[\w .-]{1,64}", said, re.ASCII)
    return str(said) if is_one else "an error without a code"
