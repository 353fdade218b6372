"""What `goodword explain registration` says of a dispute: minutes, rulings, credit, the CRM."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from goodword.actions import disputes
from goodword.actions.disputes import Appeal, Said
from goodword.db.queries import explanations as queries
from goodword.db.session import Database
from goodword.rules import explanations
from goodword.rules.disputes import Outcome
from goodword.rules.explanations import Kind, Version
from tests import factories as make
from tests.contested import POLICY, PROGRAM, TODAY, Place

VERSIONS = {1: Version(1, PROGRAM.effective_on, PROGRAM)}


@dataclass(frozen=True)
class Told:
    """The sections of a story, one text each."""

    sections: dict[str, str]

    @classmethod
    def of(cls, tx: Connection, kind: Kind, number: int) -> Told:
        story = explanations.tell(queries.read(tx, kind, number), VERSIONS)
        return cls({section.heading: "\n".join(section.sentences) for section in story.sections})


def in_order(text_: str, *expected: str) -> None:
    places = [text_.find(each) for each in expected]
    assert -1 not in places, (expected[places.index(-1)], text_)
    assert places == sorted(places), text_


def test_the_minutes_tell_a_dispute_from_its_opening_to_the_ruling_on_appeal(
    database: Database,
) -> None:
    with database.transaction() as tx:
        place = Place(tx)
        deal = place.win()
        first = place.convert(deal)
        dispute = place.open()
        disputes.state(tx, Said(dispute, "ann", "we met in April"), TODAY)
        place.rule(dispute, Outcome.TRANSFERRED, share=2000)
        second = place.convert(deal)
        disputes.appeal(tx, Appeal(dispute, "ann", "they are false"), POLICY, TODAY)
        place.rule(dispute, Outcome.UPHELD, "pavel", today=TODAY + timedelta(days=1))
        third = place.convert(deal)
        told = Told.of(tx, Kind.REGISTRATION, place.held).sections
        in_order(
            told["Minutes"],
            "submitted by Northwind Traders.",
            f"conversion {first} credits it with 1,000.00 USD",
            f"conversion {first} stands no more; the ruling in dispute {dispute} credits the deal",
            f"conversion {second} credits it with 200.00 USD; the ruling in dispute {dispute}",
            f"conversion {third} credits it with 1,000.00 USD",
        )
        in_order(
            told["Minutes"],
            "carl: approved, protected through",
            f"Tailspin Toys (bob): dispute {dispute} opened; we met them in May.",
            f"Northwind Traders (ann): stated in dispute {dispute}; we met in April.",
            f"olivia: withdrawn; the ruling in dispute {dispute}: the minutes of May show it.",
            f"olivia: ruled in dispute {dispute}: transferred; the claim that lost gets 20% of",
            f"Northwind Traders (ann): appealed in dispute {dispute}; they are false.",
            f"pavel: won; the ruling in dispute {dispute}",
            f"pavel: ruled in dispute {dispute}: upheld; the minutes of May show it.",
        )
        in_order(
            told["Disputes"],
            "opened on 2026-06-30 by Tailspin Toys (bob): registration 1 of Northwind Traders is "
            "contested by registration 2 of Tailspin Toys; “we met them in May”.",
            "Northwind Traders (ann) stated on 2026-06-30: “we met in April”",
            "On record: first registration",
            "Ruled on 2026-06-30 by olivia: transferred, the account goes to registration 2 of",
            "Appealed on 2026-06-30 by Northwind Traders (ann); “they are false”.",
            "On appeal on 2026-07-01 by pavel: upheld, the claim stays where it was;",
            "The ruling is final since 2026-07-01.",
            "the account is for registration 1 of Northwind Traders, which is won by now.",
            "registration 2 of Tailspin Toys protects nothing, and earns nothing.",
        )
        assert "Tailspin Toys" in told["Rivals"]


@pytest.mark.parametrize("kind", [Kind.CONVERSION, Kind.REGISTRATION])
def test_shares_by_a_ruling_come_out_the_same_when_they_are_divided_again(
    database: Database, kind: Kind
) -> None:
    with database.transaction() as tx:
        place = Place(tx)
        dispute = place.open()
        place.rule(dispute, Outcome.UPHELD, share=3333)
        number = place.convert(place.win())
        told = Told.of(tx, kind, number if kind is Kind.CONVERSION else place.lost).sections
        said = "\n".join(told.values())
        assert "takes all of it, but for what rulings grant of it." in said
        assert "666.70 USD" in said
        assert f"333.30 USD; the ruling in dispute {dispute} grants it 33.33%" in said
        assert "the shares come out the same." in said


def test_what_matching_asked_why_staff_is_asked_and_what_the_crm_shows_are_told(
    database: Database,
) -> None:
    with database.transaction() as tx:
        make.program(tx)
        ann = make.participant(tx, "ann", name="Northwind Traders")
        account = make.account(tx, protected_partner="Northwind Traders", protected_until=TODAY)
        claim = make.registration(tx, ann, account_crm_id=account)
        tx.execute(
            text(
                "UPDATE registrations SET reasons = '[\"direct sales was active\"]' WHERE id = :i"
            ),
            {"i": claim},
        )
        make.insert(
            tx,
            "account_questions",
            registration_id=claim,
            account_crm_id=account,
            reason="same name, another domain",
            asked_on=TODAY,
        )
        told = Told.of(tx, Kind.REGISTRATION, claim).sections
    assert (
        f"2026-06-30 asked whether it is account {account}; same name, another domain."
        in (told["Minutes"])
    )
    assert told["Minutes"].endswith("(`goodword registrations list`); direct sales was active.")
    assert told["In the CRM"] == f"Account {account} shows Northwind Traders until 2026-06-30."
