"""The morning's e-mail to each of staff: what waits for them, once a day, and none for nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, text

from goodword.actions import delegations, digests
from goodword.adapters.letters import Letters
from goodword.db.queries import status
from goodword.db.session import Database
from goodword.rules.delegations import Delegation
from goodword.rules.work import TO_APPROVE, WORK
from goodword.wiring import PHRASES, TEMPLATES
from tests import factories as make

CONSOLE = "http://127.0.0.1:8000/console"


def staff(tx: Connection, name: str, role: str, **other: Any) -> int:
    row = {"name": name, "email": f"{name}@harbour.example", "roles": [role], **other}
    return make.insert(tx, "staff", **row)


def digest(tx: Connection, name: str) -> dict[str, Any]:
    """Return what one person's digest says; empty: they have none."""
    found = tx.execute(
        text("SELECT context FROM messages WHERE recipient = :to"),
        {"to": f"{name}@harbour.example"},
    )
    return dict(found.scalar_one_or_none() or {})


def company(tx: Connection) -> None:
    """Two rewards wait, one that carol approved and one of dora's own; and one claim."""
    staff(tx, "carol", "approver")
    staff(tx, "dora", "approver", locale="ja")
    staff(tx, "otto", "operator")
    staff(tx, "ada", "administrator")
    ann, dora = make.participant(tx, "ann"), make.participant(tx, "dora")
    make.waiting(tx, ann, 600_000, needed=2)
    make.waiting(tx, dora, 90_000)
    make.registration(tx, ann)
    tx.exec_driver_sql(
        "INSERT INTO approvals (reward_id, decision, decided_by, reason, amount_minor, decided_on)"
        " VALUES (1, 'approve', 'carol', '', 600000, '2026-06-30')"
    )


def test_each_one_reads_what_waits_for_them_and_for_nobody_else(database: Database) -> None:
    with database.transaction() as tx:
        company(tx)
        assert digests.queue(tx, make.TODAY, CONSOLE) == 3
        carol, dora, otto = (digest(tx, name) for name in ("carol", "dora", "otto"))
        assert carol["rewards"]["totals"] == [{"minor": 90_000, "currency": "USD"}]
        assert (dora["rewards"]["count"], dora["rewards"]["seconds"]) == (1, 1)
        assert dora["rewards"]["totals"] == [{"minor": 600_000, "currency": "USD"}]
        assert carol["items"] == dora["items"] == []
        assert otto["rewards"] is None
        assert [(item["what"], item["count"]) for item in otto["items"]] == [
            ("claims to decide", 1)
        ]
        assert digest(tx, "ada") == {}
        assert make.value(tx, "SELECT locale FROM messages WHERE recipient LIKE 'dora%'") == "ja"


def test_a_digest_is_written_once_a_day(database: Database) -> None:
    with database.transaction() as tx:
        company(tx)
        written = [digests.queue(tx, day, CONSOLE) for day in (make.TODAY, make.TODAY)]
        assert written == [3, 0]
        assert digests.queue(tx, make.TOMORROW, CONSOLE) == 3


def test_where_nothing_waits_or_nobody_is_there_no_digest_is_written(database: Database) -> None:
    with database.transaction() as tx:
        assert digests.queue(tx, make.TODAY, CONSOLE) == 0
        staff(tx, "carol", "approver")
        assert digests.queue(tx, make.TODAY, CONSOLE) == 0
        company_left = make.participant(tx, "ann")
        make.waiting(tx, company_left, 90_000)
        tx.exec_driver_sql("UPDATE staff SET state = 'disabled'")
        assert digests.queue(tx, make.TODAY, CONSOLE) == 0


def test_who_stands_in_reads_what_waits_for_the_other_as_well(database: Database) -> None:
    with database.transaction() as tx:
        company(tx)
        days = Delegation("dora", "otto", make.TODAY, make.TODAY)
        delegations.delegate(tx, days, delegations.Made("dora"), make.TODAY)
        digests.queue(tx, make.TODAY, CONSOLE)
        otto = digest(tx, "otto")
        assert otto["stands_in_for"] == ["dora"]
        assert otto["rewards"]["totals"] == [{"minor": 600_000, "currency": "USD"}]
        assert len(otto["items"]) == 1


def test_everything_that_waits_is_somebodys_work_and_named_in_each_language(
    database: Database,
) -> None:
    with database.transaction() as tx:
        named = {row.what for row in tx.execute(status._WAITING)}
    assert named == set(WORK)
    letters = Letters(TEMPLATES, PHRASES)
    items = [{"what": what, "count": 1, "command": ""} for what in sorted(named - {TO_APPROVE})]
    about = {"rewards": None, "stands_in_for": [], "link": None, "on": "2026-06-30", "name": "otto"}
    program = {"name": "Harbour", "support_email": "help@harbour.example"}
    for locale in ("ja", "ms"):
        context = {**about, "items": items, "program": program}
        said = letters.render("staff_digest", locale, context).text
        assert [what for what in named if what in said] == []


@pytest.mark.parametrize("locale", ["en", "ja", "ms"])
def test_a_digest_says_how_much_waits_in_its_subject(locale: str) -> None:
    rewards = {
        "count": 2,
        "seconds": 0,
        "oldest_on": "2026-06-01",
        "totals": [{"minor": 90_000, "currency": "USD"}],
        "command": "goodword rewards list",
    }
    context = {
        "rewards": rewards,
        "items": [{"what": "claims to decide", "count": 3, "command": ""}],
        "stands_in_for": [],
        "link": CONSOLE,
        "on": "2026-06-30",
        "name": "carol",
        "program": {"name": "Harbour", "support_email": "help@harbour.example"},
    }
    letter = Letters(TEMPLATES, PHRASES).render("staff_digest", locale, context)
    assert "5" in letter.subject
    assert CONSOLE in letter.text
