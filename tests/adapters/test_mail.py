"""Handing in letters over real SMTP: each is known sent, known not sent, or in doubt."""

from __future__ import annotations

import socketserver
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from goodword.adapters.letters import Letter
from goodword.adapters.mail import (
    Deferred,
    Delivered,
    Mailbox,
    MailUnreachable,
    Outcome,
    Outgoing,
    Unconfirmed,
    Undeliverable,
)
from goodword.adapters.mail_access import BadAddress, BadMailUrl, MailAccess, Security, mailbox
from sandbox.faults import Fault
from sandbox.server import Sandbox
from sandbox.world import Company

if TYPE_CHECKING:
    from collections.abc import Iterator

LETTER = Letter("報酬 ￥12,000 のお知らせ", "一行目\n.点で始まる行\n", "<p>報酬</p>\n", "ja")
WRITTEN_AT = datetime(2026, 6, 30, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(Company("Contoso", "00D000000000001AAA", {}), port=0) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    yield running
    running.world.faults.clear()
    running.world.mailbox.clear()


def access(port: int) -> MailAccess:
    return MailAccess.from_url(
        f"smtp://127.0.0.1:{port}", "Goodword <partners@contoso.example>", "help@contoso.example"
    )


def outgoing(number: int = 1, to: str = "aiko@example.com", **changed: Any) -> Outgoing:
    given = {
        "letter": LETTER,
        "message_id": f"<reward_paid.{number}@contoso.example>",
        "written_at": WRITTEN_AT,
        **changed,
    }
    return Outgoing(number, to, **given)


def sent(sandbox: Sandbox, *letters: Outgoing) -> list[Outcome]:
    return [outcome for _, outcome in Mailbox(access(sandbox.smtp_port)).send(letters)]


def arrived(sandbox: Sandbox) -> list[str]:
    return [address for message in sandbox.world.mailbox.messages for address in message.to]


def strike(sandbox: Sandbox, kind: str, **how: Any) -> None:
    sandbox.world.faults.add(Fault("smtp", kind, **how))


# A letter that arrives ---------------------------------------------------------------------------


def test_a_letter_arrives_with_both_bodies_and_every_header(sandbox: Sandbox) -> None:
    (outcome,) = sent(sandbox, outgoing(name="田中 愛子"))
    assert isinstance(outcome, Delivered)
    (message,) = sandbox.world.mailbox.messages
    headers = dict(message.headers)
    assert message.subject == "報酬 ￥12,000 のお知らせ"
    assert message.text is not None
    assert message.text.splitlines() == ["一行目", ".点で始まる行"]
    assert message.html == "<p>報酬</p>\r\n"
    assert message.date == WRITTEN_AT
    assert message.message_id == "<reward_paid.1@contoso.example>"
    assert headers["From"] == "Goodword <partners@contoso.example>"
    assert headers["To"] == "田中 愛子 <aiko@example.com>"
    assert headers["Reply-To"] == "help@contoso.example"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Content-Language"] == "ja"


def test_lines_that_begin_with_a_dot_arrive_as_they_are(sandbox: Sandbox) -> None:
    text = ".\n..\n.hidden\nend\n"
    (outcome,) = sent(sandbox, outgoing(letter=Letter("Dots", text, "<p>.</p>", "en")))
    assert isinstance(outcome, Delivered)
    arrived_text = sandbox.world.mailbox.messages[0].text
    assert arrived_text is not None
    assert arrived_text.splitlines() == text.splitlines()


def test_many_letters_go_over_one_connection(sandbox: Sandbox) -> None:
    strike(sandbox, "refuse_connection", after=1, times=None)  # a second one would be refused
    outcomes = sent(sandbox, *(outgoing(i, f"p{i}@example.com") for i in range(25)))
    assert all(isinstance(outcome, Delivered) for outcome in outcomes)
    assert arrived(sandbox) == [f"p{i}@example.com" for i in range(25)]


def test_outcomes_come_one_by_one_as_they_are_known(sandbox: Sandbox) -> None:
    running = Mailbox(access(sandbox.smtp_port)).send(outgoing(i) for i in (7, 8))
    assert next(running)[0] == 7
    assert len(sandbox.world.mailbox.messages) == 1
    assert next(running)[0] == 8
    assert list(running) == []


def test_no_letters_make_no_connection() -> None:
    assert list(Mailbox(access(9)).send([])) == []


def test_an_address_outside_ascii_is_sent_where_the_server_takes_it(sandbox: Sandbox) -> None:
    letters = [outgoing(1, "愛子@example.com"), outgoing(2, "aiko@例え.jp")]
    assert all(isinstance(outcome, Delivered) for outcome in sent(sandbox, *letters))
    assert arrived(sandbox) == ["愛子@example.com", "aiko@xn--r8jz45g.jp"]


# One that cannot ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "to",
    [
        "",
        "aiko",
        "aiko@",
        "@example.com",
        "a b@example.com",
        "a@example.com, b@example.com",
        "a@example.com;b@example.com",
        "a@example.com\r\nBcc: all@example.com",
        "a@example.com\n",
        "a@exa\x00mple.com",
        "a@-example.com",
        "a..b@example.com",
        f"{'a' * 65}@example.com",
        f"a@{'b' * 250}.com",
        "<a@example.com><b@example.com>",
        "a@example.com> RCPT TO:<b@example.com",
    ],
)
def test_what_is_not_one_address_is_undeliverable_and_the_next_letter_goes(
    sandbox: Sandbox, to: str
) -> None:
    bad, good = sent(sandbox, outgoing(1, to), outgoing(2))
    assert isinstance(bad, Undeliverable)
    assert "not one e-mail address" in bad.reason
    assert isinstance(good, Delivered)
    assert arrived(sandbox) == ["aiko@example.com"]


