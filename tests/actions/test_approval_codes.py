"""Approval codes: each proves one approver, once, for a quarter of an hour; none is kept."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from goodword.actions import decision_codes
from goodword.actions.decision_codes import CodeRefused
from goodword.db.session import Database
from goodword.rules.rights import NotAllowed
from tests import factories as make
from tests.actions.conftest import Overtake

ANSWER = "flow run 1, answer-1"


def issued(database: Database, approver: str = "carol") -> str:
    with database.transaction() as tx:
        return decision_codes.issue(tx, approver, make.TODAY).code


def redeem(database: Database, code: str, used_for: str = ANSWER) -> str:
    with database.transaction() as tx:
        return decision_codes.redeem(tx, code, used_for)


def test_a_code_proves_its_approver_however_it_is_written(database: Database) -> None:
    code = issued(database)
    assert re.search(decision_codes.PATTERN, code)
    written = f" {code.replace('-', ' ').lower()} "
    assert re.search(decision_codes.PATTERN, written)
    assert redeem(database, written) == "carol"


def test_a_code_is_used_up(database: Database) -> None:
    code = issued(database)
    redeem(database, code)
    with pytest.raises(CodeRefused, match=r"was used at \d\d:\d\d UTC.*nothing was decided"):
        redeem(database, code, "another answer")


def test_a_code_that_comes_twice_at_once_decides_once(
    database: Database, overtake: Overtake
) -> None:
    code = issued(database)
    second = overtake(
        lambda tx: decision_codes.redeem(tx, code, "one tab"),
        lambda tx: decision_codes.redeem(tx, code, "another tab"),
    )
    assert isinstance(second.exception(), CodeRefused)


def test_a_code_of_yesterday_proves_nobody(database: Database) -> None:
    code = issued(database)
    with database.transaction() as tx:
        tx.execute(
            text("UPDATE decision_codes SET expires_at = expires_at - CAST(:gone AS interval)"),
            {"gone": decision_codes.VALID_FOR + timedelta(seconds=1)},
        )
    with pytest.raises(CodeRefused, match=r"was good until"):
        redeem(database, code)


def test_a_guess_proves_nobody(database: Database) -> None:
    issued(database)
    with pytest.raises(CodeRefused, match=r"none that was given out.*goodword approvals code"):
        redeem(database, "AAAA-BBBB-CCCC-DDDD")


def test_what_it_was_used_for_is_known_and_nothing_that_would_let_anybody_use_it(
    database: Database,
) -> None:
    code = issued(database)
    redeem(database, code)
    with database.transaction() as tx:
        assert decision_codes.was_used_for(tx, code, ANSWER)
        assert not decision_codes.was_used_for(tx, code, "another answer")
        kept = str(make.everything(tx))
        assert "asked for an approval code" in kept
    assert code not in kept
    assert code.replace("-", "") not in kept


def test_who_may_not_decide_gets_no_code(database: Database) -> None:
    with database.transaction() as tx:
        for name, role in (("carol", "approver"), ("olaf", "operator")):
            make.insert(tx, "staff", name=name, email=f"{name}@harbour.example", roles=[role])
    assert redeem(database, issued(database, "carol")) == "carol"
    for other in ("olaf", "nobody"):
        with pytest.raises(NotAllowed, match=f"{other} may not decide on rewards"):
            issued(database, other)


def test_two_codes_of_one_approver_are_two(database: Database) -> None:
    first, second = issued(database), issued(database)
    assert redeem(database, second) == redeem(database, first, "another answer") == "carol"
