"""What `goodword doctor` says an administrator must create in Salesforce, and what it writes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from cli import local
from sandbox.server import Sandbox
from sandbox.world import Company
from tests.cli.conftest import ROOT, goodword, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Template

PROGRAM = (ROOT / "config" / "program.toml").read_text(encoding="utf-8")


@contextmanager
def doctored(template: Template, folder: Path, crm: str = "") -> Iterator[Sandbox]:
    """An empty org, and the sample program with some keys in front of its [crm] section."""
    program = folder / "program.toml"
    before, _, after = PROGRAM.partition("[crm]\n")
    kept = [line for line in after.split("\n") if line.split(" = ")[0] not in crm]
    program.write_text("\n".join([f"{before}[crm]", crm, *kept]), encoding="utf-8")
    with (
        template.clone() as database,
        Sandbox(Company("Acme", "00Df40000000001AAA", {})) as sandbox,
        settings(
            GOODWORD_HOME=str(folder),
            GOODWORD_DATABASE_URL=database.engine.url.render_as_string(hide_password=False),
            GOODWORD_PROGRAM=str(program),
        ),
    ):
        local.record_sandbox(folder, sandbox.base_url, sandbox.smtp_port)
        yield sandbox


def said(what: str) -> tuple[bool | None, str]:
    (found,) = (item for item in goodword("doctor", "--json").document if item["what"] == what)
    return found["ok"], found["said"]


def test_an_org_with_every_field_shows_protection(template: Template, tmp_path: Path) -> None:
    with doctored(template, tmp_path):
        assert said("Salesforce") == (
            True,
            "organisation 00Df40000000001AAA answers and shows protection",
        )
        assert said("deal registrations")[1].startswith("none are taken from the CRM")


def test_missing_fields_are_listed_by_type_and_object(template: Template, tmp_path: Path) -> None:
    names = 'partner_field = "Reseller__c"'
    with doctored(template, tmp_path, names) as sandbox:
        with sandbox.world.lock:
            sandbox.world.salesforce.drop_field("Lead", "Goodword_Protected_Until__c")
        ok, sentence = said("Salesforce")
    assert ok is None
    assert (
        "create Reseller__c (Text(255)) on Account, Opportunity, Lead and "
        "Goodword_Protected_Until__c (Date) on Lead, and let the integration user edit them"
    ) in sentence


def test_leads_without_the_fields_are_said_to_reach_no_partner(
    template: Template, tmp_path: Path
) -> None:
    with doctored(template, tmp_path) as sandbox:
        with sandbox.world.lock:
            sandbox.world.salesforce.drop_field("Lead", "Goodword_Partner__c")
        ok, sentence = said("Salesforce")
    assert ok is None
    assert "create Goodword_Partner__c (Text(255)) on Lead, " in sentence
    assert sentence.endswith("leads of protected accounts do not reach their partners")


@pytest.mark.parametrize("has_type", [True, False])
def test_the_record_type_of_registrations_is_looked_for(
    template: Template, tmp_path: Path, *, has_type: bool
) -> None:
    with doctored(template, tmp_path, 'intake = "lead"') as sandbox:
        row: dict[str, str | None] = {
            "Id": "012000000000001AAA",
            "Name": "Deal Registration",
            "DeveloperName": "Deal_Registration",
            "SobjectType": "Lead" if has_type else "Account",
        }
        with sandbox.world.lock:
            sandbox.world.salesforce.put_raw("RecordType", [row])
        ok, sentence = said("deal registrations")
    assert ok is (True if has_type else None)
    assert ("leads have no record type Deal_Registration" in sentence) is not has_type


def test_a_custom_object_that_is_not_there_is_not_ok(template: Template, tmp_path: Path) -> None:
    section = 'intake = "object"\nobject = "Deal__c"\nfields = { company = "Company__c" }'
    with doctored(template, tmp_path, section):
        ok, sentence = said("deal registrations")
    assert ok is False
    assert "the CRM shows no object Deal__c" in sentence


def test_the_metadata_is_written_without_reaching_anything(
    template: Template, tmp_path: Path
) -> None:
    folder = tmp_path / "metadata"
    with doctored(template, tmp_path, 'partner_field = "Reseller__c"') as sandbox:
        done = goodword("doctor", "--metadata", str(folder), "--json")
        assert sandbox.world.calls == {}
    assert done.code == 0
    written = sorted(str(path) for path in folder.rglob("*") if path.is_file())
    assert sorted(done.document["written"]) == written
    assert "<fullName>Reseller__c</fullName>" in (folder / "objects" / "Lead.object").read_text()
