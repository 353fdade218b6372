"""The sample program reads into exactly these policies, and pays what it says."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from goodword.program import describe, digest, load_program
from goodword.rules.amounts import Bands, Fixed, Percent
from goodword.rules.approvals import ApprovalPolicy
from goodword.rules.attribution import AttributionPolicy, Model
from goodword.rules.crm_policy import CrmPolicy
from goodword.rules.disputes import DisputePolicy
from goodword.rules.figures import FigurePolicy
from goodword.rules.incentives import Cap, Incentive, Pay, try_rules
from goodword.rules.outcomes import Outcome, OutcomeFacts
from goodword.rules.payout_plans import PayoutPolicy
from goodword.rules.programs import StagePolicy
from goodword.rules.registrations import RegistrationPolicy
from goodword.rules.rewards import RewardPolicy
from goodword.rules.windows import Period

SAMPLE = Path(__file__).parents[1] / "config" / "program.toml"
PROGRAMS = Path(__file__).parent / "programs"
PROGRAM, SOURCE = load_program(SAMPLE)


def percent_by_tier(name: str, kind: str, **bps: int) -> list[Incentive]:
    return [
        Incentive(
            name=f"{name}, {tier}",
            kinds=frozenset({kind}),
            tiers=frozenset({tier}),
            outcome=Outcome.CONVERTED,
            pay=Pay.CASH,
            amount=Percent(part),
        )
        for tier, part in bps.items()
    ]


INCENTIVES = (
    Incentive(
        name="Customer referral",
        kinds=frozenset({"customer"}),
        outcome=Outcome.CONVERTED,
        pay=Pay.CASH,
        amount=Bands(
            {
                "USD": (
                    (0, 100_00),
                    (10_000_00, 250_00),
                    (25_000_00, 500_00),
                    (100_000_00, 1_000_00),
                ),
                "EUR": ((0, 92_00), (9_200_00, 230_00), (23_000_00, 460_00), (92_000_00, 920_00)),
                "JPY": (
                    (0, 15_000),
                    (1_500_000, 37_500),
                    (3_750_000, 75_000),
                    (15_000_000, 150_000),
                ),
            }
        ),
        may_exceed_deal=True,
        cap=Cap(per=Period.YEAR, count=12),
    ),
    *percent_by_tier("Reseller margin", "reseller", basic=2000, premium=3000, top=4000),
    *percent_by_tier("Affiliate commission", "affiliate", basic=1000, premium=1500, top=2000),
    *percent_by_tier("Service partner commission", "service", basic=1000, premium=1200, top=1500),
    Incentive(
        name="Employee lead",
        kinds=frozenset({"employee"}),
        outcome=Outcome.QUALIFIED,
        pay=Pay.CASH,
        amount=Bands(
            {
                "USD": ((0, 50_00), (10_000_00, 150_00), (50_000_00, 500_00)),
                "EUR": ((0, 46_00), (9_200_00, 138_00), (46_000_00, 460_00)),
                "JPY": ((0, 7_500), (1_500_000, 22_500), (7_500_000, 75_000)),
            }
        ),
    ),
    Incentive(
        name="Employee bonus",
        kinds=frozenset({"employee"}),
        outcome=Outcome.CONVERTED,
        pay=Pay.CASH,
        amount=Fixed({"USD": 200_00, "EUR": 184_00, "JPY": 30_000}),
        may_exceed_deal=True,
    ),
)


def test_the_sample_names_its_company_and_days() -> None:
    assert (PROGRAM.name, PROGRAM.company) == ("Harbour Software Referrals", "Harbour Software")
    assert PROGRAM.support_email == "referrals@harbour-software.example"
    assert PROGRAM.staff_email == "partner-desk@harbour-software.example"
    assert (PROGRAM.time_zone, PROGRAM.currency) == ("America/New_York", "USD")
    assert PROGRAM.effective_on == date(2026, 1, 1)


def test_the_sample_has_the_defaults_of_the_domain() -> None:
    assert PROGRAM.registrations == RegistrationPolicy(90, 30, 1, 30, (14, 3), 60, 25)
    assert PROGRAM.attribution == AttributionPolicy(Model.FIRST_TOUCH, 180, 7, True)  # noqa: FBT003 - as registrations
    assert PROGRAM.rewards == RewardPolicy(hold_days=3, clawback_days=90)
    assert PROGRAM.approvals == ApprovalPolicy(
        auto_below={"USD": 500_00, "EUR": 460_00, "JPY": 75_000},
        two_approvers_from={"USD": 5_000_00, "EUR": 4_600_00, "JPY": 750_000},
        escalate_after_days=3,
        escalate_to="head-of-partners@harbour-software.example",
    )
    assert PROGRAM.payouts == PayoutPolicy({"USD": 20_00, "EUR": 20_00, "JPY": 2_000})
    assert PROGRAM.disputes == DisputePolicy(
        5, 7, 5000, escalate_to="head-of-partners@harbour-software.example"
    )
    assert PROGRAM.crm == CrmPolicy(time_zone="America/New_York")
    assert PROGRAM.figures == FigurePolicy({"USD": 1_500_00}, 90)


def test_the_sample_has_salesforces_standard_stages() -> None:
    assert PROGRAM.stages == StagePolicy(
        order=(
            "Prospecting",
            "Qualification",
            "Needs Analysis",
            "Value Proposition",
            "Id. Decision Makers",
            "Perception Analysis",
            "Proposal/Price Quote",
            "Negotiation/Review",
            "Closed Won",
            "Closed Lost",
        ),
        qualified_from="Needs Analysis",
    )


def test_the_sample_has_exactly_these_incentives() -> None:
    assert PROGRAM.incentives == INCENTIVES


@pytest.mark.parametrize(
    ("kind", "tier", "outcome", "deal", "currency", "pays"),
    [
        ("customer", "basic", "converted", 1, "USD", 100_00),
        ("customer", "basic", "converted", 9_999_99, "USD", 100_00),
        ("customer", "top", "converted", 10_000_00, "USD", 250_00),
        ("customer", "basic", "converted", 24_999_99, "USD", 250_00),
        ("customer", "basic", "converted", 25_000_00, "USD", 500_00),
        ("customer", "basic", "converted", 99_999_99, "USD", 500_00),
        ("customer", "basic", "converted", 100_000_00, "USD", 1_000_00),
        ("customer", "basic", "converted", 9_200_00, "EUR", 230_00),
        ("customer", "basic", "converted", 1_499_999, "JPY", 15_000),
        ("customer", "basic", "converted", 1_500_000, "JPY", 37_500),
        ("customer", "basic", "qualified", 10_000_00, "USD", None),
        ("customer", "basic", "converted", 10_000_00, "GBP", None),
        ("reseller", "basic", "converted", 1_000_00, "USD", 200_00),
        ("reseller", "premium", "converted", 1_000_00, "GBP", 300_00),
        ("reseller", "top", "converted", 1_000, "JPY", 400),
        ("reseller", "gold", "converted", 1_000_00, "USD", None),
        ("affiliate", "premium", "converted", 1_000_00, "EUR", 150_00),
        ("technology", "top", "converted", 1_000_00, "USD", None),
        ("service", "premium", "converted", 1_000_00, "USD", 120_00),
        ("employee", "basic", "qualified", 0, "USD", 50_00),
        ("employee", "basic", "qualified", 9_999_99, "USD", 50_00),
        ("employee", "basic", "qualified", 10_000_00, "USD", 150_00),
        ("employee", "basic", "qualified", 50_000_00, "USD", 500_00),
        ("employee", "basic", "converted", 50_000_00, "USD", 200_00),
    ],
)
def test_the_sample_pays(  # noqa: PLR0917 - one column of the table each
    kind: str, tier: str, outcome: str, deal: int, currency: str, pays: int | None
) -> None:
    facts = OutcomeFacts(Outcome(outcome), kind, tier, deal, deal, currency)
    paid = [
        trial.minor for trial in try_rules(PROGRAM.incentives, facts) if trial.minor is not None
    ]
    assert paid == ([] if pays is None else [pays])


def test_the_sources_digest_is_of_its_very_bytes() -> None:
    assert SOURCE.encode() == SAMPLE.read_bytes()
    assert digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest(SOURCE) != digest(SOURCE + "\n")


EXPECTED = """
A referral is qualified when its deal reaches Needs Analysis or a later stage.
The partner is warned 14 and 3 days before the end.
Who holds a claim may be contested: one of staff, who is no party, rules within 5 days; who lost \
may appeal once within 7 days, to another person. Until then nothing of its deal is paid.
A ruling may grant the claim that loses up to 50% of the partner's share.
Reseller margin, premium: when a deal they brought is won, resellers of tier premium earn in cash: \
30% of what they are credited with. It may be paid 3 days later.
Employee bonus: when a deal they brought is won, employees earn in cash: 200.00 USD, 184.00 EUR or \
30,000 JPY. It may be more than the deal is worth. It may be paid 3 days later.
Nothing is paid to technology partners.
When a deal is cancelled or refunded within 90 days of the outcome, a reward that was not paid is \
void; of one that was paid, the refunded part is taken back from later payouts. After that it \
stands.
In any currency but USD, EUR and JPY a person always decides. Staff is reminded daily \
of what waits; head-of-partners@harbour-software.example is told of what waits 3 days.
"""


def test_the_program_is_described_in_sentences() -> None:
    sentences = describe(PROGRAM)
    assert all(sentence.endswith(".") for sentence in sentences)
    for expected in EXPECTED.strip().split("\n"):
        assert expected in sentences
    customer = next(sentence for sentence in sentences if sentence.startswith("Customer referral"))
    assert "250.00 USD for a deal from 10,000.00 USD" in customer
    assert customer.endswith("Each of them gets at most 12 rewards a year.")
    assert sentences[sentences.index(customer) - 1] == (
        "Of the rules that follow, the first that fits an outcome pays, and beside it those that "
        "say so."
    )


@pytest.mark.parametrize("scheme", ["give_and_get", "lead_and_close"])
def test_rules_that_each_pay_are_not_said_to_give_way_to_each_other(scheme: str) -> None:
    program, _ = load_program(PROGRAMS / f"{scheme}.toml")
    assert len([rule for rule in program.incentives if not rule.also]) > 1
    assert not [said for said in describe(program) if said.startswith("Of the rules that follow")]


def test_of_rules_for_several_the_first_for_each_of_them_is_said_to_pay() -> None:
    program, _ = load_program(PROGRAMS / "give_and_get.toml")
    get, give = program.incentives
    program = replace(program, incentives=(get, give, replace(get, name="Get as well")))
    assert (
        "Of the rules that follow that fit an outcome, the first for who brought the deal and the "
        "first for the customer pay, and beside them those that say so."
    ) in describe(program)
