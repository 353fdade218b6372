"""Search over everything, by what somebody has at hand: a number, a name, an address, an id.

Names are found by the beginnings of their words, in any order; everything else as a whole. Each
noun is looked up by its indexes, so that a search costs the same in a large company.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Connection, text

from goodword.db.models.base import words_of

MOST = 10
"""Results of one noun; who needs more has the noun's own list."""
LONGEST = 200
_LAST_ID = 2**63 - 1
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Found:
    """One thing: its noun ("reward"), number or CRM id, name, and what else tells it apart."""

    noun: str
    id: str
    name: str
    about: str


def search(tx: Connection, asked: str) -> list[Found]:
    """Return what fits, at most MOST of each noun, newest first; nothing for an empty question.

    Args:
        tx: the caller's transaction.
        asked: what somebody typed; only its first LONGEST characters count.
    """
    asked = asked.strip()[:LONGEST]
    words = _WORD.findall(asked)
    if not words:
        return []
    number = int(asked) if asked.isascii() and asked.isdecimal() else None
    given = {
        "asked": asked,
        "number": number if number is not None and number <= _LAST_ID else None,
        "words": " & ".join(_as_lexeme(word) for word in words),
        "most": MOST,
    }
    return [Found(*row) for row in tx.execute(_SEARCH, given)]


def _as_lexeme(word: str) -> str:
    """Return what a word's beginning finds; one letter is a word, since half of all begin so."""
    return word if len(word) == 1 and word.isascii() else f"{word}:*"


_NAME, _COMPANY = words_of("name"), words_of("company")
_ASKED = "to_tsquery('simple', :words)"

_SEARCH = text(f"""
WITH people AS (
    SELECT id FROM participants WHERE {_NAME} @@ {_ASKED}
    UNION SELECT id FROM participants WHERE id = :number OR key = :asked
    UNION SELECT id FROM participants
    WHERE lower(:asked) = lower(email)
       OR :asked IN (stripe_account, stripe_customer, account_crm_id, crm_user_id)
), companies AS (
    SELECT crm_id FROM accounts WHERE {_NAME} @@ {_ASKED} AND NOT is_deleted
    UNION SELECT crm_id FROM accounts WHERE crm_id = :asked OR domain = lower(:asked)
), claims AS (
    SELECT id FROM registrations WHERE {_COMPANY} @@ {_ASKED}
    UNION SELECT id FROM registrations WHERE id = :number OR key = :asked
    UNION SELECT id FROM registrations WHERE opportunity_crm_id = :asked
), introduced AS (
    SELECT id FROM referrals WHERE {_COMPANY} @@ {_ASKED}
    UNION SELECT id FROM referrals WHERE id = :number OR key = :asked
    UNION SELECT id FROM referrals WHERE opportunity_crm_id = :asked
)
(SELECT 'participant', p.id::text, p.name, p.kind || ', ' || p.email
 FROM people JOIN participants p USING (id) ORDER BY p.id DESC LIMIT :most)
UNION ALL
(SELECT 'registration', r.id::text, r.company, r.state || ', ' || p.name
 FROM claims JOIN registrations r USING (id) JOIN participants p ON p.id = r.participant_id
 ORDER BY r.id DESC LIMIT :most)
UNION ALL
(SELECT 'referral', r.id::text, r.company, r.state || ', ' || p.name
 FROM introduced JOIN referrals r USING (id) JOIN participants p ON p.id = r.participant_id
 ORDER BY r.id DESC LIMIT :most)
UNION ALL
(SELECT 'conversion', c.id::text, o.name, c.state || ', won on ' || c.won_on
 FROM conversions c JOIN opportunities o ON o.crm_id = c.opportunity_crm_id
 WHERE c.id = :number OR c.opportunity_crm_id = :asked ORDER BY c.id DESC LIMIT :most)
UNION ALL
(SELECT 'reward', r.id::text, p.name, replace(r.state, '_', ' ') || ', ' || r.incentive
 FROM rewards r JOIN participants p ON p.id = r.participant_id WHERE r.id = :number)
UNION ALL
(SELECT 'payout', y.id::text, p.name, replace(y.state, '_', ' ') || ', ' || y.reference
 FROM (SELECT id FROM payouts WHERE id = :number OR reference = :asked
       UNION SELECT id FROM payouts WHERE external_id = :asked) found
 JOIN payouts y USING (id) JOIN participants p ON p.id = y.participant_id)
UNION ALL
(SELECT 'message', m.id::text, m.recipient, m.state || ', ' || replace(m.template, '_', ' ')
 FROM messages m WHERE m.id = :number OR lower(m.recipient) = lower(:asked)
 ORDER BY m.id DESC LIMIT :most)
UNION ALL
(SELECT 'account', a.crm_id, a.name, COALESCE(a.domain, '')
 FROM companies JOIN accounts a USING (crm_id) ORDER BY a.name, a.crm_id LIMIT :most)
UNION ALL
(SELECT 'opportunity', o.crm_id, o.name, o.stage
 FROM (SELECT crm_id FROM opportunities WHERE crm_id = :asked
       UNION SELECT o.crm_id FROM companies c
             JOIN opportunities o ON o.account_crm_id = c.crm_id) found
 JOIN opportunities o USING (crm_id)
 WHERE NOT o.is_deleted ORDER BY o.created_at DESC, o.crm_id LIMIT :most)
""")
