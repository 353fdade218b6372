"""What an approver answers in the orchestrator: proved by a code, bound to the amounts, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from goodword.actions import decision_codes
from tests import factories as make
from tests.plainly import without_prefect

if TYPE_CHECKING:
    from goodword.db.session import Database

pytestmark = pytest.mark.prefect

Take = Callable[..., Any]


@pytest.fixture
def take(prefect_server: str, joined: Database) -> Take:
    """Answer a form as `approver`, or with a code of one's own; all else as a person writes it."""
    assert prefect_server
    from tasks import decisions  # noqa: PLC0415 - Prefect, once its server is up

    def answer(approver: str = "carol", used_for: str = "answer-1", **written: str) -> Any:
        with joined.transaction() as tx:
            code = written.pop("code", "") or decision_codes.issue(tx, approver, make.TODAY).code
        given = {"decision": "approve", "rewards": "1 900.00 USD;", "code": code, **written}
        return decisions.take(decisions.Answer(**given), used_for, make.TODAY)

    return answer


@pytest.fixture
def two_waiting(joined: Database) -> None:
    with joined.transaction() as tx:
        make.program(tx)
        make.waiting(tx, make.participant(tx, "ann"), 90_000)
        make.waiting(tx, make.participant(tx, "bob"), 800_000, 2)


def states(database: Database) -> list[str]:
    with database.transaction() as tx:
        return [make.state(tx, "rewards", number) for number in (1, 2)]


@pytest.mark.usefixtures("two_waiting")
def test_an_answer_decides_in_the_name_that_its_code_proves(take: Take, joined: Database) -> None:
    taken = take(rewards="1 900.00 USD; 2 8,000.00 USD;")
    assert taken.outcomes == {"approved": 1, "waiting": 1}
    assert states(joined) == ["approved", "waiting"]
    with joined.transaction() as tx:
        assert make.value(tx, "SELECT min(decided_by) FROM approvals") == "carol"
    assert take("dave", "answer-2", rewards="2 8,000.00 USD").outcomes == {"approved": 1}


@pytest.mark.usefixtures("two_waiting")
def test_the_same_answer_again_decides_nothing_again(take: Take, joined: Database) -> None:
    with joined.transaction() as tx:
        code = decision_codes.issue(tx, "carol", make.TODAY).code
    take(code=code)
    with joined.transaction() as tx:
        before = make.everything(tx)
    assert take(code=code).outcomes == {"taken before": 1}
    with joined.transaction() as tx:
        assert make.everything(tx) == before


@pytest.mark.usefixtures("two_waiting")
def test_a_code_decides_once_and_for_nobody_else(take: Take, joined: Database) -> None:
    with joined.transaction() as tx:
        code = decision_codes.issue(tx, "carol", make.TODAY).code
    take(code=code)
    taken = take(code=code, used_for="answer-2", rewards="2 8,000.00 USD;")
    assert "was used at" in taken.sentence
    assert states(joined) == ["approved", "waiting"]


@pytest.mark.usefixtures("two_waiting")
@pytest.mark.parametrize(
    ("written", "why"),
    [
        ({"rewards": "1 900.01 USD;"}, "is 900.00 USD, not 900.01 USD: look at it again"),
        ({"rewards": "7 900.00 USD;"}, "there is no reward 7"),
        ({"approver": "ann"}, "ann benefits from reward 1"),
        ({"decision": "refuse"}, "a refusal needs a reason"),
        ({"rewards": "1 900.00 USD; 1 900.00 USD"}, "reward 1 stands there twice"),
        ({"code": "AAAA-BBBB-CCCC-DDDD"}, "none that was given out"),
    ],
)
def test_what_may_not_be_decided_is_refused_in_a_sentence(
    take: Take, joined: Database, written: dict[str, str], why: str
) -> None:
    taken = take(**written)
    assert taken.outcomes == {}
    assert why in taken.sentence
    assert states(joined) == ["waiting", "waiting"]


@pytest.mark.usefixtures("two_waiting")
def test_one_refusal_stops_no_other_reward_of_the_answer(take: Take, joined: Database) -> None:
    taken = take(rewards="1 900.00 USD; 2 1.00 USD", decision="refuse", reason="a test account")
    assert taken.sentence == "rejected 1; reward 2 is 8,000.00 USD, not 1.00 USD: look at it again"
    assert states(joined) == ["rejected", "waiting"]


@pytest.mark.usefixtures("two_waiting")
def test_a_run_that_decides_says_what_it_did_and_fails_when_some_of_it_was_refused(
    take: Take, joined: Database
) -> None:
    assert take  # the program is on this database
    from flows.decide_rewards import decide_rewards  # noqa: PLC0415 - Prefect, as above
    from tasks.decisions import Decision, NotDecided  # noqa: PLC0415 - as above

    def decide(rewards: str) -> Any:
        with joined.transaction() as tx:
            code = decision_codes.issue(tx, "carol", make.TODAY).code
        with without_prefect():
            return decide_rewards.fn(Decision.APPROVE, rewards, code, today=make.TODAY)

    assert decide("1 900.00 USD;") == {"approved": 1}
    with pytest.raises(NotDecided, match="waiting 1; reward 1 is approved: only a waiting reward"):
        decide("1 900.00 USD; 2 8,000.00 USD;")
    assert states(joined) == ["approved", "waiting"]


@pytest.mark.usefixtures("two_waiting")
def test_nothing_that_decides_has_a_default(take: Take) -> None:
    from pydantic import ValidationError  # noqa: PLC0415 - as below

    from tasks import reviews  # noqa: PLC0415 - Prefect, once its server is up

    form = reviews.form("")
    assert form is not None
    with pytest.raises(ValidationError) as caught:
        form()
    missing = {error["loc"][0] for error in caught.value.errors() if error["type"] == "missing"}
    assert missing == {"decision", "rewards", "code"}
    assert form.model_json_schema()["required"] == ["decision", "rewards", "code"]
    assert take(rewards="1 900.00 USD; 2 8,000.00 USD; ").outcomes["approved"] == 1


def test_the_form_shows_each_line_to_copy_and_obeys_no_markup(take: Take, joined: Database) -> None:
    assert take  # the program is on this database
    from tasks import reviews  # noqa: PLC0415 - as above

    assert reviews.form("") is None
    with joined.transaction() as tx:
        make.program(tx)
        eve = make.participant(tx, "eve", name="[Eve](http://x) | <b>\n`1 2.00 USD;`")
        make.waiting(tx, eve, 800_000, 2)
    form = reviews.form("rejected 1")
    assert form is not None
    shown = str(form._description)
    assert "**The last answer**: rejected 1" in shown
    assert "**1 reward waits for an approver, 8,000.00 USD in all.**" in shown
    assert "| `1 8,000.00 USD;` |" in shown
    assert r"\[Eve\]\(http://x\) \| \<b\> \`1 2.00 USD;\`" in shown
