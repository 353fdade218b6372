"""What the night writes of protection, in an org whose leads lack the program's own fields."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from cli import local
from sandbox.server import Sandbox
from sandbox.world import Company
from tests import factories as make
from tests.tasks.conftest import SET

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from goodword.db.session import Database


def protect() -> dict[str, int]:
    from tasks import protections  # noqa: PLC0415 - Prefect

    return dict(cast("Any", protections.protect).fn(make.TODAY))


def test_leads_that_cannot_show_their_partner_are_counted_and_not_written_to(
    joined: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in SET:
        monkeypatch.delenv(name)  # the sandbox stands in for everything
    with joined.transaction() as tx:
        make.program(tx)
        until = make.TODAY + timedelta(days=60)
        live = {"state": "approved", "expires_on": until, "decided_on": make.TODAY}
        of_lead = {"source": "crm_lead", "source_id": make.lead(tx)}
        make.registration(tx, make.participant(tx), **live, **of_lead)
    with Sandbox(Company("Acme", "00Df40000000001AAA", {})) as sandbox:
        with sandbox.world.lock:
            sandbox.world.salesforce.drop_field("Lead", "Goodword_Partner__c")
        local.record_sandbox(tmp_path, sandbox.base_url, sandbox.smtp_port)
        assert protect() == {"leads without the fields to write to": 1}
