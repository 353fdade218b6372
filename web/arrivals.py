"""What arrives, read once before any page sees it: one kind of form, and text that is text.

Browsers send the forms of this console in one way. Other ways of writing a form have parsers of
their own, which decode by whatever character set the sender names, and nothing here needs them.
"""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import Request
from starlette.exceptions import HTTPException

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 2_500
"""A bank file of 2,000 lines, each ticked, is the longest form there is."""

_UNSUPPORTED = 415


class NotAForm(HTTPException):
    """Somebody sends a body that is none of our forms."""

    def __init__(self) -> None:
        super().__init__(_UNSUPPORTED, "Only forms are taken here, as a browser sends them.")


class NotText(ValueError):
    """A field or an address holds a character that PostgreSQL keeps in no text, and nobody types.

    `field` is its name as a sentence has it.
    """

    def __init__(self, field: str) -> None:
        super().__init__(
            f"{field}: it holds the character NUL, which no text has. Go back, take it out, and "
            "send it again."
        )


async def read(request: Request) -> None:
    """Read the form, if any; whoever asks for it later gets what was read.

    Raises:
        NotAForm: the body is of another type.
        NotText: a text holds a NUL.
        HTTPException: it cannot be parsed, or has more than MOST_FIELDS fields.
    """
    _check(request.path_params.items())
    _check(request.query_params.multi_items())
    if request.method in {"GET", "HEAD"}:
        return
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"", FORM}:
        raise NotAForm
    form = await request.form(max_fields=MOST_FIELDS)
    _check((name, str(value)) for name, value in form.multi_items())


def _check(given: Iterable[tuple[str, str]]) -> None:
    for name, value in given:
        if "\0" in name or "\0" in value:
            raise NotText(name.replace("\0", "").replace("_", " "))