def test_a_name_cannot_add_a_header(sandbox: Sandbox) -> None:
    sent(sandbox, outgoing(name="Aiko\r\nBcc: all@example.com\x07"))
    (message,) = sandbox.world.mailbox.messages
    assert message.to == ["aiko@example.com"]
    assert "Bcc" not in dict(message.headers)


@pytest.mark.parametrize("message_id", ["", "7", "<a@b>\r\nBcc: x@y.z", "<a b@c>"])
def test_a_message_id_of_another_form_is_undeliverable(sandbox: Sandbox, message_id: str) -> None:
    (outcome,) = sent(sandbox, outgoing(message_id=message_id))
    assert isinstance(outcome, Undeliverable)


def test_a_subject_with_a_line_break_is_undeliverable(sandbox: Sandbox) -> None:
    letter = Letter("Hi\r\nBcc: all@example.com", "t", "<p>t</p>", "en")
    (outcome,) = sent(sandbox, outgoing(letter=letter))
    assert isinstance(outcome, Undeliverable)
    assert arrived(sandbox) == []


def test_a_recipient_that_the_server_refuses_is_undeliverable(sandbox: Sandbox) -> None:
    strike(sandbox, "refuse_recipient", path="gone")
    bad, good = sent(sandbox, outgoing(1, "gone@example.com"), outgoing(2))
    assert isinstance(bad, Undeliverable)
    assert "550" in bad.reason
    assert isinstance(good, Delivered)


def test_a_temporary_refusal_is_deferred(sandbox: Sandbox) -> None:
    strike(sandbox, "temporary")
    first, second = sent(sandbox, outgoing(1), outgoing(2))
    assert isinstance(first, Deferred)
    assert "451" in first.reason
    assert isinstance(second, Delivered)


# A connection that fails -------------------------------------------------------------------------


def test_an_answer_lost_after_the_text_leaves_the_letter_in_doubt_and_sends_it_once(
    sandbox: Sandbox,
) -> None:
    strike(sandbox, "drop_after_data", path="first")
    lost, good = sent(sandbox, outgoing(1, "first@example.com"), outgoing(2))
    assert isinstance(lost, Unconfirmed)
    assert isinstance(good, Delivered)  # over a new connection
    assert arrived(sandbox) == ["first@example.com", "aiko@example.com"]


def test_a_server_that_refuses_connections_defers_every_letter(sandbox: Sandbox) -> None:
    strike(sandbox, "refuse_connection", times=None)
    outcomes = sent(sandbox, *(outgoing(i) for i in range(3)))
    assert all(isinstance(outcome, Deferred) for outcome in outcomes)
    assert sum(fired for _, fired in sandbox.world.faults.list()) == 1  # asked only once


def test_a_server_that_is_not_there_defers_every_letter_and_is_named() -> None:
    outcomes = [outcome for _, outcome in Mailbox(access(9)).send([outgoing(1), outgoing(2)])]
    assert [type(outcome) for outcome in outcomes] == [Deferred, Deferred]
    assert isinstance(outcomes[0], Deferred)
    assert "127.0.0.1:9" in outcomes[0].reason
    with pytest.raises(MailUnreachable):
        Mailbox(access(9)).reach()


def test_reach_sends_nothing(sandbox: Sandbox) -> None:
    Mailbox(access(sandbox.smtp_port)).reach()
    assert sandbox.world.mailbox.messages == []


class _Script(socketserver.StreamRequestHandler):
    """A server that follows a script: what it answers to each command; None hangs up."""

    answers: ClassVar[dict[str, list[bytes | None]]]
    texts: ClassVar[list[bytes]]

    def handle(self) -> None:
        self.wfile.write(b"220 script\r\n")
        while line := self.rfile.readline():
            command = line[:4].upper().decode().strip()
            waiting = self.answers.get(command, [])
            answer = waiting.pop(0) if waiting else b"354 go" if command == "DATA" else b"250 ok"
            if answer is None:
                return
            self.wfile.write(answer + b"\r\n")
            if answer.startswith(b"354") and not self._take_text():
                return

    def _take_text(self) -> bool:
        text = b""
        while not text.endswith(b"\r\n.\r\n"):
            text += self.rfile.readline()
        self.texts.append(text)
        waiting = self.answers.get("TEXT", [])
        answer = waiting.pop(0) if waiting else b"250 ok"
        if answer is not None:
            self.wfile.write(answer + b"\r\n")
        return answer is not None


