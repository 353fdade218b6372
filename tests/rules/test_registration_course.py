"""Registrations over time: extend, expire, warn, win, lose; and missed nights change nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from goodword.rules.live_claims import (
    Decision,
    Expire,
    Extend,
    Keep,
    Lose,
    RegistrationFacts,
    Win,
    course,
    review,
)
from goodword.rules.new_claims import Approve, Ask, ClaimFacts, Rival, Verdict, decide_in_order
from goodword.rules.registrations import RegistrationPolicy, RegistrationState, is_qualified

POLICY = RegistrationPolicy()
MARCH_16, MAY_15, MAY_16 = date(2026, 3, 16), date(2026, 5, 15), date(2026, 5, 16)
CLAIM = RegistrationFacts(1, MARCH_16, MAY_15, 0)
DAY = timedelta(days=1)


# The last day -----------------------------------------------------------------------------------


def test_the_last_day_is_protected_in_full_and_the_next_is_free() -> None:
    assert review(CLAIM, POLICY, MAY_15) == Keep(3)
    assert review(CLAIM, POLICY, MAY_16) == Expire("no progress in the last 30 days of the window")


@pytest.mark.parametrize("today", [MAY_15, MAY_16, date(2026, 6, 1)])
@pytest.mark.parametrize("progress", [date(2026, 4, 15), date(2026, 5, 1), MAY_15])
def test_progress_in_the_last_30_days_extends_from_the_last_day(
    progress: date,
    today: date,
) -> None:
    extended = Extend(date(2026, 6, 14), f"the deal moved forward on {progress}")
    assert review(CLAIM._replace(moved_forward_on=(progress,)), POLICY, today) == extended
    extended = Extend(date(2026, 6, 14), f"there was activity on {progress}")
    assert review(CLAIM._replace(active_on=(progress,)), POLICY, today) == extended


@pytest.mark.parametrize("progress", [date(2026, 4, 14), MAY_16, date(2027, 1, 1)])
def test_progress_outside_the_last_30_days_of_the_window_does_not(progress: date) -> None:
    moved = CLAIM._replace(moved_forward_on=(progress,), active_on=(progress,))
    assert isinstance(review(moved, POLICY, MAY_15), Keep)
    assert isinstance(review(moved, POLICY, date(2027, 2, 1)), Expire)


def test_nothing_is_extended_before_its_last_day() -> None:
    moved = CLAIM._replace(moved_forward_on=(date(2026, 5, 1),))
    assert review(moved, POLICY, MAY_15 - DAY) == Keep(3)


def test_a_move_on_the_last_day_seen_only_the_night_after_still_extends() -> None:
    assert review(CLAIM, POLICY, MAY_15) == Keep(3)
    late = CLAIM._replace(moved_forward_on=(MAY_15,))
    assert isinstance(review(late, POLICY, MAY_16), Extend)


def test_a_claim_whose_extensions_are_used_keeps_its_last_day_and_expires() -> None:
    used = CLAIM._replace(extensions_used=1, moved_forward_on=(date(2026, 5, 10),))
    assert review(used, POLICY, MAY_15) == Keep(3)
    assert review(used, POLICY, MAY_16) == Expire("all 1 extensions are used")
    twice = replace(POLICY, max_extensions=2)
    assert isinstance(review(used, twice, MAY_15), Extend)


def test_an_extension_of_31_january_by_30_days_ends_on_2_march() -> None:
    claim = RegistrationFacts(1, date(2025, 12, 1), date(2026, 1, 31), 0)
    moved = claim._replace(moved_forward_on=(date(2026, 1, 20),))
    assert course(moved, POLICY, date(2026, 1, 31)) == (
        Extend(date(2026, 3, 2), "the deal moved forward on 2026-01-20"),
        Keep(),
    )


def test_a_long_silence_extends_and_expires_in_one_night() -> None:
    moved = CLAIM._replace(moved_forward_on=(date(2026, 5, 1),))
    assert course(moved, POLICY, date(2026, 9, 1)) == (
        Extend(date(2026, 6, 14), "the deal moved forward on 2026-05-01"),
        Expire("no progress in the last 30 days of the window"),
    )


def test_a_confirmed_amount_is_progress_as_a_move_is() -> None:
    confirmed = CLAIM._replace(confirmed_on=(date(2026, 5, 10),))
    extended = Extend(date(2026, 6, 14), "the amount expected was confirmed on 2026-05-10")
    assert review(confirmed, POLICY, MAY_15) == extended
    late = CLAIM._replace(confirmed_on=(date(2026, 4, 14), MAY_16))
    assert isinstance(review(late, POLICY, MAY_16), Expire)


@pytest.mark.parametrize(
    ("seen_through", "decision"),
    [
        (None, Expire),
        (MAY_15, Expire),
        (MAY_16, Expire),
        (MAY_15 - DAY, Extend),
        (date.min, Extend),
    ],
)
def test_later_activity_counts_only_when_no_night_saw_the_last_day(
    seen_through: date | None, decision: type[Decision]
) -> None:
    later = CLAIM._replace(active_on=(date(2026, 5, 20),), seen_through=seen_through)
    assert isinstance(review(later, POLICY, date(2026, 5, 21)), decision)
    assert isinstance(review(later, POLICY, date(2026, 5, 19)), Expire)  # it lies ahead


# Won and lost -----------------------------------------------------------------------------------


@pytest.mark.parametrize("won_on", [MARCH_16, date(2026, 4, 1), MAY_15])
def test_a_win_inside_the_window_is_the_partners_however_late_it_is_seen(won_on: date) -> None:
    won = CLAIM._replace(won_on=won_on)
    assert review(won, POLICY, won_on) == Win(won_on)
    assert review(won, POLICY, date(2026, 12, 1)) == Win(won_on)


@pytest.mark.parametrize("won_on", [MARCH_16 - DAY, MAY_16])
def test_a_win_outside_the_window_is_not(won_on: date) -> None:
    assert isinstance(review(CLAIM._replace(won_on=won_on), POLICY, date(2026, 6, 1)), Expire)


def test_a_win_that_lies_ahead_of_the_business_date_is_not_there_yet() -> None:
    assert review(CLAIM._replace(won_on=date(2026, 5, 5)), POLICY, date(2026, 5, 4)) == Keep(14)


def test_a_win_inside_the_extension_is_the_partners() -> None:
    won = CLAIM._replace(moved_forward_on=(date(2026, 5, 1),), won_on=date(2026, 6, 10))
    assert course(won, POLICY, date(2026, 7, 1))[-1] == Win(date(2026, 6, 10))


def test_a_deal_lost_after_the_window_finds_the_claim_expired() -> None:
    lost = CLAIM._replace(lost_on=MAY_16)
    assert isinstance(review(lost, POLICY, date(2026, 6, 1)), Expire)
    assert review(CLAIM._replace(lost_on=MAY_15), POLICY, date(2026, 6, 1)) == Lose(MAY_15)


def test_of_a_win_and_a_loss_the_earlier_stands_and_a_win_when_they_are_of_one_day() -> None:
    first, second = date(2026, 4, 1), date(2026, 4, 2)
    won_first = CLAIM._replace(won_on=first, lost_on=second)
    lost_first = CLAIM._replace(won_on=second, lost_on=first)
    both = CLAIM._replace(won_on=first, lost_on=first)
    decisions = [review(facts, POLICY, MAY_15) for facts in (won_first, lost_first, both)]
    assert decisions == [Win(first), Lose(first), Win(first)]


# Warnings ---------------------------------------------------------------------------------------


def test_each_warning_first_comes_due_on_its_day() -> None:
    due: dict[int, date] = {}
    for left in range(60, -1, -1):
        decision = review(CLAIM, POLICY, MAY_15 - left * DAY)
        assert isinstance(decision, Keep)
        if decision.warn_days is not None:
            due.setdefault(decision.warn_days, MAY_15 - left * DAY)
    assert due == {14: date(2026, 5, 1), 3: date(2026, 5, 12)}


@pytest.mark.parametrize(("left", "warning"), [(15, None), (9, 14), (4, 14), (2, 3), (0, 3)])
def test_after_missed_nights_only_the_nearest_warning_is_due(
    left: int,
    warning: int | None,
) -> None:
    assert review(CLAIM, POLICY, MAY_15 - left * DAY) == Keep(warning)
    backwards = replace(POLICY, warn_before_days=(3, 14))
    assert review(CLAIM, backwards, MAY_15 - left * DAY) == Keep(warning)


def test_an_extended_claim_is_warned_again_before_its_new_end() -> None:
    extended = CLAIM._replace(expires_on=date(2026, 6, 14), extensions_used=1)
    assert review(extended, POLICY, MAY_16) == Keep()
    assert review(extended, POLICY, date(2026, 5, 31)) == Keep(14)


# Missed nights ----------------------------------------------------------------------------------

days = st.integers(0, 260).map(lambda n: MARCH_16 - 20 * DAY + n * DAY)
histories = st.builds(
    RegistrationFacts,
    registration_id=st.just(1),
    submitted_on=st.just(MARCH_16),
    expires_on=st.sampled_from([30, 60, 90]).map(lambda n: MARCH_16 + n * DAY),
    extensions_used=st.just(0),
    won_on=st.none() | days,
    lost_on=st.none() | days,
    moved_forward_on=st.lists(days, max_size=4).map(tuple),
    confirmed_on=st.just(()),
    active_on=st.lists(days, max_size=3).map(tuple),
    seen_through=st.none(),
)
policies = st.builds(
    RegistrationPolicy,
    extension_days=st.sampled_from([1, 15, 30]),
    max_extensions=st.integers(0, 3),
    progress_within_days=st.sampled_from([0, 7, 30, 45]),
)


def known_by(facts: RegistrationFacts, today: date) -> RegistrationFacts:
    """Return what a review on that day could have known."""
    return facts._replace(
        won_on=facts.won_on if facts.won_on and facts.won_on <= today else None,
        lost_on=facts.lost_on if facts.lost_on and facts.lost_on <= today else None,
        moved_forward_on=tuple(on for on in facts.moved_forward_on if on <= today),
        active_on=tuple(on for on in facts.active_on if on <= today),
    )


def nightly(
    facts: RegistrationFacts,
    policy: RegistrationPolicy,
    last: date,
) -> list[Decision]:
    """Review every night up to `last`; what changed, and what the last night kept."""
    changes: list[Decision] = []
    today = facts.submitted_on
    while True:
        for decision in course(known_by(facts, today), policy, today):
            if isinstance(decision, Extend):
                used = facts.extensions_used + 1
                facts = facts._replace(expires_on=decision.until, extensions_used=used)
            if not isinstance(decision, Keep):
                changes.append(decision)
            if isinstance(decision, Win | Lose | Expire):
                return changes
        if today == last:
            return [*changes, decision]
        today += DAY


@given(histories, policies, st.integers(0, 240))
def test_one_night_after_many_missed_ones_decides_as_every_night_would_have(
    facts: RegistrationFacts,
    policy: RegistrationPolicy,
    nights: int,
) -> None:
    today = MARCH_16 + nights * DAY
    assert list(course(known_by(facts, today), policy, today)) == nightly(facts, policy, today)


@given(histories, policies, st.integers(0, 240), st.integers(0, 240))
def test_missed_nights_never_lose_a_claim_that_every_night_would_have_kept(
    facts: RegistrationFacts,
    policy: RegistrationPolicy,
    seen: int,
    missed: int,
) -> None:
    """The CRM tells only the newest activity, each night that of its day."""
    ends = facts._replace(won_on=None, lost_on=None)
    seen_through = MARCH_16 + seen * DAY
    today = seen_through + missed * DAY
    every_night = nightly(ends, policy, today)
    before = nightly(ends, policy, seen_through)
    if any(isinstance(decision, Expire) for decision in before):
        return
    extended = [decision for decision in before if isinstance(decision, Extend)]
    known = [on for on in facts.active_on if on <= today]
    then = ends._replace(
        expires_on=extended[-1].until if extended else ends.expires_on,
        extensions_used=len(extended),
        moved_forward_on=tuple(on for on in facts.moved_forward_on if on <= today),
        active_on=(max(known),) if known else (),
        seen_through=seen_through,
    )
    late = [*extended, *course(then, policy, today)]
    assert _extensions(late) >= _extensions(every_night)


def _extensions(decisions: list[Decision]) -> int:
    return sum(isinstance(decision, Extend) for decision in decisions)


@given(histories, policies, days)
def test_what_lies_ahead_of_the_business_date_changes_nothing(
    facts: RegistrationFacts,
    policy: RegistrationPolicy,
    today: date,
) -> None:
    assert course(facts, policy, today) == course(known_by(facts, today), policy, today)


@given(histories, policies, days)
def test_a_course_ends_and_a_claim_that_is_kept_is_still_protected(
    facts: RegistrationFacts,
    policy: RegistrationPolicy,
    today: date,
) -> None:
    *extensions, decision = course(facts, policy, today)
    assert all(isinstance(extension, Extend) for extension in extensions)
    assert len(extensions) <= policy.max_extensions
    expires_on = facts.expires_on + len(extensions) * policy.extension_days * DAY
    if isinstance(decision, Keep):
        assert today <= expires_on
    if isinstance(decision, Expire):
        assert today > expires_on
    if isinstance(decision, Win):
        assert facts.submitted_on <= decision.won_on <= min(today, expires_on)


# Several partners on several accounts -----------------------------------------------------------

PLACES = [("001A", ""), ("001A", "EMEA"), ("001B", "")]


def overlap(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """A claim on the whole account ('') and one on a division of it are rivals."""
    return one[0] == other[0] and (one[1] == other[1] or "" in {one[1], other[1]})


STATES = {
    Approve: RegistrationState.APPROVED,
    Extend: RegistrationState.EXTENDED,
    Expire: RegistrationState.EXPIRED,
    Win: RegistrationState.WON,
    Lose: RegistrationState.LOST,
}


@dataclass
class Held:
    """A claim in the office's book."""

    claim: ClaimFacts
    state: RegistrationState = RegistrationState.SUBMITTED
    facts: RegistrationFacts | None = None
    moves: set[date] = field(default_factory=set)
    won_on: date | None = None
    lost_on: date | None = None

    @property
    def is_live(self) -> bool:
        return self.state in {RegistrationState.APPROVED, RegistrationState.EXTENDED}


