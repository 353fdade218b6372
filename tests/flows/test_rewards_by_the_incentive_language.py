"""Seats, tiers, contracts and paid invoices, from the CRM and the provider to explained rewards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cli import simulate, simulation_output
from cli.simulation_output import Simulated
from goodword.actions import replays
from goodword.db.queries import explanations as queries
from goodword.program import read_program
from goodword.rules import comparisons, explanations
from goodword.rules.explanations import Kind, Version
from goodword.rules.histories import Days
from goodword.rules.replays import Verdict
from goodword.wiring import wiring
from sandbox.stripe import invoices, refunds
from sandbox.stripe.endpoints import Call
from tests.flows.conftest import PROGRAM
from tests.flows.small_company import Firm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.flows.conftest import Trial, Trials

pytestmark = pytest.mark.prefect

TODAY = date(2026, 6, 30)
THE_DAY_BEFORE = date(2026, 6, 29)  # its night is at 02:00 of the day after
NEXT_MONTH = date(2026, 7, 31)
CUSTOMER = "cus_adatum"
RULES = """
[[incentives]]
name = "By the seat"
kinds = ["reseller"]
on = "converted"
pay = "cash"
amount.per_seat = ["2.50 USD"]
at_most = ["12.00 USD"]

[[incentives]]
name = "Margin"
kinds = ["reseller", "technology"]
on = "converted"
pay = "cash"
amount = "10%"

[[incentives]]
name = "Climbing"
kinds = ["service"]
on = "converted"
pay = "cash"
amount.tiered = { by = "count", over = "rolling 30 days", steps = [
    "from 1 pay 10%", "from 3 pay 20%"
] }

[[incentives]]
name = "Revenue share"
kinds = ["affiliate"]
on = "invoice_paid"
for_months = 1
pay = "cash"
amount = "30%"

[[incentives]]
name = "Cash"
kinds = ["customer"]
on = "converted"
pay = "cash"
choice = "Thank-you"
amount = ["20.00 USD"]

[[incentives]]
name = "Conference ticket"
kinds = ["customer"]
on = "converted"
pay = "perk"
perk = "Conference ticket"
choice = "Thank-you"
amount = ["400.00 USD"]

[[contracts]]
participant = "tess"
document = "Agreement 12, version 2"
from = 2026-05-01

[[contracts.incentives]]
name = "Margin of agreement 12"
kinds = ["technology"]
on = "converted"
pay = "cash"
amount = "25%"
"""


@dataclass(frozen=True)
class Told:
    """The company after two nights, a month apart, and its program."""

    trial: Trial
    program: str

    def rewards(self, participant: str) -> list[tuple[str, int]]:
        rows = self.trial.rows(
            "SELECT r.incentive, r.amount_minor FROM rewards r JOIN participants p"
            f" ON p.id = r.participant_id WHERE p.key = '{participant}' ORDER BY r.id"
        )
        return [(row.incentive, row.amount_minor) for row in rows]

    def stories(self, participant: str) -> list[str]:
        from tasks import nights  # noqa: PLC0415 - Prefect, once its server is up

        rows = self.trial.rows(
            "SELECT r.id FROM rewards r JOIN participants p ON p.id = r.participant_id"
            f" WHERE p.key = '{participant}' ORDER BY r.id"
        )
        versions = {
            number: Version(number, program.effective_on, program)
            for number, program in nights.programs_by_version().items()
        }
        with wiring().database.transaction() as tx:
            cases = [queries.read(tx, Kind.REWARD, row.id) for row in rows]
        told = (explanations.tell(case, versions) for case in cases)
        return [
            "\n".join(said for section in story.sections for said in section.sentences)
            for story in told
        ]


def a_firm() -> Firm:
    """Four partners; every deal is theirs alone by a referral."""
    firm = Firm()
    firm.stripe_customers.append({"id": CUSTOMER})
    for key, kind, sizes in (
        ("rita", "reseller", [("900.00", "3"), ("900.00", "10"), ("900.00", "")]),
        ("sam", "service", [("100.00", ""), ("100.00", ""), ("100.00", "")]),
        ("tess", "technology", [("100.00", "")]),
        ("carl", "customer", [("100.00", "")]),
        ("dora", "customer", [("100.00", "")]),
        ("anna", "affiliate", [("1000.00", "")]),
    ):
        firm.participant(key, kind)
        for number, (amount, seats) in enumerate(sizes, 1):
            domain = f"{key}-{number}.example"
            about = {"company": f"{key} {number}", "domain": domain, "channel": "email"}
            firm.claim("referrals", key, "2026-05-10", **about)
            steps = ("Qualification", "2026-06-01"), ("Closed Won", f"2026-06-{9 + number}")
            deal = firm.deal(firm.account(f"{key} {number}", domain), amount, *steps)
            firm.deals[deal]["TotalOpportunityQuantity"] = seats
    return firm


def bill(opened: Trial, deal: str, amount: int) -> dict[str, Any]:
    state = opened.world.stripe
    asked = {"customer": CUSTOMER, "amount": amount, "currency": "usd"}
    with state.lock:
        call = Call(
            state, f"req_{amount}", params=asked | {"invoice_metadata": {"opportunity_id": deal}}
        )
        return invoices.bill(call)


def with_wishes(participants: str, **wishes: str) -> str:
    """Add to the participants' file what some of them prefer."""
    header, *lines = participants.splitlines()
    said = (f"{line},{wishes.get(line.partition(',')[0], '')}" for line in lines)
    return "\n".join([f"{header},prefers", *said, ""])


