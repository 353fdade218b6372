"""The section [registrations]: rules of a kind's own, blocked companies, and all of it in words."""

from __future__ import annotations

from datetime import date

from goodword.program.registrations import describe_registrations, read_registrations
from goodword.rules.registrations import CountedFrom, RegistrationPolicy

WRITTEN = {
    "window_days": 60,
    "cooling_days": 10,
    "minimum_amount": ["5000.00 USD", "750000 JPY"],
    "require": ["expected_amount", "expected_close_on"],
    "blocked": ["https://www.acme.com/about", "Umbrella Government, Inc."],
    "review_within_hours": 48,
    "kinds": ["reseller", "service"],
    "by_kind": {"service": {"window_days": 30, "counted_from": "approval", "minimum_amount": []}},
}


def test_a_kind_has_the_rules_of_all_but_for_its_own() -> None:
    policy = read_registrations(WRITTEN)
    service, reseller = policy.of("service"), policy.of("reseller")
    assert reseller is policy
    assert (reseller.window_days, service.window_days) == (60, 30)
    assert (reseller.cooling_days, service.cooling_days) == (10, 10)
    assert service.minimum_amount == {}
    assert service.counted_from is CountedFrom.APPROVAL
    assert service.kinds == policy.kinds == {"reseller", "service"}


def test_the_window_counts_from_submission_or_from_approval() -> None:
    policy = read_registrations(WRITTEN)
    submitted_on, approved_on = date(2026, 3, 16), date(2026, 3, 20)
    assert policy.of("reseller").last_day(submitted_on, approved_on) == date(2026, 5, 15)
    assert policy.of("service").last_day(submitted_on, approved_on) == date(2026, 4, 19)


def test_a_blocked_company_is_found_by_its_normal_name_and_its_registrable_domain() -> None:
    acme, umbrella = read_registrations(WRITTEN).blocked
    assert acme.means("acme", "acme.com")
    assert not acme.means("acme", "acme.org")
    assert not acme.means("acme", None)
    assert umbrella.means("umbrella government", None)
    assert not umbrella.means("umbrella", "umbrella.example")


def test_what_is_left_out_has_its_default() -> None:
    assert read_registrations({}) == RegistrationPolicy()


def test_the_rules_are_told_in_sentences() -> None:
    said = list(describe_registrations(read_registrations(WRITTEN)))
    for sentence in (
        "Only partners of kind reseller and service may register.",
        "It must also say the expected amount and the expected close date.",
        "A claim that expects less than 5,000.00 USD or 750,000 JPY is rejected.",
        'Nobody may claim "https://www.acme.com/about" and "Umbrella Government, Inc.".',
        (
            "When a claim has expired its partner may claim the same account again after 10 days; "
            "others may at once."
        ),
        (
            "For service partners window_days is 30, counted_from is approval and minimum_amount "
            "is none."
        ),
    ):
        assert sentence in said
    assert any("Staff has 48 hours for it" in sentence for sentence in said)
