"""The way to Salesforce, against a server on loopback that answers as each test scripts it.

What the sandbox cannot be made to say is said here: quotas, redirections, answers that are wrong.
"""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from goodword.adapters.crm import (
    CrmError,
    CrmRefused,
    CrmRefusedLogin,
    CrmUnreachable,
    Protection,
    RequestLimit,
    TooManyLogins,
    WriteState,
)
from goodword.adapters.salesforce import Patience, Salesforce, SalesforceAccess
from goodword.adapters.salesforce_access import NotLoopback
from goodword.rules.crm import NEEDED_FIELDS, CrmObject, Opportunity
from goodword.rules.crm_policy import CrmPolicy
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECRET = "the-consumer-secret"
KEY = "the-consumer-key"
TOKEN = "00D!the-access-token"
QUICK = Patience(connect=60, read=60, attempts=3, first_wait=0.001, longest_wait=0.01)
LOW, HIGH = datetime(2026, 6, 29, 2, tzinfo=UTC), datetime(2026, 6, 30, 2, tzinfo=UTC)

ORGANIZATION = {"done": True, "records": [{"Id": "00Df4000002NAbGAAW"}]}


class Answer(dict[str, Any]):
    """status, body (JSON or bytes), headers, cut (how many bytes of the body are lost)."""


