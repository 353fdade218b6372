"""Every invariant sees the violation that is planted for it, names it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, Engine, create_engine, make_url, text

from goodword.actions import approvals, messages, provider_events, refunds, registrations
from goodword.db.checks import INVARIANTS, violations
from goodword.db.session import Database
from goodword.money import Money
from goodword.rules.payouts import Answer, Held, Paid, Refused, Unknown
from goodword.rules.provider_events import GivenBack, ProviderEvent
from goodword.rules.registrations import RegistrationState as State
from tests import factories as make


@pytest.fixture(scope="module")
def administration(module_database: Database) -> Iterator[Engine]:
    """The administrator's way into a company with one of everything; they may pass triggers."""
    with module_database.transaction() as tx:
        _company(tx)
    engine = create_engine(make_url(module_database.engine.url).set(username="postgres"))
    yield engine
    engine.dispose()


@pytest.fixture
def tx(administration: Engine) -> Iterator[Connection]:
    """A transaction of which nothing is kept."""
    with administration.connect() as connection, connection.begin() as whole:
        yield connection
        whole.rollback()


def _company(tx: Connection) -> None:
    """One of everything; the amount of a reward tells which it is."""
    ann, bob = make.participant(tx, "ann"), make.participant(tx, "bob")
    make.program(tx)
    make.referral(tx, bob)
    first = make.registration(tx, ann, "Acme")
    rival = make.registration(tx, bob, "Acme")
    make.registration(tx, bob, "Acme")
    who = (ann, State.APPROVED, ("qualified",))
    approve = registrations.Change(first, *who, expires_on=make.TODAY)
    conflict = registrations.Change(rival, bob, State.CONFLICTING, ("late",), with_id=first)
    registrations.apply(tx, [approve, conflict], make.TODAY)
    make.reward(tx, ann, 1100)
    _rule(tx, make.waiting(tx, ann, 1200, needed=2), 1200, approve=True)
    make.approved(tx, ann, 1300)
    _rule(tx, make.waiting(tx, ann, 1400), 1400, approve=False)
    make.cancel(tx, make.approved(tx, ann, 1500))
    make.reserved(tx, make.approved(tx, ann, 1600))
    answers: dict[int, Answer] = {
        1800: Unknown("no answer"),
        1900: Refused("closed", "no such account", "ask them"),
    }
    answers |= {2000: Paid("tr_1"), 2100: Held("another request")}
    for minor in (1700, 1800, 1900, 2000, 2100):
        sent = make.submit(tx, make.reserved(tx, make.approved(tx, ann, minor)))
        if minor in answers:
            make.settle(tx, sent, answers[minor])
    make.cancel(tx, _reward(tx, 2000))
    make.judge(tx, 0, _reward(tx, -2000))
    event = ProviderEvent("evt_1", "refund.created", None, make.NOW, "re_1", "{}")
    provider_events.receive(tx, [event], provider_events.WEBHOOK)
    provider_events.record(tx, [provider_events.TakenUp("evt_1", "done")])
    given_back = GivenBack("re_1", "charge", "USD", make.NOW, "a refund", refunded_minor=5)
    refunds.record_found(tx, [given_back], make.NOW, make.ZONE)
    messages.record_sent(
        tx, [messages.Sent(number, "sent") for number in sorted(messages.start_sending(tx, [1]))]
    )


def _rule(tx: Connection, reward_id: int, minor: int, *, approve: bool) -> None:
    seen = Money(minor, "USD")
    approvals.decide(
        tx, approvals.Ruling(reward_id, "carol", approve, seen, "looked at"), make.TODAY
    )


def _reward(tx: Connection, minor: int) -> int:
    return int(make.value(tx, "SELECT id FROM rewards WHERE amount_minor = :m", m=minor))


@dataclass(frozen=True)
class Plant:
    """A violation: what is done to the data, what is broken by it, and what the report says."""

    does: str
    breaks: frozenset[str]
    says: str

    def __str__(self) -> str:
        return f"{', '.join(sorted(self.breaks))}: {self.says}"


