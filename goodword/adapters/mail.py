"""Handing letters to a mail server, so that each is known sent, known not sent, or in doubt.

SMTP has one moment of doubt: between the end of a message's text and the answer to it (RFC 5321,
4.2.5 and 6.1). A connection lost before it has sent nothing; lost inside it, the letter may be
on its way, and to send it again could send it twice.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING

from goodword.adapters.mail_access import BadAddress, MailAccess, Security, mailbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from goodword.adapters.letters import Letter

_MESSAGE_ID = re.compile(r"<[\w.+=-]{1,120}@[\w.-]{1,120}>", re.ASCII)
# 7 bit: every server takes it, and no line of a Japanese letter can grow over the 998 of SMTP.
_WIRE = policy.SMTP.clone(cte_type="7bit")
_GO_AHEAD, _CLOSING = 354, 421
_FINE, _FOR_NOW, _PERMANENT = 2, 4, 5  # RFC 5321, 4.2.1: the first digit of an answer


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One letter to one person.

    `id` is the caller's number for it. `message_id` ("<reward_paid.811@goodword.example>") and
    `written_at` (with a time zone) come from the outbox and stay the same however often the letter
    is handed in, so that a mailbox that has it already can recognise it.
    """

    id: int
    to: str
    letter: Letter
    message_id: str
    written_at: datetime
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """The server has taken the letter; `answer` is what it said."""

    answer: str


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """The letter can never go to this address as it is: a person must mend it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Nothing was sent; try again later."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """The letter may have been sent: never send it again without a person's word."""

    reason: str


Outcome = Delivered | Undeliverable | Deferred | Unconfirmed


class MailUnreachable(RuntimeError):
    """The mail server takes no letters at all just now; nothing was sent."""


