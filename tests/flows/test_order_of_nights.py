"""Nights go forward, look at the books at their end, and never pay by what is out of date."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.flows.conftest import Trials
from tests.flows.test_outside_faults import TODAY, firm


def test_a_night_never_goes_back_and_ends_with_every_invariant_looked_at(trial: Trials) -> None:
    from goodword.db.checks import INVARIANTS  # noqa: PLC0415 - beside the flow's own import
    from tasks.nights import NightGoesBack  # noqa: PLC0415 - it imports Prefect

    with trial(firm().company(TODAY)) as opened:
        report = opened.night(TODAY)
        assert report.tallies[-1].stage == "check"
        assert report.tallies[-1].outcomes == {"invariants hold": len(INVARIANTS)}
        earlier = TODAY - timedelta(days=1)
        with pytest.raises(NightGoesBack, match=f"never goes back to {earlier}"):
            opened.night(earlier)
        assert opened.value("SELECT count(*) FROM nights") == 1


@pytest.mark.parametrize("failed", ["sync", "detect", "compute"])
def test_nothing_is_paid_after_a_stage_that_it_rests_on_has_failed(failed: str) -> None:
    from tasks.nights import Tally, Tonight  # noqa: PLC0415 - it imports Prefect

    def pay(**_: object) -> Tally:
        raise AssertionError("it was run")

    tonight = Tonight(TODAY, dry_run=False, tallies=[Tally(failed, {}, ("no answer",))])
    tonight.run("pay", pay, stale=False)
    assert tonight.report.tallies[-1].failures == (
        f"not run, since {failed} failed and the data may be stale; `--stale` runs it all the same",
    )
