"""Every form of the console, sent as nobody who uses the pages would send it.

FORMS has each with what a person sends; a form that is added is missing here until it is. All are
sent to one company in which something of every noun waits, and what is refused changes nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from goodword.rules.rights import MAY, Action, Role
from goodword.wiring import close, wiring
from tests import factories as make
from tests.waiting import PATIENT
from tests.web.company import SCRIPT, Company, busy
from tests.web.test_every_page import ADDRESSES, OPEN, OWN
from web.app import create_app
from web.console.pages import PAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.web.browsing import Answer, Client, Console

Fields = dict[str, Any]

ALL = [role.value for role in Role]
SEEN = {"currency": "USD", "reason": "x"}
WHY = {"reason": "we looked"}
TYPED = {"seen": "approved", **WHY}

# Path, right, fields. In braces what the company has of it.
FORMS: tuple[tuple[str, Action, Fields], ...] = (
    ("/rewards/{reward}/approve", Action.DECIDE_REWARDS, {"amount_minor": 90_000, **SEEN}),
    ("/rewards/{reward}/withdraw", Action.DECIDE_REWARDS, WHY),
    ("/rewards/{second_reward}/reject", Action.DECIDE_REWARDS, {"amount_minor": 80_000, **SEEN}),
    ("/rewards/list", Action.DECIDE_REWARDS, {"decision": "approve", "shown": "{shown}", **WHY}),
    ("/delegations/{delegation}/end", Action.DELEGATE, WHY),
    (
        "/delegations",
        Action.DELEGATE,
        {"delegator": "carol", "delegate": "olivia", "since": "{today}", "until": "{until}"},
    ),
    ("/payouts/rerun", Action.RERUN_PAYOUTS, {"ids": "{refused}"}),
    (
        "/payouts/{held}/settle",
        Action.SETTLE_PAYOUTS,
        {"found": "paid", "external_id": "tr_7", **WHY},
    ),
    (
        "/payouts/{paid}/reversal",
        Action.REVERSE_PAYOUTS,
        {"amount_minor": 4_000, "currency": "USD", **WHY},
    ),
    ("/refunds/link", Action.PLACE_REFUNDS, {"refund": "{refund}", "none": "true"}),
    (
        "/refunds/record",
        Action.PLACE_REFUNDS,
        {"opportunity": "{deal}", "amount": "40.00 USD", "on": "{today}", **WHY},
    ),
    ("/bank-files/{bank_file}/export", Action.EXPORT_BANK_FILES, {}),
    (
        "/bank-files/{bank_file}/settle",
        Action.SETTLE_PAYOUTS,
        {"ids": "{line}", "found": "paid", **WHY},
    ),
    ("/reconciliation/{difference}/adopt", Action.SETTLE_PAYOUTS, {"rewards": "{unpaid}", **WHY}),
    ("/reconciliation/{second_difference}/close", Action.SETTLE_PAYOUTS, WHY),
    ("/messages/{letter}/resend", Action.RESEND_MESSAGES, {}),
    ("/notices/{notice}/resend", Action.RESEND_MESSAGES, {}),
    ("/notices/test", Action.RESEND_MESSAGES, {}),
    ("/account/code", Action.DECIDE_REWARDS, {}),
    ("/account/language", Action.READ, {"locale": "ja"}),
    ("/disputes/{dispute}/statements", Action.RULE_DISPUTES, {"by": "ann", "words": "we met"}),
    (
        "/disputes/{dispute}/ruling",
        Action.RULE_DISPUTES,
        {"outcome": "upheld", "instance": 1, "share": "0%", **WHY},
    ),
    ("/disputes/{dispute}/appeal", Action.RULE_DISPUTES, {"by": "bob", "words": "no"}),
    ("/disputes/{dispute}/withdraw", Action.RULE_DISPUTES, {"by": "bob"}),
    ("/disputes", Action.RULE_DISPUTES, {"registration": "{contested}", "by": "eve", "words": "x"}),
    (
        "/registrations/questions/{asked_about}",
        Action.DECIDE_CLAIMS,
        {"account": "{account}", "is_same": "true", **WHY},
    ),
    (
        "/registrations/requests/{extendable}/grant",
        Action.DECIDE_CLAIMS,
        {"seen_until": "{until}", **TYPED},
    ),
    ("/registrations/requests/{second_extendable}/refuse", Action.DECIDE_CLAIMS, WHY),
    ("/registrations/new", Action.DECIDE_CLAIMS, {"participant": "ann", "company": "Initech"}),
    (
        "/registrations/routed/decline",
        Action.DECIDE_CLAIMS,
        {"record": "{routed}", "partner": "ann", **WHY},
    ),
    (
        "/registrations/{submitted}/approve",
        Action.DECIDE_CLAIMS,
        {**TYPED, "seen": "submitted"},
    ),
    (
        "/quarantine/{record}",
        Action.CORRECT_RECORDS,
        {"seen": "{seen_record}", "cell.Amount": "5", **WHY},
    ),
    ("/audit/export", Action.EXPORT, {"format": "csv"}),
    ("/staff", Action.MANAGE_STAFF, {"name": "zoe", "email": "z@example.com", "role": "auditor"}),
    ("/staff/olivia/roles", Action.MANAGE_STAFF, {"role": "auditor", "seen": "operator"}),
    ("/staff/olivia/reset", Action.MANAGE_STAFF, {"factor": "true"}),
    ("/staff/olivia/disable", Action.MANAGE_STAFF, {"reason": "left"}),
    ("/staff/olivia/enable", Action.MANAGE_STAFF, {}),
)


BOUNDS = ("0", "-1", str(2**63), "9" * 25, "x", "1.5", "", "%00", "%ED%A0%80", "1%2F2")
"""What is no number of anything, as it stands in an address."""


@dataclass(frozen=True)
class Sent:
    """A form with all that it brings."""

    path: str
    right: Action
    fields: Fields


@dataclass(frozen=True)
class Office:
    """The company, and Dave, who has every role."""

    console: Console
    company: Company
    dave: Client

    @property
    def forms(self) -> Iterator[Sent]:
        """Each form as a person sends it; a list is shown a moment before."""
        for path, right, fields in FORMS:
            filled = {name: self._filled(value) for name, value in fields.items()}
            yield Sent(f"/console{self._filled(path)}", right, filled)

    def _filled(self, given: Any) -> str:
        text = str(given)
        if text == "{shown}":
            page = self.dave.get("/console/rewards/list")
            return page.html.split('name="shown" value="')[1].split('"')[0]
        return text.format(**vars(self.company))

    @property
    def rows(self) -> Mapping[str, list[str]]:
        """Everything that is kept, but what sessions leave."""
        with self.console.database.transaction() as tx:
            kept = make.everything(tx)
        return {name: rows for name, rows in kept.items() if name != "sessions"}


@pytest.fixture
def office(console: Console, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("GOODWORD_NOTICES_URL", "http://127.0.0.1:9/hook")  # nothing is told here
    monkeypatch.setenv("GOODWORD_NOTICES_SECRET", "s" * 40)
    close()
    for name, role in (("carol", "approver"), ("olivia", "operator")):
        console.add(role, name=name)
    console.add(*ALL, name="dave")
    with console.database.transaction() as tx:
        company = busy(tx, "carol", "dave")
    return Office(console, company, console.signed_in(name="dave"))


def route_of(path: str) -> str:
    """Return the route's own path, with names in braces."""
    found = [
        route
        for method, route in ADDRESSES
        if method == "POST" and re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", route), path)
    ]
    return min(found, key=lambda route: route.count("{"))


