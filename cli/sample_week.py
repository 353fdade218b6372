"""What people of the sample company did in the week before the night: they decide, ask, contest.

Each step is the public action that the commands call, dated on its day. A company whose night has
run, or whose week was lived through before, is left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, text

from goodword.actions import disputes, extensions, registrations, rulings
from goodword.db.session import Database
from goodword.rules.disputes import Outcome
from goodword.rules.programs import Program
from goodword.rules.registrations import RegistrationState as State

_OWN_MEETING = (
    "We sat with their buyers in March and priced the project; the other partner did not."
)
_SEEN = "Our own people met them with this partner; the minutes are in the CRM."


@dataclass(frozen=True, slots=True)
class _Week:
    """The week: whose claims they are, by the names of the scenarios."""

    tx: Connection
    program: Program
    night: date

    def day(self, ago: int) -> date:
        """Return the day so long before the night."""
        return self.night - timedelta(days=ago)

    def claim(self, scenario: str, part: str = "") -> tuple[int, str]:
        """Return a claim's number and its partner's key."""
        key = f"reg-{scenario.replace('_', '-')}-1{part}"
        row = self.tx.execute(_CLAIM, {"key": key}).one()
        return row.id, row.partner

    def staff(self, claim: int, state: State, reason: str, by: str, ago: int) -> None:
        """Let staff change one claim."""
        ruling = registrations.StaffRuling(claim, state, reason, by)
        policy, zone = self.program.registrations, self.program.time_zone
        registrations.decide(self.tx, ruling, policy, zone, self.day(ago))

    def approved(self, scenario: str, part: str = "", ago: int = 7) -> tuple[int, str]:
        """Let staff approve a claim, and return it."""
        number, partner = self.claim(scenario, part)
        self.staff(number, State.APPROVED, _SEEN, "olivia", ago)
        return number, partner

    def wish(self, scenario: str, ago: int) -> int:
        """Let the partner of an approved claim ask for more days."""
        number, partner = self.approved(scenario)
        why = "The buyer's board meets in three weeks; the offer is with them."
        wish = extensions.Wish(number, partner, why)
        extensions.ask(self.tx, wish, self.program.registrations, self.day(ago))
        return number

    def contest(self, scenario: str, ago: int) -> tuple[int, str, str]:
        """Let the second partner contest the claim of the first; returns it and both partners."""
        held, holder = self.approved(scenario, "a", ago + 1)
        _, rival = self.claim(scenario, "b")
        contest = disputes.Contest(held, rival, _OWN_MEETING)
        number = disputes.open_(self.tx, contest, self.program.disputes, self.day(ago))
        answer = disputes.Said(number, holder, "We registered first, with a meeting on record.")
        disputes.state(self.tx, answer, self.day(ago - 1))
        return number, holder, rival

    def rule(self, dispute: int, by: str, outcome: Outcome, ago: int, share_bps: int = 0) -> None:
        """Let somebody who is no party rule."""
        why = "Decided by who did the work first, as the minutes of both meetings show."
        decision = rulings.Decision(dispute, by, outcome, why, share_bps)
        rulings.rule(self.tx, decision, self.program, self.day(ago))


_CLAIM = text(
    "SELECT r.id, p.key AS partner FROM registrations r JOIN participants p"
    " ON p.id = r.participant_id WHERE r.key = :key"
)


def live_through(database: Database, program: Program, night: date) -> list[str]:
    """Let the week pass, all of it or nothing; returns what happened, in sentences."""
    with database.transaction() as tx:
        if tx.execute(_IS_OVER).scalar_one():
            return []
        week = _Week(tx, program, night)
        return [step(week) for step in _STEPS]


_IS_OVER = text(
    "SELECT EXISTS (SELECT FROM nights) OR EXISTS (SELECT FROM disputes)"
    " OR NOT EXISTS (SELECT FROM registrations WHERE key = 'reg-dispute-open-1b')"
)


def _granted(week: _Week) -> str:
    number = week.wish("more_days_granted", 3)
    week.staff(number, State.EXTENDED, "The board's date is confirmed.", "olivia", 2)
    return f"registration {number}: more days asked for, and given by staff"


def _refused(week: _Week) -> str:
    number = week.wish("more_days_refused", 3)
    why = "Nothing has moved since May; claim it anew when they come back."
    extensions.refuse(week.tx, extensions.Refusal(number, why, "olivia"), week.day(2))
    return f"registration {number}: more days asked for, and refused"


def _waiting(week: _Week) -> str:
    number = week.wish("more_days_waiting", 1)
    return f"registration {number}: more days asked for, not answered yet"


def _withdrawn(week: _Week) -> str:
    number, partner = week.approved("claim_withdrawn")
    week.staff(number, State.WITHDRAWN, "The project was called off.", partner, 4)
    return f"registration {number}: withdrawn by its partner"


def _open(week: _Week) -> str:
    number, *_ = week.contest("dispute_open", 8)
    return f"dispute {number}: nobody has ruled in time"


def _transferred(week: _Week) -> str:
    number, *_ = week.contest("dispute_transferred", 6)
    week.rule(number, "pavel", Outcome.TRANSFERRED, 4, share_bps=2_000)
    return f"dispute {number}: the claim is transferred, 20% stays with who had it"


def _appealed(week: _Week) -> str:
    number, _, rival = week.contest("dispute_appealed", 14)
    week.rule(number, "pavel", Outcome.UPHELD, 12)
    ground = "The minutes of our meeting of March were not looked at."
    appeal = disputes.Appeal(number, rival, ground)
    disputes.appeal(week.tx, appeal, week.program.disputes, week.day(9))
    week.rule(number, "nadia", Outcome.UPHELD, 6)
    return f"dispute {number}: upheld, appealed, and upheld again"


def _term_over(week: _Week) -> str:
    number, *_ = week.contest("dispute_term_over", 20)
    week.rule(number, "pavel", Outcome.UPHELD, 17)
    return f"dispute {number}: upheld, and not appealed in time"


_STEPS: tuple[Callable[[_Week], str], ...] = (
    _term_over,
    _appealed,
    _open,
    _transferred,
    _withdrawn,
    _granted,
    _refused,
    _waiting,
)
