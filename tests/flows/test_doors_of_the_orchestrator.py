"""The orchestrator's doors, at a real server with a real worker: forms, crashes, alerts, events.

One server, one worker and one night for all of it: a process started by the worker takes seconds.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from goodword.actions import decision_codes
from tests.flows.conftest import NEW_YORK
from tests.flows.small_company import Firm

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

    from sandbox.mailbox import Message
    from sandbox.world import Company
    from tests.flows.conftest import Trial, Trials

pytestmark = pytest.mark.prefect

TODAY = date(2026, 6, 30)
ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 300
SILENCE = timedelta(seconds=10)
"""Ten minutes for a run, 26 hours for a night; a server takes no less."""

REVIEW = "review-large-rewards/review-large-rewards"
AGAIN = "nightly/nightly-again"
LOST = "lost"
BOTH = "1 750.00 USD; 2 6,000.00 USD;"
TOO_LITTLE: list[dict[str, str]] = [
    {},
    {"decision": "approve", "rewards": BOTH},
    {"decision": "perhaps", "rewards": BOTH, "code": "AAAA-BBBB-CCCC-DDDD"},
    {"decision": "approve", "rewards": "all", "code": "AAAA-BBBB-CCCC-DDDD"},
    {"decision": "approve", "rewards": BOTH, "code": "carol"},
]

_T = TypeVar("_T")


@dataclass(frozen=True)
class Doors:
    """A company whose night has run, its server, and a worker on it."""

    trial: Trial
    client: SyncPrefectClient

    def runs(self, deployment: str) -> list[FlowRun]:
        """Return the runs that were begun of a deployment, in the order they were asked for."""
        from prefect.client.schemas.filters import (  # noqa: PLC0415 - Prefect, once its server is up
            DeploymentFilter,
            DeploymentFilterId,
        )

        found = self.client.read_deployment_by_name(deployment)
        own = DeploymentFilter(id=DeploymentFilterId(any_=[found.id]))
        runs = self.client.read_flow_runs(deployment_filter=own)
        begun = [run for run in runs if run.name != LOST]
        return sorted(begun, key=lambda run: str(run.created))

    def run(self, deployment: str, *states: str) -> FlowRun:
        """Wait until the newest run of a deployment is in one of these states."""

        def look() -> FlowRun | None:
            runs = self.runs(deployment)
            if runs and runs[-1].state and runs[-1].state.name in states:
                return runs[-1]
            return None

        return until(look, lambda: [(run.name, run.state) for run in self.runs(deployment)])

    def question(self, run: FlowRun) -> str:
        """Return what the form of a suspended run says, which comes a moment after its state."""
        assert run.state
        keys = run.state.state_details.run_input_keyset
        assert keys

        def look() -> str | None:
            forms = self.client.request(
                "POST",
                "/flow_runs/{id}/input/filter",
                path_params={"id": run.id},
                json={"prefix": keys["description"]},
            )
            return next((str(json.loads(form["value"])) for form in forms.json()), None)

        return until(look, lambda: keys)

    def code(self, approver: str) -> str:
        with self.trial.database.transaction() as tx:
            return decision_codes.issue(tx, approver, TODAY).code

    def answer(self, run: FlowRun, /, **written: str) -> Any:
        """Send a form as the page does."""
        return self.client.resume_flow_run(run.id, run_input=written or None)

    def events(self, name: str, on: date) -> list[dict[str, Any]]:
        """Return what this company's events of a name said of a date."""
        asked = {"filter": {"event": {"name": [name]}}, "limit": 50}

        def look() -> list[dict[str, Any]]:
            found = self.client.request("POST", "/events/filter", json=asked).json()["events"]
            tagged = [event for event in found if "prefect.tag.goodword" in str(event["related"])]
            return [e["payload"] for e in tagged if e["payload"]["business_date"] == on.isoformat()]

        return until(look, lambda: name)  # the server lists them some seconds after they were sent


