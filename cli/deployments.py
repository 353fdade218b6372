"""deploy: the deployments, schedules and automations on a Prefect server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cli import local
from cli.arguments import AsJson, newest_program
from cli.nights import use_orchestrator
from cli.output import emit, say

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.events.schemas.automations import AutomationCore

AUTOMATIONS = Path(__file__).parents[1] / "automations"

ALERTS = "goodword-alerts"
"""The notification block that automations use where the server has one of this name."""

DEPLOYED = "goodword.deployed"
"""The event from which on a night is missed (automations/missing-night.yaml)."""


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(deploy)


def deploy(as_json: AsJson = False) -> None:
    """Register the Prefect deployments, schedules and automations; again, they are replaced."""
    url = use_orchestrator()
    _reach()
    for words in (
        ("work-pool", "create", "goodword", "--type", "process", "--overwrite"),
        ("--no-prompt", "deploy", "--all"),
    ):
        local.run_prefect(words)
    program, _ = newest_program(None)
    installed, alerts = finish(program.time_zone)
    worker = "prefect worker start --pool goodword"
    document = {
        "deployed_to": url,
        "worker": worker,
        "automations": installed,
        "alerts_by_block": alerts,
    }

    def show() -> None:
        say(f"Deployed to {url}, with {len(installed)} automations. Start a worker with: {worker}")
        if not alerts:
            say(
                f"Alerts go to staff_email by the worker. For alerts while no worker runs, make a "
                f"notification block of the name {ALERTS} (Slack, a webhook, …) on that server, "
                "and deploy again."
            )

    emit(as_json, document, show)


def _reach() -> None:
    """Fail in a sentence where no server answers: Prefect's own commands print a trace then."""
    from prefect import get_client

    with get_client(sync_client=True) as client:
        client.raise_for_api_version_mismatch()


def finish(time_zone: str) -> tuple[list[str], bool]:
    """Do what prefect.yaml cannot say: the program's time zone, and the automations.

    Returns:
        The names of the automations, and whether they alert by a notification block.
    """
    from prefect import get_client  # two seconds, and only here
    from prefect.events import emit_event

    with get_client(sync_client=True) as client:
        move_schedule(client, time_zone)
        block = alert_block(client)
        installed = [install(client, one) for one in automations(client, block)]
    about = {"prefect.resource.id": "goodword.deployments", "prefect.resource.name": "deployment"}
    emit_event(DEPLOYED, about)
    return installed, block is not None


def move_schedule(client: SyncPrefectClient, time_zone: str) -> None:
    """Have the night start at its hour in the program's time zone."""
    deployment = client.read_deployment_by_name("nightly/nightly")
    for schedule in deployment.schedules:
        moved = schedule.schedule.model_copy(update={"timezone": time_zone})
        client.update_deployment_schedule(deployment.id, schedule.id, schedule=moved)


def alert_block(client: SyncPrefectClient) -> str | None:
    """Return the number of the notification block for alerts, or None."""
    found = client.read_block_documents()
    return next((str(block.id) for block in found if block.name == ALERTS), None)


def automations(client: SyncPrefectClient, block: str | None) -> Iterator[AutomationCore]:
    """Read the automations that are shipped, as this server takes them.

    The files name deployments and a block; a server knows them by number. What alerts by a block
    is left out where there is none.
    """
    import yaml  # type: ignore[import-untyped]  # Prefect's own; no types are there
    from prefect.events.schemas.automations import AutomationCore

    for path in sorted(AUTOMATIONS.glob("*.yaml")):
        written = yaml.safe_load(path.read_text())
        written["actions"] = list(_actions(client, written["actions"], block))
        yield AutomationCore.model_validate(written)


def _actions(
    client: SyncPrefectClient, written: list[dict[str, Any]], block: str | None
) -> Iterator[dict[str, Any]]:
    for action in written:
        if name := action.pop("deployment", None):
            yield {**action, "deployment_id": client.read_deployment_by_name(name).id}
        elif action.pop("block", None) is None:
            yield action
        elif block:
            yield {**action, "block_document_id": block}


def install(client: SyncPrefectClient, automation: AutomationCore) -> str:
    """Create an automation, or replace the one of its name; one that was paused stays paused."""
    known = client.read_automations_by_name(automation.name)
    if known:
        automation.enabled = known[0].enabled
        client.update_automation(known[0].id, automation)
    else:
        client.create_automation(automation)
    return automation.name
