"""The sample company's first night, whole: every scenario ends as its sentence says."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.company import SCENARIOS, sample
from sandbox.company.dates import BUSINESS_DATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.nights import Report
    from tests.flows.conftest import Trial, Trials

pytestmark = pytest.mark.prefect


@dataclass(frozen=True)
class Nights:
    """The first night, and the same night once more."""

    trial: Trial
    first: Report
    again: Report
    changed: dict[str, list[str]]
    sent: tuple[dict[str, int], dict[str, int]]


@pytest.fixture(scope="module")
def nights(trial: Trials) -> Iterator[Nights]:
    # tests/cli/test_commands_on_the_sample.py has it run by Prefect.
    with trial(sample()) as opened:
        first = opened.night(BUSINESS_DATE)
        before, sent = opened.dump(), opened.sent()
        again = opened.night(BUSINESS_DATE)
        after = opened.dump()
        changed = {
            table: sorted(set(rows) ^ set(after[table]))
            for table, rows in before.items()
            if rows != after[table]
        }
        yield Nights(opened, first, again, changed, (sent, opened.sent()))


def test_all_nine_stages_do_something_and_none_fails(nights: Nights) -> None:
    assert nights.first.failures == []
    done = {tally.stage: sum(tally.outcomes.values()) for tally in nights.first.tallies}
    stages = "sync review detect compute approve pay reconcile send measure".split()
    assert list(done) == [*stages, "check"]
    assert 0 not in [done[stage] for stage in stages], done


def test_the_books_balance_and_the_audit_trail_is_whole(nights: Nights) -> None:
    assert nights.trial.broken() == []
    for currency in {currency for _, currency in nights.trial.balances()}:
        balances = nights.trial.balances()
        assert sum(sum_ for (_, code), sum_ in balances.items() if code == currency) == 0


def test_the_same_night_again_changes_nothing_and_sends_nothing(nights: Nights) -> None:
    assert nights.again.failures == []
    assert nights.changed == {}
    first, second = nights.sent
    assert min(first.values()) > 0
    assert first == second


def test_stripe_holds_each_payout_once_and_to_the_cent(nights: Nights) -> None:
    at_stripe = Counter(
        (row["metadata"]["goodword_payout"], abs(row["amount"]), row["currency"].upper())
        for row in nights.trial.moved()
    )
    ours = Counter(
        tuple(row)
        for row in nights.trial.rows(
            "SELECT reference, amount_minor, currency FROM payouts WHERE state = 'paid'"
        )
    )
    assert at_stripe == ours
    assert set(at_stripe.values()) == {1}


def test_each_letter_is_sent_once_to_its_recipient(nights: Nights) -> None:
    arrived = Counter(mail.message_id for mail in nights.trial.world.mailbox.messages)
    assert set(arrived.values()) == {1}
    assert arrived.total() == nights.trial.states("messages")["sent"]
    assert nights.trial.states("messages").keys() == {"sent"}


# Claims -----------------------------------------------------------------------------------------

APPROVED = ("approved", "qualified")
RIVALLED = ("conflicting", r"\(claim \d+\) registered this account first")
LATE = ("expired", "no progress in the last 30 days of the window")
WON = ("won", r"won on 2026-0\d-\d\d")

# What becomes of each claim of a scenario: of its only one, or of a and b.
CLAIMS: dict[str, list[tuple[str, str]]] = {
    "approved_meeting": [APPROVED],
    "approved_discovery_call": [APPROVED],
    "approved_budget": [APPROVED],
    "approved_bant": [APPROVED],
    "approved_new_to_crm": [APPROVED],
    "rejected_bare_name": [("rejected", "a claim needs a meeting, .* given: none")],
    "rejected_incomplete_bant": [("rejected", "given: authority, need, timeline")],
    "conflict_same_domain": [APPROVED, RIVALLED],
    "conflict_other_spelling": [APPROVED, RIVALLED],
    "conflict_by_opportunity": [APPROVED, RIVALLED],
    "conflict_same_instant": [APPROVED, RIVALLED],
    "two_divisions": [APPROVED, APPROVED],
    "staff_existing_customer": [("submitted", "the account is already a customer")],
    "staff_direct_activity": [("submitted", "direct sales was active on this account on 2026-")],
    "approved_activity_too_old": [APPROVED],
    "staff_doubtful_name": [("submitted", "it may be .* the same name")],
    "lookalike_name": [("submitted", "it may be '.*the names are alike")],
    "staff_suspended_partner": [("submitted", "the partner is not active")],
    "staff_applied_partner": [("submitted", "the partner is not active")],
    "staff_closed_partner": [("submitted", "the partner is not active")],
    "extended_by_stage": [("extended", "the deal moved forward on 2026-06-")],
    "extended_by_activity": [("extended", "there was activity on 2026-06-")],
    "expired_no_progress": [LATE],
    "last_day": [("extended", "the deal moved forward on 2026-06-")],
    "warned_14_days": [APPROVED],
    "warned_3_days": [APPROVED],
    "lost_inside_window": [("lost", "the deal was lost on 2026-06-")],
    "won_after_window": [LATE],
    "won_reseller_below_500": [WON],
    "won_reseller_cent_below_500": [WON],
    "won_reseller_exactly_500": [WON],
    "won_reseller_reviewed": [WON],
    "won_reseller_two_approvers": [WON],
    "won_service_euros": [WON],
    "older_won_claim": [WON],
    "won_claim_still_held": [WON],
    "routed_lead": [APPROVED],
    "more_days_granted": [APPROVED],
    "more_days_refused": [APPROVED],
    "more_days_waiting": [APPROVED],
    "claim_withdrawn": [APPROVED],
    "dispute_open": [APPROVED, RIVALLED],
    "dispute_transferred": [APPROVED, RIVALLED],
    "dispute_appealed": [APPROVED, RIVALLED],
    "dispute_term_over": [APPROVED, RIVALLED],
}


@pytest.mark.parametrize("name", CLAIMS)
def test_each_claim_is_decided_as_its_scenario_says(nights: Nights, name: str) -> None:
    keys = SCENARIOS[name].keys().registrations
    decided = {
        row.key: (row.state, "; ".join(row.reasons))
        for row in nights.trial.rows(
            "SELECT key, state, reasons FROM registrations WHERE key = ANY(:keys)", keys=list(keys)
        )
    }
    assert decided.keys() == set(keys)
    for key, (state, reason) in decided.items():
        expected_state, expected_reason = CLAIMS[name][key.endswith("b")]
        assert (key, state) == (key, expected_state)
        assert re.search(expected_reason, reason), (key, reason)


def test_a_partner_over_the_limit_has_25_open_claims_and_staff_the_last_two(nights: Nights) -> None:
    keys = list(SCENARIOS["over_limit"].keys().registrations)
    rows = nights.trial.rows(
        "SELECT state, reasons FROM registrations WHERE key = ANY(:keys) ORDER BY submitted_at, id",
        keys=keys,
    )
    assert [row.state for row in rows] == ["approved"] * 25 + ["submitted"] * 2
    assert rows[-1].reasons == ["the partner has 25 open claims of 25"]


def test_a_window_is_extended_once_by_30_days_from_its_own_end(nights: Nights) -> None:
    rows = nights.trial.rows(
        "SELECT expires_on - (submitted_at AT TIME ZONE 'America/New_York')::date AS days,"
        " extensions_used FROM registrations WHERE state = 'extended'"
    )
    assert {tuple(row) for row in rows} == {(120, 1)}


@pytest.mark.parametrize(("name", "days"), [("warned_14_days", {14}), ("warned_3_days", {3})])
def test_a_window_that_ends_soon_is_warned_of_once(
    nights: Nights, name: str, days: set[int]
) -> None:
    warned = letters(nights.trial, "registration_expiring", SCENARIOS[name].keys().registrations)
    assert {int(fact.rsplit(":", 1)[1]) for fact in warned} == days
    assert len(warned) == len(SCENARIOS[name].keys().registrations)


def test_no_rival_is_told_who_was_first(nights: Nights) -> None:
    rows = nights.trial.rows(
        "SELECT m.context::text AS said, w.name FROM messages m"
        " JOIN registrations r ON split_part(m.fact, ':', 2) = r.id::text"
        " JOIN registrations winner ON winner.id = r.conflicts_with_id"
        " JOIN participants w ON w.id = winner.participant_id"
        " WHERE m.template = 'registration_conflicting'"
    )
    assert len(rows) == 15
    assert not [row for row in rows if row.name in row.said]


def test_the_crm_says_whose_each_protected_account_is(nights: Nights) -> None:
    live = nights.trial.rows(
        "SELECT r.account_crm_id, string_agg(DISTINCT p.name, ', ') AS partners"
        " FROM registrations r JOIN participants p ON p.id = r.participant_id"
        " WHERE r.state IN ('approved', 'extended') AND r.account_crm_id IS NOT NULL"
        " AND r.division = '' GROUP BY r.account_crm_id"
    )
    with nights.trial.world.lock:
        said = {
            crm_id: row.get("Goodword_Partner__c")
            for crm_id, row in nights.trial.world.salesforce.table("Account").rows.items()
        }
    assert len(live) > 60
    assert {row.account_crm_id: said[row.account_crm_id] for row in live} == {
        row.account_crm_id: row.partners for row in live
    }


def letters(trial: Trial, template: str, registrations: tuple[str, ...]) -> list[str]:
    return [
        row.fact
        for row in trial.rows(
            "SELECT m.fact FROM messages m JOIN registrations r"
            " ON m.fact LIKE 'registration:' || r.id || ':%'"
            " WHERE r.key = ANY(:keys) AND m.template = :template",
            keys=list(registrations),
            template=template,
        )
    ]


# Rewards ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Owed:
    """How every reward of a scenario stands: its state, approvers, and why it was carried."""

    state: str
    approvers: int = 0
    carried: str = ""


PAID, ONE, TWO = Owed("paid"), Owed("waiting", 1), Owed("waiting", 2)
HELD = Owed("approved")
NOT_ACTIVE = "cannot receive transfers: the capability is"

REWARDS: dict[str, Owed | None] = {
    "won_reseller_below_500": PAID,
    "won_reseller_cent_below_500": PAID,
    "won_reseller_exactly_500": ONE,
    "won_reseller_reviewed": ONE,
    "won_reseller_two_approvers": TWO,
    "won_service_euros": PAID,
    "won_customer_100": PAID,
    "won_customer_250": PAID,
    "won_customer_exactly_500": ONE,
    "won_customer_1000": ONE,
    "won_affiliate_below_500": PAID,
    "won_affiliate_exactly_500": ONE,
    "won_affiliate_reviewed": ONE,
    "won_affiliate_yen": PAID,
    "won_affiliate_yen_reviewed": ONE,
    "won_employee": ONE,
    "won_technology": None,
    "won_after_many_touches": None,
    "won_no_payout_method": Owed("approved", 0, "has chosen no payout method"),
    "won_restricted_account": Owed("approved", 0, f"{NOT_ACTIVE} inactive"),
    "won_pending_account": Owed("approved", 0, f"{NOT_ACTIVE} pending"),
    "won_yen_on_dollar_account": Owed("approved", 0, "is paid in USD, the reward is in JPY"),
    "won_below_minimum": Owed("approved", 0, "15.00 USD is below the minimum of 20.00 USD"),
    "won_customer_without_currency": PAID,
    "won_suspended_affiliate": ONE,
    "self_referral_domain": ONE,
    "self_referral_alias": ONE,
    "referred_existing_customer": ONE,
    "referred_too_long_ago": None,
    "touched_after_won": None,
    "reopened_and_won_again": PAID,
    "won_then_lost": None,
    "won_exactly_3_days_ago": PAID,
    "won_still_held": HELD,
    "won_claim_still_held": HELD,
    "won_after_window": None,
    "referred_open_deal": None,
    "referred_named_deal": None,
    "referred_unqualified_lead": None,
    "referred_new_company": None,
    "referred_by_reseller": None,
    "referred_lost_deal": None,
    "referred_long_ago": None,
    "crm_amount_missing": None,
}

# Their amounts are drawn, and with them whether a person must look.
BY_AMOUNT = {
    "won_two_referrers": {"Customer referral"},
    "older_won_customer": {"Customer referral"},
    "older_won_affiliate": {f"Affiliate commission, {t}" for t in ("basic", "premium", "top")},
    "older_won_employee": {"Employee lead", "Employee bonus"},
    "older_won_claim": {f"Reseller margin, {t}" for t in ("basic", "premium", "top")},
    "older_won_touches": {"Affiliate commission, basic"},
    "referred_qualified_lead": {"Employee lead"},
}


@pytest.mark.parametrize("name", REWARDS)
def test_each_reward_is_owed_held_or_paid_as_its_scenario_says(nights: Nights, name: str) -> None:
    expected = REWARDS[name]
    found = rewards(nights.trial, name)
    if expected is None:
        assert found == []
        return
    assert len({row.subject for row in found}) == SCENARIOS[name].count(2_000)
    for row in found:
        assert Owed(row.state, row.approvals_needed, expected.carried) == expected
        assert re.search(expected.carried, row.carried_because or "")
        assert bool(row.carried_because) == bool(expected.carried)


@pytest.mark.parametrize("name", BY_AMOUNT)
def test_older_wins_earn_by_their_rule(nights: Nights, name: str) -> None:
    found = rewards(nights.trial, name)
    assert {row.incentive for row in found} == BY_AMOUNT[name]
    assert {row.state for row in found} <= {"paid", "waiting"}
    assert len({row.subject for row in found}) == SCENARIOS[name].count(2_000)


def test_a_reward_is_reviewed_exactly_from_the_thresholds_of_its_currency(nights: Nights) -> None:
    """The sum per participant and conversion decides, not the single reward."""
    thresholds = {"USD": (50_000, 500_000), "EUR": (46_000, 460_000), "JPY": (75_000, 750_000)}
    rows = nights.trial.rows(
        "SELECT r.id, r.participant_id, r.amount_minor, r.currency, r.approvals_needed,"
        " COALESCE(r.conversion_id, f.conversion_id, -f.id) AS outcome_of,"
        " EXISTS (SELECT FROM audit_events e WHERE e.subject = 'reward' AND e.subject_id = r.id"
        "  AND e.reason ~ 'own company|own mailbox|own$|customer before') AS is_suspected"
        " FROM rewards r JOIN participants p ON p.id = r.participant_id"
        " LEFT JOIN referrals f ON f.id = r.referral_id WHERE p.status = 'active'"
    )
    sums: Counter[tuple[int, int]] = Counter()
    for row in rows:
        sums[row.participant_id, row.outcome_of] += row.amount_minor
    for row in rows:
        total = sums[row.participant_id, row.outcome_of]
        needed = sum(total >= threshold for threshold in thresholds[row.currency])
        needed = max(needed, int(row.is_suspected))
        assert (row.id, row.approvals_needed) == (row.id, needed)


def test_nothing_is_paid_that_is_held_or_waits_for_people(nights: Nights) -> None:
    too_early = nights.trial.rows(
        "SELECT r.id FROM rewards r JOIN payout_rewards x ON x.reward_id = r.id"
        " WHERE r.payable_on > :today OR r.state = 'waiting'",
        today=BUSINESS_DATE,
    )
    assert too_early == []


def rewards(trial: Trial, name: str) -> list[Any]:
    keys = SCENARIOS[name].keys()
    return trial.rows(
        "SELECT r.*, COALESCE(v.opportunity_crm_id, f.qualified_by) AS subject FROM rewards r"
        " LEFT JOIN conversions v ON v.id = r.conversion_id"
        " LEFT JOIN referrals f ON f.id = r.referral_id"
        " WHERE v.opportunity_crm_id = ANY(:deals) OR f.key = ANY(:referrals)",
        deals=list(keys.opportunities),
        referrals=list(keys.referrals),
    )


def test_a_deal_that_was_won_again_after_it_was_reopened_converts_once(nights: Nights) -> None:
    deals = list(SCENARIOS["reopened_and_won_again"].keys().opportunities)
    assert nights.trial.rows(
        "SELECT count(*) FROM conversions WHERE opportunity_crm_id = ANY(:deals)", deals=deals
    ) == [(len(deals),)]


# Referrals --------------------------------------------------------------------------------------

REFERRALS = {
    "referred_open_deal": {"qualified"},
    "referred_named_deal": {"qualified", "received"},  # some were qualified before
    "referred_qualified_lead": {"qualified"},
    "referred_unqualified_lead": {"received"},
    "referred_new_company": {"received"},
    "referred_by_reseller": {"received"},
    "referred_lost_deal": {"qualified", "received"},  # as far as the deal had come
    "referred_long_ago": {"qualified"},
    "referred_too_long_ago": {"qualified"},
    "won_then_lost": {"qualified"},
    "won_technology": {"converted"},
    "won_customer_100": {"converted"},
    "crm_amount_missing": {"received"},
}


@pytest.mark.parametrize("name", REFERRALS)
def test_each_referral_has_come_as_far_as_its_deal(nights: Nights, name: str) -> None:
    found = nights.trial.rows(
        "SELECT state FROM referrals WHERE key = ANY(:keys)",
        keys=list(SCENARIOS[name].keys().referrals),
    )
    assert {row.state for row in found} == REFERRALS[name]


# Bad input --------------------------------------------------------------------------------------

QUARANTINED = {
    "crm_amount_missing": "Amount is empty on a won deal",
    "crm_amount_negative": "no deal is worth less than nothing",
    "crm_amount_text": "'n/a' is no amount in USD",
    "crm_amount_nan": "'NaN' is no amount in USD",
    "crm_amount_comma": "'12,500.00' is no amount in USD",
    "crm_yen_with_decimals": "is no amount in JPY: JPY has 0 decimals",
    "crm_currency_unknown": "'XXQ', which is no currency of ISO 4217",
    "crm_close_date_impossible": "'2026-02-31', which is no date",
    "crm_close_date_missing": "CloseDate is empty on a won deal",
    "crm_stage_missing": "StageName is empty",
    "crm_name_missing": "Name is empty",
    "crm_won_unclear": "IsWon is 'perhaps', neither true nor false",
}

REFUSED = {
    "bad_row_unknown_partner": ("registrations", "reseller-nobody"),
    "bad_row_date": ("registrations", "2026-13-45"),
    "bad_row_no_company": ("registrations", "company"),
    "bad_row_evidence": ("registrations", "horoscope"),
    "bad_row_amount": ("registrations", "abc"),
    "bad_participant_kind": ("participants", "friend"),
    "bad_participant_email": ("participants", "not an address"),
    "bad_referral_unknown_participant": ("referrals", "customer-nobody"),
    "bad_touch_source": ("touches", "television"),
    "bad_event_kind": ("events", "birthday"),
}


@pytest.mark.parametrize("name", QUARANTINED)
def test_an_impossible_record_is_set_aside_with_its_reason(nights: Nights, name: str) -> None:
    [row] = nights.trial.rows(
        "SELECT reason FROM quarantine WHERE external_id = ANY(:deals) AND resolved_at IS NULL",
        deals=list(SCENARIOS[name].keys().opportunities),
    )
    assert QUARANTINED[name] in row.reason


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_row_of_an_import_is_refused_with_its_reason(nights: Nights, name: str) -> None:
    kind, said = REFUSED[name]
    keys = getattr(SCENARIOS[name].keys(), kind)
    [row] = [row for row in nights.trial.imported[kind].refused if row.key in keys]
    assert said in row.reason


def test_no_row_is_refused_or_set_aside_beyond_the_scenarios(nights: Nights) -> None:
    refused = [row.key for report in nights.trial.imported.values() for row in report.refused]
    assert len(refused) == len(REFUSED)
    assert nights.trial.value("SELECT count(*) FROM quarantine") == len(QUARANTINED)


def test_every_scenario_is_looked_at() -> None:
    looked_at = {*CLAIMS, *REWARDS, *BY_AMOUNT, *REFERRALS, *QUARANTINED, *REFUSED, "over_limit"}
    assert looked_at == set(SCENARIOS)
