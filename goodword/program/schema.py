"""The JSON Schema of program files, for editors: what `goodword program schema` prints."""

from __future__ import annotations

import json

from goodword.program.sections import read_file
from goodword.program.shapes import shape_of


def schema() -> str:
    """Return the schema as JSON text, which ends with a line's end.

    TOML's dates are texts of format "date" in it, as editors of TOML take them.
    """
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A program of goodword: one company's rules for referrals and partners",
        **shape_of(read_file),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
