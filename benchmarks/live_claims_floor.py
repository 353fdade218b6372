"""The review of benchmarks/live_claims.py by hand: set-based SQL that knows these data only."""

from __future__ import annotations

# 14 and 3 days are the warnings, 30 the days of an extension and of progress, as in the sample
# program; one extension.
_FIND = """
CREATE TEMPORARY TABLE outcome ON COMMIT DROP AS
WITH due AS (
    SELECT r.id, r.participant_id, r.company, r.submitted_at, r.expires_on, r.opportunity_crm_id,
           o.crm_id AS deal, o.stage, o.is_closed, o.is_won,
           (o.won_at AT TIME ZONE 'UTC')::date AS won_on
    FROM registrations r JOIN opportunities o ON o.account_crm_id = r.account_crm_id
    WHERE r.state IN ('approved', 'extended')
      AND (r.expires_on <= :today OR o.is_closed AND (o.is_won OR r.opportunity_crm_id = o.crm_id))
), judged AS (
    SELECT d.*, l.lost_on, m.moved_on
    FROM due d
    LEFT JOIN LATERAL (
        SELECT max((s.changed_at AT TIME ZONE 'UTC')::date) AS lost_on FROM stage_changes s
        WHERE s.opportunity_crm_id = d.deal AND s.stage = d.stage AND d.is_closed AND NOT d.is_won
    ) l ON TRUE
    LEFT JOIN LATERAL (
        SELECT max(c.changed_on) AS moved_on
        FROM (SELECT (s.changed_at AT TIME ZONE 'UTC')::date AS changed_on, s.stage,
                     lag(s.stage) OVER (ORDER BY s.changed_at) AS before
              FROM stage_changes s WHERE s.opportunity_crm_id = d.deal AND NOT d.is_closed) c
        WHERE c.before = 'Needs Analysis' AND c.stage = 'Proposal/Price Quote'
          AND c.changed_on > d.expires_on - 31
    ) m ON TRUE
)
SELECT id, participant_id, company, opportunity_crm_id, deal, is_won,
       CASE WHEN is_won THEN 'won' WHEN is_closed THEN 'lost' WHEN moved_on IS NULL THEN 'expired'
            ELSE 'extended' END AS state,
       CASE WHEN is_won THEN 'won on ' || won_on
            WHEN is_closed THEN 'the deal was lost on ' || lost_on
            WHEN moved_on IS NULL THEN 'no progress in the last 30 days of the window'
            ELSE 'the deal moved forward on ' || moved_on END AS reason,
       expires_on + CASE WHEN is_closed OR moved_on IS NULL THEN 0 ELSE 30 END AS expires_on
FROM judged
"""

_UPDATE = """
UPDATE registrations r
SET state = o.state, reasons = jsonb_build_array(o.reason), expires_on = o.expires_on,
    opportunity_crm_id = CASE WHEN o.is_won THEN o.deal ELSE r.opportunity_crm_id END,
    extensions_used = r.extensions_used + CASE o.state WHEN 'extended' THEN 1 ELSE 0 END,
    decided_on = :today, decided_by = 'night'
FROM outcome o WHERE r.id = o.id
"""

_NUMBER = """
CREATE TEMPORARY TABLE numbered ON COMMIT DROP AS
SELECT last.id + row_number() OVER (ORDER BY o.id) AS number, clock.at, o.state, o.id AS subject_id,
       o.reason, CASE o.state WHEN 'won' THEN '{"deal": "' || o.deal || '"}'
           WHEN 'extended' THEN '{"expires_on": "' || o.expires_on || '"}' ELSE '{}' END AS facts
FROM outcome o CROSS JOIN (SELECT max(id) AS id FROM audit_events) last
CROSS JOIN (SELECT clock_timestamp() AS at) clock
"""

_INDEX = "CREATE UNIQUE INDEX ON numbered (number)"

_CHAIN = """
INSERT INTO audit_events (id, at, actor, action, subject, subject_id, reason, facts, previous_hash,
                          hash)
WITH RECURSIVE chain AS (
    SELECT id AS number, hash AS previous_hash, hash FROM audit_events
    WHERE id = (SELECT max(id) FROM audit_events)
    UNION ALL
    SELECT n.number, c.hash, encode(sha256(convert_to(json_build_array(
        c.hash, n.number, to_char(n.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'),
        'night', n.state, 'registration', n.subject_id, n.reason, n.facts)::text, 'UTF8')), 'hex')
    FROM chain c JOIN numbered n ON n.number = c.number + 1
)
SELECT n.number, n.at, 'night', n.state, 'registration', n.subject_id, n.reason, n.facts::json,
       c.previous_hash, c.hash
FROM numbered n JOIN chain c USING (number)
"""

_LETTERS = """
INSERT INTO messages (fact, template, participant_id, recipient, locale, context, queued_on)
SELECT 'registration:' || l.id || l.about, 'registration_' || l.state, p.id, p.email, p.locale,
       l.context || jsonb_build_object('company', l.company, 'participant',
           jsonb_build_object('name', p.name, 'kind', p.kind)), :today
FROM (
    SELECT id, participant_id, company, state, '\\:' || state || CASE
               WHEN state IN ('extended', 'expired') THEN '\\:' || expires_on ELSE '' END AS about,
           CASE WHEN state IN ('extended', 'expired')
                THEN jsonb_build_object('until', expires_on) ELSE '{}' END AS context
    FROM outcome
    UNION ALL
    SELECT r.id, r.participant_id, r.company, 'expiring',
           '\\:expiring\\:' || r.expires_on || '\\:' || r.expires_on - :today,
           jsonb_build_object('until', r.expires_on, 'days', r.expires_on - :today)
    FROM registrations r
    WHERE r.state IN ('approved', 'extended') AND r.expires_on - :today IN (14, 3)
      AND r.decided_on < :today
) l JOIN participants p ON p.id = l.participant_id
"""

STEPS = {
    "find what changes": (_FIND,),
    "UPDATE the claims": (_UPDATE,),
    "INSERT the audit events": (_NUMBER, _INDEX, _CHAIN),
    "INSERT the letters": (_LETTERS,),
}
