"""Signing in: what is asked for next, what is refused, and when a session is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from goodword.rules.rights import MAY, Action, NotAllowed, Role, check, may, needs_second_factor
from goodword.rules.sign_in import (
    BadName,
    BadRoles,
    Failures,
    Session,
    Standing,
    Step,
    TooManyAttempts,
    WeakPassword,
    check_attempt,
    check_name,
    check_password,
    check_roles,
    is_over,
    network_of,
    next_step,
    normal,
    roles_of,
)

OPERATOR, APPROVER = frozenset({Role.OPERATOR}), frozenset({Role.APPROVER})
NAMED = "cannot be the name of staff: use up to 64 lower-case letters, digits and . @ _ + -, such"


@pytest.mark.parametrize(
    ("roles", "first_password", "has_factor", "passed", "step"),
    [
        (OPERATOR, False, False, False, Step.IN),
        (OPERATOR, True, False, False, Step.PASSWORD),
        (OPERATOR, False, True, False, Step.FACTOR),
        (OPERATOR, True, True, False, Step.FACTOR),
        (OPERATOR, True, True, True, Step.PASSWORD),
        (OPERATOR, False, True, True, Step.IN),
        (APPROVER, False, False, False, Step.ENROL),
        (APPROVER, True, False, False, Step.PASSWORD),
        (APPROVER, False, True, True, Step.IN),
        (OPERATOR | {Role.ADMINISTRATOR}, False, False, False, Step.ENROL),
    ],
)
def test_a_factor_is_asked_for_first_then_a_password_then_a_factor_is_made(
    roles: frozenset[Role],
    *,
    first_password: bool,
    has_factor: bool,
    passed: bool,
    step: Step,
) -> None:
    assert next_step(Standing(roles, first_password, has_factor, passed)) is step
    by_provider = Standing(roles, first_password, has_factor, passed, by_provider=True)
    assert next_step(by_provider) is Step.IN


@pytest.mark.parametrize(
    ("of_name", "of_address", "refused"),
    [(0, 0, False), (4, 49, False), (5, 0, True), (0, 50, True), (6, 51, True)],
)
def test_guessing_ends_by_name_and_by_address(
    of_name: int, of_address: int, *, refused: bool
) -> None:
    if not refused:
        check_attempt(Failures(of_name, of_address))
        return
    with pytest.raises(TooManyAttempts) as told:
        check_attempt(Failures(of_name, of_address))
    assert str(told.value) == (
        "There were too many attempts. Wait 15 minutes and try again; an administrator can give a "
        "new first password with `goodword staff reset`."
    )


LONG = "some words in a row are easy to remember."


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("64:ff9b::192.0.2.7", "192.0.2.7"),
        ("2001:db8:0:7:9::9", "2001:db8:0:7::"),
        ("fe80::1%eth0", "fe80::"),
        ("nowhere", "nowhere"),
    ],
)
def test_an_address_counts_as_the_network_that_one_host_has(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("abcdefghijkl", "abcdefghijkm", "The two passwords differ: type the same one twice."),
        ("abcdefghijk", None, f"A password has 12 to 128 characters, this one 11: {LONG}"),
        ("abcdef" * 21 + "abc", None, f"A password has 12 to 128 characters, this one 129: {LONG}"),
        ("wonderful-ANN-x", None, "A password must not hold the name that it belongs to."),
        ("abcdeabcdeab", None, "This password repeats a few characters: choose another one."),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(
    password: str, again: str | None, said: str
) -> None:
    with pytest.raises(WeakPassword) as told:
        check_password(password, "Ann", password if again is None else again)
    assert str(told.value) == said


@pytest.mark.parametrize("password", ["abcdefabcdef", "abcdef" * 21 + "ab"])
def test_a_password_may_be_as_short_and_as_long_as_is_said(password: str) -> None:
    check_password(password, "ann", password)


def test_one_accent_is_one_letter_however_the_keyboard_writes_it() -> None:
    assert normal("e\u0301") == normal("\u00e9") == "\u00e9"


@pytest.mark.parametrize("name", ["ann", "ann@example.com", "a.b_c+d-1", "x" * 64])
def test_a_name_of_small_letters_is_one(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("name", ["", "Ann", "an n", "änn", "x" * 65])
def test_a_name_that_can_be_mistaken_is_none(name: str) -> None:
    with pytest.raises(BadName) as told:
        check_name(name)
    assert str(told.value) == f"{name!r} {NAMED} as ann or ann@example.com."


@pytest.mark.parametrize("name", ["night", "policy", "system", "init"])
def test_what_the_program_calls_itself_is_nobodys_name(name: str) -> None:
    with pytest.raises(BadName) as told:
        check_name(name)
    told_whole = f"{name} is what the program calls itself in the audit trail: choose another."
    assert str(told.value) == told_whole


NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("began", "used", "whole", "over"),
    [
        (600, 600, False, False),
        (601, 0, False, True),
        (600, 600, True, False),
        (601, 601, True, False),
        (12 * 3600, 3600, True, False),
        (12 * 3600 + 1, 0, True, True),
        (4000, 3601, True, True),
    ],
)
def test_a_session_ends_by_age_and_by_not_being_used(
    began: int, used: int, *, whole: bool, over: bool
) -> None:
    session = Session(NOW - timedelta(seconds=began), NOW - timedelta(seconds=used), whole)
    assert is_over(session, NOW) is over


def test_groups_of_the_identity_provider_give_roles_by_name_or_by_the_mapping() -> None:
    mapping = {Role.APPROVER: ["finance", "cfo"], Role.AUDITOR: []}
    assert roles_of(["cfo", "operator", "staff"], mapping) == {Role.APPROVER, Role.OPERATOR}
    assert roles_of(["approver"], mapping) == {Role.APPROVER}
    assert roles_of(["nobody"], mapping) == frozenset()


def test_staff_has_a_role_and_the_first_is_an_administrator() -> None:
    check_roles([Role.OPERATOR], is_first=False)
    check_roles([Role.OPERATOR, Role.ADMINISTRATOR], is_first=True)
    for roles, first, said in (
        ([], False, "Give at least one role: operator, approver, administrator, auditor."),
        ([Role.OPERATOR], True, "The first of the staff must be an administrator, who adds the"),
    ):
        with pytest.raises(BadRoles) as told:
            check_roles(roles, is_first=first)
        assert str(told.value).startswith(said)


# Rights -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "action"), list(product(Role, Action)))
def test_a_right_is_a_roles_and_who_has_none_is_told_whose_it_is(
    role: Role, action: Action
) -> None:
    assert may([role], action) is (role in MAY[action])
    assert not may([], action)
    if role in MAY[action]:
        check("ann", [role], action)
        return
    with pytest.raises(NotAllowed) as told:
        check("ann", [role], action)
    assert (told.value.name, told.value.action) == ("ann", action)
    roles = " or ".join(sorted(MAY[action]))
    said = f"that takes the role of {roles}, which an administrator gives."
    assert str(told.value) == f"ann may not {action}: {said}"


def test_who_gives_rights_releases_no_money_and_who_releases_it_repairs_none() -> None:
    money = {Action.DECIDE_REWARDS, Action.RERUN_PAYOUTS, Action.REVERSE_PAYOUTS}
    for role in Role:
        assert len([action for action in money if may([role], action)]) < len(money)
    assert not may([Role.ADMINISTRATOR], Action.DECIDE_REWARDS)
    assert not may([Role.APPROVER], Action.MANAGE_STAFF)


def test_who_releases_money_or_gives_rights_needs_a_second_factor() -> None:
    needs = {role: needs_second_factor([role]) for role in Role}
    assert needs == {
        Role.OPERATOR: False,
        Role.APPROVER: True,
        Role.ADMINISTRATOR: True,
        Role.AUDITOR: False,
    }
    assert needs_second_factor([Role.AUDITOR, Role.APPROVER])
    assert not needs_second_factor([])
