"""Program files and imported rows that would let the CRM say what nobody said."""

from __future__ import annotations

import pytest

from goodword.rules import imports
from goodword.rules.import_cells import Given
from goodword.rules.imports import Kind, Refused
from tests.rules.test_imports_reading import AROUND
from tests.test_program_errors import edited, errors

NOBODY = "domain is 'gmail.com', which anybody may use: say whom it is about"


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ('division_field = "Goodword_Partner__c"', "crm.division_field"),
        ('intake = "lead"\nfields = {company = "Goodword_Partner__c"}', "crm.fields.company"),
        (
            'partner_field = "Partner__c"\nintake = "lead"\nfields = {participant = "Partner__c"}',
            "crm.fields.participant",
        ),
    ],
)
def test_what_the_program_writes_is_never_read_as_what_somebody_said(
    section: str, key: str
) -> None:
    [error] = errors(edited("[stages]", f"[crm]\n{section}\n[stages]"))
    assert error.startswith(f"p.toml: {key}: ")
    assert error.endswith("allowed: a field that the program does not write to")


@pytest.mark.parametrize("kind", [Kind.REGISTRATIONS, Kind.TOUCHES])
def test_a_row_that_names_only_free_mail_is_about_nobody(kind: Kind) -> None:
    given = {
        "key": "k",
        "participant": "ada",
        "domain": "gmail.com",
        "submitted_at": "2026-06-01",
        "at": "2026-06-01",
        "source": "partner",
    }
    cells = {column: given.get(column, "") for column in imports.columns(kind)}
    assert imports.read(kind, Given(cells, AROUND)) == Refused((NOBODY,))
