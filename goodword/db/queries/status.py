"""Status: how many of everything stand where, and what waits for a person."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries.live_claims import NAMED, UNNAMED
from goodword.db.queries.refunds import IS_OPEN, PLACED
from goodword.rules.tiers import TIERS

_NOUNS = (
    "participants registrations referrals conversions rewards payouts messages quarantine".split()
)
_LIFE = (
    "received submitted qualified converted active computed waiting approved extended reserved "
    "planned submitting unknown held handed_over queued sending paid sent won lost expired "
    "cancelled rejected conflicting withdrawn void refused reversed failed unconfirmed"
).split()


def by_state(tx: Connection) -> dict[str, dict[str, int]]:
    """Return counts by noun and state, each noun's states in the order of their lives.

    Participants, the active ones, stand where their tiers are, from the lowest.
    """
    found: dict[str, dict[str, int]] = {noun: {} for noun in _NOUNS}
    for row in sorted(tx.execute(_BY_STATE), key=_place):
        found[row.noun][row.state] = row.rows
    return {noun: states for noun, states in found.items() if states}


def _place(row: Row[Any]) -> tuple[int, str]:
    # A source of quarantined records is no state, and has no place among them.
    places = TIERS if row.noun == "participants" else _LIFE
    return (places.index(row.state) if row.state in places else len(places), row.state)


_BY_STATE = text("""
SELECT 'participants' AS noun, tier AS state, count(*) AS rows FROM participants
    WHERE status = 'active' GROUP BY tier
UNION ALL SELECT 'registrations', state, count(*) FROM registrations GROUP BY state
UNION ALL SELECT 'referrals', state, count(*) FROM referrals GROUP BY state
UNION ALL SELECT 'conversions', state, count(*) FROM conversions GROUP BY state
UNION ALL SELECT 'rewards', state, count(*) FROM rewards GROUP BY state
UNION ALL SELECT 'payouts', state, count(*) FROM payouts GROUP BY state
UNION ALL SELECT 'messages', state, count(*) FROM messages GROUP BY state
UNION ALL SELECT 'quarantine', source, count(*) FROM quarantine
          WHERE resolved_at IS NULL GROUP BY source
""")


def waiting_for_people(tx: Connection) -> list[Row[Any]]:
    """Return what waits for a person: rows of what, rows (how many) and command (where to look)."""
    return [row for row in tx.execute(_WAITING) if row.rows]


_WAITING = text(f"""
SELECT 'claims to decide' AS what, count(*) AS rows,
       'goodword registrations list --state submitted' AS command
FROM registrations WHERE state = 'submitted'
UNION ALL SELECT 'won deals that wait for a claim to be decided', count(*),
       'goodword registrations list --state submitted'
FROM (SELECT o.crm_id FROM registrations r JOIN opportunities o ON {NAMED}
      WHERE r.state = 'submitted' AND o.won_at >= r.submitted_at
      UNION
      SELECT o.crm_id FROM registrations r JOIN opportunities o ON {UNNAMED}
      WHERE r.state = 'submitted' AND o.won_at >= r.submitted_at) w
WHERE NOT EXISTS (
    SELECT FROM conversions c WHERE c.opportunity_crm_id = w.crm_id AND c.state = 'active')
UNION ALL SELECT 'claims whose account is not clear', count(DISTINCT q.registration_id),
       'goodword registrations questions'
FROM account_questions q JOIN registrations r ON r.id = q.registration_id
WHERE q.answer IS NULL AND r.account_crm_id IS NULL
  AND r.state IN ('submitted', 'approved', 'extended')
UNION ALL SELECT 'conflicting claims', count(*),
       'goodword registrations list --state conflicting'
FROM registrations WHERE state = 'conflicting'
UNION ALL SELECT 'leads and deals routed that the CRM does not show as it', count(*),
       'goodword doctor; goodword registrations routed'
