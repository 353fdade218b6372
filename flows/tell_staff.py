"""Tell staff what only the orchestrator sees: a night that failed, crashed or did not come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from prefect import flow
from prefect.runtime import flow_run

from flows import clock
from tasks import nights, troubles


@flow(name="tell-staff", flow_run_name=clock.run_name("tell"))
def tell_staff(
    what: troubles.Trouble,
    about: str,
    said: str = "",
    run: str | None = None,
    today: date | None = None,
) -> Mapping[str, int]:
    """Write to the program's `staff_email`, at once; an automation starts this.

    Args:
        what: what is the matter.
        about: which run, or since when no night has ended well.
        said: the run's own words.
        run: the run's own number, for a link to its page; none where no run is meant.
        today: the business date of the letter; the program's own today where none is given.
    """
    fact = f"trouble:{flow_run.get_id()}"  # the same after a retry
    told = troubles.Told(fact, what, about, said, troubles.page(run))
    return troubles.tell(told, nights.business_date(clock.read(today, None)))