def said(answer: Answer) -> str:
    """Return what a page says that refuses; nothing where there is no such sentence."""
    found = re.search(r'class="wrong"[^>]*>(.*?)</', answer.html, re.DOTALL)
    return found.group(1).strip() if found else ""


def test_every_form_is_sent_here() -> None:
    own = {*OPEN, *OWN, "/console/sign-out"}
    routes = {path for method, path in ADDRESSES if method == "POST"} - own
    assert {route_of(f"/console{path}") for path, _, _ in FORMS} == routes


# What fields take -------------------------------------------------------------------------------

TOO_LONG, NUL = "x" * 40_000, "a\0b"


def wrong_fields(document: Mapping[str, Any], form: Sent) -> Iterator[Fields]:
    """Yield a form with each of its fields wrong in turn, and without each that it needs."""
    operation = document["paths"][route_of(form.path)]["post"]
    body = operation.get("requestBody", {}).get("content", {})
    schema = body.get("application/x-www-form-urlencoded", {}).get("schema", {})
    schema = document["components"]["schemas"].get(schema.get("$ref", "").split("/")[-1], schema)
    for name, kind in schema.get("properties", {}).items():
        kinds = [kind, *kind.get("anyOf", [])]
        is_text = any(one.get("type") == "string" and "enum" not in one for one in kinds)
        is_text = is_text and not any("format" in one or "$ref" in one for one in kinds)
        wrong = () if is_text else ("x y", "9" * 30, *(("0",) if kind.get("format") else ()))
        for value in (TOO_LONG, NUL, *wrong):
            yield {**form.fields, name: value}
    for name in schema.get("required", ()):
        yield {key: value for key, value in form.fields.items() if key != name}
    for name in form.fields:
        if name.startswith("cell."):
            yield from ({**form.fields, name: value} for value in (TOO_LONG, NUL, "x y"))


