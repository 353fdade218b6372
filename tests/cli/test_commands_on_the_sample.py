"""Every command on the sample company: what it answers, and what it refuses in one sentence."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from cli import messages, nights, rewards
from tests.cli.conftest import ROOT, goodword, process

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Office

pytestmark = pytest.mark.prefect

READING = (
    "status",
    "figures",
    "rewards list",
    "rewards list --state all",
    "rewards list --carried",
    "rewards show 1",
    "payouts list",
    "payouts list --failed",
    "payouts list --state paid",
    "payouts show 1",
    "payouts differences",
    "registrations list",
    "registrations list --state conflicting",
    "registrations show 1",
    "messages list",
    "messages list --state sent",
    "quarantine",
    "check --audit",
    "program show",
    "program show --version 1",
    "program check config/program.toml",
    "explain reward 1",
)

WRONG_USE = {
    "night --date yesterday": "'yesterday' is no date; write it as YYYY-MM-DD",
    "night --date 2026-02-30": "'2026-02-30' is no date",
    "night --only everything": "'everything' is not one of",
    "sample --date x": "'x' is no date",
    "import nonsense config/program.toml": "'nonsense' is not one of 'participants'",
    "import touches nowhere.csv": "'nowhere.csv' does not exist",
    "rewards list --state nonsense": "'nonsense' is not one of 'waiting'",
    "rewards show one": "valid integer",
    "rewards show 99999999999999999999": "less than or equal to",
    "rewards reject 1 --as ann": "Missing option '--reason'",
    "payouts list --state nonsense": "'nonsense' is not one of 'planned'",
    "payouts rerun --as ann": "name the payouts to rerun, or say --failed",
    "registrations list --state nonsense": "is not one of 'submitted'",
    "registrations match 1 --account A --reason x --as ann": "--same or --different",
    "rewards approve --kind resellers --preview --as ann": "'resellers' is no kind of",
    "messages list --state nonsense": "is not one of 'queued'",
    "explain nonsense 1": "is not one of",
    "sandbox --port 70000": "less than or equal to 65534",
    "nonsense": "No such command 'nonsense'",
}

FAILED = {
    "rewards show 9999": "There is no reward 9999: `goodword rewards list` shows those there are.",
    "rewards approve 9999 --as ann": "there is no reward 9999",
    "rewards approve 1 --as ann --amount 3": "'3' is no amount in any currency",
    "payouts show 9999": "There is no payout 9999",
    "registrations show 9999": "There is no registration 9999",
    "bank-files show 9999": "There is no bank file 9999: `goodword bank-files list` shows",
    "participants tiers nobody": "No participant has the key 'nobody'",
    "registrations approve 9999 --reason x --as ann": "there is no registration 9999",
    "program show --version 99": "There is no version 99; published: 1.",
    "program check nowhere.toml": "no file to read (No such file or directory)",
    "program check cli/main.py": ", which cannot be read (",
    "program publish README.md --as ann": "The program file has",
    "import touches config/program.toml": "The first line of a file of touches names its columns",
    "sandbox --data nowhere": "nowhere is no folder; give one that holds CSV files",
    "explain reward 9999": "reward 9999",
}


def rows(office: Office, statement: str) -> list[tuple[object, ...]]:
    with office.database.transaction() as tx:
        return [tuple(row) for row in tx.execute(text(statement))]


def test_the_sample_night_is_one_document_of_nine_stages_that_all_did_something(
    office: Office,
) -> None:
    assert office.first.code == 0
    night = office.first.document
    assert [stage["stage"] for stage in night["stages"]] == [*nights.StageName, "check"]
    assert all(stage["outcomes"] and not stage["failures"] for stage in night["stages"])
    assert {item["what"] for item in night["waiting"]} >= {"claims to decide", "rewards to approve"}


def test_the_sample_night_run_again_says_the_same_and_sends_nothing(office: Office) -> None:
    assert office.second.code == 0
    again = office.second.document
    assert again["waiting"] == office.first.document["waiting"]
    done = {stage["stage"]: stage["outcomes"] for stage in again["stages"]}
    assert done["sync"] == done["compute"] == done["approve"] == done["send"] == {}
    assert "paid" not in done["pay"]
    assert office.sent[0] == office.sent[1]


@pytest.mark.parametrize("command", READING)
def test_a_command_prints_one_document_or_words_for_people(command: str, office: Office) -> None:
    assert office.first.code == 0
    told, shown = goodword(*command.split(), "--json"), goodword(*command.split())
    assert (told.code, told.err) == (shown.code, shown.err) == (0, "")
    assert json.loads(told.out) is not None
    lines = shown.out.splitlines()
    assert lines
    assert max(map(len, lines)) <= 140
    assert not re.search(r"\bNone\b", shown.out)  # letters of a transfer's id may happen to be
    assert "_minor" not in shown.out


@pytest.mark.parametrize(("command", "sentence"), WRONG_USE.items())
def test_wrong_use_ends_with_2_and_says_what_is_allowed(
    command: str, sentence: str, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert office.first.code == 0
    monkeypatch.chdir(ROOT)
    said = goodword(*command.split())
    assert (said.code, said.out) == (2, "")
    assert sentence in " ".join(said.err.replace("│", " ").split())


@pytest.mark.parametrize(("command", "sentence"), FAILED.items())
def test_what_cannot_be_done_ends_with_1_and_one_sentence(
    command: str, sentence: str, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert office.first.code == 0
    monkeypatch.chdir(ROOT)
    said = goodword(*command.split())
    assert (said.code, said.out) == (1, "")
    assert sentence in said.err
    assert "Traceback" not in said.err


def test_commands_that_run_no_flow_never_import_prefect(office: Office) -> None:
    assert office.first.code == 0
    probe = """
