"""Pages: templates filled in. Everything is escaped; nothing is fetched from another host."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from goodword.actions import credentials
from goodword.money import Money, in_percent
from goodword.rules.benefits import in_words
from goodword.rules.counts import tallied

TEMPLATES = Path(__file__).parents[1] / "templates"
STATIC = Path(__file__).parent / "static"

_COMMAND = re.compile(r"`([^`]+)`")


def page(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    """Render `templates/console/<template>.html`.

    The context may hold a `visit` (web/visits.py); without one the page is for somebody who is not
    signed in.
    """
    given = {"visit": None, "form_token": "", "path": request.url.path, **context}
    visit = given["visit"]
    if visit is not None:
        given["form_token"] = credentials.form_token(visit.token)
    text = environment().get_template(f"console/{template}.html").render(given)
    return HTMLResponse(text, status)


@cache
def environment() -> Environment:
    """Return the templates with what they may call, once a process."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "money": money,
        "day": day,
        "instant": instant,
        "words": words,
        "counts": counts,
        "commands": commands,
        "iban": iban,
        "number": number,
        "host": host,
        "benefit": in_words,
        "percent": in_percent,
        "qr": qr,
    }
    made.globals["static"] = static
    return made


@cache
def static(name: str) -> str:
    """Return the address of a file of web/static, which changes with what is in it."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?{digest}"


def money(minor: int, currency: str) -> str:
    """Write an amount: (123450, "USD") -> "1,234.50 USD"."""
    return str(Money(minor, currency))


def number(count: int) -> str:
    """Write a whole number: 12,345."""
    return f"{count:,}"


def day(given: date | None) -> str:
    """Write a date: 2026-06-30."""
    return given.isoformat() if given else ""


def instant(given: datetime | None) -> str:
    """Write an instant: 2026-06-30 02:00 UTC."""
    return f"{given:%Y-%m-%d %H:%M} UTC" if given else ""


def words(name: str) -> str:
    """Write a name of the program's as words: handed_over -> handed over, stripe_… -> Stripe …."""
    return name.replace("_", " ").replace("stripe", "Stripe")


def host(address: str) -> str:
    """Write whose an address is: https://login.example.com/eu -> login.example.com."""
    return urlsplit(address).hostname or address


def counts(outcomes: Mapping[str, int]) -> str:
    """Write what a stage did on one line: "12 paid, 1 dispute closed"."""
    return ", ".join(tallied(count, name) for name, count in outcomes.items())


def iban(given: str) -> str:
    """Write an IBAN in groups of four, as banks print it."""
    return " ".join(given[start : start + 4] for start in range(0, len(given), 4))


def commands(sentence: str) -> Markup:
    """Set off what a sentence of the program's has between backticks: a command to be typed."""
    return Markup(_COMMAND.sub(r"<code>\1</code>", str(escape(sentence))))  # noqa: S704 - escaped first


def qr(content: str) -> Markup:
    """Draw a QR code, to be read by a telephone: an SVG of presentation attributes alone.

    Dark on white in both colour schemes: many readers know no other.
    """
    import segno  # noqa: PLC0415 - only who sets up a second factor needs it

    code = segno.make(content, error="m", micro=False)
    looks = {"light": "white", "svgclass": "qr", "lineclass": None, "omitsize": True}
    drawn = code.svg_inline(title="QR code", **looks)
    return Markup(drawn)  # noqa: S704 - segno draws squares: no word of the content is in it