def test_no_field_takes_what_it_cannot_hold(office: Office) -> None:
    document, before = create_app(wiring()).openapi(), office.rows
    taken, count = [], 0
    for form in office.forms:
        for fields in wrong_fields(document, form):
            answer, count = office.dave.post(form.path, **fields), count + 1
            if answer.status not in {400, 409} or not said(answer):
                shown = {name: str(value)[:20] for name, value in fields.items()}
                taken.append((form.path, shown, answer.status))
    assert taken == []
    assert count > 100
    assert office.rows == before


def test_no_form_is_about_what_there_is_not(office: Office) -> None:
    before, taken = office.rows, []
    for form in office.forms:
        named = re.search(r"/(\d+|olivia)(?=/|$)", form.path)
        for wrong in (*BOUNDS, "999") if named else ():
            path = form.path[: named.start(1)] + wrong + form.path[named.end(1) :]
            answer = office.dave.post(path, **form.fields)
            if answer.status not in {400, 404, 405, 409} or not said(answer):
                taken.append((path, answer.status))
    assert taken == []
    assert office.rows == before


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b'{"reason": "x"}', 415),
        ("multipart/form-data; boundary=b; charset=unicode_escape", b"--b--\r\n", 415),
        ("application/x-www-form-urlencoded", b"&".join([b"a=b"] * 9_000), 400),
        ("application/x-www-form-urlencoded", b"reason=" + b"x" * 1_100_000, 413),
        ("application/x-www-form-urlencoded", b"%=&&\xff\xfe=%FF&x%00=y", 400),
    ],
    ids=["json", "multipart", "many", "long", "nul"],
)
def test_only_a_form_is_taken_for_one(
    console: Console, kind: str, body: bytes, status: int
) -> None:
    client = console.signed_in(*ALL)
    for path in ("/console/payouts/1/settle", "/console/sign-in", "/console/quarantine/1"):
        headers = {"Content-Type": kind, "X-Form-Token": client.token}
        answer = client.http.post(client.url + path, data=body, headers=headers, timeout=PATIENT)
        assert answer.status_code == status, path
        assert "mistake" not in answer.text


def test_the_longest_bank_file_is_confirmed_with_every_line_ticked(office: Office) -> None:
    fields = {"found": "paid", "ids": [10**9 + line for line in range(2_000)], **WHY}
    path = f"/console/bank-files/{office.company.bank_file}/settle"
    assert said(office.dave.post(path, **fields)).startswith("Payout 1000000000 is not in bank")


# Twice ------------------------------------------------------------------------------------------