class Office(RuleBasedStateMachine):
    """Partners register, deals move, nights run or are missed."""

    def __init__(self) -> None:
        super().__init__()
        self.today = MARCH_16
        self.night_ran_on: date | None = None
        self.book: list[Held] = []

    @rule(
        partner=st.integers(1, 3),
        place=st.sampled_from(PLACES),
        evidence=st.sampled_from([{"meeting"}, {"budget"}, {"need"}]),
    )
    def register(self, partner: int, place: tuple[str, str], evidence: set[str]) -> None:
        claim = ClaimFacts(
            registration_id=len(self.book) + 1,
            participant_id=partner,
            participant_name=f"Partner {partner}",
            participant_is_active=True,
            open_claims=0,
            place=place,
            submitted_on=self.today,
            evidence=frozenset(evidence),
            is_existing_customer=False,
            last_direct_activity_on=None,
            possible_accounts=1,
            rival=None,
        )
        self.book.append(Held(claim))

    @rule(place=st.sampled_from(PLACES), what=st.sampled_from(["moves", "moves", "won", "lost"]))
    def deal_changes(self, place: tuple[str, str], what: str) -> None:
        for held in self.book:
            if held.claim.place == place and held.is_live:
                if what == "moves":
                    held.moves.add(self.today)
                elif what == "won":
                    held.won_on = self.today
                else:
                    held.lost_on = self.today

    @rule(nights=st.integers(1, 70), are_missed=st.booleans())
    def days_pass(self, nights: int, are_missed: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
        for _ in range(nights):
            self.today += DAY
            if not are_missed:
                self.run_night()
        self.run_night()

    def run_night(self) -> None:
        self.review_live()
        self.decide_new()
        self.review_live()
        self.night_ran_on = self.today

    def review_live(self) -> None:
        for held in filter(lambda held: held.is_live, self.book):
            assert held.facts is not None
            held.facts = held.facts._replace(
                won_on=held.won_on,
                lost_on=held.lost_on,
                moved_forward_on=tuple(held.moves),
            )
            for decision in course(held.facts, POLICY, self.today):
                if isinstance(decision, Extend):
                    used = held.facts.extensions_used + 1
                    held.facts = held.facts._replace(
                        expires_on=decision.until, extensions_used=used
                    )
                if not isinstance(decision, Keep):
                    held.state = STATES[type(decision)]

    def decide_new(self) -> None:
        live = {held.claim.place: held for held in self.book if held.is_live}
        waiting = [held for held in self.book if held.state is RegistrationState.SUBMITTED]
        claims = [replace(h.claim, rival=_rival(live.get(h.claim.place))) for h in waiting]
        decided = decide_in_order(claims, POLICY)
        self.check_that_the_first_wins(decided, set(live))
        for held, (_, verdict) in zip(waiting, decided, strict=True):
            if isinstance(verdict, Approve):
                held.state = RegistrationState.APPROVED
                held.facts = RegistrationFacts(
                    held.claim.registration_id, held.claim.submitted_on, verdict.expires_on, 0
                )
            elif not isinstance(verdict, Ask):
                held.state = RegistrationState.REJECTED

    def check_that_the_first_wins(
        self,
        decided: list[tuple[ClaimFacts, Verdict]],
        protected: set[tuple[str, str]],
    ) -> None:
        for place in PLACES:
            if any(overlap(place, other) for other in protected):
                continue
            qualified = [
                (c, v) for c, v in decided if overlap(place, c.place) and is_qualified(c.evidence)
            ]
            if len({c.place for c, _ in qualified}) > 1:
                continue  # of two divisions and the whole, the order among them decides
            for claim, verdict in qualified[:1]:
                assert isinstance(verdict, Approve), claim
            for _, verdict in qualified[1:]:
                assert not isinstance(verdict, Approve)

    @invariant()
    def a_place_has_at_most_one_live_claim(self) -> None:
        live = defaultdict(list)
        for held in self.book:
            if held.is_live:
                live[held.claim.place].append(held)
        assert all(len(holders) == 1 for holders in live.values())

    @invariant()
    def no_claim_is_live_after_its_last_day(self) -> None:
        if self.night_ran_on != self.today:
            return
        for held in self.book:
            if held.is_live:
                assert held.facts is not None
                assert self.today <= held.facts.expires_on

    @invariant()
    def a_claim_is_won_only_while_it_protects(self) -> None:
        for held in self.book:
            if held.state is RegistrationState.WON:
                assert held.facts is not None
                assert held.won_on is not None
                assert held.claim.submitted_on <= held.won_on <= held.facts.expires_on


def _rival(holder: Held | None) -> Rival | None:
    if holder is None or holder.facts is None:
        return None
    claim = holder.claim
    return Rival(
        claim.registration_id,
        claim.participant_id,
        claim.participant_name,
        is_live=True,
        until=holder.facts.expires_on,
    )


TestOffice = Office.TestCase
TestOffice.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
