"""Why it is so, in a browser, in three languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import factories as make
from web.rendering import commands

if TYPE_CHECKING:
    from tests.web.browsing import Console


def test_the_story_of_a_reward_is_told_in_three_languages(console: Console) -> None:
    with console.database.transaction() as tx:
        number = make.waiting(tx, make.participant(tx), 100_000)
    client = console.signed_in("operator")
    told = {
        locale: client.get(f"/console/explained/reward/{number}", locale=locale)
        for locale in ("en", "ja", "ms")
    }
    assert {page.status for page in told.values()} == {200}
    assert len({page.text for page in told.values()}) == 3
    assert f"Reward {number}" in told["en"].text


def test_what_is_not_there_is_said(console: Console) -> None:
    client = console.signed_in("operator")
    assert client.get("/console/explained/reward/99").status == 404
    assert client.get("/console/explained/secret/1").status == 400
    assert client.get("/console/explained/reward/1", locale="xx").status == 400


def test_a_command_in_a_sentence_is_set_off_and_nothing_else_is_markup() -> None:
    said = commands("there is no reward <b>7</b>; `goodword rewards list` shows them")
    assert said == (
        "there is no reward &lt;b&gt;7&lt;/b&gt;; <code>goodword rewards list</code> shows them"
    )
