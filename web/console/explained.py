"""Why it is so: the whole story of one reward, payout, claim, referral or conversion."""

from __future__ import annotations

from typing import Literal

from fastapi import Response

from goodword.db.queries import explanations as queries
from goodword.rules import explanations
from web.console import fields
from web.console.page import Page
from web.visits import Reader, Visit

PAGE = Page("/explained")

LANGUAGES = {"en": "English", "ja": "日本語", "ms": "Bahasa Melayu"}


def story(
    visit: Visit, kind: explanations.Kind, number: int, locale: str = "en"
) -> explanations.Story:
    """Tell the story of one thing, as `goodword explain` does."""
    with visit.transaction() as tx:
        case = queries.read(tx, kind, number)
        versions = queries.versions(tx, visit.wired.program)
    told = explanations.tell(case, versions)
    language = visit.wired.language(locale)
    return told.written(language) if language else told


@PAGE.router.get("")
def find(visit: Reader) -> Response:
    """Where nothing is named, let it be found."""
    return visit.go("/console/search")


@PAGE.router.get("/{kind}/{number}")
def explain(
    visit: Reader,
    kind: explanations.Kind,
    number: fields.Number,
    locale: Literal["en", "ja", "ms"] = "en",
) -> Response:
    """Show it, in a language that its reader may know better."""
    told = story(visit, kind, number, locale)
    return visit.page("explained", story=told, locale=locale, languages=LANGUAGES)
