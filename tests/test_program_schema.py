"""The JSON Schema for editors: current, and of the same mind as `goodword program check`."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from goodword.program.schema import schema
from tests.test_program_errors import SMALL, edited

ROOT = Path(__file__).parents[1]
VALIDATOR = Draft202012Validator(json.loads(schema()))
FILES = [
    ROOT / "config" / "program.toml",
    *sorted(
        path
        for path in (ROOT / "tests" / "programs").glob("*.toml")
        if not path.name.endswith(".expected.toml")
    ),
]


def document(text: str) -> Any:
    """Read TOML as editors hand it to a schema: dates are texts."""
    written = json.dumps(tomllib.loads(text), default=lambda value: value.isoformat())
    assert date.fromisoformat(json.loads(written)["program"]["effective_on"])
    return json.loads(written)


def complaints(text: str) -> list[str]:
    return [error.json_path for error in VALIDATOR.iter_errors(document(text))]


def test_the_schema_beside_the_sample_is_current() -> None:
    kept = (ROOT / "config" / "program.schema.json").read_text(encoding="utf-8")
    assert kept == schema(), "write it anew: goodword program schema > config/program.schema.json"


def test_it_is_a_schema_that_says_something_of_every_key() -> None:
    Draft202012Validator.check_schema(VALIDATOR.schema)

    def silent(part: Any, path: str) -> list[str]:
        if isinstance(part, dict):
            here = [path] if not part else []
            return here + [found for key in part for found in silent(part[key], f"{path}.{key}")]
        return []

    assert silent(VALIDATOR.schema, "$") == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_the_program_accepts_the_schema_accepts(path: Path) -> None:
    assert complaints(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("[stages]", "[registrations]\nwindw_days = 60\n[stages]", "$.registrations"),
        ("[stages]", "[registrations]\nwindow_days = 91\n[stages]", "$.registrations.window_days"),
        ('pay = "cash"\namount = ["200.00 USD"]', 'pay = "cheque"', "$.incentives[0].pay"),
        ('"20%"', '"20 %"', "$.incentives[1].amount"),
        ('["200.00 USD"]', "[200.00]", "$.incentives[0].amount"),
        ('"20%"', '"20%"\nonly = { product = "Cloud" }', "$.incentives[1].only"),
        ('"20%"', '"20%"\n[[contracts]]\nparticipant = "acme"', "$.contracts[0]"),
        (
            'amount = "20%"',
            'amount.tiered = { by = "seats", over = "year", steps = ["from 1 pay 1%"] }',
            "$.incentives[1].amount",
        ),
    ],
)
def test_an_editor_marks_the_place_of_a_mistake(old: str, new: str, where: str) -> None:
    assert complaints(SMALL) == []
    assert where in complaints(edited(old, new))
