"""Claims of several partners over time, in a real database, by the real rules, in any order.

Partners register and ask for more days, staff rules, deals move, nights run or are missed; a night
takes its claims in any order and in any chunks. After every step the promises must hold. An example
is one transaction that is rolled back: nothing that the machine does needs a commit.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, text

from goodword.actions import (
    extensions,
    live_claims,
    new_claims,
    nights,
    opportunities,
    registrations,
)
from goodword.db.checks import violations
from goodword.db.queries import live_claims as live_queries
from goodword.db.queries import new_claims as new_queries
from goodword.db.queries import protections
from goodword.db.session import instant
from goodword.rules import crm
from goodword.rules import live_claims as live_rules
from goodword.rules import new_claims as new_rules
from goodword.rules.registrations import RegistrationPolicy
from goodword.rules.registrations import RegistrationState as State
from tests import factories as make

if TYPE_CHECKING:
    from goodword.db.session import Database

ZONE = "UTC"
START = date(2026, 3, 16)
STAGES = ("Prospecting", "Proposal", "Closed Won", "Closed Lost")
POLICY = RegistrationPolicy(
    window_days=12,
    extension_days=6,
    progress_within_days=8,
    warn_before_days=(5, 2),
    cooling_days=4,
    blocked_by_direct_activity_days=3,
)
PARTNERS = ("ann", "bob", "cem")
DIVISIONS = ("", "EMEA", "APAC")
EVIDENCE = ('[{"kind": "meeting"}]', '[{"kind": "budget"}]', '[{"kind": "need"}]')
CLAIM = st.tuples(
    st.sampled_from(PARTNERS),
    st.integers(0, 1),
    st.sampled_from(DIVISIONS),
    st.sampled_from(EVIDENCE),
    st.booleans(),
)
MOVES = ("moves", "moves", "is touched", "is touched", "is won", "is lost")
RULINGS = {
    State.SUBMITTED: (State.APPROVED, State.APPROVED, State.REJECTED),
    State.APPROVED: (State.EXTENDED, State.EXTENDED, State.WITHDRAWN),
    State.EXTENDED: (State.EXTENDED, State.WITHDRAWN),
}
"""What staff mostly wants of a claim; of one that is over, to have it back."""

QUALIFIED = "a.evidence->0->>'kind' <> 'need'"

OVERLAP = (
    "a.claim_key = b.claim_key AND (a.division = b.division OR '' IN (a.division, b.division))"
)
LIVE = "('approved', 'extended')"


class Claims(RuleBasedStateMachine):
    """Three partners, two accounts with two divisions each, and the deals on them."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.connection = self.database.engine.connect()
        self.whole = self.connection.begin()
        self.tx: Connection = self.connection
        self.today = START
        self.moment = 0
        self.is_reviewed = True
        self.deals: dict[str, crm.Opportunity] = {}

    @initialize()
    def begin(self) -> None:
        make.program(self.tx)
        self.partners = {key: make.participant(self.tx, key) for key in PARTNERS}
        self.accounts = [make.account(self.tx) for _ in range(2)]
        for account in (0, 1):
            self.open_a_deal(account, "")

    def teardown(self) -> None:
        try:
            assert [found.sentence for found in violations(self.tx)] == []
        finally:
            self.whole.rollback()
            self.connection.close()

    @property
    def now(self) -> datetime:
        """An instant of today, later each time."""
        self.moment += 1
        return datetime.combine(self.today, time(12), UTC) + timedelta(seconds=self.moment)

    def numbers(self, condition: str) -> list[int]:
        found = self.tx.execute(
            text(f"SELECT id FROM registrations r WHERE {condition} ORDER BY id")
        )
        return list(found.scalars())

    # What partners do ---------------------------------------------------------------------------

    @rule(claims=st.lists(CLAIM, min_size=1, max_size=4))
    def register(self, claims: list[tuple[str, int, str, str, bool]]) -> None:
        for partner, account, division, evidence, names_a_deal in claims:
            its = sorted(
                deal.crm_id
                for deal in self.deals.values()
                if deal.account_crm_id == self.accounts[account]
            )
            make.registration(
                self.tx,
                self.partners[partner],
                f"Company {account}",
                account_crm_id=self.accounts[account],
                division=division,
                evidence=evidence,
                submitted_at=self.now,
                opportunity_crm_id=its[-1] if names_a_deal else None,
            )

    @rule(data=st.data())
    def ask_for_more_days(self, data: st.DataObject) -> None:
        if live := self.numbers(f"r.state IN {LIVE}"):
            number = data.draw(st.sampled_from(live))
            owner = "SELECT p.key FROM registrations r JOIN participants p"
            key = make.value(
                self.tx, f"{owner} ON p.id = r.participant_id WHERE r.id = :id", id=number
            )
            with suppress(extensions.ExtensionRefused):
                wish = extensions.Wish(number, key, "they sign soon")
                extensions.ask(self.tx, wish, POLICY, self.today)

    # What staff does ----------------------------------------------------------------------------

    @rule(data=st.data())
    def rule_by_hand(self, data: st.DataObject) -> None:
        if every := self.numbers("TRUE"):
            number = data.draw(st.sampled_from(every))
            stands = State(make.state(self.tx, "registrations", number))
            state = data.draw(st.sampled_from(RULINGS.get(stands, (State.APPROVED,))))
            ruling = registrations.StaffRuling(number, state, "it is fair", "sam")
            with suppress(registrations.RegistrationRefused):
                registrations.decide(self.tx, ruling, POLICY, ZONE, self.today)

    @rule(data=st.data())
    def refuse_more_days(self, data: st.DataObject) -> None:
        found = self.tx.execute(
            text("SELECT registration_id FROM extension_requests WHERE state = 'open'")
        )
        if waiting := sorted(found.scalars()):
            refusal = extensions.Refusal(data.draw(st.sampled_from(waiting)), "no budget", "sam")
            extensions.refuse(self.tx, refusal, self.today)

    # What the CRM says --------------------------------------------------------------------------

    @rule(account=st.integers(0, 1), about=st.sampled_from(["", " EMEA", " APAC"]))
    def open_a_deal(self, account: int, about: str) -> None:
        number = len(self.deals) + 1
        record: dict[str, Any] = dict.fromkeys(crm.Opportunity.__dataclass_fields__)
        record |= {
            "crm_id": f"006{number:015}",
            "account_crm_id": self.accounts[account],
            "name": f"Deal {number}{about}",
            "currency": "USD",
            "is_closed": False,
            "is_won": False,
            "is_deleted": False,
            "created_at": self.now,
            "lead_source": "Partner",
            "stage": "Prospecting",
        }
        self.save(crm.Opportunity(**{**record, "modified_at": record["created_at"]}))

    def save(self, deal: crm.Opportunity) -> None:
        """Mirror a deal as it stands, with a row of its stage history."""
        self.deals[deal.crm_id] = deal
        opportunities.save_page(self.tx, crm.CrmObject.OPPORTUNITY, [deal], [])
        step = crm.StageChange(
            f"008{self.moment:015}",
            deal.crm_id,
            deal.stage,
            deal.amount_minor,
            "USD",
            None,
            deal.modified_at,
            is_deleted=False,
            modified_at=deal.modified_at,
        )
        opportunities.save_page(self.tx, crm.CrmObject.STAGE_CHANGE, [step], [])
        opportunities.date_wins(self.tx, [deal.crm_id], ZONE)

    @rule(data=st.data(), what=st.sampled_from(MOVES))
    def deal(self, data: st.DataObject, what: str) -> None:
        deal = self.deals[data.draw(st.sampled_from(sorted(self.deals)))]
        now = self.now
        ends = {"is_closed": True, "close_on": self.today}
        changes: dict[str, dict[str, Any]] = {
            "moves": {"stage": "Proposal", "is_closed": False, "is_won": False},
            "is touched": {"last_activity_on": self.today},
            "is won": {**ends, "stage": "Closed Won", "is_won": True, "amount_minor": 100},
            "is lost": {**ends, "stage": "Closed Lost", "is_won": False},
        }
        self.save(replace(deal, modified_at=now, **changes[what]))

    # Nights -------------------------------------------------------------------------------------

    @rule(days=st.integers(1, 7), data=st.data())
    def days_pass(self, days: int, data: st.DataObject) -> None:
        """Let days pass without a night, then run one."""
        self.today += timedelta(days=days)
        self.is_reviewed = False
        self.night(data)

    @rule(days=st.integers(1, 5))
    def nights_are_missed(self, days: int) -> None:
        self.today += timedelta(days=days)
        self.is_reviewed = False

    @rule(data=st.data())
    def night(self, data: st.DataObject) -> None:
        """Decide and review in any order and chunks, then once more as after an interruption."""
        started_at = instant(self.tx)
        for chunk in _chunks(data, new_queries.submitted(self.tx, self.today, ZONE)):
            self.decide(chunk)
        due = live_queries.to_review(self.tx, self.today, POLICY.warn_before_days)
        self.check_that_nothing_is_left_out(due)
        for chunk in _chunks(data, due):
            self.review(chunk)
        extensions.remind(self.tx, "staff@example.com", self.today)
        nights.record_stage(
            self.tx, nights.StageResult(None, self.today, "review", {}, [], started_at)
        )
        self.is_reviewed = True

    def decide(self, ids: list[int]) -> None:
        facts = new_queries.claim_facts(self.tx, ids, ZONE)
        verdicts = new_rules.decide_in_order(facts, POLICY, self.today)
        new_claims.record_verdicts(self.tx, verdicts, self.today)

    def followed(self, ids: list[int]) -> list[tuple[live_queries.LiveClaim, live_rules.Course]]:
        claims = live_queries.live_facts(self.tx, ids, self.today, ZONE, STAGES)
        asked = [live_rules.Claimant(c.facts, POLICY, c.submitted_at, c.wins) for c in claims]
        return list(zip(claims, live_rules.courses(asked, self.today), strict=True))

    def review(self, ids: list[int]) -> None:
        live_claims.record_courses(self.tx, self.followed(ids), self.today)

    def check_that_nothing_is_left_out(self, due: list[int]) -> None:
        """The others are kept in silence: no decision, and no warning that was not sent."""
        others = sorted(set(make.live(self.tx)) - set(due))
        told = set(make.facts(self.tx))
        for claim, course in self.followed(others):
            if claim.facts.registration_id in due:
                continue
            [kept] = course.decisions
            assert isinstance(kept, live_rules.Keep)
            about = f"registration:{claim.facts.registration_id}:expiring:{claim.facts.expires_on}"
            assert kept.warn_days is None or f"{about}:{kept.warn_days}" in told

    # What must hold -----------------------------------------------------------------------------

    def none(self, statement: str) -> None:
        assert self.tx.execute(text(statement), {"today": self.today}).all() == []

    @invariant()
    def no_two_live_claims_are_in_one_place(self) -> None:
        self.none(
            "SELECT a.id, b.id FROM registrations a JOIN registrations b ON a.id < b.id AND "
            f"{OVERLAP} WHERE a.state IN {LIVE} AND b.state IN {LIVE}"
        )

    @invariant()
    def the_first_qualified_one_wins(self) -> None:
        """Nobody loses to a later claim, and none is approved over one that waits."""
        self.none(
            "SELECT b.id FROM registrations b JOIN registrations a ON a.id = b.conflicts_with_id"
            " WHERE b.state = 'conflicting' AND b.decided_by = 'night'"
            " AND (a.submitted_at, a.id) > (b.submitted_at, b.id)"
        )
        self.none(
            f"SELECT a.id, b.id FROM registrations a JOIN registrations b ON {OVERLAP}"
            " AND (a.submitted_at, a.id) < (b.submitted_at, b.id) WHERE a.state = 'submitted'"
            f" AND {QUALIFIED} AND b.state = 'approved' AND b.decided_by = 'night'"
            " AND b.decided_on >= (a.submitted_at AT TIME ZONE 'UTC')::date"
        )

    @invariant()
    def what_has_expired_protects_nothing(self) -> None:
        """From the night after its last day on a claim is not live, and the CRM is not told so."""
        if self.is_reviewed:
            self.none(f"SELECT id FROM registrations WHERE state IN {LIVE} AND expires_on < :today")
            assert all(
                row.until is None or row.until >= self.today
                for row in protections.differing(self.tx)
            )

    @invariant()
    def every_transition_is_in_the_audit_trail(self) -> None:
        """The last thing that the trail says became of a claim is where it stands."""
        states = tuple(state.value for state in State if state is not State.SUBMITTED)
        self.none(
            "SELECT r.id, r.state FROM registrations r LEFT JOIN LATERAL ("
            " SELECT e.action FROM audit_events e WHERE e.subject = 'registration'"
            f" AND e.subject_id = r.id AND e.action IN {states} ORDER BY e.id DESC LIMIT 1"
            ") last ON TRUE WHERE COALESCE(last.action, 'submitted') <> r.state"
        )

    @invariant()
    def live_claims_have_a_last_day_and_requests_are_of_live_claims(self) -> None:
        self.none(f"SELECT id FROM registrations WHERE state IN {LIVE} AND expires_on IS NULL")
        self.none(
            "SELECT q.id FROM extension_requests q JOIN registrations r ON r.id = q.registration_id"
            f" WHERE q.state = 'open' AND r.state NOT IN {LIVE}"
        )

    @invariant()
    def no_deal_is_credited_twice(self) -> None:
        self.none(
            "SELECT opportunity_crm_id FROM registrations WHERE state = 'won'"
            " GROUP BY opportunity_crm_id HAVING count(*) > 1"
        )


def _chunks(data: st.DataObject, ids: list[int]) -> list[list[int]]:
    order = data.draw(st.permutations(ids)) if ids else []
    size = data.draw(st.integers(1, 3))
    return [order[i : i + size] for i in range(0, len(order), size)]


def test_claims_keep_their_promises_after_any_steps(database: Database) -> None:
    machine: Any = type("OfThisDatabase", (Claims,), {"database": database})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
