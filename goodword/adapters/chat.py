"""Chat: notices posted to a webhook, signed as Stripe signs its own, or as Slack takes them.

A notice may arrive twice, when an answer was lost: its id says that it is the same one. Source of
the signature: docs.stripe.com/webhooks; of Slack's: docs.slack.dev/messaging (incoming webhooks).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests

SIGNATURE = "Goodword-Signature"
_TIMEOUT = (5, 15)  # seconds to connect, and to answer
_ATTEMPTS = 3
_LONGEST_WAIT = 10.0
_LONGEST_ANSWER = 200
_REDIRECTION, _CLIENT_ERROR, _TOO_MANY, _SERVER_ERROR = 300, 400, 429, 500


@dataclass(frozen=True, slots=True)
class Told:
    """The chat tool has taken the notice."""


@dataclass(frozen=True, slots=True)
class PutOff:
    """It could not be reached or was busy: try again later."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It will not take this, however often: a person must mend the address or the secret."""

    reason: str


Answer = Told | PutOff | Refused


def signature(secrets: Sequence[str], at: datetime, body: bytes) -> str:
    """Return the header that proves who wrote a body, and when: `t=1782000000,v1=…`.

    `v1` is the HMAC-SHA256 (hexadecimal) of the instant's Unix seconds, a full stop and the body;
    there is one for each secret. Who receives it recomputes one, compares in constant time, and
    refuses what is older than some minutes.
    """
    seconds = int(at.timestamp())
    signed = f"{seconds}.".encode() + body
    proofs = [hmac.new(each.encode(), signed, hashlib.sha256).hexdigest() for each in secrets]
    return ",".join([f"t={seconds}", *(f"v1={proof}" for proof in proofs)])


class Chat:
    """One webhook. Its address is a secret, and in no sentence.

    Args:
        url: where notices are posted.
        secrets: what they are signed with.
        is_slack: whether the address is one of Slack's incoming webhooks.
        first_wait: seconds until what may pass is tried again.
    """

    def __init__(
        self, url: str, secrets: Sequence[str], *, is_slack: bool, first_wait: float
    ) -> None:
        self._url = url
        self._secrets = tuple(secrets)
        self._is_slack = is_slack
        self._first_wait = first_wait

    def post(self, notice: Mapping[str, Any], at: datetime) -> Answer:
        """Post one notice, a few times where that may help; `at` is the instant it is signed for.

        Nothing is raised: the answer says what became of it.
        """
        body = _slack(notice) if self._is_slack else json.dumps(notice).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if self._secrets:
            headers[SIGNATURE] = signature(self._secrets, at, body)
        answer: Answer = PutOff("it was not tried")
        for wait in self._waits():
            answer, asked = self._once(body, headers)
            if not isinstance(answer, PutOff) or wait is None:
                break
            time.sleep(min(max(wait, asked), _LONGEST_WAIT))
        return answer

    def _waits(self) -> Iterator[float | None]:
        yield from (self._first_wait * 2**attempt for attempt in range(_ATTEMPTS - 1))
        yield None

    def _once(self, body: bytes, headers: Mapping[str, str]) -> tuple[Answer, float]:
        """Post once; returns the answer, and how many seconds it asks to wait."""
        try:
            # No redirect is followed: it would carry the notice to another address.
            response = requests.post(
                self._url, data=body, headers=dict(headers), timeout=_TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as error:
            return PutOff(f"the chat tool did not answer ({type(error).__name__})"), 0
        status = response.status_code
        if status < _REDIRECTION:
            return Told(), 0
        said = " ".join(response.text.split())[:_LONGEST_ANSWER]
        sentence = (
            f"the chat tool said {status}: {said}" if said else f"the chat tool said {status}"
        )
        if status == _TOO_MANY or status >= _SERVER_ERROR:
            return PutOff(sentence), _seconds(response.headers.get("Retry-After", ""))
        if status < _CLIENT_ERROR:
            return Refused(f"{sentence} (a redirect, which is not followed)"), 0
        return Refused(sentence), 0


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isdecimal() else 0


def _slack(notice: Mapping[str, Any]) -> bytes:
    """Write a notice as Slack takes it: lines of its own markup."""
    said = notice["data"]
    lines = [f"*{_plain(notice['title'])}*"]
    lines += [f"• {_plain(failure)}" for failure in said.get("failures", ())]
    waiting = said.get("waiting", ())
    lines += [f"{item['count']:,} {_plain(item['what'])}" for item in waiting]
    if said.get("link"):
        lines.append(f"<{_plain(said['link'])}>")
    return json.dumps({"text": "\n".join(lines), "unfurl_links": False}).encode()


def _plain(text: str) -> str:
    """Escape what Slack would take for markup: nobody's name calls a whole channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