@pytest.fixture(scope="module")
def told(trial: Trials, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Anna's customer pays twice, gets half of the first back, and pays again after the month."""
    program: Path = tmp_path_factory.mktemp("rules") / "program.toml"
    source = PROGRAM.read_text(encoding="utf-8").partition("[[incentives]]")[0] + RULES
    program.write_text(source, encoding="utf-8")
    firm = a_firm()
    deal = list(firm.deals)[-1]
    company = firm.company(TODAY)
    company.imports["participants"] = with_wishes(company.imports["participants"], dora="perk")
    with trial(company, GOODWORD_PROGRAM=str(program)) as opened:
        opened.go_to(THE_DAY_BEFORE - timedelta(days=1))
        paid = bill(opened, deal, 10_000)
        opened.go_to(THE_DAY_BEFORE)
        bill(opened, deal, 4_999)
        assert opened.night(TODAY).failures == []
        opened.go_to(NEXT_MONTH - timedelta(days=1))
        state = opened.world.stripe
        with state.lock:
            asked = {"charge": paid["charge"]["id"], "amount": 5_000}
            refunds.create(Call(state, "req_refund", params=asked))
        bill(opened, deal, 20_000)
        assert opened.night(NEXT_MONTH).failures == []
        assert opened.night(NEXT_MONTH).failures == []
        yield Told(opened, source)


def test_a_deal_pays_by_its_seats_and_one_without_by_the_next_rule(told: Told) -> None:
    assert told.rewards("rita") == [
        ("By the seat", 7_50),
        ("By the seat", 12_00),
        ("Margin", 90_00),
    ]
    three, ten, none = told.stories("rita")
    assert "The deal has 3 seats in the CRM; each pays 2.50 USD: 7.50 USD." in three
    assert "One deal pays at most 12.00 USD by this rule." in ten
    assert "the deal has no number of seats in the CRM" in none


def test_the_third_deal_of_the_window_is_paid_by_the_next_step(told: Told) -> None:
    assert told.rewards("sam") == [("Climbing", 10_00), ("Climbing", 10_00), ("Climbing", 20_00)]
    assert (
        "Before it, this participant had brought 2 deals (200.00 USD credited) in the window that "
        "the rule counts over (rolling 30 days); with it: deal 3 of the last 30 days."
    ) in told.stories("sam")[2]


def test_a_contract_stands_in_place_of_the_programs_rules(told: Told) -> None:
    assert told.rewards("tess") == [("Margin of agreement 12", 25_00)]
    assert (
        "In place of the program's, contract Agreement 12, version 2 has the rules for what tess "
        "claims from 2026-05-01."
    ) in told.stories("tess")[0]


def test_each_paid_invoice_is_shared_once_and_a_refund_takes_its_part_back(told: Told) -> None:
    assert told.rewards("anna") == [
        ("Revenue share", 30_00),
        ("Revenue share", 15_00),
        ("Revenue share", -15_00),
    ]
    first, _, back = told.stories("anna")
    assert "The reward is for 100.00 USD that the customer paid on 2026-06-29" in first
    assert "50.00 USD was refunded on 2026-07-31" in back
    last = told.trial.rows("SELECT rewarded_on FROM paid_invoices WHERE paid_minor = 20000")
    assert [row.rewarded_on for row in last] == [NEXT_MONTH]


def test_who_may_choose_gets_what_they_prefer_and_who_says_nothing_the_first(told: Told) -> None:
    assert told.rewards("carl") == [("Cash", 20_00)]
    assert told.rewards("dora") == [("Conference ticket", 400_00)]
    assert (
        "of the choice Thank-you this participant gets Conference ticket"
        in (told.stories("dora")[0])
    )


@pytest.mark.parametrize("participant", ["rita", "sam", "tess", "carl", "dora", "anna"])
def test_every_reward_comes_out_the_same_when_it_is_worked_out_again(
    told: Told, participant: str
) -> None:
    for story in told.stories(participant):
        assert "it comes out the same" in story
        assert "DIFFERS" not in story
    assert told.trial.broken() == []


# Once more --------------------------------------------------------------------------------------


@pytest.mark.parametrize("night", [TODAY, NEXT_MONTH])
def test_every_night_comes_out_the_same_when_it_is_replayed(told: Told, night: date) -> None:
    with told.trial.database.transaction() as tx:
        found = list(replays.decisions(tx, night, wiring().program))
    assert [each for each in found if each.verdict is Verdict.DIFFERENT] == []
    shares = [each for each in found if "Revenue share" in each.decision]
    assert [each.verdict for each in shares] == [Verdict.SAME] * (2 if night == TODAY else 0)


def tried(told: Told, source: str) -> Simulated:
    """Try a program on both nights."""
    program = read_program(source, "the program that is tried")
    with told.trial.database.transaction() as tx:
        return simulate.run(tx, program, Days(date(2026, 6, 1), NEXT_MONTH))


def test_the_program_in_force_gives_the_same_of_paid_invoices_when_it_is_tried(told: Told) -> None:
    found = tried(told, told.program)
    assert comparisons.differences(found.before, found.after) == []
    assert found.before.rewards != ()
    [line] = [
        line for line in simulation_output.tables(found)["By rule"] if line.name == "Revenue share"
    ]
    assert (line.before_minor, line.after_minor) == (30_00, 30_00)


def test_a_longer_share_of_what_is_paid_would_have_paid_the_third_invoice_too(told: Told) -> None:
    found = tried(told, told.program.replace("for_months = 1", "for_months = 2"))
    [more] = comparisons.differences(found.before, found.after)
    assert (more.before_minor, more.after_minor) == (0, 60_00)
    assert more.subject.startswith("invoice in_")
    assert (
        found.after.payments[date(2026, 7, 1), "USD"]
        == (found.before.payments[date(2026, 7, 1), "USD"])
    )
