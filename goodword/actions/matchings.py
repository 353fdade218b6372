"""Matching: companies that were found among the accounts, and questions where a person must say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import audit
from goodword.actions.claims import UNLESS_PROTECTED
from goodword.companies import Answer, Candidate, Index, match
from goodword.db.bulk import stage
from goodword.db.queries import places
from goodword.db.queries.matchings import TOLD_DIFFERENT, Unmatched
from goodword.phrases import because


@dataclass(frozen=True, slots=True)
class Found:
    """The account that is meant, or those that a person must be asked about; each with its reason.

    `account_id` is None when none is meant for sure. `questions` are pairs of account and reason.
    """

    account_id: str | None
    reason: str
    questions: tuple[tuple[str, str], ...] = ()


def find(unmatched: Unmatched, index: Index) -> Found | None:
    """Look for a company among the accounts; None: it is none of them.

    An account of which a person said that it is another company is neither meant nor asked about.
    """
    found = match(unmatched.asked, index)
    left = [each for each in found.candidates if each.account_id not in unmatched.not_these]
    if not left:
        return None
    if found.answer is Answer.SAME and found.account_id == left[0].account_id:
        return Found(left[0].account_id, found.reason)
    return Found(
        None,
        found.reason,
        tuple((each.account_id, _question(each, index)) for each in left),
    )


def _question(candidate: Candidate, index: Index) -> str:
    top = index.top(candidate.account_id)
    account = index.called(candidate.account_id)
    if top == candidate.account_id:
        return because("it may be {account}: {reason}", account=account, reason=candidate.reason)
    return because(
        "it may be {account}, of the family of {family}: {reason}",
        account=account,
        family=index.called(top),
        reason=candidate.reason,
    )


@dataclass(frozen=True, slots=True)
class Matched:
    """What came of comparing one claim, referral or lead; `found` is None when it is nobody."""

    unmatched: Unmatched
    found: Found | None


def record(tx: Connection, matched: Sequence[Matched], today: date) -> Counter[str]:
    """Connect what was found, ask what is doubtful, and remember that all of it was compared.

    A live claim is not moved to an account and division that another live claim protects. What a
    person said while it was compared stands. A question that was asked before is not asked again.
    """
    places.lock(tx)
    compared = [
        (one.unmatched.subject, one.unmatched.subject_id, one.unmatched.compared) for one in matched
    ]
    columns = {"subject": "text", "subject_id": "text", "compared": "text"}
    stage(tx, "compared", columns, compared)
    tx.execute(_REMEMBER)
    counts = _link(tx, matched)
    counts["questions asked"] = _ask(tx, matched, today)
    return +counts


def _link(tx: Connection, matched: Sequence[Matched]) -> Counter[str]:
    sure = [
        (one.unmatched.subject, one.unmatched.subject_id, one.found.account_id, one.found.reason)
        for one in matched
        if one.found and one.found.account_id
    ]
    columns = {"subject": "text", "subject_id": "text", "root": "text", "reason": "text"}
    stage(tx, "sure", columns, sure)
    counts = Counter[str]()
    events = []
    for table, statement in _LINK.items():
        rows = tx.execute(statement).all()
        counts[f"{table} matched"] = len(rows)
        if table in _NOUNS:
            events += [
                audit.Event(
                    audit.NIGHT, "linked", _NOUNS[table], row.id, row.reason, {"account": row.root}
                )
                for row in rows
            ]
    audit.record(tx, events)
    return counts


def _ask(tx: Connection, matched: Sequence[Matched], today: date) -> int:
    asked = [
        (int(one.unmatched.subject_id), account_id, reason)
        for one in matched
        if one.found and one.unmatched.subject == "registrations"
        for account_id, reason in one.found.questions
    ]
    columns = {"registration_id": "bigint", "account_crm_id": "text", "reason": "text"}
    stage(tx, "asked", columns, asked)
    return tx.execute(_ASK, {"today": today}).rowcount


_NOUNS = {"registrations": "registration", "referrals": "referral"}

_REMEMBER = text("""
INSERT INTO matchings (subject, subject_id, compared)
SELECT subject, subject_id, compared FROM compared
ON CONFLICT (subject, subject_id) DO UPDATE SET compared = excluded.compared
""")

_LINK_ONE = """
WITH found AS (
    SELECT c.id, s.root, s.reason FROM sure s JOIN {table} c ON c.{key}::text = s.subject_id
    WHERE s.subject = '{table}' AND c.account_crm_id IS NULL
)
UPDATE {table} c SET account_crm_id = f.root
FROM found f WHERE c.id = f.id
"""

_LINK = {
    "registrations": text(
        _LINK_ONE.format(table="registrations", key="id")
        + f" AND NOT EXISTS (SELECT FROM account_questions q WHERE q.registration_id = c.id"
        f" AND q.account_crm_id = f.root AND {TOLD_DIFFERENT})"
        + UNLESS_PROTECTED
        + " RETURNING c.id, f.root, f.reason"
    ),
    "referrals": text(
        _LINK_ONE.format(table="referrals", key="id") + " RETURNING c.id, f.root, f.reason"
    ),
    "leads": text(
        "UPDATE leads c SET account_crm_id = s.root FROM sure s WHERE s.subject = 'leads'"
        " AND s.subject_id = c.crm_id AND c.account_crm_id IS NULL RETURNING c.crm_id"
    ),
}

_ASK = text("""
INSERT INTO account_questions (registration_id, account_crm_id, reason, asked_on)
SELECT registration_id, account_crm_id, reason, :today FROM asked ORDER BY registration_id
ON CONFLICT (registration_id, account_crm_id) DO NOTHING
""")
