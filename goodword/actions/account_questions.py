"""Questions of accounts: a person says whether a claim's company is an account of the CRM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Row, text

from goodword.actions import audit
from goodword.actions.claims import UNLESS_PROTECTED
from goodword.db.queries import places
from goodword.db.queries.matchings import ROOTS


class AnswerRefused(Exception):
    """The answer cannot be taken; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a person says of one claim and one account, asked or not, with their reason."""

    registration_id: int
    account_crm_id: str
    is_same: bool
    reason: str
    actor: str


def answer(tx: Connection, answered: Answered, today: date) -> None:
    """Connect a claim to an account, or keep it away from there for good, as a person says.

    `same` answers the claim's other open questions too: they are different. A claim that was
    connected to another account is moved; `different` lets it go when it was connected to this one.

    Raises:
        AnswerRefused: no reason is given, there is no such claim or account, the claim is over,
            somebody answered the same, or another live claim protects the account.
    """
    if not answered.reason.strip():
        raise AnswerRefused("an answer by a person needs its reason: give one")
    places.lock(tx)
    claim = _claim(tx, answered.registration_id)
    root = tx.execute(_ROOT, {"account": answered.account_crm_id}).scalar_one_or_none()
    if root is None:
        raise AnswerRefused(
            f"the CRM has no account {answered.account_crm_id}, or it is deleted: look its id of "
            "18 characters up there"
        )
    given = {
        "id": answered.registration_id,
        "asked": answered.account_crm_id,
        "root": root,
        "reason": answered.reason,
        "actor": answered.actor,
        "today": today,
    }
    _check_news(tx, claim, given, answered.is_same)
    if answered.is_same:
        if claim.account_crm_id != root and not tx.execute(_MOVE, given).rowcount:
            raise AnswerRefused(
                f"another live claim protects account {root}: withdraw it first, or let "
                f"registration {answered.registration_id} be"
            )
        tx.execute(_SAME, given)
    else:
        tx.execute(_DIFFERENT, given)
        if claim.account_crm_id == root and not tx.execute(_LET_GO, given).rowcount:
            raise AnswerRefused(
                f"without account {root}, registration {answered.registration_id} would protect "
                "the same as another live claim: withdraw one of the two first"
            )
    action = "said to be" if answered.is_same else "said not to be"
    audit.record(
        tx,
        [
            audit.Event(
                answered.actor,
                action,
                "registration",
                answered.registration_id,
                answered.reason,
                {"account": root},
                on=today,
            )
        ],
    )


def _check_news(
    tx: Connection,
    claim: Row[tuple[str, str | None]],
    given: Mapping[str, object],
    is_same: bool,  # noqa: FBT001 - the answer
) -> None:
    before = tx.execute(_BEFORE, given).one_or_none()
    stands = (claim.account_crm_id == given["root"]) is is_same
    if before is not None and stands and (before.answer == "same") is is_same:
        raise AnswerRefused(
            f"{before.answered_by} said so on {before.answered_on:%Y-%m-%d}: nothing was changed"
        )


def _claim(tx: Connection, number: int) -> Row[tuple[str, str | None]]:
    claim = tx.execute(_CLAIM, {"id": number}).one_or_none()
    if claim is None:
        raise AnswerRefused(
            f"there is no registration {number}: `goodword registrations list` shows them"
        )
    if claim.state not in {"submitted", "approved", "extended"}:
        raise AnswerRefused(f"registration {number} is {claim.state}: its account stays as it is")
    return claim


def close_settled(tx: Connection, today: date) -> int:
    """Answer for the night what is no question any more; returns how many there were.

    The claim has found its account since, so the one is the same and the others are different. A
    question about an account that is gone is dropped: its successor is compared anew.
    """
    tx.execute(_DROP_GONE)
    return tx.execute(_CLOSE, {"night": audit.NIGHT, "today": today}).rowcount


_CLAIM = text("SELECT state, account_crm_id FROM registrations WHERE id = :id FOR UPDATE")

_ROOT = text(f"WITH RECURSIVE {ROOTS} SELECT root FROM roots WHERE crm_id = :account")

_BEFORE = text("""
SELECT answer, answered_by, answered_on FROM account_questions
WHERE registration_id = :id AND account_crm_id = :root AND answer IS NOT NULL
""")

_MOVE = text(f"""
WITH found AS (SELECT CAST(:id AS bigint) AS id, CAST(:root AS text) AS root)
UPDATE registrations c SET account_crm_id = f.root
FROM found f WHERE c.id = f.id {UNLESS_PROTECTED}
""")

_LET_GO = text(f"""
WITH found AS (SELECT CAST(:id AS bigint) AS id, CAST(NULL AS text) AS root)
UPDATE registrations c SET account_crm_id = f.root
FROM found f WHERE c.id = f.id {UNLESS_PROTECTED}
""")

_ANSWER = """
INSERT INTO account_questions AS kept
       (registration_id, account_crm_id, reason, asked_on, answer, answered_by, answered_on)
SELECT :id, account, :reason, :today, '{answer}', :actor, :today
FROM (SELECT CAST(:asked AS text) UNION SELECT CAST(:root AS text)) AS given (account)
ON CONFLICT (registration_id, account_crm_id) DO UPDATE
SET answer = excluded.answer, answered_by = excluded.answered_by, answered_on = excluded.answered_on
"""

_DIFFERENT = text(_ANSWER.format(answer="different"))

_SAME = text(f"""
WITH others AS (
    UPDATE account_questions SET answer = 'different', answered_by = :actor, answered_on = :today
    WHERE registration_id = :id AND answer IS NULL AND account_crm_id NOT IN (:asked, :root)
)
{_ANSWER.format(answer="same")}
""")

_DROP_GONE = text("""
DELETE FROM account_questions q USING accounts a
WHERE a.crm_id = q.account_crm_id AND a.is_deleted AND q.answer IS NULL
""")

_CLOSE = text("""
UPDATE account_questions q
SET answer = CASE WHEN q.account_crm_id = r.account_crm_id THEN 'same' ELSE 'different' END,
    answered_by = :night, answered_on = :today
FROM registrations r
WHERE r.id = q.registration_id AND q.answer IS NULL AND r.account_crm_id IS NOT NULL
""")