import sys
from cli.main import main
for command in sys.argv[1:]:
    sys.argv = ["goodword", *command.split()]
    try:
        main()
    except SystemExit as ended:
        assert not ended.code, command
    assert "prefect" not in sys.modules, command
"""
    done = subprocess.run(  # noqa: S603 - this Python and the text above
        [sys.executable, "-c", probe, *READING, "init"],
        check=False, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_dry_run_tells_the_whole_night_and_keeps_nothing_of_it(office: Office) -> None:
    kept = "SELECT (SELECT count(*) FROM nights), (SELECT count(*) FROM audit_events)"
    before = rows(office, kept)
    said = goodword("night", "--date", "2026-07-02", "--dry-run", "--json")
    assert said.code == 0
    assert said.document["dry_run"]
    assert [stage["stage"] for stage in said.document["stages"]] == [*nights.StageName, "check"]
    assert rows(office, kept) == before
    assert office.sent[1][1] == len(office.sandbox.world.mailbox.messages)


def test_one_stage_runs_alone(office: Office) -> None:
    assert office.first.code == 0
    said = goodword("night", "--date", "2026-06-30", "--only", "reconcile")
    assert said.code == 0
    assert "The night of 2026-06-30" in said.out
    assert "sync" not in said.out


def test_what_a_flow_refuses_is_a_sentence_without_a_trace(office: Office) -> None:
    assert office.first.code == 0
    said = process("payouts", "rerun", "1", "--as", "ann")
    assert (said.code, said.out) == (1, "")
    assert said.err == "payout 1 is paid: it is never paid twice\n"


def test_a_large_reward_takes_two_people_and_the_amount_they_saw(office: Office) -> None:
    [(number, amount, currency), *_] = rows(
        office,
        "SELECT id, amount_minor, currency FROM rewards WHERE state = 'waiting'"
        " AND approvals_needed = 2 ORDER BY id",
    )
    said = goodword("rewards", "approve", str(number), "--as", "ann", "--amount", "1.00 USD")
    assert said.code == 1
    told = goodword("rewards", "approve", str(number), "--as", "ann", "--json")
    assert told.document == {
        "id": number,
        "state": "waiting",
        "amount": {"minor": amount, "currency": currency},
    }
    assert goodword("rewards", "approve", str(number), "--as", "ann").code == 1, "she did already"
    assert f"\n{number} " in goodword("rewards", "list").out.replace(" " * 2, " ").replace(
        "\n ", "\n"
    )
    assert "1 of 2: ann" in goodword("rewards", "list").out
    second = goodword("rewards", "approve", str(number), "--as", "ben")
    assert (second.code, second.err) == (0, "")
    assert second.out.endswith("is approved.\n")


def test_staff_decides_a_claim_with_a_reason(office: Office) -> None:
    [(number,), *_] = rows(
        office, "SELECT id FROM registrations WHERE state = 'submitted' ORDER BY id"
    )
    words = ("--reason", "a partner of ours", "--as", "ann", "--date", "2026-06-30")
    said = goodword("registrations", "reject", str(number), *words)
    assert (said.code, said.out) == (0, f"Registration {number} is rejected.\n")
    again = goodword("registrations", "reject", str(number), *words)
    assert again.code == 1
    assert again.err.startswith(f"registration {number} is rejected; only ")


def test_an_import_tells_every_bad_row_and_keeps_the_good_ones(
    office: Office, tmp_path: Path
) -> None:
    assert office.first.code == 0
    [(key,)] = rows(office, "SELECT min(key) FROM participants")
    file = tmp_path / "events.csv"
    file.write_text(
        "key,kind,participant,at,value\n"
        f"good-1,nps,{key},2026-06-01T10:00:00Z,9\n"
        "bad-1,nps,nobody,2026-06-01T10:00:00Z,11\n"
    )
    first = goodword("import", "events", str(file), "--date", "2026-06-30", "--json")
    assert first.code == 1
    [refused] = first.document["refused"]
    assert (first.document["new"], refused["line"], refused["key"]) == (1, 3, "bad-1")
    again = goodword("import", "events", str(file), "--date", "2026-06-30")
    assert "events: 0 new, 0 changed, 1 the same, 1 refused" in again.out
    assert "import the file again" in again.out


def test_a_message_that_was_sent_is_not_sent_again(office: Office) -> None:
    assert office.first.code == 0
    said = goodword("messages", "resend", "1", "--as", "ann")
    assert said.code == 1
    assert said.out.startswith("Message 1 is none that failed or is unconfirmed (`goodword mess")


def test_the_choices_of_the_command_line_are_those_of_the_program(office: Office) -> None:
    from flows.stages import STAGES  # noqa: PLC0415 - Prefect, once its server is up

    assert list(nights.StageName) == list(STAGES)
    for table, choices in (("rewards", rewards.RewardState), ("messages", messages.MessageState)):
        [(allowed,)] = rows(
            office,
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            f" WHERE conrelid = '{table}'::regclass AND contype = 'c'"
            " AND pg_get_constraintdef(oid) LIKE '%(state = ANY%'",
        )
        named = {word for word in str(allowed).split("'") if word.isalpha() and word.islower()}
        assert set(choices) - {"all"} == named - {"text"}


def test_doctor_finds_everything_in_order(office: Office) -> None:
    assert office.first.code == 0
    said = goodword("doctor", "--json")
    assert said.code == 0
    found = {item["what"]: item for item in said.document}
    assert "goodword staff add" in found.pop("staff")["said"]
    assert all(item["ok"] for item in found.values())
    assert found["settings"]["said"] == f"the sandbox at {office.sandbox.base_url}"
    assert found["stages"]["said"] == "the program knows all 10 stages of the mirrored deals"
