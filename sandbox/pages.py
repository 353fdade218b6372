"""The frame of the sandbox's few pages."""

from __future__ import annotations

import html

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{border-bottom:1px solid #ccc;padding:.3rem .8rem .3rem 0;"
    "text-align:left;vertical-align:top}iframe{border:1px solid #ccc;height:30rem;width:100%}"
    "pre{white-space:pre-wrap}"
)


def page(title: str, body: str) -> str:
    """A page of HTML; the title is text and is escaped, the body is HTML."""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{html.escape(title)}</h1>{body}</html>"
    )
