"""Exported cells: what a spreadsheet shows and does not obey.

A cell that begins with =, +, -, @, a tab or a line break is a formula to Excel, LibreOffice and
Google Sheets, also in a CSV file; names and reasons come from people (OWASP, "CSV Injection").
Where a decimal comma is written, Excel parts cells at semicolons, and minds no quotation marks that
do not begin one: then each part of a text is a cell.
"""

from __future__ import annotations

import re
import unicodedata

_FORMULA = re.compile(r"\s*[=+\-@|%]|[\t\r\n]")
# Excel takes the wide and small signs of East Asian keyboards for the narrow ones. A quotation
# mark is doubled in a CSV file: at the head of a part that is an empty text, and a formula follows.
_SIGN = r"[=+\-@|%\uff1d\uff0b\uff0d\uff20\uff5c\uff05\ufe66\ufe62\ufe63\ufe6b\ufe6a]"
_PART = re.compile(rf'([;\t\r\n](?:[^\S\t\r\n]|")*)(?={_SIGN})')
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def safe(value: object) -> str:
    """Return a value as the text of a cell; an apostrophe goes before what would be a formula."""
    text = "" if value is None else str(value)
    if _FORMULA.match(unicodedata.normalize("NFKC", text)) and not _NUMBER.fullmatch(text):
        text = f"'{text}"
    return _PART.sub(r"\1'", text)