class Mailbox:
    """Hands letters to one server. One at a time: not to be shared by threads."""

    def __init__(self, access: MailAccess) -> None:
        self._access = access
        self._smtp: smtplib.SMTP | None = None

    def reach(self) -> None:
        """Connect, log in and hang up.

        Raises:
            MailUnreachable: any of it failed.
        """
        self._connect()
        self._hang_up()

    def send(self, letters: Iterable[Outgoing]) -> Iterator[tuple[int, Outcome]]:
        """Hand in letters over one connection, and yield each one's id and outcome as it is known.

        Write every outcome down before taking the next: what was sent and not written down would
        be sent again. When the server cannot be reached, all that remain are `Deferred`.
        """
        unreachable: str | None = None
        try:
            for outgoing in letters:
                if unreachable is not None:
                    yield outgoing.id, Deferred(unreachable)
                    continue
                try:
                    outcome = self._deliver(outgoing)
                except MailUnreachable as error:
                    unreachable = str(error)
                    outcome = Deferred(unreachable)
                yield outgoing.id, outcome
        finally:
            self._hang_up()

    def _deliver(self, outgoing: Outgoing) -> Outcome:
        try:
            message = _compose(outgoing, self._access)
        except (BadAddress, ValueError) as error:
            return Undeliverable(str(error))
        try:
            return self._hand_in(message)
        except (smtplib.SMTPServerDisconnected, OSError):
            # Servers drop idle and long-used connections; before DATA, that has sent nothing.
            self._drop()
        try:
            return self._hand_in(message)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self._drop()
            what = type(error).__name__
            return Deferred(f"the mail server hung up twice before taking the letter ({what})")

    def _hand_in(self, message: EmailMessage) -> Outcome:
        smtp = self._smtp or self._connect()
        recipient = message["To"].addresses[0].addr_spec
        international = [] if recipient.isascii() else ["SMTPUTF8"]
        if international and not smtp.has_extn("smtputf8"):
            return Undeliverable(f"the mail server takes no address outside ASCII: {recipient!r}")
        wire = message.as_bytes(policy=_WIRE.clone(utf8=bool(international)))
        code, said = smtp.mail(self._access.sender.addr_spec, international)
        if not _is_fine(code):
            # The sender is the company's setting: the recipient's address is not at fault.
            self._start_over(code)
            return Deferred(_refusal(code, said, f"the sender {self._access.sender.addr_spec}"))
        code, said = smtp.rcpt(recipient)
        if not _is_fine(code):
            return self._refused(code, said, recipient)
        code, said = smtp.docmd("DATA")
        if code != _GO_AHEAD:
            return self._refused(code, said, recipient)
        return self._hand_over_text(smtp, wire, recipient)

    def _hand_over_text(self, smtp: smtplib.SMTP, wire: bytes, recipient: str) -> Outcome:
        """Send the text itself. From here on a lost connection says nothing about the letter."""
        stuffed = re.sub(rb"(?m)^\.", b"..", wire)  # RFC 5321, 4.5.2: transparency
        end = b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"
        try:
            smtp.send(stuffed + end)
            code, said = smtp.getreply()
        except (smtplib.SMTPException, OSError) as error:
            return self._in_doubt(recipient, type(error).__name__)
        if code // 100 in {_FOR_NOW, _PERMANENT}:
            return self._refused(code, said, recipient)
        return Delivered(_text(said)) if _is_fine(code) else self._in_doubt(recipient, _text(said))

    def _in_doubt(self, recipient: str, why: str) -> Unconfirmed:
        self._drop()
        return Unconfirmed(
            f"the mail server was given the letter and never said whether it took it ({why}); "
            f"ask {recipient}, or look in the server's log, before sending it again",
        )

    def _refused(self, code: int, said: bytes, recipient: str) -> Undeliverable | Deferred:
        self._start_over(code)
        sentence = _refusal(code, said, recipient)
        return Undeliverable(sentence) if code // 100 == _PERMANENT else Deferred(sentence)

    def _start_over(self, code: int) -> None:
        if code == _CLOSING:
            self._drop()
            return
        try:
            if self._smtp is not None:
                self._smtp.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()  # what it said of the letter stands

    def _connect(self) -> smtplib.SMTP:
        access = self._access
        try:
            self._smtp = smtp = self._open()
            if access.security is Security.STARTTLS:
                smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
            if access.username is not None:
                smtp.login(access.username, access.password or "")
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise MailUnreachable(
                f"the mail server {access.host}:{access.port} cannot be used: {_why(error)}",
            ) from None
        return smtp

    def _open(self) -> smtplib.SMTP:
        access = self._access
        # Named for the sender's domain: looking up this machine's own name can take seconds.
        named = access.sender.domain
        if access.security is Security.TLS:
            return smtplib.SMTP_SSL(
                access.host,
                access.port,
                named,
                timeout=access.timeout,
                context=ssl.create_default_context(),
            )
        return smtplib.SMTP(access.host, access.port, named, timeout=access.timeout)

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def _hang_up(self) -> None:
        if self._smtp is None:
            return
        try:
            self._smtp.quit()
        except (smtplib.SMTPException, OSError):
            self._smtp.close()  # it is hung up all the same
        self._smtp = None


def _compose(outgoing: Outgoing, access: MailAccess) -> EmailMessage:
    """Build the message: plain text first, HTML as its alternative.

    Raises:
        BadAddress: the recipient is not exactly one address.
        ValueError: the message id has no such form, or a header holds a line break.
    """
    if not _MESSAGE_ID.fullmatch(outgoing.message_id):
        raise ValueError(f"{outgoing.message_id!r} is no message id; write it <name@domain>")
    message = EmailMessage(policy=_WIRE)
    message["From"] = access.sender
    message["To"] = mailbox(outgoing.to, outgoing.name)
    if access.reply_to is not None:
        message["Reply-To"] = access.reply_to
    message["Subject"] = outgoing.letter.subject
    message["Date"] = format_datetime(outgoing.written_at)
    message["Message-ID"] = outgoing.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message.set_content(outgoing.letter.text)
    message.add_alternative(outgoing.letter.html, subtype="html")
    message["Content-Language"] = outgoing.letter.language  # last: the bodies take it along
    return message


def _is_fine(code: int) -> bool:
    return code // 100 == _FINE


def _refusal(code: int, said: bytes, what: str) -> str:
    return f"the mail server refused {what}: {code} {_text(said)}"


def _text(said: bytes) -> str:
    return " ".join(said.decode("utf-8", "replace").split())


def _why(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {_text(said if isinstance(said, bytes) else said.encode())}"
    return f"{type(error).__name__}: {error}"
