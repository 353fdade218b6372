"""One's own account: what one may do, and the code that proves it elsewhere."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from goodword.actions import decision_codes, delegations
from goodword.rules.delegations import Delegation
from tests import factories as make

if TYPE_CHECKING:
    from tests.web.browsing import Console

ACCOUNT = "/console/account"


def test_an_approver_gets_a_code_that_decides_once_and_is_shown_once(console: Console) -> None:
    client = console.signed_in("approver", name="ann")
    assert "decide on rewards" in client.get(ACCOUNT).text
    given = client.post(f"{ACCOUNT}/code")
    [code] = re.findall(r"(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}", given.html)
    assert "in the name of ann" in given.text
    assert code not in client.get(ACCOUNT).html
    assert console.trail("code") == [("ann", "asked for an approval code")]
    with console.database.transaction() as tx:
        assert decision_codes.redeem(tx, code, "an answer") == "ann"


def test_everybody_chooses_their_own_language(console: Console) -> None:
    client = console.signed_in("auditor", name="sam")
    assert "You are written to in 日本語." in client.post(f"{ACCOUNT}/language", locale="ja").text
    assert console.rows("SELECT locale FROM staff WHERE name = 'sam'") == [("ja",)]
    assert client.post(f"{ACCOUNT}/language", locale="<b>").status == 400


def test_a_code_is_for_who_may_decide_or_stands_in(console: Console) -> None:
    console.add("approver", name="ann")
    client = console.signed_in("operator", name="olivia")
    assert "Show a code" not in client.get(ACCOUNT).text
    refused = client.post(f"{ACCOUNT}/code")
    assert (refused.status, "olivia may not decide on rewards" in refused.text) == (403, True)
    with console.database.transaction() as tx:
        today = make.value(tx, "SELECT CURRENT_DATE")
        days = (today - timedelta(days=1), today + timedelta(days=1))
        place = Delegation("ann", "olivia", *days)
        delegations.delegate(tx, place, delegations.Made("ann", "away"), days[0])
    page = client.get(ACCOUNT)
    assert "In the place of ann" in page.text
    assert "in the name of olivia" in client.post(f"{ACCOUNT}/code").text