class Stub:
    """A server whose `answer(method, path)` is the test's; it keeps what it was sent."""

    def __init__(self, answer: Callable[[str, str], Answer]) -> None:
        self.answer = answer
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.logins = 0
        self.url = ""

    def respond(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if path != "/services/oauth2/token":
            self.seen.append((method, path, headers, body))
            return self.answer(method, path)
        self.logins += 1
        self.seen.append((method, path, headers, body))
        token = f"{TOKEN}-{self.logins}"
        return Answer(
            body={"access_token": token, "instance_url": "https://acme.my.salesforce.com"}
        )

    def count(self, method: str) -> int:
        return sum(seen[0] == method and "oauth2" not in seen[1] for seen in self.seen)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing when a client has hung up: a test made it."""


@contextmanager
def serving(answer: Callable[[str, str], Answer]) -> Iterator[Stub]:
    stub = Stub(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found = stub.respond(self.command, self.path.split("?")[0], dict(self.headers), body)
            content = found.get("body", b"")
            sent = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(found.get("status", 200))
            for name, value in found.get("headers", {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent[: len(sent) - found.get("cut", 0)])
            self.close_connection = "cut" in found

        do_GET = do_POST = do_PATCH = do_any  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()


def org(stub: Stub, **changed: Any) -> Salesforce:
    named: dict[str, Any] = {
        "domain": "acme.my",
        "consumer_key": KEY,
        "consumer_secret": SECRET,
        "home_currency": "USD",
        "api_base": stub.url,
    }
    return Salesforce(SalesforceAccess(**(named | changed)), QUICK, page_size=2)


def refuse(status: int, code: str, message: str = "no", **headers: str) -> Answer:
    body = [{"errorCode": code, "message": message}]
    return Answer(status=status, body=body, headers=headers)


def in_turn(*answers: Answer) -> Callable[[str, str], Answer]:
    """Answer with each in turn, and with the last from then on."""
    waiting = list(answers)
    return lambda _method, _path: waiting.pop(0) if len(waiting) > 1 else waiting[0]


IDENTITY = Answer(body=ORGANIZATION)
EXPIRED = refuse(401, "INVALID_SESSION_ID", "Session expired or invalid")


def test_client_credentials_log_in_once_for_many_requests() -> None:
    with serving(in_turn(IDENTITY)) as stub:
        crm = org(stub)
        assert [crm.identity(), crm.identity()] == ["00Df4000002NAbGAAW"] * 2
    assert stub.logins == 1
    basic = stub.seen[0][2]["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(basic).decode() == f"{KEY}:{SECRET}"
    assert stub.seen[1][2]["Authorization"] == f"Bearer {TOKEN}-1"


def test_a_jwt_is_signed_for_the_user_by_the_key_of_the_file(tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "key.pem").write_bytes(pem)
    with serving(in_turn(IDENTITY)) as stub:
        path = tmp_path / "key.pem"
        org(stub, username="night@acme.example", private_key_file=path).identity()
    assert SECRET not in stub.seen[0][3].decode()
    assertion = stub.seen[0][3].decode().split("assertion=")[1].split("&")[0]
    claims = jwt.decode(
        assertion,
        key.public_key(),
        algorithms=["RS256"],
        audience="https://acme.my.salesforce.com",
    )
    assert (claims["iss"], claims["sub"]) == (KEY, "night@acme.example")


@pytest.mark.parametrize("content", [None, b"no key", b"\xff\xfe"])
def test_a_key_file_that_is_no_key_is_refused_before_anything_is_sent(
    tmp_path: Path,
    content: bytes | None,
) -> None:
    path = tmp_path / "key.pem"
    if content is not None:
        path.write_bytes(content)
    with serving(in_turn(IDENTITY)) as stub:
        crm = org(stub, consumer_secret=None, username="night@acme.example", private_key_file=path)
        with pytest.raises(
            CrmRefusedLogin, match=r"key\.pem (cannot be read|holds no private key)"
        ):
            crm.identity()
    assert stub.seen == []


@pytest.mark.parametrize(
    "access",
    [{"domain": "login"}, {"consumer_secret": None}, {"consumer_secret": None, "username": "n"}],
)
def test_what_is_enough_for_no_log_in_is_refused_with_what_to_check(access: dict[str, str]) -> None:
    with (
        serving(in_turn(IDENTITY)) as stub,
        pytest.raises(CrmRefusedLogin, match="check GOODWORD_SALESFORCE_DOMAIN"),
    ):
        org(stub, **access).identity()
    assert stub.seen == []


def test_a_session_that_expired_is_renewed_and_the_whole_request_sent_again() -> None:
    fields = [{"name": name, "type": "string"} for name in CrmPolicy().own_fields]
    written = Answer(body=[{"id": "001f4000009wJD7AAM", "success": True, "errors": []}])
    with serving(in_turn(Answer(body={"fields": fields}), EXPIRED, written)) as stub:
        wanted = Protection(CrmObject.ACCOUNT, "001f4000009wJD7AAM", "acme", None)
        (result,) = org(stub).protect([wanted])
    assert result.state is WriteState.WRITTEN
    first, again = (seen for seen in stub.seen if seen[0] == "PATCH")
    assert first[3] == again[3] != b""
    assert json.loads(again[3])["records"][0]["Goodword_Protected_Until__c"] is None
    assert again[2]["Content-Type"] == first[2]["Content-Type"] == "application/json"
    assert again[2]["Authorization"] == f"Bearer {TOKEN}-2"


def test_a_session_that_is_never_accepted_ends_after_three_log_ins() -> None:
    with serving(in_turn(EXPIRED)) as stub:
        crm = org(stub)
        with pytest.raises(TooManyLogins, match="3 log-ins in 60 seconds"):
            crm.identity()
        with pytest.raises(TooManyLogins):
            crm.identity()
    assert stub.logins == 3


def test_a_401_that_is_no_json_also_renews_the_session() -> None:
    with serving(in_turn(Answer(status=401, body=b"<html>"), IDENTITY)) as stub:
        assert org(stub).identity() == "00Df4000002NAbGAAW"
    assert stub.logins == 2


def test_threads_that_find_the_session_expired_renew_it_once() -> None:
    gate = threading.Barrier(2, timeout=60)
    answers = {f"Bearer {TOKEN}-2": IDENTITY}
    with serving(in_turn(IDENTITY)) as stub:
        crm = org(stub)
        crm.identity()

        def answer(_method: str, _path: str) -> Answer:
            found = answers.get(stub.seen[-1][2]["Authorization"], EXPIRED)
            if found is EXPIRED:
                gate.wait()
            return found

        stub.answer = answer
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: crm.identity(), range(2)))
    assert stub.logins == 2


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_read_is_sent_again_when_the_server_is_busy(status: int) -> None:
    with serving(in_turn(Answer(status=status, body=b"busy"), IDENTITY)) as stub:
        assert org(stub).identity() == "00Df4000002NAbGAAW"
    assert stub.count("GET") == 2


def test_a_server_that_stays_busy_is_unreachable_after_the_last_attempt() -> None:
    with (
        serving(in_turn(refuse(503, "SERVER_UNAVAILABLE", "maintenance"))) as stub,
        pytest.raises(CrmUnreachable, match="503 SERVER_UNAVAILABLE: maintenance"),
    ):
        org(stub).identity()
    assert stub.count("GET") == QUICK.attempts


def test_retry_after_is_waited_for_up_to_the_longest_wait() -> None:
    patience = Patience(attempts=2, first_wait=0, longest_wait=0.2)
    with serving(in_turn(refuse(429, "TOO_MANY", **{"Retry-After": "3600"}), IDENTITY)) as stub:
        crm = Salesforce(
            SalesforceAccess("acme.my", KEY, "USD", SECRET, api_base=stub.url), patience
        )
        start = time.monotonic()
        crm.identity()
    assert 0.2 <= time.monotonic() - start < 600, "and not an hour"


@pytest.mark.parametrize(
    "broken",
    [
        Answer(body=ORGANIZATION, cut=10),
        Answer(body=json.dumps(ORGANIZATION).encode()[:-10]),
        Answer(body=b"<html>back soon</html>"),
    ],
)
def test_a_broken_answer_is_asked_for_again(broken: Answer) -> None:
    with serving(in_turn(broken, IDENTITY)) as stub:
        assert org(stub).identity() == "00Df4000002NAbGAAW"
    assert stub.count("GET") == 2


def test_nobody_listening_is_unreachable_and_counts_as_no_log_in() -> None:
    with socket.socket() as bound:  # and not listening; nobody else gets its port meanwhile
        bound.bind(("127.0.0.1", 0))
        stub = Stub(in_turn(IDENTITY))
        stub.url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        crm = org(stub)
        for _ in range(4):
            with pytest.raises(CrmUnreachable, match="found no connection, or lost it"):
                crm.identity()


def test_a_server_that_does_not_answer_in_time_is_unreachable() -> None:
    held = threading.Event()

    def hold(_method: str, _path: str) -> Answer:
        held.wait(600)
        return IDENTITY

    with serving(in_turn(IDENTITY)) as stub:
        crm = org(stub)
        crm.identity()
        stub.answer = hold
        crm._session._timeout = (60, 0.05)  # once it has logged in, for which there is time
        with pytest.raises(CrmUnreachable, match="was not answered in time"):
            crm.identity()
        until(
            lambda: stub.count("GET") > QUICK.attempts
        )  # the last may arrive after it is given up
        held.set()
    assert stub.count("GET") == 1 + QUICK.attempts


def test_the_sync_stops_at_80_percent_of_the_orgs_requests() -> None:
    near = Answer(body=ORGANIZATION, headers={"Sforce-Limit-Info": "api-usage=79999/100000"})
    over = Answer(body=ORGANIZATION, headers={"Sforce-Limit-Info": "api-usage=80000/100000"})
    with serving(in_turn(near, over)) as stub:
        crm = org(stub)
        crm.identity()
        with pytest.raises(RequestLimit, match="80000 of 100000 are used") as caught:
            crm.identity()
    assert (caught.value.used, caught.value.allowed) == (80_000, 100_000)
    assert stub.count("GET") == 2


def test_a_refused_request_over_the_limit_is_not_sent_again() -> None:
    limit = refuse(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    with serving(in_turn(limit)) as stub, pytest.raises(RequestLimit, match="used up or nearly"):
        org(stub).identity()
    assert stub.count("GET") == 1


def test_too_many_requests_at_once_are_only_busy() -> None:
    busy = refuse(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.")
    with serving(in_turn(busy, IDENTITY)) as stub:
        assert org(stub).identity() == "00Df4000002NAbGAAW"


def test_a_refusal_is_decided_on_its_code_and_not_sent_again() -> None:
    with (
        serving(in_turn(refuse(400, "MALFORMED_QUERY", "unexpected token"))) as stub,
        pytest.raises(CrmRefused, match="MALFORMED_QUERY: unexpected token") as caught,
    ):
        org(stub).identity()
    assert caught.value.code == "MALFORMED_QUERY"
    assert stub.count("GET") == 1


def test_a_redirection_is_not_followed_with_our_token() -> None:
    away = Answer(status=302, headers={"Location": "http://elsewhere.example/"})
    with serving(in_turn(away)) as stub, pytest.raises(CrmRefused, match="HTTP 302"):
        org(stub).identity()
    assert stub.count("GET") == 1


@pytest.mark.parametrize(
    "api_base",
    ["http://10.0.0.1:80", "http://example.com", "https://127.0.0.1:80", "127.0.0.1:80", "http://"],
)
def test_a_stand_in_is_plain_http_on_loopback_or_refused(api_base: str) -> None:
    with pytest.raises(NotLoopback, match="plain http on loopback"):
        Salesforce(SalesforceAccess("acme.my", KEY, "USD", SECRET, api_base=api_base))


def test_no_secret_is_in_any_message_or_repr() -> None:
    echo = f"invalid client {KEY} with {SECRET}"
    refused = Answer(status=400, body={"error": "invalid_client", "error_description": echo})
    told: list[str] = []
    with serving(in_turn(refuse(400, "ODD", f"you sent {TOKEN}-1"))) as stub:
        crm = org(stub)
        told += [repr(crm), repr(crm._access), told_by(crm)]
        stub.respond = lambda *_: refused  # type: ignore[method-assign]
        told.append(told_by(org(stub)))
    assert "********" in told[-1]
    assert "********" in told[-2]
    for secret in (SECRET, KEY, TOKEN):
        assert not [text for text in told if secret in text]


def told_by(crm: Salesforce) -> str:
    with pytest.raises(CrmError) as caught:
        crm.identity()
    return "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"access_token": "x"}', b"<html>"])
def test_a_log_in_answered_with_something_else_is_no_session(body: bytes) -> None:
    with serving(in_turn(IDENTITY)) as stub:
        stub.respond = lambda *_: Answer(body=body)  # type: ignore[method-assign]
        with pytest.raises(CrmError, match=r"without a session|refused the log-in"):
            org(stub).identity()


def test_a_page_shorter_than_asked_for_is_followed_by_key_and_not_by_locator() -> None:
    """Salesforce may send fewer records than LIMIT and offer nextRecordsUrl for the rest."""
    fields = [{"name": name, "type": "string"} for name in NEEDED_FIELDS[CrmObject.OPPORTUNITY]]
    more = {"done": False, "nextRecordsUrl": "/services/data/v62.0/query/01g-2000"}
    pages = in_turn(
        Answer(body={"fields": fields}),
        Answer(body={**more, "records": [deal("006000000000001AAA")]}),
        Answer(body={"done": True, "records": [deal("006000000000002AAA")]}),
    )
    with serving(pages) as stub:
        found = list(org(stub).changed(CrmObject.OPPORTUNITY, LOW, HIGH))
    records = [record for page in found for record in page.records]
    assert [record.crm_id for record in records] == ["006000000000001AAA", "006000000000002AAA"]
    assert {path for _, path, _, _ in stub.seen[2:]} == {"/services/data/v62.0/queryAll/"}


def test_numbers_are_read_exactly_and_never_as_floats() -> None:
    fields = [{"name": name, "type": "string"} for name in NEEDED_FIELDS[CrmObject.OPPORTUNITY]]
    body = json.dumps({"done": True, "records": [deal("006000000000001AAA", "AMOUNT")]})
    exact = Answer(body=body.replace('"AMOUNT"', "90071992547.41").encode())
    with serving(in_turn(Answer(body={"fields": fields}), exact)) as stub:
        (page,) = org(stub).changed(CrmObject.OPPORTUNITY, LOW, HIGH)
    (record,) = page.records
    assert isinstance(record, Opportunity)
    assert record.amount_minor == 9_007_199_254_741


def test_an_instant_without_a_time_zone_is_a_mistake_of_the_caller() -> None:
    fields = [{"name": name, "type": "string"} for name in NEEDED_FIELDS[CrmObject.USER]]
    with serving(in_turn(Answer(body={"fields": fields}))) as stub:
        naive = datetime(2026, 6, 30)  # noqa: DTZ001 - what is refused
        with pytest.raises(ValueError, match="has no time zone"):
            list(org(stub).changed(CrmObject.USER, naive, HIGH))


def deal(crm_id: str, amount: object = 5) -> dict[str, Any]:
    return {
        "Id": crm_id,
        "Name": "A deal",
        "StageName": "Closed Won",
        "Amount": amount,
        "CloseDate": "2026-06-01",
        "CreatedDate": "2026-06-01T00:00:00.000+0000",
        "IsClosed": True,
        "IsWon": True,
        "IsDeleted": False,
        "SystemModstamp": "2026-06-29T12:00:00.000+0000",
    }
