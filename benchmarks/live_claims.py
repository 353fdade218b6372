"""Live claims in any number, of which one in twenty changes tonight: made in the database itself.

Every claim is on an account of its own, with one deal and its stage history. Of those that change
a quarter each is extended, expires, is won and is lost; of the others some are warned tonight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from datetime import date

    from goodword.db.session import Database

ONE_IN = 20
PARTNERS = 1_000


def make(database: Database, count: int, today: date) -> None:
    """Fill an empty database whose program is published; claims were reviewed until last night."""
    given = {"count": count, "today": today, "one_in": ONE_IN, "partners": PARTNERS}
    with database.transaction() as tx:
        for statement in _STATEMENTS:
            tx.execute(text(statement), given)
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


_CLAIMS = """
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
SELECT n, lpad(n::text, 12, '0') AS digits, CAST(:today AS date) AS today,
       CASE WHEN n % :one_in = 0 THEN (n / :one_in) % 4 END AS fate
FROM generate_series(1, :count) n
"""

_PARTNERS = """
INSERT INTO participants (key, kind, name, email, locale, country, currency, tier, payout_method,
                          status)
SELECT 'partner-' || n, 'reseller', 'Partner ' || n, 'partner' || n || '@example.com', 'en', 'US',
       'USD', 'silver', 'stripe_transfer', 'active'
FROM generate_series(1, :partners) n
"""

_ACCOUNTS = """
INSERT INTO accounts (crm_id, name, name_key, domain, is_deleted, modified_at)
SELECT '001' || digits || 'AAA', 'Company ' || n, 'company ' || n, 'company' || n || '.example',
       FALSE, today - 1
FROM made
"""

# Fates: 0 extended, 1 expires, 2 won, 3 lost, none kept.
_DEALS = """
INSERT INTO opportunities (crm_id, account_crm_id, name, stage, amount_minor, currency, close_on,
                           created_at, is_closed, is_won, won_at, last_activity_on, is_deleted,
                           modified_at)
SELECT '006' || digits || 'AAA', '001' || digits || 'AAA', 'Deal ' || n,
       CASE fate WHEN 2 THEN 'Closed Won' WHEN 3 THEN 'Closed Lost' ELSE 'Proposal/Price Quote' END,
       500000, 'USD', today, today - 80, COALESCE(fate IN (2, 3), FALSE),
       COALESCE(fate = 2, FALSE), CASE WHEN fate = 2 THEN today - 2 + time '12:00' END,
       today - CASE fate WHEN 1 THEN 70 ELSE 20 END, FALSE, today - 1
FROM made
"""

_HISTORY = """
INSERT INTO stage_changes (crm_id, opportunity_crm_id, stage, amount_minor, currency, changed_at,
                           is_deleted, modified_at)
SELECT '008' || lpad((2 * n + step)::text, 12, '0') || 'AAA', '006' || digits || 'AAA',
       CASE WHEN step = 0 THEN 'Needs Analysis' WHEN fate = 2 THEN 'Closed Won'
            WHEN fate = 3 THEN 'Closed Lost' ELSE 'Proposal/Price Quote' END,
       500000, 'USD',
       today - CASE WHEN step = 0 THEN 75 WHEN fate = 1 THEN 70 WHEN fate = 0 THEN 5 ELSE 2 END
           + time '12:00',
       FALSE, today - 1
FROM made CROSS JOIN generate_series(0, 1) step
"""

_REGISTRATIONS = """
INSERT INTO registrations (key, participant_id, company, name_key, domain, account_crm_id,
                           opportunity_crm_id, submitted_at, evidence, state, reasons, expires_on,
                           decided_on, decided_by)
SELECT 'claim-' || n, 1 + n % :partners, 'Company ' || n, 'company ' || n,
       'company' || n || '.example', '001' || digits || 'AAA',
       CASE WHEN fate = 3 OR n / :one_in % 8 < 4 THEN '006' || digits || 'AAA' END, today - 78,
       '[{"kind": "meeting"}]', 'approved', '["qualified"]',
       CASE fate WHEN 0 THEN today WHEN 1 THEN today - 1 ELSE today + 1 + n % 89 END,
       today - 77, 'night'
FROM made
"""

_LETTERS = """
INSERT INTO messages (fact, template, participant_id, recipient, locale, context, state, queued_on,
                      sent_at)
SELECT 'registration:' || r.id || ':approved:' || r.expires_on, 'registration_approved', p.id,
       p.email, 'en', jsonb_build_object('company', r.company, 'until', r.expires_on), 'sent',
       r.decided_on, r.decided_on
FROM registrations r JOIN participants p ON p.id = r.participant_id
"""

_LAST_NIGHT = """
INSERT INTO stage_runs (business_date, stage, outcomes, failures, started_at)
SELECT CAST(:today AS date) - 1, 'review', '{}', '[]', clock_timestamp()
"""

_STATEMENTS = (
    _CLAIMS,
    _PARTNERS,
    _ACCOUNTS,
    _DEALS,
    _HISTORY,
    _REGISTRATIONS,
    _LETTERS,
    _LAST_NIGHT,
)
