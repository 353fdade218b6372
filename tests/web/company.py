"""A company in which something of every noun waits for somebody, and every text is an attack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from goodword.actions import (
    delegations,
    messages,
    nights,
    notices,
    quarantine,
    reconciliations,
    refunds,
    registrations,
)
from goodword.actions.registrations import Change
from goodword.db.session import instant
from goodword.rules.delegations import Delegation
from goodword.rules.payouts import Answer, Held, Paid, Refused
from goodword.rules.provider_events import GivenBack
from goodword.rules.reconciliations import DifferenceKind, Disagreement
from goodword.rules.registrations import RegistrationState as State
from tests import factories as make
from tests.actions.test_bank_files_kept import collected, handed_over
from tests.contested import PROGRAM, Place

if TYPE_CHECKING:
    from sqlalchemy import Connection

SCRIPT = "<script>alert(1)</script>"
"""What must be read on a page, and never run there."""

DEAL = "006000000000001AAA"
RECORD: dict[str, Any] = {
    "Id": DEAL,
    "AccountId": None,
    "Name": SCRIPT,
    "StageName": "Closed Won",
    "Amount": "-5",
    "CloseDate": "2026-06-20",
    "CreatedDate": "2026-05-01T00:00:00.000+0000",
    "SystemModstamp": "2026-06-21T00:00:00.000+0000",
    "IsClosed": True,
    "IsWon": True,
    "IsDeleted": False,
}


@dataclass(frozen=True)
class Company:
    """The numbers of what forms are about."""

    reward: int
    """Waits for one person; so does the second."""
    second_reward: int
    refused: int
    """Payouts, by how they stand."""
    held: int
    bank_file: int
    line: int
    difference: int
    second_difference: int
    unpaid: int
    """A reward that looks unpaid at where the difference is."""
    submitted: int
    """Registrations, by how they stand."""
    extendable: int
    """Ends in a few days, and its partner asks for more; so does the second's."""
    second_extendable: int
    asked_about: int
    account: str
    contested: int
    today: str
    until: str
    dispute: int
    record: int
    seen_record: str
    letter: int
    notice: int
    delegation: int
    paid: int
    """A payout of which 40.00 USD were clawed back."""
    refund: str
    deal: str
    routed: str


def busy(tx: Connection, carol: str, dave: str) -> Company:
    """Let something of every noun wait; Carol lets Dave decide in her place."""
    today = PROGRAM.date_of(datetime.now(UTC))  # where the program is, it may be yesterday still
    eve = make.participant(tx, "eve", name=f"Eve {SCRIPT}", status="active")
    rewards = [make.waiting(tx, eve, minor) for minor in (90_000, 80_000)]
    place, until = Place(tx), today + timedelta(days=5)
    other = make.registration(tx, place.ann, f"Northwind {SCRIPT}")
    registrations.apply(tx, [make.approval_of(other, place.ann)], make.TODAY)
    for number in (place.held, other):
        tx.execute(_ENDS, {"id": number, "day": until})
        wish = {"registration_id": number, "asked_by": "ann", "asked_on": make.TODAY}
        make.insert(tx, "extension_requests", reason=SCRIPT, **wish)
    contested = make.registration(tx, eve, "Acme")
    late = Change(contested, eve, State.CONFLICTING, (SCRIPT,), with_id=place.held)
    registrations.apply(tx, [late], make.TODAY)
    dispute = place.open()
    asked_about = make.registration(tx, eve, f"Fabrikam {SCRIPT}")
    account = make.account(tx, name=f"Fabrikam {SCRIPT}")
    question = {"registration_id": asked_about, "account_crm_id": account}
    make.insert(tx, "account_questions", reason=SCRIPT, asked_on=make.TODAY, **question)
    line = handed_over(tx)
    unpaid = make.approved(tx, make.participant(tx, "ada"), 4_000)
    record = _record(tx)
    _night(tx)
    who = Delegation(carol, dave, today, today + timedelta(days=9))
    return Company(
        *rewards,
        refused=_sent(tx, eve, Refused("restricted", SCRIPT, SCRIPT)),
        held=_sent(tx, eve, Held(f"two {SCRIPT}")),
        bank_file=collected(tx),
        line=line,
        difference=difference(tx),
        second_difference=difference(tx, 8),
        unpaid=unpaid,
        submitted=_submitted(tx, eve),
        extendable=place.held,
        second_extendable=other,
        asked_about=asked_about,
        account=account,
        contested=contested,
        today=today.isoformat(),
        until=until.isoformat(),
        dispute=dispute,
        record=record,
        seen_record=make.value(tx, "SELECT md5(record::text) FROM quarantine"),
        letter=_letter(tx, eve),
        notice=_notice(tx),
        paid=_clawed_back(tx, eve),
        refund=_refund(tx),
        deal=_deal(tx, eve),
        routed=_routed(tx, place.held),
        delegation=delegations.delegate(tx, who, delegations.Made(carol, SCRIPT), today),
    )


