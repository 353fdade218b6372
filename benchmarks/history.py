"""A long history made by SQL, and the floor: what its conversions and rewards cost in SQL alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from datetime import date

    from goodword.db.session import Database

TOUCHES = 5
"""Touches of each deal that is won and claimed: participants' and marketing's in turn."""

_PARTICIPANTS = """
INSERT INTO participants (key, kind, name, email, locale, country, currency, tier, status)
SELECT 'bench-' || n, (ARRAY['customer', 'affiliate', 'reseller', 'service'])[n % 4 + 1],
       'Bench ' || n, 'bench' || n || '@example.com', 'en', 'US', 'USD',
       (ARRAY['basic', 'premium', 'top'])[n % 3 + 1], 'active'
FROM generate_series(1, greatest(:count / 500, 10)) n
"""

_ACCOUNTS = """
INSERT INTO accounts (crm_id, name, name_key, domain, is_deleted, modified_at)
SELECT '001' || lpad(n::text, 15, '0'), 'Company ' || n, 'company ' || n,
       'company' || n || '.example', false, now()
FROM generate_series(1, :count / 4) n
"""

# Every tenth is won: of these every other one is claimed.
_OPPORTUNITIES = """
INSERT INTO opportunities (crm_id, account_crm_id, name, stage, amount_minor, currency, close_on,
                           created_at, is_closed, is_won, won_at, is_deleted, modified_at)
SELECT '006' || lpad(n::text, 15, '0'), '001' || lpad((n % (:count / 4) + 1)::text, 15, '0'),
       'Deal ' || n, CASE WHEN n % 10 = 0 THEN 'Closed Won' ELSE 'Prospecting' END,
       100000 + n % 9973 * 100, 'USD', at::date, at - interval '60 days', n % 10 = 0, n % 10 = 0,
       CASE WHEN n % 10 = 0 THEN at END, false, at
FROM (SELECT n, CAST(:since AS timestamptz)
                + (CAST(:until AS timestamptz) - CAST(:since AS timestamptz)) * n / :count AS at
      FROM generate_series(1, :count) n) made
"""

_CLAIMED = """
INSERT INTO touches (key, opportunity_crm_id, at, source, participant_id)
SELECT 'touch-' || row_number() OVER (), o.crm_id, o.won_at - (:touches - t) * interval '9 days',
       CASE WHEN t % 2 = 1 THEN 'referral' ELSE 'marketing' END,
       CASE WHEN t % 2 = 1 THEN p.id END
FROM opportunities o
CROSS JOIN generate_series(1, :touches) t
JOIN participants p ON p.key = 'bench-' || (
    (substr(o.crm_id, 4)::bigint / 20 + t * 7) % greatest(:count / 500, 10) + 1)
WHERE o.won_at IS NOT NULL AND substr(o.crm_id, 4)::bigint % 20 = 0
"""

_TABLES = ("participants", "accounts", "opportunities", "touches")


def make(database: Database, count: int, since: date, until: date) -> None:
    """Fill an empty database with so many opportunities and what belongs to them."""
    given = {"count": count, "since": since, "until": until, "touches": TOUCHES}
    with database.transaction() as tx:
        tx.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in (_PARTICIPANTS, _ACCOUNTS, _OPPORTUNITIES, _CLAIMED):
            tx.execute(text(statement), given)
        for table in _TABLES:
            tx.execute(text(f"ANALYZE {table}"))


# The floor --------------------------------------------------------------------------------------

# Linear attribution, the rest of each deal to its first touches; half a percent of what is credited
# for everybody: as many rows as ours in every table, with every column that ours have, of other
# amounts. What ours look up for each deal it joins once: its account, and whether it was the first.
# Not in it: which program version was in force (one was), and chunks, of which it has one.
_FLOOR = (
    """
CREATE TEMPORARY TABLE floor_claims ON COMMIT DROP AS
SELECT o.crm_id, o.account_crm_id, o.amount_minor, o.currency, o.won_at, t.id AS claim_id, t.at,
       t.source, t.participant_id,
       row_number() OVER journey AS position, count(*) OVER (PARTITION BY o.crm_id) AS touches
