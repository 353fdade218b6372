"""Reconciliation: each way in which the provider and the ledger can disagree, said whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from goodword.money import Money
from goodword.rules.payouts import Held, Movement, Paid, PayoutState, Rail
from goodword.rules.reconciliations import (
    DifferenceKind,
    Disagreement,
    LedgerPayout,
    Returned,
    adopt,
    compare,
    returned,
)

PAYOUT = LedgerPayout(
    payout_id=7,
    participant_id=1,
    reference="gw-7",
    state=PayoutState.PAID,
    rail=Rail.STRIPE_TRANSFER,
    money=Money(100_00, "USD"),
    destination="acct_1",
    external_id="tr_1",
    reversed_minor=0,
    own_reversals_minor=0,
    is_being_reversed=False,
    in_window=True,
)
MOVED = Movement("tr_1", "gw-7", 100_00, "USD", "acct_1", 0, datetime(2026, 3, 2, tzinfo=UTC))
AMOUNT = Disagreement(
    DifferenceKind.AMOUNT,
    7,
    "tr_1",
    "gw-7",
    "acct_1",
    "USD",
    100_00,
    90_00,
    "gw-7: 90.00 USD at the provider (tr_1) is 100.00 USD in the ledger",
)
CASES: list[tuple[str, list[dict[str, Any]], dict[str, Any], list[Disagreement]]] = [
    ("both have it", [{}], {}, []),
    ("less", [{"amount_minor": 90_00}], {}, [AMOUNT]),
    (
        "another currency",
        [{"currency": "EUR"}],
        {},
        [
            replace(
                AMOUNT,
                currency="EUR",
                provider_minor=100_00,
                sentence="gw-7: 100.00 EUR at the provider (tr_1) is 100.00 USD in the ledger",
            )
        ],
    ),
    (
        "elsewhere",
        [{"destination": "acct_2"}],
        {},
        [
            replace(
                AMOUNT,
                kind=DifferenceKind.DESTINATION,
                destination="acct_2",
                provider_minor=100_00,
                sentence="gw-7: 100.00 USD at the provider (tr_1) went to acct_2, and to acct_1 in "
                "the ledger",
            )
        ],
    ),
    ("came back on both sides", [{"reversed_minor": 40_00}], {"reversed_minor": 40_00}, []),
    ("more came back at the provider: booked elsewhere", [{"reversed_minor": 40_00}], {}, []),
    (
        "less came back at the provider",
        [{"reversed_minor": 20_00}],
        {"reversed_minor": 10_00, "own_reversals_minor": 30_00},
        [
            replace(
                AMOUNT,
                kind=DifferenceKind.REVERSED,
                ledger_minor=60_00,
                provider_minor=80_00,
                sentence="gw-7: 100.00 USD at the provider (tr_1) of which 40.00 USD came back in "
                "the ledger, and less at the provider",
            )
        ],
    ),
    (
        "twice",
        [{"external_id": "tr_2", "amount_minor": 5_00}, {}],
        {},
        [
            replace(
                AMOUNT,
                kind=DifferenceKind.TWICE,
                external_id="tr_2",
                ledger_minor=0,
                provider_minor=5_00,
                sentence="gw-7: 5.00 USD at the provider (tr_2) moved once more",
            )
        ],
    ),
    (
        "twice, and the second came back",
        [{}, {"external_id": "tr_2", "reversed_minor": 100_00}],
        {},
        [],
    ),
    (
        "a refused one was moved",
        [{}],
        {"state": PayoutState.REFUSED},
        [
            replace(
                AMOUNT,
                kind=DifferenceKind.NOT_IN_LEDGER,
                ledger_minor=0,
                provider_minor=100_00,
                sentence="gw-7: 100.00 USD at the provider (tr_1) is refused here",
            )
        ],
    ),
    ("a refused one came back", [{"reversed_minor": 100_00}], {"state": PayoutState.REFUSED}, []),
    (
        "what may still be recorded leaves its destination open",
        [{"reversed_minor": 1_00}],
        {"state": PayoutState.UNKNOWN, "external_id": None},
        [
            replace(
                AMOUNT,
                kind=DifferenceKind.NOT_IN_LEDGER,
                destination=None,
                ledger_minor=0,
                provider_minor=100_00,
                sentence="gw-7: 100.00 USD at the provider (tr_1) is unknown here",
            )
        ],
    ),
    (
        "nobody knows it",
        [{"reference": "gw-8", "external_id": "tr_8"}],
        {"in_window": False},
        [
            Disagreement(
                DifferenceKind.NOT_IN_LEDGER,
                None,
                "tr_8",
                "gw-8",
                "acct_1",
                "USD",
                0,
                100_00,
                "gw-8: 100.00 USD at the provider (tr_8) is unknown here",
            )
        ],
    ),
    (
        "the provider does not list it",
        [],
        {},
        [
            Disagreement(
                DifferenceKind.NOT_AT_PROVIDER,
                7,
                "tr_1",
                "gw-7",
                None,
                "USD",
                100_00,
                0,
                "gw-7: 100.00 USD is paid here, and the provider does not list it",
            )
        ],
    ),
    ("it is older than the window", [], {"in_window": False}, []),
    ("a person moves it", [], {"rail": Rail.BANK_FILE}, []),
    ("it is not paid", [], {"state": PayoutState.PLANNED}, []),
    (
        "an adopted one has the name and another reference",
        [{"reference": "other"}],
        {},
        [],
    ),
]


@pytest.mark.parametrize(
    ("movements", "payout", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_a_difference_is_said_whole(
    movements: list[dict[str, Any]], payout: dict[str, Any], expected: list[Disagreement]
) -> None:
    moved = [replace(MOVED, **each) for each in movements]
    ledger = [replace(PAYOUT, **payout)]
    assert compare(moved, ledger) == expected
    assert compare(moved[::-1], ledger) == expected


def test_differences_come_by_reference_and_what_is_missing_last() -> None:
    ledger = [
        replace(PAYOUT, payout_id=n, reference=f"gw-{n}", external_id=f"tr_{n}") for n in range(4)
    ]
    moved = [
        replace(MOVED, reference=f"gw-{n}", external_id=f"tr_{n}", amount_minor=1) for n in (3, 1)
    ]
    assert [each.payout_id for each in compare(moved, ledger)] == [1, 3, 0, 2]


def test_a_reversed_payout_that_is_twice_there_is_told_by_the_one_that_is_not_ours() -> None:
    back = replace(PAYOUT, state=PayoutState.REVERSED, reversed_minor=100_00)
    both = [replace(MOVED, external_id="tr_0"), replace(MOVED, reversed_minor=100_00)]
    (found,) = compare(both, [back])
    assert (found.kind, found.external_id) == (DifferenceKind.TWICE, "tr_0")


@pytest.mark.parametrize(
    ("movements", "expected"),
    [
        ([], None),
        ([{}], Paid("tr_1")),
        ([{}, {}], Held("the provider made 2 movements for it: repair by hand")),
        (
            [{"amount_minor": 1}],
            Held("the provider has 0.01 USD to acct_1 under its name"),
        ),
        (
            [{"currency": "EUR"}],
            Held("the provider has 100.00 EUR to acct_1 under its name"),
        ),
        (
            [{"destination": "acct_2"}],
            Held("the provider has 100.00 USD to acct_2 under its name"),
        ),
    ],
)
def test_a_look_up_proves_one_movement_or_asks_a_person(
    movements: list[dict[str, Any]], expected: Paid | Held | None
) -> None:
    moved = [replace(MOVED, **each) for each in movements]
    assert adopt(moved, Money(100_00, "USD"), "acct_1") == expected


@pytest.mark.parametrize(
    ("back", "payout", "newly"),
    [
        (0, {}, None),
        (40_00, {}, 40_00),
        (40_00, {"reversed_minor": 40_00}, None),
        (40_00, {"reversed_minor": 10_00}, 30_00),
        (40_00, {"own_reversals_minor": 30_00}, 10_00),
        (40_00, {"own_reversals_minor": 40_00}, None),
        (100_00, {"money": Money(60_00, "USD")}, 60_00),
        (40_00, {"is_being_reversed": True}, None),
        (40_00, {"state": PayoutState.UNKNOWN}, None),
        (40_00, {"state": PayoutState.REVERSED}, 40_00),
        (40_00, {"external_id": "tr_9"}, None),
    ],
)
def test_what_the_provider_took_back_by_itself_is_found_once(
    back: int, payout: dict[str, Any], newly: int | None
) -> None:
    ledger = replace(PAYOUT, **payout)
    before = replace(MOVED, external_id="tr_0", reversed_minor=1)
    found = returned([before, replace(MOVED, reversed_minor=back)], [ledger])
    if newly is None:
        assert found == []
    else:
        assert [each.newly for each in found] == [Money(newly, "USD")]
        assert found == [Returned(ledger, newly + ledger.reversed_minor)]
