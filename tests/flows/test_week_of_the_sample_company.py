"""What `make night` shows: people act in the week before, and every step of a claim is taken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from cli import sample_week
from goodword.db.queries import explanations as queries
from goodword.db.queries import status
from goodword.db.queries.programs import versions as published
from goodword.phrases import Stored
from goodword.rules import explanations
from goodword.rules.explanations import Case, Kind, Story, Version
from goodword.wiring import wiring
from sandbox.company import sample
from sandbox.company.dates import BUSINESS_DATE
from tests.explain.english import english_left

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.flows.conftest import Trial, Trials

pytestmark = pytest.mark.prefect

OF_A_CLAIM = (
    "imported approved rejected conflicting extended expired won lost withdrawn linked routed"
).split()
BY_PEOPLE = ["asked staff", "asked for more days", "granted more days", "refused more days"]
OF_A_DISPUTE = "opened stated ruled appealed escalated closed".split()


@pytest.fixture(scope="module")
def company(trial: Trials) -> Iterator[Trial]:
    with trial(sample(opportunities=100)) as opened:
        lived = live_through()
        assert len(lived) == 8
        assert opened.night(BUSINESS_DATE).failures == []
        yield opened


def live_through() -> list[str]:
    wired = wiring()
    program = wired.program(wired.settings.program.read_text(encoding="utf-8"))
    return sample_week.live_through(wired.database, program, BUSINESS_DATE)


def test_each_step_of_claims_and_disputes_is_taken_and_has_an_example(company: Trial) -> None:
    with company.database.transaction() as tx:
        steps = {(step.subject, step.action): step for step in status.steps_of_claims(tx)}
    wanted = {("registration", action) for action in (*OF_A_CLAIM, *BY_PEOPLE)}
    wanted |= {("dispute", action) for action in OF_A_DISPUTE}
    assert wanted <= steps.keys()
    assert all(step.times >= 1 and step.example for step in steps.values())


def test_a_claim_that_was_transferred_is_its_second_partners(company: Trial) -> None:
    rows = company.rows(
        "SELECT key, state FROM registrations WHERE key LIKE 'reg-dispute-transferred-%'"
        " ORDER BY key"
    )
    assert [tuple(row) for row in rows] == [
        ("reg-dispute-transferred-1a", "withdrawn"),
        ("reg-dispute-transferred-1b", "approved"),
    ]


def test_the_lead_of_a_claimed_account_is_its_partners(company: Trial) -> None:
    (routed,) = company.rows(
        "SELECT r.key, l.protected_partner FROM routings o"
        " JOIN registrations r ON r.id = o.registration_id JOIN leads l USING (crm_id)"
    )
    assert routed.key == "reg-routed-lead-1"
    assert routed.protected_partner


def test_the_week_is_lived_through_once(company: Trial) -> None:
    before = company.dump()
    assert live_through() == []
    assert company.dump() == before


# Explained --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Teller:
    """Tells the company's stories."""

    company: Trial
    versions: dict[int, Version]

    def tell(self, kind: Kind, number: int) -> tuple[Case, Story]:
        with self.company.database.transaction() as tx:
            case = queries.read(tx, kind, number)
        return case, explanations.tell(case, self.versions)


@pytest.fixture(scope="module")
def teller(company: Trial) -> Teller:
    with company.database.transaction() as tx:
        kept = published(tx)
    read = wiring().program
    return Teller(
        company, {v.number: Version(v.number, v.effective_on, read(v.source)) for v in kept}
    )


def sides(company: Trial, scenario: str) -> tuple[str, str]:
    """Return the claim that was contested and the one that contests it, as stories name them."""
    rows = company.rows(
        "SELECT r.id, p.name FROM registrations r JOIN participants p ON p.id = r.participant_id"
        f" WHERE r.key LIKE 'reg-{scenario}-1%' ORDER BY r.key"
    )
    held, rival = (f"registration {row.id} of {row.name}" for row in rows)
    return held, rival