def until(look: Callable[[], _T | None], state: Callable[[], object]) -> _T:
    """Return what `look` finds, asked again until it finds something."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"not within {PATIENCE_SECONDS} s: {state()}")


@dataclass(frozen=True)
class Course:
    """One course of events, looked at on its way."""

    doors: Doors
    deployed_at: datetime
    night: datetime
    refused: list[Any]
    asked: list[str]
    states: list[dict[str, int]]
    review: list[FlowRun]
    older: FlowRun
    lost: FlowRun
    again: FlowRun
    letters: list[Message]


@pytest.fixture(scope="module")
def course(trial: Trials) -> Iterator[Course]:
    from prefect import get_client, tags  # noqa: PLC0415 - two seconds, once its server is up

    with trial(company(), by_prefect=True) as opened, get_client(sync_client=True) as client:
        doors = Doors(opened, client)
        deployed_at = datetime.now(UTC)
        installed, by_itself = deploy(client)
        older, lost = ask_in_vain(client), lose(client)
        try:
            with worker(), tags("night", "goodword"):  # as the deployment's own runs have
                assert opened.night(TODAY).failures == []
                say_once_that_it_lives(lost)
                yield follow(doors, (deployed_at, by_itself), older, lost)
        finally:
            for name in installed:
                for automation in client.read_automations_by_name(name):
                    client.delete_automation(automation.id)


def company() -> Company:
    """Return one whose night leaves 750.00 to one approver and 6,000.00 to two."""
    firm = Firm()
    firm.participant("anna", "affiliate")
    for name, amount in (("Adatum", "7500.00"), ("Fabrikam", "60000.00")):
        domain = f"{name.lower()}.example"
        firm.claim("referrals", "anna", "2026-05-10", company=name, domain=domain, channel="email")
        account = firm.account(name, domain)
        firm.deal(account, amount, ("Qualification", "2026-06-01"), ("Closed Won", "2026-06-20"))
    return firm.company(TODAY)


def follow(doors: Doors, began: tuple[datetime, datetime], older: FlowRun, lost: FlowRun) -> Course:
    """Answer the form badly and then well, and wait for what the crash sets going.

    `began`: when the deployment began, and the night that the server was going to begin after it.
    """
    asking = doors.run(REVIEW, "Suspended")
    asked, states = [doors.question(asking)], [doors.trial.states("rewards")]
    refused = [doors.answer(asking, **written) for written in TOO_LITTLE]
    states.append(doors.trial.states("rewards"))
    doors.answer(asking, decision="approve", rewards=BOTH, code=doors.code("carol"))
    until(lambda: doors.trial.states("rewards").get("approved"), lambda: doors.runs(REVIEW))
    states.append(doors.trial.states("rewards"))
    asking_again = doors.run(REVIEW, "Suspended")
    asked.append(doors.question(asking_again))
    doors.answer(asking_again, decision="approve", rewards=BOTH, code=doors.code("dave"))
    done = doors.run(REVIEW, "Completed")
    states.append(doors.trial.states("rewards"))
    again = doors.run(AGAIN, "Completed")
    until(lambda: len(letters(doors)) > 1, lambda: doors.runs("tell-staff/tell-staff"))
    older, lost = (doors.client.read_flow_run(run.id) for run in (older, lost))
    review = [asking, asking_again, done]
    told = letters(doors)
    return Course(doors, *began, refused, asked, states, review, older, lost, again, told)


def letters(doors: Doors) -> list[Message]:
    """Return what staff was told of the nights."""
    return [
        mail for mail in doors.trial.world.mailbox.messages if "night_trouble" in mail.message_id
    ]


def ask_in_vain(client: SyncPrefectClient) -> FlowRun:
    """Have a form of an earlier night that nobody answered."""
    from prefect.states import Suspended  # noqa: PLC0415 - as above

    run = off_the_clock(client, REVIEW)
    client.set_flow_run_state(run.id, Suspended(timeout_seconds=3600), force=True)
    return run


def off_the_clock(client: SyncPrefectClient, deployment: str, **parameters: str) -> FlowRun:
    """Make a run that no worker begins."""
    from prefect.states import Scheduled  # noqa: PLC0415 - as above

    return client.create_flow_run_from_deployment(
        client.read_deployment_by_name(deployment).id,
        name=LOST,
        parameters=parameters,
        state=Scheduled(scheduled_time=datetime.now(UTC) + timedelta(days=1)),
    )


def lose(client: SyncPrefectClient) -> FlowRun:
    """Have a run of the night that no process is behind, and little patience with it alone."""
    from prefect.events.schemas.automations import Posture  # noqa: PLC0415 - as above
    from prefect.states import Running  # noqa: PLC0415 - as above

    from cli import deployments  # noqa: PLC0415 - as above

    run = off_the_clock(client, "nightly/nightly", today=TODAY.isoformat(), only="measure")
    client.set_flow_run_state(run.id, Running(), force=True)
    for automation in deployments.automations(client, None):
        if automation.trigger.posture is Posture.Proactive:
            automation.trigger.within = SILENCE
            # It may take longer from the deployment to the night here.
            automation.trigger.after.discard(deployments.DEPLOYED)
            if automation.trigger.for_each:
                automation.trigger.match = {"prefect.resource.id": f"prefect.flow-run.{run.id}"}
            deployments.install(client, automation)
    return run


def say_once_that_it_lives(run: FlowRun) -> None:
    """Say so in the name of a run, as each does every few minutes."""
    from prefect.events import emit_event  # noqa: PLC0415 - as above

    emit_event(
        "prefect.flow-run.heartbeat",
        {"prefect.resource.id": f"prefect.flow-run.{run.id}"},
        related=[
            {"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"}
            for tag in run.tags
        ],
    )


def deploy(client: SyncPrefectClient) -> tuple[list[str], datetime]:
    """Deploy as `goodword deploy` does, and stop the clock before it starts anything.

    Returns:
        The automations, and when the server was going to begin the night.
    """
    from cli import deployments  # noqa: PLC0415 - as above

    deployments.deploy()
    night = until(lambda: next_night(client), lambda: "no run of the night is scheduled")
    for deployment in client.read_deployments(limit=100):
        for schedule in deployment.schedules:
            client.update_deployment_schedule(deployment.id, schedule.id, active=False)
    found = client.read_automations()
    return [one.name for one in found if one.name.startswith("goodword:")], night


def next_night(client: SyncPrefectClient) -> datetime | None:
    """Return the first instant for which the server has put a run of the night on its list."""
    found = client.read_deployment_by_name("nightly/nightly")
    runs = client.get_scheduled_flow_runs_for_deployments([found.id], scheduled_before=None)
    return min((run.next_scheduled_start_time for run in runs), default=None)


@contextmanager
def worker() -> Iterator[None]:
    """Run a worker process of the pool, in the program's folder and with its environment."""
    with subprocess.Popen(
        [sys.executable, "-m", "prefect", "worker", "start", "--pool", "goodword"],
        cwd=ROOT,
        env=os.environ | {"PREFECT_WORKER_QUERY_SECONDS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield
        finally:
            process.terminate()  # turned into a SIGINT, which a shell's background jobs ignore
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
            process.kill()


def test_the_server_begins_the_next_night_at_two_by_itself(course: Course) -> None:
    night = course.night.astimezone(NEW_YORK)
    assert (night.hour, night.minute) == (2, 0)
    assert timedelta(0) < night - course.deployed_at <= timedelta(days=1, hours=1)


def test_a_night_tells_what_it_did_and_what_waits(course: Course) -> None:
    [done] = course.doors.events("goodword.night.done", TODAY)
    assert done["stages"]["approve"] == {"waiting for people": 2, "reminders queued": 1}
    [waiting] = course.doors.events("goodword.rewards.waiting", TODAY)
    assert (waiting["rewards"], waiting["totals"]) == (2, ["6,750.00 USD"])


def test_what_waits_asks_approvers_in_one_form(course: Course) -> None:
    assert "**2 rewards wait for an approver, 6,750.00 USD in all.**" in course.asked[0]
    assert "| `1 750.00 USD;` | Anna | Adatum |" in course.asked[0]
    assert "| 0 of 2 |" in course.asked[0]
    assert len({run.id for run in course.review}) == 1
    assert course.older.state_name == "Cancelled"


def test_an_answer_that_says_too_little_decides_nothing_and_is_asked_for_again(
    course: Course,
) -> None:
    assert [answer.status.value for answer in course.refused] == ["REJECT"] * len(TOO_LITTLE)
    assert course.states[:2] == [{"waiting": 2}, {"waiting": 2}]


def test_answers_decide_in_the_names_that_their_codes_prove_until_nothing_waits(
    course: Course,
) -> None:
    assert course.states[2:] == [{"approved": 1, "waiting": 1}, {"approved": 2}]
    assert course.asked[1].startswith("**The last answer**: approved 1, waiting 1")
    assert "| 1 of 2: carol |" in course.asked[1]
    trial = course.doors.trial
    decided = trial.rows("SELECT reward_id, decided_by FROM approvals ORDER BY id")
    assert [tuple(row) for row in decided] == [(1, "carol"), (2, "carol"), (2, "dave")]
    assert trial.broken() == []


def test_a_run_that_falls_silent_is_marked_and_taken_up_once(course: Course) -> None:
    assert course.lost.state_name == "Crashed"
    assert {
        "today": TODAY.isoformat(),
        "only": "measure",
    }.items() <= course.again.parameters.items()
    assert [run.id for run in course.doors.runs(AGAIN)] == [course.again.id]


def test_staff_hears_of_a_crash_and_of_a_night_that_does_not_come(course: Course) -> None:
    subjects = sorted(mail.subject for mail in course.letters)
    assert re.fullmatch(r"No night has ended well since \d{4}-\d\d-\d\d \d\d:\d\d UTC", subjects[0])
    assert subjects[1:] == ["The run lost failed"]
    [letter] = [mail for mail in course.letters if "lost" in mail.subject]
    assert letter.to == ["partner-desk@harbour-software.example"]
    assert "No sign of life for ten minutes." in str(letter.text)
    assert f"/runs/flow-run/{course.lost.id}" in str(letter.text)


def test_every_deployment_documents_its_parameters_and_the_night_comes_at_two(
    course: Course,
) -> None:
    deployments = course.doors.client.read_deployments(limit=100)
    unsaid = [
        f"{deployment.name}({name})"
        for deployment in deployments
        for name, schema in (deployment.parameter_openapi_schema or {})["properties"].items()
        if not schema.get("description") or not {"type", "anyOf", "$ref"} & set(schema)
    ]
    assert unsaid == []
    [night] = [
        schedule.schedule
        for deployment in deployments
        for schedule in deployment.schedules
        if deployment.name == "nightly"
    ]
    assert (night.cron, night.timezone) == ("0 2 * * *", "America/New_York")


def test_what_was_installed_twice_is_there_once(course: Course) -> None:
    found = [one.name for one in course.doors.client.read_automations()]
    ours = sorted(name for name in found if name.startswith("goodword:"))
    assert ours == sorted(set(ours))
    assert len(ours) == len(list((ROOT / "automations").glob("*.yaml")))
