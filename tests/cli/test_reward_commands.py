"""Rewards are decided: one, a list after its preview, in another's place; and taken back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests import factories as make
from tests.cli.conftest import Said, goodword, settings
from tests.receiver import receiver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from goodword.db.session import Database

LIST = ("--kind", "reseller", "--below", "1000", "--currency", "usd")
ON = ("--date", "2026-06-30")


@pytest.fixture
def company(database: Database, tmp_path: Path) -> Iterator[Database]:
    """Rewards 1 to 4 wait: 600.00, 900.00 and 1,000.00 of ann, and 800.00 of carol."""
    url = database.engine.url.render_as_string(hide_password=False)
    with settings(GOODWORD_HOME=str(tmp_path), GOODWORD_DATABASE_URL=url, USER="carol"):
        with database.transaction() as tx:
            ann, carol = make.participant(tx, "ann"), make.participant(tx, "carol")
            for minor in (60_000, 90_000, 100_000):
                make.waiting(tx, ann, minor)
            make.waiting(tx, carol, 80_000)
        yield database


def states(database: Database) -> list[str]:
    with database.transaction() as tx:
        return [make.state(tx, "rewards", number) for number in (1, 2, 3, 4)]


def test_a_list_is_shown_with_its_total_and_decided_by_the_word_below_it(company: Database) -> None:
    shown = goodword("rewards", "approve", *LIST, "--preview", *ON)
    assert (shown.code, shown.err) == (0, "")
    assert "2 rewards, 1,500.00 USD in all." in shown.out
    assert "Left out: 4: carol benefits from reward 4" in shown.out
    assert states(company) == ["waiting"] * 4
    (word,) = re.findall(r"--confirm (\w+)", shown.out)
    done = goodword("rewards", "approve", *LIST, "--confirm", word, *ON)
    assert (done.code, done.out) == (0, "Decided: 2 approved.\n")
    assert states(company) == ["approved", "approved", "waiting", "waiting"]
    again = goodword("rewards", "approve", *LIST, "--confirm", word, *ON)
    assert again.code == 1
    assert "what waits has changed since it was shown" in again.err


def test_a_list_is_shown_and_refused_as_json_too(company: Database) -> None:
    which = (*LIST, "--name", "ANN", "--days", "0")
    words = ("rewards", "reject", *which, "--reason", "the campaign was over", *ON, "--json")
    shown = goodword(*words, "--preview").document
    assert [row["id"] for row in shown["rewards"]] == [1, 2]
    assert (shown["left_out"], shown["found"], shown["later"]) == ({}, 2, 0)
    assert shown["totals"] == [{"minor": 150_000, "currency": "USD"}]
    done = goodword(*words, "--confirm", shown["confirm"])
    assert done.document == {"states": {"rejected": 2}}
    with company.transaction() as tx:
        assert make.facts(tx) == ["reward:1:refused", "reward:2:refused"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "name one reward by its ID, or a list"),
        (("1", "--kind", "reseller"), "name one reward by its ID, or a list"),
        (("1", "--preview"), "are for a list of rewards"),
        (("--kind", "reseller"), "a list is shown with --preview first"),
        (("--kind", "reseller", "--preview", "--confirm", "x"), "a list is shown with --preview"),
        (("--kind", "reseller", "--preview", "--amount", "1.00 USD"), "--amount is for one"),
        (("--days", "soon", "--preview"), "is no number of days"),
        (("--below", "1000", "--preview"), "an amount needs its currency"),
    ],
)
def test_what_cannot_be_meant_is_wrong_use(
    company: Database, words: tuple[str, ...], sentence: str
) -> None:
    said = goodword("rewards", "approve", *words, *ON)
    assert said.code == 2
    assert sentence in " ".join(said.err.replace("│", " ").split())
    assert states(company) == ["waiting"] * 4


def test_a_decision_is_taken_back_by_who_took_it(company: Database) -> None:
    assert goodword("rewards", "approve", "1", *ON).code == 0
    other = goodword("rewards", "withdraw", "1", "--reason", "a typo", "--as", "dave", *ON)
    assert (other.code, other.err) == (
        1,
        "no decision of dave on reward 1 stands: who took it takes it back\n",
    )
    back = goodword("rewards", "withdraw", "1", "--reason", "a typo", *ON)
    assert back.out == "Reward 1 waits again: your decision is no more.\n"
    assert states(company)[0] == "waiting"


def test_somebody_decides_in_anothers_place_while_it_lasts(company: Database) -> None:
    delegated = goodword(
        *("approvals", "delegate", "--from", "carol", "--to", "dave"),
        *("--since", "2026-06-30", "--until", "2026-07-10", *ON),
    )
    assert delegated.out == (
        "Delegation 1: dave decides in the place of carol from 2026-06-30 through 2026-07-10.\n"
    )
    assert "dave" in goodword("approvals", "delegations", *ON).out
    decided = goodword("rewards", "approve", "1", "--as", "dave", "--for", "carol", *ON)
    assert decided.out == "Reward 1 (600.00 USD) is approved.\n"
    own = goodword("rewards", "approve", "4", "--as", "dave", "--for", "carol", *ON)
    assert own.err == "carol benefits from reward 4: somebody else must decide\n"
    assert goodword("approvals", "end", "1", *ON).out == "Delegation 1 is over.\n"
    over = goodword("rewards", "approve", "2", "--as", "dave", "--for", "carol", *ON)
    assert over.err.startswith("dave does not stand in for carol today")
    assert states(company) == ["approved", "waiting", "waiting", "waiting"]


def test_a_note_is_for_staff_and_the_reason_for_the_participant(company: Database) -> None:
    words = ("--reason", "it was our own lead", "--note", "third time this year")
    said = goodword("rewards", "reject", "1", *words, *ON)
    assert said.out == "Reward 1 (600.00 USD) is rejected.\n"
    with company.transaction() as tx:
        context = str(make.value(tx, "SELECT context FROM messages"))
    assert "our own lead" in context
    assert "third time" not in context
    assert "third time this year" in goodword("explain", "reward", "1").out


def test_a_chat_tool_is_tried_out_and_told_again(
    company: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert company
    missing = goodword("notices", "test")
    assert missing.code == 1
    assert "GOODWORD_NOTICES_URL is not set" in missing.err
    with receiver() as tool:
        monkeypatch.setenv("GOODWORD_NOTICES_URL", tool.url)
        monkeypatch.setenv("GOODWORD_NOTICES_STYLE", "slack")
        _anew()
        tool.says(404, "no_service")
        assert _told(goodword("notices", "test")) == (1, "Notices: 1 failed.\n")
        assert "no_service" in goodword("notices", "list").out
        assert _told(goodword("notices", "resend", "1", "--as", "ann")) == (0, "Notices: 1 sent.\n")
        assert _told(goodword("notices", "resend", "1", "--as", "ann")) == (
            1,
            "Notice 1 is none that failed: `goodword notices list` shows them.\n",
        )
        assert _told(goodword("notices", "send")) == (0, "Notices: nothing to do.\n")
        assert len(tool.told) == 2


def _told(said: Said) -> tuple[int, str]:
    return said.code, said.out


def _anew() -> None:
    from goodword.wiring import close  # noqa: PLC0415 - it reads the environment again

    close()


def test_each_of_staff_says_in_which_language_they_are_written_to(company: Database) -> None:
    with company.transaction() as tx:
        for name, role in (("ada", "administrator"), ("carol", "approver"), ("otto", "operator")):
            row = {"name": name, "email": f"{name}@harbour.example", "roles": [role]}
            make.insert(tx, "staff", **row)
    said = goodword("staff", "language", "carol", "ja")
    assert (said.code, said.out) == (0, "carol reads ja.\n")
    assert goodword("staff", "language", "carol", "ms", "--as", "ada").code == 0
    assert (
        "otto may not manage staff"
        in goodword("staff", "language", "ada", "ms", "--as", "otto").err
    )
    assert "is no language" in goodword("staff", "language", "carol", "nihongo").err
    with company.transaction() as tx:
        assert make.value(tx, "SELECT locale FROM staff WHERE name = 'carol'") == "ms"