FROM routings WHERE written_on IS NULL AND released_on IS NULL AND declined_on IS NULL
UNION ALL SELECT 'requests for more days', count(*), 'goodword registrations requests'
FROM extension_requests WHERE state = 'open'
UNION ALL SELECT 'disputes to rule on', count(*), 'goodword disputes list'
FROM disputes WHERE state IN ('open', 'appealed')
UNION ALL SELECT 'rewards to approve', count(*), 'goodword rewards list'
FROM rewards WHERE state = 'waiting'
UNION ALL SELECT 'rewards that are due and cannot be paid', count(*),
       'goodword rewards list --carried'
FROM rewards WHERE state = 'approved' AND carried_because IS NOT NULL
UNION ALL SELECT 'payouts refused, held or unknown', count(*), 'goodword payouts list --failed'
FROM payouts WHERE state IN ('unknown', 'held', 'submitting')
   OR state = 'refused' AND cleared_at IS NULL
UNION ALL SELECT 'payouts that wait for the balance at the provider', count(*),
       'goodword payouts list --failed'
FROM payouts WHERE state = 'planned' AND code = 'balance_insufficient'
UNION ALL SELECT 'perks to give, bank lines to confirm', count(*),
       'goodword payouts list --state handed_over'
FROM payouts WHERE state = 'handed_over'
UNION ALL SELECT 'differences with the provider', count(*), 'goodword payouts differences'
FROM differences WHERE settled_on IS NULL
UNION ALL SELECT 'refunds that a person must place', count(*), 'goodword refunds list --open'
FROM ({PLACED}) f WHERE {IS_OPEN}
UNION ALL SELECT 'events of the provider that failed', count(*), 'goodword refunds events'
FROM provider_events WHERE state = 'failed'
UNION ALL SELECT 'messages failed or unconfirmed', count(*), 'goodword messages list'
FROM messages WHERE state IN ('failed', 'unconfirmed')
UNION ALL SELECT 'notices to the chat tool that failed', count(*), 'goodword notices list'
FROM notices WHERE state = 'failed'
UNION ALL SELECT 'records in quarantine', count(*), 'goodword quarantine'
FROM quarantine WHERE resolved_at IS NULL
""")


def last_night(tx: Connection) -> Row[Any] | None:
    """Return the last night: business_date, state, started_at, finished_at; None: there is none."""
    return tx.execute(text("SELECT * FROM nights ORDER BY id DESC LIMIT 1")).one_or_none()


def stages_of(tx: Connection, night_id: int) -> list[Row[Any]]:
    """Return what a night's stages did, in their order: stage, outcomes, failures, seconds."""
    return list(tx.execute(_STAGES_OF, {"night": night_id}))


_STAGES_OF = text("""
SELECT stage, outcomes, failures,
       extract(epoch FROM finished_at - started_at)::float AS seconds
FROM stage_runs WHERE night_id = :night ORDER BY id
""")


def newest_date(tx: Connection) -> date | None:
    """Return the latest business date that a night was begun for, or None."""
    newest: date | None = tx.execute(text("SELECT max(business_date) FROM nights")).scalar_one()
    return newest


def steps_of_claims(tx: Connection) -> list[Row[Any]]:
    """Return each kind of step that claims took: subject, action, times, example.

    Subjects are `registration` and `dispute`, the example is a registration that took the step; the
    order is that of their first steps.
    """
    return list(tx.execute(_STEPS_OF_CLAIMS))


_STEPS_OF_CLAIMS = text("""
SELECT e.subject, e.action, count(*) AS times,
       min(COALESCE(d.registration_id, e.subject_id)) AS example
FROM audit_events e
LEFT JOIN disputes d ON e.subject = 'dispute' AND d.id = e.subject_id
WHERE e.subject IN ('registration', 'dispute')
GROUP BY e.subject, e.action ORDER BY e.subject DESC, min(e.id)
""")
