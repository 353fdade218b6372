"""What the orchestrator keeps of a night, and what a retry at its door does to money."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from cli import main
from tests.flows.small_company import Firm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.flows.conftest import Trial, Trials

pytestmark = pytest.mark.prefect

TODAY = date(2026, 6, 30)


@dataclass(frozen=True)
class Runs:
    """A night in which paying was tried again, and the flow runs that Prefect kept of it."""

    trial: Trial
    runs: list[Any]
    secrets: list[str]


@pytest.fixture(scope="module")
def kept(trial: Trials) -> Iterator[Runs]:
    firm = Firm()
    firm.participant("anna", "affiliate")
    about = {"company": "Adatum", "domain": "adatum.example", "channel": "email"}
    firm.claim("referrals", "anna", "2026-05-10", **about)
    account = firm.account("Adatum", "adatum.example")
    firm.deal(account, "1000.00", ("Qualification", "2026-06-01"), ("Closed Won", "2026-06-20"))
    with trial(firm.company(TODAY), by_prefect=True) as opened:
        tag = f"kept-{uuid4()}"
        pay_and_die_once(opened, tag)
        secrets = [
            value
            for name, value in os.environ.items()
            if name.startswith("GOODWORD_") and ("SECRET" in name or name.endswith("_KEY"))
        ]
        yield Runs(opened, asyncio.run(flow_runs(tag)), secrets)


def pay_and_die_once(opened: Trial, tag: str) -> None:
    """Run a night, in a flow that ends badly after it and is retried, night and all."""
    from prefect import flow, tags  # noqa: PLC0415 - two seconds, and only once its server is up

    from flows.pay_rewards import pay_rewards  # noqa: PLC0415 - as above

    tried: list[int] = []

    @flow(retries=1)
    def twice() -> None:
        if not tried:
            opened.night(TODAY)
        pay_rewards(today=TODAY)
        tried.append(1)
        if len(tried) == 1:
            raise ConnectionError

    with tags(tag):
        twice()
    assert len(tried) == 2


async def flow_runs(tag: str) -> list[Any]:
    from prefect import get_client  # noqa: PLC0415 - as above
    from prefect.client.schemas.filters import (  # noqa: PLC0415 - as above
        FlowRunFilter,
        FlowRunFilterTags,
    )

    tagged = FlowRunFilter(tags=FlowRunFilterTags(all_=[tag]))
    async with get_client() as client:
        return list(await client.read_flow_runs(flow_run_filter=tagged))


def test_paying_again_after_a_failure_pays_nothing_twice(kept: Runs) -> None:
    assert len(kept.trial.moved()) == 1
    assert kept.trial.states("payouts") == {"paid": 1}
    assert kept.trial.world.calls["stripe", "POST", "/v1/transfers"] == 1
    assert kept.trial.broken() == []


def test_every_run_is_named_by_its_business_date(kept: Runs) -> None:
    names = {run.name for run in kept.runs if run.parent_task_run_id}
    stages = "sync review detect compute approve pay reconcile send measure".split()
    assert names == {f"{stage}-{TODAY}" for stage in ("night", *stages)}


def test_the_parameters_that_it_keeps_are_plain_and_tell_no_secret(kept: Runs) -> None:
    assert len(kept.secrets) >= 2
    for run in kept.runs:
        said = json.dumps(run.parameters)
        assert not [secret for secret in kept.secrets if secret in said]
        assert all(
            value is None or isinstance(value, str | bool) for value in run.parameters.values()
        ), said


def test_a_server_that_does_not_answer_is_told_in_a_sentence() -> None:
    from prefect import get_client  # noqa: PLC0415 - once its server is up
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415 - as above

    with (
        temporary_settings({PREFECT_API_URL: "http://127.0.0.1:1/api"}),
        get_client(sync_client=True) as client,
        pytest.raises(RuntimeError) as unreached,
    ):
        client.raise_for_api_version_mismatch()
    said = main._refusal(unreached.value)
    assert said is not None
    assert said.startswith("No Prefect server answers at PREFECT_API_URL: start it")


def test_a_server_that_asks_for_a_password_is_told_in_a_sentence() -> None:
    from prefect import get_client  # noqa: PLC0415 - once its server is up
    from prefect.exceptions import PrefectHTTPStatusError  # noqa: PLC0415 - as above
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415 - as above

    server = HTTPServer(("127.0.0.1", 0), Closed)
    Thread(target=server.handle_request, daemon=True).start()
    with (
        server,
        temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{server.server_port}/api"}),
        get_client(sync_client=True) as client,
        pytest.raises(PrefectHTTPStatusError) as refused,
    ):
        client.raise_for_api_version_mismatch()
    said = main._refusal(refused.value)
    assert said is not None
    assert "set PREFECT_API_AUTH_STRING to the same" in said


class Closed(BaseHTTPRequestHandler):
    """A Prefect server as it answers without its password."""

    def do_GET(self) -> None:
        self.send_error(HTTPStatus.UNAUTHORIZED)