def _plant(breaks: str, says: str, *does: str) -> Plant:
    return Plant(";".join(does), frozenset(breaks.split()), says)


ACCRUED = (
    "(SELECT p.id FROM postings p JOIN rewards r ON r.id = p.reward_id WHERE amount_minor = {})"
)
POSTING = "INSERT INTO postings (kind, posted_on) VALUES ('accrue', '2026-06-30')"
LEGS = """
INSERT INTO entries (posting_id, account, participant_id, currency, amount_minor)
SELECT (SELECT max(id) FROM postings), account, (SELECT id FROM participants WHERE key = 'ann'),
       'USD', minor
FROM (VALUES ('{}', {}), ('{}', {})) AS legs (account, minor)
"""

BANK_FILE = """
INSERT INTO bank_files (message_id, currency, body, made_on, digest, payouts, total_minor)
VALUES ('file', 'EUR', 'x', '2026-06-30', {}, {}, {})
"""

DISPUTE = """
INSERT INTO disputes (registration_id, rival_id, opened_by, ground, opened_on, decide_by, decider,
                      state, closed_on)
VALUES (1, {}, 'bob', 'we met them', '2026-06-30', '{}', '', '{}', {})
"""
RULING = """
INSERT INTO dispute_rulings (dispute_id, instance, outcome, reason, ruled_by, ruled_on)
VALUES ((SELECT max(id) FROM disputes), {}, 'upheld', 'the minutes', '{}', '2026-07-01')
"""
ROUTING = """
INSERT INTO routings (crm_object, crm_id, registration_id, partner, routed_on, written_on,
                      by_hand_on, released_on)
VALUES ('Lead', '00Q1', 1, 'Ann', '2026-06-30', {}, {}, {})
"""
CLOSED = DISPUTE.format(2, "2026-07-05", "closed", "'2026-07-09'")