FROM opportunities o JOIN touches t ON t.opportunity_crm_id = o.crm_id AND t.at <= o.won_at
WHERE o.won_at IS NOT NULL AND o.won_at::date <= :today
  AND NOT EXISTS (SELECT FROM conversions c WHERE c.opportunity_crm_id = o.crm_id)
WINDOW journey AS (PARTITION BY o.crm_id ORDER BY t.at, t.id)
""",
    """
INSERT INTO conversions (opportunity_crm_id, account_crm_id, value_minor, currency, won_at, won_on,
                         model, program_version_id, detected_on)
SELECT crm_id, account_crm_id, amount_minor, currency, won_at, won_at::date, 'linear', 1, :today
FROM floor_claims AS c WHERE position = 1 ORDER BY c.won_at, c.crm_id
""",
    """
INSERT INTO shares (conversion_id, position, claim, claim_id, source, at, participant_id,
                    program_version_id, weight, value_minor, reason)
SELECT v.id, c.position, 'touch', c.claim_id, c.source, c.at, c.participant_id, 1,
       1.0 / c.touches,
       c.amount_minor / c.touches + (c.position <= c.amount_minor % c.touches)::int,
       'touch ' || c.position || ' of ' || c.touches || '; linear gives it 20.00%'
FROM floor_claims c JOIN conversions v ON v.opportunity_crm_id = c.crm_id
""",
    """
INSERT INTO rewards (participant_id, incentive, outcome, conversion_id, program_version_id, pay,
                     base_minor, computed_minor, amount_minor, currency, reason, facts, outcome_on,
                     payable_on, computed_on)
WITH deal AS MATERIALIZED (
    SELECT v.id, v.won_on, v.currency, jsonb_strip_nulls(jsonb_build_object(
               'seats', o.quantity, 'type', o.type, 'lead_source', o.lead_source,
               'country', a.country, 'industry', a.industry, 'is_first', NOT EXISTS (
                   SELECT FROM opportunities e WHERE e.account_crm_id = o.account_crm_id
                     AND (e.won_at, e.crm_id) < (o.won_at, o.crm_id)))) AS facts
    FROM conversions v
    JOIN opportunities o ON o.crm_id = v.opportunity_crm_id
    LEFT JOIN accounts a ON a.crm_id = o.account_crm_id
), credited AS (
    SELECT conversion_id, participant_id, sum(value_minor) AS minor, min(at) AS claimed_at
    FROM shares WHERE participant_id IS NOT NULL
    GROUP BY conversion_id, participant_id HAVING sum(weight) > 0
)
SELECT c.participant_id, 'floor, ' || p.kind || ', ' || p.tier, 'converted', d.id, 1, 'cash',
       c.minor, c.minor / 200, c.minor / 200, d.currency, '0.5% of ' || c.minor / 100.0, d.facts,
       d.won_on, d.won_on + 3, :today
FROM credited c JOIN deal d ON d.id = c.conversion_id
JOIN participants p ON p.id = c.participant_id
""",
    "UPDATE conversions SET rewarded_on = :today",
    """
INSERT INTO audit_events (id, at, actor, action, subject, subject_id, reason, facts, previous_hash,
                          hash)
SELECT (SELECT COALESCE(max(id), 0) FROM audit_events) + row_number() OVER (), now(), 'night',
       action, subject, id, reason, facts, encode(sha256(facts::text::bytea), 'hex'),
       encode(sha256(reason::bytea), 'hex')
FROM (SELECT 'detected' AS action, 'conversion' AS subject, id, 'won on ' || won_on AS reason,
             json_build_object('deal', opportunity_crm_id, 'value_minor', value_minor,
                               'currency', currency, 'model', model) AS facts
      FROM conversions
      UNION ALL
      SELECT 'computed', 'reward', id, reason,
             json_build_object('amount_minor', amount_minor, 'currency', currency)
      FROM rewards) events
""",
)


def floor(database: Database, today: date) -> None:
    """Do the joins and inserts of the three stages by SQL alone, and roll them back."""
    with database.engine.connect() as tx:
        tx.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in _FLOOR:
            tx.execute(text(statement), {"today": today})
        tx.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # what a commit would check
        tx.rollback()
