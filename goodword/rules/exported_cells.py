"""Exported cells: what a spreadsheet shows and does not obey.

A cell that begins with =, +, -, @, a tab or a line break is a formula to Excel, LibreOffice and
Google Sheets, also in a CSV file; names and reasons come from people (OWASP, "CSV Injection").
"""

from __future__ import annotations

import re
import unicodedata

_FORMULA = re.compile(r"\s*[=+\-@|%]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def safe(value: object) -> str:
    """Return a value as the text of a cell; an apostrophe goes before what would be a formula."""
    text = "" if value is None else str(value)
    # Excel takes the wide signs of East Asian keyboards for the narrow ones.
    if _FORMULA.match(unicodedata.normalize("NFKC", text)) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