PLANTS = (
    _plant(
        "postings_balance",
        "has 2 legs that sum to 5 in USD",
        "UPDATE entries SET amount_minor = amount_minor + 5 WHERE account = 'program_expense'"
        f" AND posting_id = {ACCRUED.format(1300)}",
        "UPDATE entries SET amount_minor = amount_minor - 5 WHERE account = 'program_expense'"
        f" AND posting_id = {ACCRUED.format(1600)}",
    ),
    _plant(
        "postings_balance",
        "has 0 legs that sum to 0 in no currency",
        "INSERT INTO postings (kind, reward_id, posted_on) VALUES ('accrue', 1, '2026-06-30')",
    ),
    _plant(
        "postings_balance entries_belong books_agree",
        "has 2 legs that sum to 0 in EUR and USD",
        "UPDATE entries SET currency = 'EUR' WHERE account = 'program_expense'"
        f" AND posting_id = {ACCRUED.format(1300)}",
    ),
    _plant(
        "postings_explain",
        "(accrue) names reward none and payout none",
        POSTING,
        LEGS.format("owed", 0, "program_expense", 0),
    ),
    _plant(
        "postings_explain books_agree",
        "rewards and payouts say",
        POSTING,
        LEGS.format("program_expense", 12, "owed", -12),
    ),
    _plant(
        "entries_belong",
        "is of participant 2 in USD, its reward or payout of 1 in USD",
        "INSERT INTO entries (posting_id, account, participant_id, currency, amount_minor)"
        f" SELECT {ACCRUED.format(1300)}, 'owed', 2, 'USD', m FROM (VALUES (7), (-7)) v (m)",
    ),
    _plant(
        "rewards_owed books_agree",
        "is void with 1300 USD, and the ledger accrued 1300",
        "UPDATE rewards SET state = 'void' WHERE amount_minor = 1300",
    ),
    _plant(
        "payouts_posted books_agree",
        "is planned: 1800 USD must lie in reserved, and 0 does",
        "UPDATE payouts SET state = 'planned' WHERE state = 'unknown'",
    ),
    _plant(
        "payouts_posted books_agree balances_keep_their_side",
        "on the wrong side of zero",
        "INSERT INTO postings (kind, payout_id, posted_on)"
        " SELECT 'reversed', id, '2026-06-30' FROM payouts WHERE state = 'planned'",
        LEGS.format("at_provider", 9000, "taken_back", -9000),
    ),
    _plant(
        "one_live_payout payouts_sum",
        "is in 2 live payouts",
        "DROP INDEX uq_payout_rewards_live",
        "INSERT INTO payout_rewards (payout_id, reward_id)"
        " SELECT p.id, r.id FROM payouts p, rewards r"
        " WHERE p.state = 'unknown' AND r.amount_minor = 1600",
    ),
    _plant(
        "rewards_placed",
        "is paid, and its live payout is 1, planned",
        "UPDATE rewards SET state = 'paid' WHERE amount_minor = 1600",
    ),
    _plant(
        "rewards_placed payouts_sum",
        "is planned with 1600 USD, and its live rewards are none",
        "UPDATE payout_rewards SET is_live = false WHERE payout_id = 1",
    ),
    _plant(
        "rewards_placed payouts_sum",
        "is refused with 1900 USD, and its live rewards are 1900",
        "UPDATE payout_rewards SET is_live = true",
    ),
    _plant(
        "payouts_sent",
        "is unknown without what proves it: key of yesterday",
        "UPDATE payouts SET idempotency_key = 'of yesterday' WHERE state = 'unknown'",
    ),
    _plant(
        "payouts_sent",
        "external id none",
        "ALTER TABLE payouts DROP CONSTRAINT ck_payouts_proof",
        "UPDATE payouts SET external_id = NULL WHERE state = 'paid'",
    ),
    _plant(
        "payouts_reversed payouts_posted books_agree",
        "the provider took back 100 and operators 0",
        "UPDATE payouts SET reversed_minor = 100 WHERE state = 'unknown'",
    ),
    _plant(
        "approvals_complete",
        "is approved, approved by 0 of 0 and refused by 0",
        "DELETE FROM approvals WHERE amount_minor = 1300",
    ),
    _plant(
        "approvals_complete",
        "is waiting, approved by 1 of 1 and refused by 0",
        "UPDATE rewards SET approvals_needed = 1 WHERE state = 'waiting'",
    ),
    _plant(
        "approvals_complete",
        "is rejected, approved by 1 of 1 and refused by 0",
        "UPDATE approvals SET decision = 'approve' WHERE decision = 'reject'",
    ),
    _plant(
        "approvals_by_others",
        "Ann@Example.com decided on reward 2, which is theirs",
        "UPDATE approvals SET decided_by = 'Ann@Example.com' WHERE reward_id = 2",
    ),
    _plant(
        "approvals_by_different_people",
        "of reward 2 are both of carol",
        "UPDATE rewards SET approvals_needed = 3 WHERE state = 'waiting'",
        "INSERT INTO approvals (reward_id, decision, decided_by, acting_for, reason, amount_minor,"
        " decided_on) SELECT reward_id, decision, 'dave', 'Carol', '', amount_minor, decided_on"
        " FROM approvals WHERE reward_id = 2",
    ),
    _plant(
        "approvals_bound",
        "carol decided on 1199 USD, and reward 2 has 1200",
        "UPDATE approvals SET amount_minor = 1199 WHERE reward_id = 2",
    ),
    _plant(
        "clawbacks_bounded",
        "clawbacks take -2000",
        "UPDATE rewards SET reverses_id = 3 WHERE reverses_id IS NOT NULL",
    ),
    _plant(
        "clawbacks_bounded",
        "clawbacks take -2000, and say 1999",
        "UPDATE rewards SET base_minor = 1999 WHERE reverses_id IS NOT NULL",
    ),
    _plant(
        "refunds_told",
        "nothing tells where the refund re_1 came from",
        "UPDATE audit_events SET facts = '{}' WHERE action LIKE 'refund %'",
    ),
    _plant(
        "refunds_signed refunds_told",
        "was recorded by nobody for the deal of nobody",
        "UPDATE refunds SET id = 'manual:1', source = 'manual'",
    ),
    _plant(
        "events_closed",
        "is done after 1 attempts, closed never",
        "UPDATE provider_events SET done_at = NULL",
    ),
    _plant(
        "caps_never_add",
        "was computed as 1 USD and amounts to 1300",
        "ALTER TABLE rewards DROP CONSTRAINT ck_rewards_caps_never_add",
        "UPDATE rewards SET computed_minor = 1 WHERE amount_minor = 1300",
    ),
    _plant(
        "rewards_earned",
        "is based on 100001; their shares are 100000",
        "UPDATE rewards SET base_minor = base_minor + 1 WHERE amount_minor = 1300",
    ),
    _plant(
        "shares_sum",
        "is worth 100000 USD, and its shares sum to 100001",
        "INSERT INTO shares SELECT 1, 2, claim, claim_id, source, at, NULL, program_version_id,"
        " weight, 1, reason FROM shares WHERE conversion_id = 1",
    ),
    _plant(
        "cancelled_explained",
        "is active, since 2026-06-30 because the customer left",
        "UPDATE conversions SET state = 'active' WHERE state = 'cancelled'",
    ),
    _plant(
        "one_standing_conversion",
        "is converted by 1 and 2",
        "DROP INDEX uq_conversions_active",
        "UPDATE conversions SET opportunity_crm_id ="
        " (SELECT opportunity_crm_id FROM conversions WHERE id = 1) WHERE id = 2",
    ),
    _plant(
        "one_live_registration",
        "name:acme is protected by registrations 1 (the whole) and 3 (the whole)",
        "DROP INDEX uq_registrations_live",
        "UPDATE registrations SET state = 'extended', expires_on = '2026-07-30' WHERE id = 3",
    ),
    _plant(
        "live_windows",
        "registration 1 is approved without a last day",
        "ALTER TABLE registrations DROP CONSTRAINT ck_registrations_window",
        "UPDATE registrations SET expires_on = NULL",
    ),
    _plant(
        "requests_of_live_claims",
        "is open, decided on no day by nobody, and registration 2 is conflicting",
        "INSERT INTO extension_requests (registration_id, reason, asked_by, asked_on)"
        " VALUES (2, 'they decide in May', 'bob', '2026-06-30')",
    ),
    _plant(
        "requests_of_live_claims",
        "is granted, decided on no day by nobody, and registration 1 is approved",
        "INSERT INTO extension_requests (registration_id, reason, asked_by, asked_on, state)"
        " VALUES (1, 'they decide in May', 'ann', '2026-06-30', 'granted')",
    ),
    _plant(
        "conflicts_named",
        "registration 2 is conflicting with nothing",
        "UPDATE registrations SET conflicts_with_id = NULL",
    ),
    _plant(
        "referrals_converted",
        "is converted, and names no conversion",
        "UPDATE referrals SET conversion_id = NULL WHERE id = 2",
    ),
    _plant(
        "referrals_converted",
        "is converted, and conversion 2 does not credit it",
        "UPDATE referrals SET conversion_id = 2 WHERE id = 2",
    ),
    _plant(
        "referrals_qualified",
        "referral 1 is qualified, qualified on no day by no deal",
        "UPDATE referrals SET state = 'qualified' WHERE id = 1",
    ),
    _plant(
        "sent_messages_dated",
        "message 1 (registration:1:approved:2026-06-30) is sent, sent never",
        "UPDATE messages SET sent_at = NULL",
    ),
    _plant(
        "bank_files_add_up",
        "is of 2 payouts and 5 in EUR; recorded in it are 0 of 0 in nothing",
        BANK_FILE.format("encode(sha256('x'), 'hex')", 2, 5),
    ),
    _plant(
        "bank_files_add_up",
        "is of 1 payouts and 1600 in EUR; recorded in it are 1 of 1600 in USD by stripe_transfer",
        BANK_FILE.format("encode(sha256('x'), 'hex')", 1, 1600),
        "UPDATE payouts SET bank_file_id = (SELECT id FROM bank_files) WHERE amount_minor = 1600",
    ),
    _plant(
        "rulings_impartial",
        " is by ANN@example.com, who is not impartial",
        CLOSED,
        RULING.format(1, "ANN@example.com"),
    ),
    _plant(
        "rulings_impartial",
        " is by olivia, who is not impartial",
        CLOSED,
        "UPDATE disputes SET appealed_by = 'bob'",
        RULING.format(1, "olivia"),
        RULING.format(2, "olivia"),
    ),
    _plant(
        "disputes_heard",
        " is closed with 0 rulings, appealed by nobody, closed on 2026-07-09",
        CLOSED,
    ),
    _plant(
        "disputes_heard",
        " is withdrawn with 0 rulings, appealed by nobody, closed on no day",
        DISPUTE.format(2, "2026-07-05", "withdrawn", "NULL"),
    ),
    _plant(
        "disputes_in_time",
        " is open, opened on 2026-06-30, appealed on no day, and its term ended on 2026-06-30",
        DISPUTE.format(2, "2026-06-30", "open", "NULL"),
    ),
    _plant(
        "disputes_between_two",
        " is about registrations 1 and 3, both of participant",
        DISPUTE.format(3, "2026-07-05", "open", "NULL"),
        "UPDATE registrations SET participant_id = 1 WHERE id = 3",
    ),
    _plant(
        "questions_answered",
        " is answered same, by nobody, on no day",
        "INSERT INTO account_questions (registration_id, account_crm_id, reason, asked_on, answer)"
        " VALUES (1, '0011', 'alike', '2026-06-30', 'same')",
    ),
    _plant(
        "routings_in_order",
        " is routed on 2026-06-30, written on 2026-06-29, taken over on no day, over on no day",
        ROUTING.format("'2026-06-29'", "NULL", "NULL"),
    ),
    _plant(
        "routings_in_order",
        " written on 2026-06-30, taken over on 2026-07-01, over on no day",
        ROUTING.format("'2026-06-30'", "'2026-07-01'", "NULL"),
    ),
    _plant(
        "bank_files_whole",
        "are not those of its digest",
        BANK_FILE.format("'0'", 0, 0),
    ),
)


