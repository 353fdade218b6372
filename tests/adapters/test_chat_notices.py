"""Notices to a chat tool over real HTTP: signed, repeated where that helps, and Slack's markup."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from goodword.adapters.chat import SIGNATURE, Chat, PutOff, Refused, Told, signature
from tests.receiver import Receiver, receiver

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
SECRET, OLD = "s" * 40, "o" * 40
NOTICE = {
    "id": "night-12",
    "event": "night.ended",
    "title": "The night of 2026-06-30 failed.",
    "data": {
        "failures": ["sync: <!channel> & \N{SNOWMAN}"],
        "waiting": [{"what": "rewards to approve", "count": 1200, "command": "x"}],
        "link": "http://127.0.0.1:8000/console",
    },
}


@pytest.fixture
def tool() -> Iterator[Receiver]:
    with receiver() as opened:
        yield opened


def chat(tool: Receiver, **changed: Any) -> Chat:
    given = {"secrets": [SECRET], "is_slack": False, "first_wait": 0, **changed}
    return Chat(given.pop("url", tool.url), given.pop("secrets"), **given)


def test_a_notice_is_signed_so_that_others_tools_for_stripes_signatures_accept_it(
    tool: Receiver,
) -> None:
    assert chat(tool).post(NOTICE, NOW) == Told()
    [(headers, body)] = tool.told
    assert json.loads(body) == NOTICE
    verify = stripe.WebhookSignature.verify_header
    assert verify(body.decode(), headers[SIGNATURE], SECRET)
    for wrong in (body.decode() + " ", body.decode().replace("12", "13")):
        with pytest.raises(stripe.SignatureVerificationError):
            verify(wrong, headers[SIGNATURE], SECRET)


def test_while_a_secret_is_changed_both_prove_it(tool: Receiver) -> None:
    chat(tool, secrets=[OLD, SECRET]).post(NOTICE, NOW)
    [(headers, body)] = tool.told
    for secret in (OLD, SECRET):
        assert stripe.WebhookSignature.verify_header(body.decode(), headers[SIGNATURE], secret)


def test_a_signature_is_bound_to_its_instant() -> None:
    first, second = (
        signature([SECRET], datetime.fromtimestamp(at, UTC), b"{}") for at in (1_000, 1_001)
    )
    assert first.startswith("t=1000,v1=")
    assert first.split("v1=")[1] != second.split("v1=")[1]


def test_slack_is_told_in_its_own_markup_and_nobodys_name_calls_a_channel(tool: Receiver) -> None:
    assert chat(tool, secrets=[], is_slack=True).post(NOTICE, NOW) == Told()
    [(headers, body)] = tool.told
    said = json.loads(body)["text"].splitlines()
    assert said == [
        "*The night of 2026-06-30 failed.*",
        "• sync: &lt;!channel&gt; &amp; \N{SNOWMAN}",
        "1,200 rewards to approve",
        "<http://127.0.0.1:8000/console>",
    ]
    assert SIGNATURE not in headers


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again_with_the_same_body(tool: Receiver, status: int) -> None:
    tool.says(status, Retry_After="0")
    assert chat(tool).post(NOTICE, NOW) == Told()
    assert len({body for _, body in tool.told}) == 1
    assert len(tool.told) == 2


def test_what_does_not_pass_is_put_off_with_what_was_said(tool: Receiver) -> None:
    for _ in range(3):
        tool.says(503, "we are\n tired")
    assert chat(tool).post(NOTICE, NOW) == PutOff("the chat tool said 503: we are tired")
    assert len(tool.told) == 3


@pytest.mark.parametrize(
    ("status", "said", "reason"),
    [
        (410, "channel_is_archived", "the chat tool said 410: channel_is_archived"),
        (403, "", "the chat tool said 403"),
        (302, "", r"the chat tool said 302 (a redirect, which is not followed)"),
    ],
)
def test_what_is_refused_is_not_tried_again(
    tool: Receiver, status: int, said: str, reason: str
) -> None:
    tool.says(status, said, Location="http://127.0.0.1:9/elsewhere")
    assert chat(tool).post(NOTICE, NOW) == Refused(reason)
    assert len(tool.told) == 1


def test_a_tool_that_is_not_there_is_put_off_and_its_address_said_to_nobody(
    tool: Receiver,
) -> None:
    answer = chat(tool, url="http://127.0.0.1:9/hooks/hush").post(NOTICE, NOW)
    assert isinstance(answer, PutOff)
    assert "hush" not in str(answer)