EACH_TIME = {
    "/console/bank-files/{number}/export",
    "/console/audit/export",
    "/console/staff/{name}/reset",
    "/console/account/code",
    "/console/notices/test",
}
"""Given out, and written down, as often as somebody asks."""
SAME_AGAIN = {
    "/console/payouts/rerun",
    "/console/account/language",
    "/console/registrations/new",
    "/console/refunds/link",
    "/console/refunds/record",
    "/console/staff/{name}/roles",
    "/console/staff/{name}/disable",
    "/console/staff/{name}/enable",
}
"""What is so already is answered as if it had become so, and nothing is changed."""


def test_what_is_sent_twice_at_once_and_again_is_done_once(office: Office) -> None:
    wrong: list[object] = []
    browsers = [office.console.signed_in(name="dave") for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        for form in office.forms:

            def send(client: Client, form: Sent = form) -> Answer:
                return client.post(form.path, **form.fields)

            answers = list(pool.map(send, browsers))
            before = office.rows
            again = send(office.dave)
            refused = [answer for answer in (*answers, again) if answer.status != 200]
            route = route_of(form.path)
            if not all(said(each) and each.status in {400, 404, 409} for each in refused):
                wrong.append((route, [(each.status, said(each)) for each in refused]))
            if route not in EACH_TIME and office.rows != before:
                wrong.append((route, "it is done again"))
            if len(refused) != (0 if route in EACH_TIME | SAME_AGAIN else 2):
                wrong.append((route, [said(answer) for answer in (*answers, again)]))
    assert wrong == []


# Whose they are ---------------------------------------------------------------------------------


def test_a_form_is_taken_only_from_those_whose_it_is(office: Office) -> None:
    clients = {role: office.console.signed_in(role, name=f"one-{role}") for role in Role}
    before = office.rows
    for form in office.forms:
        for role in set(Role) - MAY[form.right]:
            refused = clients[role].post(form.path, **form.fields)
            assert refused.status == 403, (form.path, role)
            assert f"one-{role} may not {form.right}" in refused.text
    assert office.rows == before


def test_a_page_is_shown_to_every_role_but_those_that_are_one_roles_own(console: Console) -> None:
    clients = {role: console.signed_in(role) for role in Role}
    for page in PAGES:
        for role, client in clients.items():
            # A list is previewed by who may decide on it, for whom it leaves out what they may not.
            action = Action.DECIDE_REWARDS if page.path == "/rewards/list" else page.action
            status = 200 if role in MAY[action] else 403
            assert client.get(page.address).status == status, (page.address, role)


# What they bring, on every page -----------------------------------------------------------------


ENOUGH = 3
"""So many pages of one kind are read, each of another thing."""


class Links(HTMLParser):
    """Where a page leads, in one language; each thing's own events are the trail's page too."""

    def __init__(self, page: Answer) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        link = given.get("href" if tag == "a" else "src") or ""
        if link.startswith("/console") and not re.search("locale=|about=", link):
            self.found.add(link.split("#")[0])


def test_nothing_that_was_typed_runs_on_any_page_that_links_lead_to(office: Office) -> None:
    texts = ("reason", "note", "words", "external_id")
    with office.console.connections() as in_use:
        for form in office.forms:
            typed = {name: f"{name} {SCRIPT}" for name in texts if name in form.fields}
            assert office.dave.post(form.path, **form.fields | typed).status == 200, form.path
        waiting, seen, shown, alike = {"/console"}, set[str](), 0, Counter[str]()
        while waiting:
            path = waiting.pop()
            seen.add(path)
            kind = re.sub(r"\d+", "0", path)
            alike[kind] += 1
            if alike[kind] > ENOUGH:
                continue
            page = office.dave.get(path)
            assert page.status == 200, path
            assert page.headers["cache-control"] == "no-store"
            assert page.headers["content-security-policy"].startswith("default-src")
            assert SCRIPT not in page.html, path
            shown += SCRIPT in page.text
            waiting |= Links(page).found - seen
    assert (len(seen) > 40, shown > 20) == (True, True)
    assert max(in_use) == 1, "whoever holds a connection waits for no other"
