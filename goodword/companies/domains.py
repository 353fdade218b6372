"""Web domains: the registrable one of an address, by the Public Suffix List.

publicsuffixlist ships the list, its private section included: what stands before "github.io" or
"blogspot.com" is a domain of its own, and those themselves belong to no company.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_PATH = re.compile(r"[/?#]")
_HOST = re.compile(
    r"([a-z0-9_-]+\.)+[a-z][a-z0-9-]*"
)  # no number: an address of the net is no name


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - it reads a list of 10,000 lines

    return PublicSuffixList()


def registrable_domain(text: str | None) -> str | None:
    """Return the registrable domain of a web or e-mail address, or None when there is none.

    "https://www.shop.acme.co.uk/x" and "jo@acme.co.uk" are both "acme.co.uk".
    """
    if not text:
        return None
    host = _PATH.split(text.strip().casefold().split("//")[-1])[0]
    host = host.rsplit("@", 1)[-1].split(":")[0].strip(".")
    try:
        ascii_host = host.encode("idna").decode() if host else ""
    except UnicodeError:
        return None
    return _suffixes().privatesuffix(ascii_host) if _HOST.fullmatch(ascii_host) else None
