"""A night moves a partner up a tier: told, explained, and never in the middle of a deal."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from goodword.db.queries import explanations as queries
from goodword.rules import explanations
from goodword.rules.explanations import Kind, Version
from goodword.wiring import wiring
from tests.flows.conftest import PROGRAM
from tests.flows.small_company import Firm

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flows.conftest import Trials

pytestmark = pytest.mark.prefect

FIRST, SECOND = date(2026, 6, 30), date(2026, 7, 31)
TIERS = {
    "kinds = []                  #": 'kinds = ["reseller"]        #',
    "window_days = 365 ": "window_days = 60 ",
    "premium_from = 5 ": "premium_from = 1 ",
}


def test_a_deal_is_paid_by_the_tier_of_the_day_on_which_it_was_claimed(
    trial: Trials, tmp_path: Path
) -> None:
    from tasks import nights  # noqa: PLC0415 - Prefect, once its server is up

    program, source = tmp_path / "program.toml", PROGRAM.read_text(encoding="utf-8")
    for old, new in TIERS.items():
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    program.write_text(source, encoding="utf-8")
    firm = Firm()
    firm.participant("rita", "reseller")
    deals = []
    for number, steps in enumerate(([("Closed Won", "2026-06-10")], []), 1):
        domain = f"rita-{number}.example"
        about = {"company": f"Rita {number}", "domain": domain, "channel": "email"}
        firm.claim("referrals", "rita", "2026-05-10", **about)
        account = firm.account(f"Rita {number}", domain)
        deals.append(firm.deal(account, "1000.00", ("Qualification", "2026-06-01"), *steps))
    with trial(firm.company(FIRST), GOODWORD_PROGRAM=str(program)) as opened:
        opened.go_to(FIRST - timedelta(days=1))
        assert opened.night(FIRST).failures == []
        opened.go_to(SECOND - timedelta(days=1))
        firm.step(opened, deals[1], ("Closed Won", "2026-07-10"))
        assert opened.night(SECOND).failures == []
        assert opened.night(SECOND).failures == []
        rewards = opened.rows("SELECT id, incentive FROM rewards ORDER BY id")
        assert [row.incentive for row in rewards] == ["Reseller margin, basic"] * 2
        (change,) = opened.rows("SELECT changed_on, before, after, reason FROM tier_changes")
        assert tuple(change) == (
            FIRST,
            "basic",
            "premium",
            "1 deal won, 1 or more in the last 60 days",
        )
        letters = opened.rows("SELECT state FROM messages WHERE template = 'tier_changed'")
        assert [row.state for row in letters] == ["sent"]
        versions = {
            number: Version(number, each.effective_on, each)
            for number, each in nights.programs_by_version().items()
        }
        with wiring().database.transaction() as tx:
            story = explanations.tell(queries.read(tx, Kind.REWARD, rewards[1].id), versions)
    said = "\n".join(line for section in story.sections for line in section.sentences)
    assert "On 2026-05-10 it was a reseller of tier basic: that decides." in said
    assert "From 2026-06-30 on its tier was premium, before basic" in said
    assert "20% of " in said