@contextmanager
def scripted(**answers: list[bytes | None]) -> Iterator[tuple[Mailbox, list[bytes]]]:
    texts: list[bytes] = []
    handler = type("Handler", (_Script,), {"answers": answers, "texts": texts})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield Mailbox(access(server.server_address[1])), texts
        server.shutdown()


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_connection_dropped_before_the_text_is_made_again_once(command: str) -> None:
    hangs_up: list[bytes | None] = [None]
    with scripted(**{command: hangs_up}) as (box, texts):
        assert [type(outcome) for _, outcome in box.send([outgoing()])] == [Delivered]
    assert len(texts) == 1


def test_a_connection_dropped_twice_before_the_text_is_deferred_and_nothing_was_sent() -> None:
    with scripted(RCPT=[None, None]) as (box, texts):
        outcomes = [outcome for _, outcome in box.send([outgoing(1), outgoing(2)])]
    assert [type(outcome) for outcome in outcomes] == [Deferred, Delivered]
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"MAIL": [b"550 sender not allowed"]}, Deferred),
        ({"MAIL": [b"421 closing"]}, Deferred),
        ({"RCPT": [b"452 too many"]}, Deferred),
        ({"RCPT": [b"553 no such name"]}, Undeliverable),
        ({"DATA": [b"554 no valid recipients"]}, Undeliverable),
        ({"TEXT": [b"451 try again"]}, Deferred),
        ({"TEXT": [b"554 looks like spam"]}, Undeliverable),
        ({"TEXT": [b"554 looks like spam"], "RSET": [None]}, Undeliverable),
        ({"TEXT": [b"421 closing"]}, Deferred),
        ({"TEXT": [None]}, Unconfirmed),
        ({"TEXT": [b"what?"]}, Unconfirmed),
    ],
)
def test_each_answer_of_a_server_has_one_meaning_and_the_next_letter_still_goes(
    answers: dict[str, list[bytes | None]], expected: type[Outcome]
) -> None:
    with scripted(**answers) as (box, _):
        first, second = (outcome for _, outcome in box.send([outgoing(1), outgoing(2)]))
    assert isinstance(first, expected)
    assert isinstance(second, Delivered)


def test_a_log_in_that_fails_defers_every_letter_and_hides_the_password() -> None:
    greeting = b"250-script\r\n250 AUTH PLAIN"
    with scripted(EHLO=[greeting], AUTH=[b"535 5.7.8 wrong"]) as (box, _):
        host = box._access
        url = f"smtp://me:s3cret@{host.host}:{host.port}"
        known = Mailbox(MailAccess.from_url(url, "partners@contoso.example"))
        outcomes = [outcome for _, outcome in known.send([outgoing(1), outgoing(2)])]
    assert all(isinstance(outcome, Deferred) for outcome in outcomes)
    assert isinstance(outcomes[0], Deferred)
    assert "535" in outcomes[0].reason
    assert "s3cret" not in outcomes[0].reason + repr(known._access)


# Where mail is handed in -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "host", "port", "security"),
    [
        ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, Security.NONE),
        ("smtp://mail.example.com", "mail.example.com", 25, Security.NONE),
        ("smtp://u:p%40ss@mail.example.com?starttls", "mail.example.com", 587, Security.STARTTLS),
        ("smtps://u:p%40ss@mail.example.com", "mail.example.com", 465, Security.TLS),
        ("smtp://u:p@[::1]:26", "::1", 26, Security.NONE),
    ],
)
def test_a_mail_servers_address_says_host_port_and_security(
    url: str, host: str, port: int, security: Security
) -> None:
    read = MailAccess.from_url(url, "a@example.com")
    assert (read.host, read.port, read.security) == (host, port, security)
    assert read.password in {None, "p", "p@ss"}
    assert "p@ss" not in repr(read)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://mail.example.com:port",
        "smtp://u:hunter2@mail.example.com",
        "smtp://u:hunter2@127.0.0.1?tls=maybe",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(BadMailUrl) as caught:
        MailAccess.from_url(url, "a@example.com")
    assert "hunter2" not in str(caught.value)


def test_a_sender_is_one_address_with_or_without_a_name() -> None:
    assert str(mailbox("Goodword Partners <a@example.com>")) == "Goodword Partners <a@example.com>"
    assert str(mailbox('"Goodword, Inc." <a@example.com>')) == '"Goodword, Inc." <a@example.com>'
    assert str(mailbox("a@example.com")) == "a@example.com"
    with pytest.raises(BadAddress):
        mailbox("Goodword")