def settled(teller: Teller, claim: str) -> str:
    """Return what one side's story says of the dispute, from what is on record to the end."""
    _, story = teller.tell(Kind.REGISTRATION, int(claim.split()[1]))
    (section,) = [section for section in story.sections if section.heading == "Disputes"]
    said = "\n".join(section.sentences)
    return re.sub(r"\d{4}-\d\d-\d\d", "DAY", said[said.index("On record: ") :])


@pytest.mark.parametrize("side", [0, 1])
def test_a_dispute_whose_ruling_nobody_appealed_ends_with_who_has_the_account(
    teller: Teller, side: int
) -> None:
    held, rival = claims = sides(teller.company, "dispute-term-over")
    assert settled(teller, claims[side]) == (
        f"On record: first {held}, submitted on DAY with meeting of DAY; then {rival}, submitted "
        "on DAY with meeting of DAY.\n"
        "Ruled on DAY by pavel: upheld, the claim stays where it was; “Decided by who did the work "
        "first, as the minutes of both meetings show.”\n"
        "The ruling is final since DAY.\n"
        f"By that ruling {held} protects the account, through DAY.\n"
        f"By that ruling {rival} protects nothing, and earns nothing."
    )


@pytest.mark.parametrize("side", [0, 1])
def test_a_dispute_that_was_appealed_ends_with_the_second_ruling(teller: Teller, side: int) -> None:
    held, rival = claims = sides(teller.company, "dispute-appealed")
    said = settled(teller, claims[side]).splitlines()
    ruled = "by pavel: upheld, the claim stays where it was; “Decided by who did the work first"
    assert ruled in said[1]
    assert said[2].startswith("Appealed on DAY by ")
    assert said[2].endswith("; “The minutes of our meeting of March were not looked at.”")
    assert said[3].startswith("On appeal on DAY by nadia: upheld, the claim stays where it was;")
    assert said[4:] == [
        "The ruling is final since DAY.",
        f"By that ruling {held} protects the account, through DAY.",
        f"By that ruling {rival} protects nothing, and earns nothing.",
    ]


@pytest.mark.parametrize("side", [0, 1])
def test_a_dispute_that_moved_the_account_ends_with_the_part_of_who_lost_and_the_way_to_appeal(
    teller: Teller, side: int
) -> None:
    held, rival = claims = sides(teller.company, "dispute-transferred")
    said = settled(teller, claims[side]).splitlines()
    assert said[1].startswith(
        f"Ruled on DAY by pavel: transferred, the account goes to {rival}; the claim that lost "
        "gets 20% of what the other is credited; “Decided by who did the work first"
    )
    assert said[2:] == [
        f"An appeal for {held}, which lost, is possible through DAY; until then nothing is paid.",
        f"By that ruling {rival} protects the account, through DAY.",
        f"By that ruling {held} protects nothing, and gets 20% of what the other is credited.",
    ]


def test_each_kind_of_story_has_no_english_sentence_in_japanese_and_malay(teller: Teller) -> None:
    languages = [wiring().language(locale) for locale in ("ja", "ms")]
    left = []
    for kind in Kind:
        by = "rail, state" if kind is Kind.PAYOUT else "state"
        one_of_each = f"SELECT min(id) AS id FROM {kind}s GROUP BY {by} ORDER BY 1"
        for row in teller.company.rows(one_of_each):
            case, story = teller.tell(kind, row.id)
            for language in filter(None, languages):
                left += english_left(case, story.written(language), teller.versions)
    assert left == []


def test_every_reason_that_the_program_wrote_is_known_again(company: Trial) -> None:
    language = wiring().language("ja")
    assert language is not None
    stored = company.rows(
        "SELECT reason FROM audit_events WHERE actor IN ('night', 'policy') AND reason <> ''"
        " UNION SELECT reason FROM rewards UNION SELECT reason FROM shares"
        " UNION SELECT carried_because FROM rewards WHERE carried_because IS NOT NULL"
    )
    unknown = [row.reason for row in stored if "「" in language.write(Stored(row.reason))]
    assert unknown == []
