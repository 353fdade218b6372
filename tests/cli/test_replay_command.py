"""goodword night --replay on the sample company's night, and on one that was tampered with."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from goodword.actions import replays
from goodword.rules.replays import Replayed, Verdict
from goodword.wiring import wiring
from tests.cli.conftest import goodword
from tests.factories import everything

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from tests.cli.conftest import Office

pytestmark = pytest.mark.prefect

NIGHT = date(2026, 6, 30)


@contextmanager
def undone(office: Office) -> Iterator[Connection]:
    """Open a transaction whose changes nobody else will see."""
    with office.database.engine.connect() as tx:
        yield tx
        tx.rollback()


def unlike(found: list[Replayed]) -> set[str]:
    return {each.subject.split()[0] for each in found if each.verdict is Verdict.DIFFERENT}


def test_every_decision_of_the_sample_night_that_can_be_known_comes_out_the_same(
    office: Office,
) -> None:
    assert office.first.code == 0
    with office.database.transaction() as tx:
        before = everything(tx)
    said = goodword("night", "--date", str(NIGHT), "--replay", "--json")
    assert (said.code, said.err) == (0, "")
    assert said.document["counts"]["same"] > 300
    assert "different" not in said.document["counts"]
    unknown = [each for each in said.document["decisions"] if each["verdict"] == "not known"]
    assert all("are not kept" in each["reason"] for each in unknown)
    with office.database.transaction() as tx:
        assert everything(tx) == before


def test_a_replay_is_told_to_people_with_what_it_leaves_out(office: Office) -> None:
    assert office.first.code == 0
    said = goodword("night", "--date", str(NIGHT), "--replay")
    assert said.code == 0
    assert "Not replayed: deals that did not convert" in said.out
    assert "What cannot be known any more" in said.out


def test_a_tier_changed_behind_the_programs_back_comes_out_differently(office: Office) -> None:
    assert office.first.code == 0
    with undone(office) as tx:
        tx.execute(text("UPDATE participants SET tier = 'top' WHERE tier = 'basic'"))
        # A reward that no rule gives any more, and a conversion that another rule pays for.
        assert unlike(list(replays.decisions(tx, NIGHT, wiring().program))) == {
            "reward",
            "conversion",
        }


def test_a_deal_that_the_crm_changed_since_is_not_known_and_never_guessed(office: Office) -> None:
    assert office.first.code == 0
    with undone(office) as tx:
        tx.execute(
            text(
                "UPDATE opportunities SET amount_minor = amount_minor + 1, modified_at = now()"
                " WHERE won_at IS NOT NULL"
            )
        )
        found = list(replays.decisions(tx, NIGHT, wiring().program))
    assert unlike(found) == set()
    values = [each for each in found if each.decision.startswith("its value is")]
    assert len(values) > 50
    assert {each.verdict for each in values} == {Verdict.UNKNOWN}


def test_a_touch_taken_away_behind_the_programs_back_changes_no_recorded_share(
    office: Office,
) -> None:
    assert office.first.code == 0
    with undone(office) as tx:
        tx.execute(text("DELETE FROM touches"))
        assert unlike(list(replays.decisions(tx, NIGHT, wiring().program))) == set()


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("--date", "2026-06-29"), "No night ran for 2026-06-29"),
        ((), "--replay takes the --date of a past night"),
        (("--date", "2026-06-30", "--dry-run"), "no other option beside it"),
    ],
)
def test_what_cannot_be_replayed_is_refused(
    office: Office, words: tuple[str, ...], refusal: str
) -> None:
    assert office.first.code == 0
    said = goodword("night", "--replay", *words)
    assert said.code == 1
    assert refusal in said.err