def _sent(tx: Connection, person: int, answer: Answer) -> int:
    number = make.reserved(tx, make.approved(tx, person, 4_000))
    make.settle(tx, make.submit(tx, number), answer)
    return number


def _submitted(tx: Connection, person: int) -> int:
    now = datetime.now(UTC)
    return make.registration(tx, person, f"Contoso {SCRIPT}", submitted_at=now)


_ENDS = make.text("UPDATE registrations SET expires_on = :day WHERE id = :id")


def difference(tx: Connection, number: int = 9) -> int:
    """Let reconciliation find 40.00 to acct_ada that the ledger does not know."""
    name = f"tr_{number}"
    strange = Disagreement(
        DifferenceKind.NOT_IN_LEDGER, None, name, f"ref-{number}", "acct_ada", "USD", 0, 4_000,
        f"{name} is unknown here {SCRIPT}",
    )  # fmt: skip
    reconciliations.record(tx, [strange], reconciliations.Examined((), (name,)), make.TODAY)
    return int(make.value(tx, "SELECT max(id) FROM differences"))


def _record(tx: Connection) -> int:
    aside = quarantine.Aside(DEAL, f"Amount is '-5' {SCRIPT}", RECORD)
    quarantine.set_aside(tx, "salesforce.Opportunity", [aside])
    return int(make.value(tx, "SELECT id FROM quarantine"))


def _letter(tx: Connection, person: int) -> int:
    context = {"company": f"Contoso {SCRIPT}", "submitted_on": "2026-06-30"}
    messages.queue(tx, [messages.Letter("one", "referral_received", person, context)], make.TODAY)
    number = int(make.value(tx, "SELECT id FROM messages WHERE fact = 'one'"))
    messages.start_sending(tx, [number])
    messages.record_sent(tx, [messages.Sent(number, "failed", f"no mailbox {SCRIPT}")])
    return number


def _notice(tx: Connection) -> int:
    title = f"The night failed {SCRIPT}"
    notices.queue(tx, notices.Notice("night-1", "night.ended", title, {}), make.TODAY)
    [row] = notices.take(tx)
    notices.record(tx, notices.Posted(row.id, "failed", f"it said {SCRIPT}"))
    return int(row.id)


def _clawed_back(tx: Connection, person: int) -> int:
    number = _sent(tx, person, Paid("tr_1"))
    reward = make.value(tx, "SELECT reward_id FROM payout_rewards WHERE payout_id = :id", id=number)
    make.cancel(tx, reward)
    back = make.value(tx, "SELECT id FROM rewards WHERE reverses_id = :id", id=reward)
    make.judge(tx, 0, back)
    return number


def _refund(tx: Connection) -> str:
    found = GivenBack(
        f"re_{SCRIPT}", "charge", at=make.NOW, reason=SCRIPT, refunded_minor=4_000, currency="USD"
    )
    refunds.record_found(tx, [found], make.NOW + timedelta(days=365), "UTC")
    return found.id


def _deal(tx: Connection, person: int) -> str:
    deal = "006000000000009AAA"
    make.conversion(tx, person, crm_id=deal)
    return deal


def _routed(tx: Connection, registration: int) -> str:
    lead = {"crm_object": "Lead", "crm_id": "00Q1", "registration_id": registration}
    make.insert(tx, "routings", partner=SCRIPT, routed_on=make.TODAY, **lead)
    return "00Q1"


def _night(tx: Connection) -> None:
    number = nights.begin(tx, make.TODAY)
    failed = nights.StageResult(
        number, make.TODAY, "sync", {"updated": 1234}, [f"the org said {SCRIPT}"],
        instant(tx),
    )  # fmt: skip
    nights.record_stage(tx, failed)
    nights.finish(tx, number, failed=True)
