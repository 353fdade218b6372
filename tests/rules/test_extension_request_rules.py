"""When a partner may ask for more days: before the end, once at a time, while one is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from goodword.rules.extensions import Asked, refusal
from goodword.rules.registrations import RegistrationPolicy, RegistrationState

POLICY = RegistrationPolicy(max_extensions=1)
MAY_15, MAY_16 = date(2026, 5, 15), date(2026, 5, 16)
ASKED = Asked(7, RegistrationState.APPROVED, MAY_15, 0, is_open=False)


@pytest.mark.parametrize("today", [date(2026, 3, 16), MAY_15])
def test_more_days_may_be_asked_for_through_the_last_day(today: date) -> None:
    assert refusal(ASKED, POLICY, today) is None


def test_after_the_last_day_they_may_not_though_no_night_has_seen_the_end() -> None:
    assert refusal(ASKED, POLICY, MAY_16) == (
        "registration 7 ended on 2026-05-15: more days are asked for before that"
    )


@pytest.mark.parametrize("state", sorted(set(RegistrationState) - {"approved", "extended"}))
def test_they_are_asked_for_only_of_a_claim_that_protects(state: RegistrationState) -> None:
    said = refusal(replace(ASKED, state=state), POLICY, MAY_15)
    assert said
    assert said.startswith(f"registration 7 is {state}; only a claim that protects an account")


def test_dr6_where_one_extension_is_allowed_a_second_request_is_refused() -> None:
    used = replace(ASKED, state=RegistrationState.EXTENDED, extensions_used=1)
    assert refusal(used, POLICY, MAY_15) == "registration 7 has no extension left: it had 1 of 1"


def test_dr6_where_any_number_is_allowed_one_is_refused_while_another_is_pending() -> None:
    many = RegistrationPolicy(max_extensions=12)
    pending = replace(ASKED, extensions_used=5, is_open=True)
    said = refusal(pending, many, MAY_15)
    assert said == "more days are already asked for for registration 7: wait for the answer"
    assert refusal(replace(pending, is_open=False), many, MAY_15) is None