def test_a_company_with_one_of_everything_breaks_nothing(tx: Connection) -> None:
    assert [found.sentence for found in violations(tx)] == []
    states = "SELECT string_agg(DISTINCT state, ' ' ORDER BY state) FROM {}"
    assert make.value(tx, states.format("rewards")) == (
        "approved computed paid rejected reserved void waiting"
    )
    assert make.value(tx, states.format("payouts")) == (
        "held paid planned refused submitting unknown"
    )


@pytest.mark.parametrize("plant", PLANTS, ids=str)
def test_a_planted_violation_is_named_and_nothing_else_is(tx: Connection, plant: Plant) -> None:
    tx.execute(text("SET LOCAL session_replication_role = replica"))
    for statement in plant.does.split(";"):
        tx.execute(text(statement))
    found = violations(tx)
    assert {violation.invariant.name for violation in found} == plant.breaks
    assert any(plant.says in violation.sentence for violation in found), found


def test_every_invariant_has_a_plant_and_a_name_of_its_own() -> None:
    names = [invariant.name for invariant in INVARIANTS]
    assert len(set(names)) == len(names)
    assert frozenset().union(*(plant.breaks for plant in PLANTS)) == set(names)


def test_an_empty_database_breaks_nothing(database: Database) -> None:
    with database.transaction() as tx:
        assert violations(tx) == []
