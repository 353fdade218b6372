"""A claim as every door takes it in: recorded once, told of once, or refused with every problem."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text

from goodword.actions import audit, new_claims
from goodword.actions.new_claims import Door, Submission, SubmissionRefused, Submitted
from goodword.db.queries import new_claims as queries
from goodword.db.session import Database
from goodword.rules import new_claims as rules
from goodword.rules.registrations import RegistrationPolicy
from tests import factories as make

NOW = make.NOW + timedelta(hours=12)
DOOR = Door("partner", "ann", make.TODAY, ZoneInfo("UTC"), NOW)
CLAIM = Submission(
    "portal:1",
    "ann",
    "Acme Inc.",
    domain="https://www.acme.com",
    evidence="meeting=2026-06-01: met the CIO; budget 2026-06-02 '50k approved'; need",
    expected_amount="50000.00",
    currency="USD",
    expected_close_on="2026-12-31",
    source_id="1",
)


@pytest.fixture
def tx(database: Database) -> Iterator[Connection]:
    with database.transaction() as tx:
        make.participant(tx, "ann")
        yield tx


def row(tx: Connection) -> dict[str, Any]:
    return dict(tx.execute(text("SELECT * FROM registrations")).mappings().one())


def test_a_claim_is_recorded_with_its_door_its_audit_event_and_its_letter(tx: Connection) -> None:
    assert new_claims.submit(tx, CLAIM, DOOR) == Submitted(1, is_new=True)
    kept = row(tx)
    assert (kept["source"], kept["source_id"], kept["state"]) == ("partner", "1", "submitted")
    assert (kept["domain"], kept["name_key"], kept["submitted_at"]) == ("acme.com", "acme", NOW)
    assert (kept["expected_amount_minor"], str(kept["expected_close_on"])) == (
        50_000_00,
        "2026-12-31",
    )
    assert kept["evidence"] == [
        {"kind": "meeting", "on": "2026-06-01", "note": "met the CIO"},
        {"kind": "budget", "on": "2026-06-02", "note": "50k approved"},
        {"kind": "need", "on": None},
    ]
    assert make.told(tx, "registration", 1) == ["submitted"]
    assert make.facts(tx) == ["registration:1:received"]


def test_a_submission_that_comes_again_changes_nothing(tx: Connection) -> None:
    new_claims.submit(tx, CLAIM, DOOR)
    before = make.everything(tx)
    again = replace(CLAIM, submitted_at=NOW.isoformat())
    assert new_claims.submit(tx, again, DOOR) == Submitted(1, is_new=False)
    assert new_claims.submit(tx, CLAIM, DOOR) == Submitted(1, is_new=False)
    assert make.everything(tx) == before


def test_a_claim_that_names_no_time_was_submitted_when_it_first_came(tx: Connection) -> None:
    new_claims.submit(tx, CLAIM, DOOR)
    later = replace(DOOR, now=NOW + timedelta(hours=1))
    assert new_claims.submit(tx, CLAIM, later) == Submitted(1, is_new=False)
    assert row(tx)["submitted_at"] == NOW


def test_a_refusal_says_every_problem_and_writes_nothing(tx: Connection) -> None:
    wrong = replace(
        CLAIM,
        participant="nobody",
        evidence="lunch",
        expected_amount="-1",
        expected_close_on="soon",
    )
    refused = new_claims.submit(tx, wrong, DOOR)
    assert isinstance(refused, SubmissionRefused)
    assert [problem.split(" ")[0] for problem in refused.problems] == [
        "participant",
        "evidence",
        "expected_amount",
        "expected_close_on",
    ]
    assert make.value(tx, "SELECT count(*) FROM registrations") == 0
    assert make.facts(tx) == []


def test_many_claims_are_taken_in_at_once_and_answered_in_their_order(tx: Connection) -> None:
    wrong = replace(CLAIM, key="portal:2", participant="nobody")
    other = replace(CLAIM, key="portal:3", company="Beta", domain="beta.example", source_id=None)
    answers = new_claims.submit_all(tx, [other, wrong, CLAIM, other], DOOR)
    assert answers[0] == answers[3] == Submitted(1, is_new=True)
    assert isinstance(answers[1], SubmissionRefused)
    assert answers[2] == Submitted(2, is_new=True)


@pytest.mark.parametrize("key", ["", " ", "a\u0000b", "a\ud800b"])
def test_a_claim_without_a_key_that_can_be_kept_is_refused(tx: Connection, key: str) -> None:
    refused = new_claims.submit(tx, replace(CLAIM, key=key), DOOR)
    assert isinstance(refused, SubmissionRefused)
    assert refused.problems[0].startswith("key ")


def test_fifty_threads_claim_one_account_at_once_and_exactly_one_gets_it(
    database: Database,
) -> None:
    with database.transaction() as tx:
        partners = [make.participant(tx, f"partner{number}") for number in range(50)]
    assert len(partners) == 50

    def register(number: int) -> None:
        submission = replace(CLAIM, key=f"portal:{number}", participant=f"partner{number}")
        with database.transaction() as tx:
            answer = new_claims.submit(tx, submission, replace(DOOR, now=None, today=today))
            assert isinstance(answer, Submitted)
        with database.transaction() as tx:
            facts = queries.claim_facts(tx, [answer.registration_id], make.ZONE)
            verdicts = rules.decide_in_order(facts, RegistrationPolicy(), today)
            new_claims.record_verdicts(tx, verdicts, today)

    with database.transaction() as tx:
        today = make.value(tx, "SELECT clock_timestamp()::date")
    with ThreadPoolExecutor(50) as pool:
        list(pool.map(register, range(50)))
    with database.transaction() as tx:
        # Who saw an earlier claim undecided waits for the night, which decides in order.
        waiting = queries.submitted(tx, today, make.ZONE)
        facts = queries.claim_facts(tx, waiting, make.ZONE)
        new_claims.record_verdicts(
            tx, rules.decide_in_order(facts, RegistrationPolicy(), today), today
        )
        approved = make.value(
            tx, "SELECT array_agg(id) FROM registrations WHERE state IN ('approved', 'extended')"
        )
        first = make.value(tx, "SELECT id FROM registrations ORDER BY submitted_at, id LIMIT 1")
        assert approved == [first]
        assert (
            make.value(tx, "SELECT count(*) FROM registrations WHERE state = 'conflicting'") == 49
        )
        assert audit.first_broken(tx) is None
