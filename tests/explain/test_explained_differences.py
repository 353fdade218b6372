"""Every figure of a story is worked out again: what was changed past the rules is said."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from goodword.rules import explanations
from goodword.rules.explanations import Case, Kind

if TYPE_CHECKING:
    from tests.explain.conftest import Company, Told

SHARED = 2
"""The conversion of 10,000.25 USD that two touches share by half."""


@pytest.fixture(scope="module")
def shared(company: Company) -> Case:
    return company.tell(Kind.CONVERSION, SHARED).case


def with_share(case: Case, **other: object) -> Case:
    first, *others = case.shares
    return replace(case, shares=(replace(first, **other), *others))


def with_reward(case: Case, **other: object) -> Case:
    first, *others = case.rewards
    return replace(case, rewards=(replace(first, **other), *others))


def test_what_nobody_changed_comes_out_the_same(company: Company, shared: Case) -> None:
    told = company.retell(shared)
    assert told.said("Credit").endswith("the shares come out the same.")
    assert "DIFFERS" not in told.whole


def test_a_conversion_says_which_share_has_another_value(company: Company, shared: Case) -> None:
    told = company.retell(with_share(shared, value_minor=9_000_00))
    said = "share 1: 9,000.00 USD in the record, 5,000.13 USD recomputed"
    assert told.said("Credit").endswith(f"THE RECORD DIFFERS: {said}.")
    assert document(company, told)["differences"] == [said]


def test_a_conversion_says_which_share_has_another_weight(company: Company, shared: Case) -> None:
    told = company.retell(with_share(shared, weight=Decimal("0.75")))
    said = "THE RECORD DIFFERS: share 1: 75.00% in the record, 50.00% recomputed."
    assert told.said("Credit").endswith(said)


def test_a_conversion_says_which_of_its_rewards_differs(company: Company, shared: Case) -> None:
    told = company.retell(with_reward(shared, amount_minor=1, computed_minor=2))
    reward, differs = told.said("Rewards").splitlines()
    assert reward.startswith("Reward 2: 0.01 USD to Adventure")
    assert differs == (
        "THE RECORD DIFFERS when it is worked out again: before caps: 0.02 USD in the record, "
        "500.01 USD recomputed; after caps: 0.01 USD in the record, 500.01 USD recomputed."
    )


def test_a_reward_says_in_what_it_differs(company: Company) -> None:
    case = company.tell(Kind.REWARD, company.reward_of("aff")).case
    told = company.retell(with_reward(case, amount_minor=700_00, computed_minor=700_00))
    assert (
        "before caps: 700.00 USD in the record, 500.01 USD recomputed; after caps: 700.00 USD in "
        "the record, 500.01 USD recomputed."
    ) in told.said("Amount")


def document(company: Company, told: Told) -> dict[str, object]:
    found = explanations.as_document(told.case, company.versions, told.story)["recomputed"]
    assert isinstance(found, dict)
    return found
