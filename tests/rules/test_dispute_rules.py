"""Disputes: who may contest, speak, rule, appeal and withdraw, and what a ruling moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.rules.attribution import AttributionPolicy, Credit
from goodword.rules.conversions import (
    Claim,
    ClaimKind,
    Convert,
    Grant,
    WonDeal,
    credit,
    detect,
    part_with,
)
from goodword.rules.dispute_openings import Opening, sides
from goodword.rules.disputes import (
    DisputePolicy,
    DisputeRefused,
    DisputeState,
    Hearing,
    NoShare,
    Outcome,
    Person,
    Ruling,
    Side,
    check_appeal,
    check_statement,
    check_withdrawal,
    decider,
    next_step,
    read_share,
    term,
    why_not_decider,
)
from goodword.rules.registrations import CountedFrom, RegistrationPolicy
from goodword.rules.registrations import RegistrationState as State
from goodword.rules.rulings import Move, changes_credit, check_ruling, move, put_until

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DUE = date(2026, 3, 20)
ANN, BOB, EVE = Person("ann", 1), Person("bob", 2), Person("eve", 3)
SALLY = Person("Sally Seller")
POLICY = DisputePolicy()


def side(number: int, person: Person, state: State, **other: object) -> Side:
    names = frozenset({person.name, f"{person.name.title()} Ltd", f"{person.name}@example.com"})
    made = Side(number, person.participant_id or 0, names, state, AT)
    return replace(made, **other)  # type: ignore[arg-type]


HELD = side(1, ANN, State.APPROVED)
LOST = side(2, BOB, State.CONFLICTING, conflicts_with_id=1)
HEARING = Hearing(7, DisputeState.OPEN, DUE, HELD, LOST, BOB, decided_before=frozenset({"Carl"}))
UPHELD = Ruling(Outcome.UPHELD, 0, "olivia")
TRANSFERRED = Ruling(Outcome.TRANSFERRED, 0, "olivia")
DECIDED = replace(HEARING, state=DisputeState.DECIDED, rulings=(UPHELD,))
APPEALED = replace(DECIDED, state=DisputeState.APPEALED, appealed_by="bob")


def opening(asked: Side, *others: Side, opener: Person = BOB, **other: object) -> Opening:
    made = Opening(asked, others, opener, "we met them in May")
    return replace(made, **other)  # type: ignore[arg-type]


# Opening ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "holder", "challenger"),
    [
        (opening(HELD, LOST), HELD, LOST),
        (opening(LOST, HELD), HELD, LOST),
        (opening(HELD, LOST, opener=SALLY), HELD, None),
        (opening(HELD, LOST, opener=SALLY, rival_id=2), HELD, LOST),
        (opening(LOST, HELD, opener=SALLY), HELD, LOST),
        (opening(replace(LOST, state=State.REJECTED)), None, replace(LOST, state=State.REJECTED)),
        (opening(LOST, replace(HELD, state=State.EXPIRED)), None, LOST),
        (opening(LOST, replace(HELD, state=State.WON)), replace(HELD, state=State.WON), LOST),
    ],
)
def test_the_claim_that_stands_is_contested_by_the_one_that_lost(
    asked: Opening, holder: Side | None, challenger: Side | None
) -> None:
    assert sides(asked) == (holder, challenger)


def test_of_several_claims_that_stand_the_one_it_lost_against_is_contested() -> None:
    other = side(3, EVE, State.EXTENDED)
    assert sides(opening(LOST, other, HELD)) == (HELD, LOST)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (opening(HELD, LOST, ground=" "), "needs its ground"),
        (opening(HELD, opener=EVE), "no claim of eve on the account of registration 1"),
        (opening(HELD, LOST, opener=ANN), "is ann's own and stands"),
        (opening(HELD, LOST, opener=SALLY, rival_id=9), "there is no registration 9 on the"),
        (opening(replace(HELD, state=State.LOST), LOST), "registration 1 is lost; only approved"),
        (opening(replace(HELD, state=State.SUBMITTED)), "registration 1 is submitted; only"),
        (opening(HELD, replace(LOST, state=State.EXPIRED)), "registration 2 is expired; a claim"),
        (opening(HELD, side(4, ANN, State.REJECTED), opener=SALLY, rival_id=4), "are one partner"),
        (opening(LOST, HELD, opener=EVE), "registration 2 is not eve's"),
        (opening(LOST, HELD, rival_id=1), "needs no rival to be named"),
        (opening(LOST, side(5, BOB, State.APPROVED)), "of the same partner holds the account"),
        (opening(HELD, LOST, pending=((1, 6),)), "dispute 6 about registration 1 is not closed"),
        (opening(HELD, LOST, pending=((2, 6),)), "dispute 6 about registration 2 is not closed"),
    ],
)
def test_a_contest_that_cannot_be_is_refused_in_a_sentence(asked: Opening, why: str) -> None:
    with pytest.raises(DisputeRefused, match=why):
        sides(asked)


# Deciders ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "hearing", "why"),
    [
        ("olivia", HEARING, None),
        ("", HEARING, "needs the name"),
        ("ANN ", HEARING, "is a party"),
        ("Bob Ltd", HEARING, "is a party"),
        ("bob@example.com", HEARING, "is a party"),
        ("carl", HEARING, "decided about one of the claims before"),
        ("sally seller", replace(HEARING, opened_by=SALLY), "opened the dispute"),
        ("olivia", APPEALED, "made the first ruling"),
        ("pavel", APPEALED, None),
        ("tom", replace(APPEALED, appealed_by="Tom"), "appealed"),
    ],
)
def test_whoever_has_a_part_in_it_does_not_rule(
    name: str, hearing: Hearing, why: str | None
) -> None:
    bar = why_not_decider(name, hearing, POLICY)
    assert bar is None if why is None else why in (bar or "")


def test_only_the_programs_deciders_rule_where_it_names_some() -> None:
    policy = DisputePolicy(deciders=("carl", "olivia", "pavel"))
    assert decider(HEARING, policy) == "olivia"
    assert decider(APPEALED, policy) == "pavel"
    assert decider(APPEALED, DisputePolicy(deciders=("carl", "olivia"))) == ""
    assert decider(HEARING, POLICY) == ""
    bar = why_not_decider("quinn", HEARING, policy)
    assert bar == "quinn is none of the program's deciders: carl, olivia, pavel"


# Speaking, appealing, withdrawing ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("hearing", "person", "why"),
    [
        (HEARING, ANN, None),
        (HEARING, BOB, None),
        (HEARING, SALLY, None),
        (APPEALED, ANN, None),
        (HEARING, EVE, "eve is no party"),
        (DECIDED, ANN, "dispute 7 is decided: nothing more is heard"),
    ],
)
def test_both_sides_and_staff_are_heard_until_the_ruling(
    hearing: Hearing, person: Person, why: str | None
) -> None:
    if why is None:
        check_statement(hearing, person, "the minutes of May")
        return
    with pytest.raises(DisputeRefused, match=why):
        check_statement(hearing, person, "the minutes of May")


MOVED = replace(DECIDED, rulings=(TRANSFERRED,))
BY_SALES = replace(DECIDED, opened_by=SALLY, challenger=None)
REFUSED = replace(DECIDED, holder=None)


@pytest.mark.parametrize(
    ("hearing", "person", "on", "why"),
    [
        (DECIDED, BOB, DUE, None),
        (MOVED, ANN, DUE, None),
        (BY_SALES, SALLY, DUE, None),
        (REFUSED, BOB, DUE, None),
        (DECIDED, ANN, DUE, "ann did not lose"),
        (MOVED, BOB, DUE, "bob did not lose"),
        (DECIDED, EVE, DUE, "eve did not lose"),
        (DECIDED, SALLY, DUE, "Sally Seller did not lose"),
        (DECIDED, BOB, DUE + timedelta(days=1), "was possible through 2026-03-20"),
        (HEARING, BOB, DUE, "dispute 7 is open: an appeal is made against a first ruling"),
        (APPEALED, BOB, DUE, "there is one appeal only"),
    ],
)
def test_who_lost_appeals_once_and_in_time(
    hearing: Hearing, person: Person, on: date, why: str | None
) -> None:
    if why is None:
        check_appeal(hearing, person, "it is false", on)
        return
    with pytest.raises(DisputeRefused, match=why):
        check_appeal(hearing, person, "it is false", on)


@pytest.mark.parametrize(
    ("hearing", "person", "why"),
    [
        (HEARING, BOB, None),
        (replace(HEARING, opened_by=SALLY), Person("sally seller"), None),
        (APPEALED, BOB, None),
        (HEARING, ANN, "bob opened it"),
        (APPEALED, ANN, "bob appealed"),
        (DECIDED, BOB, "nothing to withdraw"),
    ],
)
def test_who_opened_withdraws_and_who_appealed_the_appeal(
    hearing: Hearing, person: Person, why: str | None
) -> None:
    if why is None:
        check_withdrawal(hearing, person)
        return
    with pytest.raises(DisputeRefused, match=why):
        check_withdrawal(hearing, person)


# Rulings ----------------------------------------------------------------------------------------

WON = side(1, ANN, State.WON, deal="006A")
LATE = replace(LOST, submitted_at=AT + timedelta(days=9))
OF_A_WON_DEAL = replace(HEARING, holder=WON, won_at=AT + timedelta(days=5))


@pytest.mark.parametrize(
    ("hearing", "ruling", "why"),
    [
        (HEARING, UPHELD, None),
        (HEARING, replace(UPHELD, share_bps=5000), None),
        (APPEALED, replace(UPHELD, ruled_by="pavel"), None),
        (OF_A_WON_DEAL, TRANSFERRED, None),
        (DECIDED, UPHELD, "dispute 7 is decided, and who lost may appeal through 2026-03-20"),
        (HEARING, replace(UPHELD, ruled_by="Carl"), "decided about one of the claims"),
        (HEARING, replace(UPHELD, share_bps=5001), "a share of 50.01% is not allowed"),
        (HEARING, replace(UPHELD, share_bps=-1), "a share of -0.01% is not allowed"),
        (BY_SALES, replace(UPHELD, share_bps=1), "dispute 7 is decided"),
        (replace(HEARING, challenger=None), replace(UPHELD, share_bps=1), "needs two claims"),
        (replace(HEARING, granted=((1, 4000),)), replace(UPHELD, share_bps=1001), "granted 40%"),
        (replace(HEARING, granted=((2, 4000),)), replace(UPHELD, share_bps=1001), None),
        (replace(OF_A_WON_DEAL, challenger=LATE), TRANSFERRED, "came after the deal was won: it c"),
        (
            replace(OF_A_WON_DEAL, challenger=LATE),
            replace(UPHELD, share_bps=1),
            "came after the deal was won: it has no share",
        ),
        (
            replace(OF_A_WON_DEAL, challenger=replace(LOST, deal="006B")),
            TRANSFERRED,
            "is about the deal 006B, and the one that was won is 006A",
        ),
    ],
)
def test_a_ruling_is_made_in_its_bounds(hearing: Hearing, ruling: Ruling, why: str | None) -> None:
    if why is None:
        check_ruling(hearing, ruling, "the minutes of May show it", POLICY)
        return
    with pytest.raises(DisputeRefused, match=why):
        check_ruling(hearing, ruling, "the minutes of May show it", POLICY)


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("", "needs its reason"),
        ("Ann Ltd met them first", "it names Ann Ltd"),
        ("as BOB@example.com wrote", "it names BOB"),
    ],
)
def test_the_reason_of_a_ruling_is_for_both_partners_and_names_neither(
    reason: str, why: str
) -> None:
    with pytest.raises(DisputeRefused, match=why):
        check_ruling(HEARING, UPHELD, reason, POLICY)
    check_ruling(HEARING, UPHELD, "annual plans of the bobbin maker show it", POLICY)


@pytest.mark.parametrize(
    ("hearing", "outcome", "moved"),
    [
        (HEARING, Outcome.UPHELD, None),
        (HEARING, Outcome.TRANSFERRED, Move(HELD, LOST)),
        (replace(HEARING, challenger=None), Outcome.TRANSFERRED, Move(HELD, None)),
        (replace(HEARING, holder=None), Outcome.TRANSFERRED, Move(None, LOST)),
        (APPEALED, Outcome.UPHELD, None),
        (APPEALED, Outcome.TRANSFERRED, Move(HELD, LOST)),
        (replace(APPEALED, rulings=(TRANSFERRED,)), Outcome.TRANSFERRED, None),
        (
            replace(
                APPEALED,
                rulings=(TRANSFERRED,),
                holder=replace(HELD, state=State.WITHDRAWN),
                challenger=replace(LOST, state=State.APPROVED),
            ),
            Outcome.UPHELD,
            Move(
                replace(LOST, state=State.APPROVED),
                replace(HELD, state=State.WITHDRAWN),
            ),
        ),
        (
            replace(HEARING, holder=replace(HELD, state=State.EXPIRED)),
            Outcome.TRANSFERRED,
            Move(None, LOST),
        ),
    ],
)
def test_a_ruling_moves_what_the_one_before_did_not(
    hearing: Hearing, outcome: Outcome, moved: Move | None
) -> None:
    assert move(hearing, outcome) == moved


@pytest.mark.parametrize(
    ("submitted", "today", "counted", "expires_on", "until"),
    [
        ("2026-03-01", "2026-03-20", CountedFrom.SUBMISSION, None, "2026-05-30"),
        ("2026-03-01", "2026-03-20", CountedFrom.APPROVAL, None, "2026-06-18"),
        ("2026-03-01", "2026-05-30", CountedFrom.SUBMISSION, None, "2026-05-30"),
        ("2026-03-01", "2026-05-31", CountedFrom.SUBMISSION, None, "2026-08-29"),
        ("2026-03-01", "2026-03-20", CountedFrom.SUBMISSION, "2026-06-29", "2026-06-29"),
        ("2026-03-01", "2026-07-02", CountedFrom.SUBMISSION, "2026-06-29", "2026-07-02"),
    ],
)
def test_who_was_right_loses_no_days_by_the_dispute(
    submitted: str, today: str, counted: CountedFrom, expires_on: str | None, until: str
) -> None:
    policy = RegistrationPolicy(counted_from=counted)
    own = date.fromisoformat(expires_on) if expires_on else None
    on = (date.fromisoformat(submitted), policy, date.fromisoformat(today))
    found = put_until(replace(HELD, expires_on=own), *on, is_restored=own is not None)
    assert found == date.fromisoformat(until)


def test_only_a_ruling_that_divides_a_won_deal_otherwise_changes_its_credit() -> None:
    shared = replace(UPHELD, share_bps=1000)
    assert not changes_credit(HEARING, shared)
    assert not changes_credit(OF_A_WON_DEAL, UPHELD)
    assert changes_credit(OF_A_WON_DEAL, shared)
    assert changes_credit(OF_A_WON_DEAL, TRANSFERRED)
    again = replace(OF_A_WON_DEAL, state=DisputeState.APPEALED, rulings=(shared,))
    assert not changes_credit(again, shared)
    assert changes_credit(again, UPHELD)


def test_a_term_ends_with_its_last_day() -> None:
    assert term(date(2026, 2, 26), 5) == date(2026, 3, 3)


# Shares -----------------------------------------------------------------------------------------


def claim(number: int, at: datetime = AT) -> Claim:
    return Claim(ClaimKind.REGISTRATION, number, at, at.date(), "partner", number, 1)


@given(
    st.integers(0, 10**12),
    st.lists(st.integers(1, 2_500), min_size=1, max_size=4),
)
def test_what_rulings_grant_and_what_is_left_sum_to_the_whole(minor: int, parts: list[int]) -> None:
    grants = [Grant(claim(10 + i), 1, bps, i) for i, bps in enumerate(parts)]
    own, *others = part_with(Credit(Fraction(1), minor, "all of it"), grants)
    assert own.minor + sum(other.minor for other in others) == minor
    assert own.weight + sum(other.weight for other in others) == 1
    for grant, other in zip(grants, others, strict=True):
        assert abs(other.minor - Fraction(minor * grant.bps, 10_000)) < 1


def test_a_share_is_cut_out_of_the_registration_that_wins_and_of_no_other() -> None:
    policy = AttributionPolicy(registration_wins=True)
    grants = (
        Grant(claim(2), 1, 2_000, 7),
        Grant(claim(3), 9, 2_000, 8),  # out of a claim that this deal was not won under
        Grant(claim(4, AT + timedelta(days=40)), 1, 2_000, 9),  # came after the win
    )
    won = AT + timedelta(days=30)
    deal = WonDeal("006A", 100_01, won, won.date(), (claim(1),), grants)
    convert = detect(deal, policy)
    assert isinstance(convert, Convert)
    credited = credit(deal, convert, policy)
    assert [(each.claim.claim_id, each.credit.minor) for each in credited] == [
        (1, 80_01),
        (2, 20_00),
    ]
    assert credited[1].credit.reason == (
        "the ruling in dispute 7 grants it 20% of what registration 1 gets"
    )


# Words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "bps"),
    [("20%", 2_000), ("2.5%", 250), (" 0.01 % ", 1), ("100", 10_000), ("0%", 0)],
)
def test_a_share_is_read_as_basis_points(given: str, bps: int) -> None:
    assert read_share(given) == bps


@pytest.mark.parametrize(
    "given",
    [
        "",
        "%",
        "x",
        "-1%",
        "0.001%",
        "100.01%",
        "NaN",
        "sNaN",
        "Infinity",
        "1E+999999%",
        "2%%",
        "1E-9999999",
    ],
)
def test_what_is_no_share_is_refused_by_its_name(given: str) -> None:
    with pytest.raises(NoShare) as refused:
        read_share(given)
    said = f'{given!r} is no share: write a percentage no finer than 0.01%, as "20%"'
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("state", "decider", "escalated_on", "said"),
    [
        ("open", None, None, "somebody who is no party rules with `X`"),
        ("open", "carol", None, "carol rules with `X`"),
        ("appealed", "carol", date(2026, 7, 1), "carol rules with `X`, late: escalated"),
        ("decided", "carol", date(2026, 7, 1), "an appeal is possible through 2026-07-31"),
        ("closed", "carol", date(2026, 7, 1), ""),
        ("withdrawn", None, None, ""),
    ],
)
def test_a_dispute_of_a_list_says_what_is_to_be_done(
    state: str, decider: str | None, escalated_on: date | None, said: str
) -> None:
    row = {
        "state": state,
        "decider": decider,
        "escalated_on": escalated_on,
        "decide_by": date(2026, 7, 31),
    }
    assert next_step(row, " with `X`") == said
