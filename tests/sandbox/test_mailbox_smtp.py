"""Mail over real SMTP, as smtplib sends it."""

import smtplib
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import pytest
import requests

from sandbox.server import Sandbox


@pytest.fixture
def smtp(sandbox: Sandbox) -> Iterator[smtplib.SMTP]:
    connection = smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=60)
    yield connection
    connection.close()


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    given = {
        "from_": "Goodword <goodword@company.example>",
        "to": "Ana <ana@customer.example>",
        "subject": "Your reward of $500 is on its way",
        **headers,
    }
    for name, value in given.items():
        message[name.rstrip("_")] = value
    message["Date"] = "Tue, 30 Jun 2026 02:00:00 +0000"
    message["Message-ID"] = "<reward-1@company.example>"
    message.set_content("It reaches your account within 5 business days.\n")
    return message


def inbox(sandbox: Sandbox) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = requests.get(sandbox.base_url + "/mail.json", timeout=60).json()
    return listed


def test_a_mail_is_listed_with_its_parts_and_headers(sandbox: Sandbox, smtp: smtplib.SMTP) -> None:
    message = mail()
    message["List-Unsubscribe"] = "<mailto:stop@company.example>"
    message.add_alternative("<p>It reaches <b>your account</b></p>\n", subtype="html")
    smtp.send_message(message)
    (came,) = inbox(sandbox)
    assert came["from"] == "Goodword <goodword@company.example>"
    assert came["to"] == ["ana@customer.example"]
    assert came["subject"] == "Your reward of $500 is on its way"
    assert came["date"] == "2026-06-30T02:00:00+00:00"
    assert came["message_id"] == "<reward-1@company.example>"
    assert came["text"].strip() == "It reaches your account within 5 business days."
    assert came["html"].strip() == "<p>It reaches <b>your account</b></p>"
    assert ["List-Unsubscribe", "<mailto:stop@company.example>"] in came["headers"]


def test_other_scripts_come_through(sandbox: Sandbox, smtp: smtplib.SMTP) -> None:
    message = mail(subject="報酬のお知らせ 🎉", to="田中 <tanaka@customer.example>")
    message.set_content("お支払いが完了しました。\n")
    smtp.send_message(message)
    (came,) = inbox(sandbox)
    assert came["subject"] == "報酬のお知らせ 🎉"
    assert came["text"].strip() == "お支払いが完了しました。"


def test_an_address_of_another_script_is_taken(sandbox: Sandbox, smtp: smtplib.SMTP) -> None:
    smtp.send_message(mail(to="用户@例子.example"))
    assert inbox(sandbox)[0]["to"] == ["用户@例子.example"]


def test_one_connection_carries_many_and_a_log_in_is_optional(
    sandbox: Sandbox, smtp: smtplib.SMTP
) -> None:
    smtp.login("goodword", "anything")
    for number in range(20):
        smtp.send_message(mail(to=f"p{number}@customer.example"))
    came = inbox(sandbox)
    assert [one["to"] for one in came] == [[f"p{number}@customer.example"] for number in range(20)]
    assert [one["id"] for one in came] == list(range(1, 21))


def test_a_blind_copy_is_a_recipient_of_the_envelope(sandbox: Sandbox, smtp: smtplib.SMTP) -> None:
    smtp.send_message(mail(), to_addrs=["ana@customer.example", "audit@company.example"])
    (came,) = inbox(sandbox)
    assert came["to"] == ["ana@customer.example", "audit@company.example"]


def test_the_mailbox_can_be_emptied(sandbox: Sandbox, smtp: smtplib.SMTP) -> None:
    smtp.send_message(mail())
    assert requests.delete(sandbox.base_url + "/mail.json", timeout=60).status_code == 204
    assert inbox(sandbox) == []
    smtp.send_message(mail())
    assert [one["id"] for one in inbox(sandbox)] == [2]


def test_the_pages_show_mail_without_running_it(sandbox: Sandbox, smtp: smtplib.SMTP) -> None:
    message = mail(subject="<script>alert(1)</script>")
    message.add_alternative('<img src="x" onerror="alert(2)">', subtype="html")
    smtp.send_message(message)
    listing = requests.get(sandbox.base_url + "/mail", timeout=60).text
    shown = requests.get(sandbox.base_url + "/mail/1", timeout=60).text
    for page in (listing, shown):
        assert "&lt;script&gt;alert(1)" in page
        assert "<script" not in page
    assert '<iframe sandbox="" srcdoc="&lt;img src=&quot;x&quot; onerror=' in shown
    assert requests.get(sandbox.base_url + "/mail/2", timeout=60).status_code == 404


def test_a_refused_recipient_stops_only_its_own_mail(
    sandbox: Sandbox, smtp: smtplib.SMTP, control: Callable[..., Any]
) -> None:
    fault = {"api": "smtp", "kind": "refuse_recipient", "path": "^bad@", "times": None}
    control("POST", "faults", fault)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        smtp.send_message(mail(to="bad@customer.example"))
    assert refused.value.recipients["bad@customer.example"][0] == 550
    smtp.send_message(mail())
    assert [one["to"] for one in inbox(sandbox)] == [["ana@customer.example"]]


def test_a_temporary_failure_passes(
    sandbox: Sandbox, smtp: smtplib.SMTP, control: Callable[..., Any]
) -> None:
    control("POST", "faults", {"api": "smtp", "kind": "temporary"})
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        smtp.send_message(mail())
    assert refused.value.recipients["ana@customer.example"][0] == 451
    smtp.send_message(mail())
    assert len(inbox(sandbox)) == 1


def test_a_lost_answer_leaves_the_mail_delivered(
    sandbox: Sandbox, smtp: smtplib.SMTP, control: Callable[..., Any]
) -> None:
    control("POST", "faults", {"api": "smtp", "kind": "drop_after_data"})
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        smtp.send_message(mail())
    assert len(inbox(sandbox)) == 1


def test_a_refused_connection_is_closed_at_once(
    sandbox: Sandbox, control: Callable[..., Any]
) -> None:
    control("POST", "faults", {"api": "smtp", "kind": "refuse_connection"})
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=60)
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=60) as connection:
        assert connection.noop()[0] == 250
