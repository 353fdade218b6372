"""A company after years of the program, for its pages: made in the database itself.

Two rewards for each conversion: of each 20 one waits for a person, one is void, one is approved,
and the others were paid, each in a payout of its own. The books balance, and the audit trail has
an event and a half for each reward; its hashes are of no use to anybody but have their length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from datetime import date

    from goodword.db.session import Database


def make(database: Database, rewards: int, today: date) -> None:
    """Fill an empty database whose program is published with so many rewards, until `today`."""
    given = {"rewards": rewards, "today": today}
    with database.transaction() as tx:
        for statement in _STATEMENTS:
            tx.execute(text(statement), given)
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


_MADE = """
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
SELECT n, lpad(n::text, 12, '0') AS digits, CAST(:today AS date) AS today,
       CAST(:today AS date) - 10 - (n % 700)::int AS won_on,
       1 + n % greatest(:rewards / 100, 1) AS participant
FROM generate_series(1, :rewards / 2) n
"""

_PARTICIPANTS = """
INSERT INTO participants (key, kind, name, email, locale, country, currency, tier, payout_method,
                          stripe_account, status)
SELECT 'partner-' || n, (ARRAY['customer', 'affiliate', 'reseller', 'service'])[n % 4 + 1],
       'Partner ' || n || ' of ' || (ARRAY['Bergen', 'Osaka', 'Penang', 'Austin'])[n % 4 + 1],
       'partner' || n || '@example.com', 'en', 'US', 'USD', 'silver', 'stripe_transfer',
       'acct_' || n, 'active'
FROM generate_series(1, greatest(:rewards / 100, 1)) n
"""

_ACCOUNTS = """
INSERT INTO accounts (crm_id, name, name_key, domain, is_deleted, modified_at)
SELECT '001' || digits || 'AAA', 'Company ' || n, 'company ' || n, 'company' || n || '.example',
       FALSE, won_on
FROM made
"""

_DEALS = """
INSERT INTO opportunities (crm_id, account_crm_id, name, stage, amount_minor, currency, close_on,
                           created_at, is_closed, is_won, won_at, is_deleted, modified_at)
SELECT '006' || digits || 'AAA', '001' || digits || 'AAA', 'Deal ' || n, 'Closed Won', 5000000,
       'USD', won_on, won_on - 80, TRUE, TRUE, won_on + time '12:00', FALSE, won_on
FROM made
"""

# Every tenth won deal was registered, every fifth referred; some claims wait, some are contested.
_REGISTRATIONS = """
INSERT INTO registrations (key, participant_id, company, name_key, domain, account_crm_id,
                           opportunity_crm_id, submitted_at, evidence, state, reasons, expires_on,
                           decided_on, decided_by)
SELECT 'claim-' || n, participant, 'Company ' || n, 'company ' || n, 'company' || n || '.example',
       '001' || digits || 'AAA', '006' || digits || 'AAA', won_on - 78, '[{"kind": "meeting"}]',
       state, '["qualified"]', won_on + 90, won_on - 77, 'night'
FROM made, LATERAL (SELECT (ARRAY['won', 'won', 'approved', 'expired', 'submitted', 'lost',
                                  'rejected', 'conflicting'])[n / 10 % 8 + 1] AS state) s
WHERE n % 10 = 0
"""

_REFERRALS = """
INSERT INTO referrals (key, participant_id, company, name_key, submitted_at, channel,
                       opportunity_crm_id, state)
SELECT 'referral-' || n, participant, 'Company ' || n, 'company ' || n, won_on - 70, 'form',
       '006' || digits || 'AAA', 'qualified'
FROM made WHERE n % 5 = 0
"""

_CONVERSIONS = """
INSERT INTO conversions (opportunity_crm_id, account_crm_id, value_minor, currency, won_at, won_on,
                         detected_on, model, program_version_id, rewarded_on)
SELECT '006' || digits || 'AAA', '001' || digits || 'AAA', 5000000, 'USD', won_on + time '12:00',
       won_on, won_on + 1, 'linear', (SELECT max(id) FROM program_versions), won_on + 1
FROM made ORDER BY n
"""

_SHARES = """
INSERT INTO shares (conversion_id, position, claim, claim_id, source, at, participant_id,
                    program_version_id, weight, value_minor, reason)
SELECT c.id, 1, 'referral', 1, 'referral', m.won_on - 70, m.participant, c.program_version_id, 1,
       c.value_minor, 'the only claim'
FROM made m JOIN conversions c ON c.opportunity_crm_id = '006' || m.digits || 'AAA'
"""

# A night a day: rewards are paid five days after their night at the earliest.
_REWARDS = """
INSERT INTO rewards (participant_id, incentive, outcome, conversion_id, program_version_id, pay,
                     base_minor, computed_minor, amount_minor, currency, reason, outcome_on,
                     payable_on, computed_on, state, approvals_needed, asked_on)
SELECT m.participant, CASE k WHEN 0 THEN 'reseller-share' ELSE 'fast-start' END, 'converted', c.id,
       c.program_version_id, 'cash', c.value_minor, amount, amount, 'USD',
       '5% of ' || c.value_minor / 100.0, m.won_on, m.won_on + 5, m.won_on + 1, s.state,
       CASE WHEN s.state = 'waiting' THEN 1 + m.n % 2 END,
       CASE WHEN s.state = 'waiting' THEN m.today - (m.n % 30)::int END
FROM made m
JOIN conversions c ON c.opportunity_crm_id = '006' || m.digits || 'AAA'
CROSS JOIN generate_series(0, 1) k
CROSS JOIN LATERAL (SELECT 10000 + (m.n * 7919 + k * 31) % 500000 AS amount,
    CASE (2 * m.n + k) % 20 WHEN 1 THEN 'waiting' WHEN 2 THEN 'void' WHEN 3 THEN 'approved'
         ELSE 'paid' END AS state) s
ORDER BY m.n, k
"""

_APPROVALS = """
INSERT INTO approvals (reward_id, decision, decided_by, reason, amount_minor, decided_on)
SELECT id, 'approve', 'ann', '', amount_minor, computed_on FROM rewards
WHERE state = 'waiting' AND approvals_needed = 2
"""

# Of two hundred one was refused and one is on its way; the rewards of both are kept reserved.
_PAYOUTS = """
INSERT INTO payouts (reference, participant_id, rail, destination, amount_minor, currency, state,
                     idempotency_key, first_sent_at, external_id, code, reason, next_step,
                     planned_on, paid_on)
SELECT 'gw-' || id, participant_id, 'stripe_transfer', 'acct_' || participant_id, amount_minor,
       currency,
       CASE id % 200 WHEN 4 THEN 'refused' WHEN 5 THEN 'unknown' ELSE 'paid' END,
       'gw-' || id || '-1', payable_on + time '02:00',
       CASE WHEN id % 200 NOT IN (4, 5) THEN 'tr_' || id END,
       CASE WHEN id % 200 = 4 THEN 'account_restricted' END,
       CASE WHEN id % 200 = 4 THEN 'the account may not receive transfers' END,
       CASE WHEN id % 200 = 4 THEN 'ask the participant to finish at the provider' END,
       payable_on, CASE WHEN id % 200 NOT IN (4, 5) THEN payable_on END
FROM rewards WHERE state = 'paid' ORDER BY id
"""

_PAID_REWARDS = """
INSERT INTO payout_rewards (payout_id, reward_id, is_live)
SELECT id, substr(reference, 4)::int, state <> 'refused' FROM payouts
"""

_UNPAID = """
UPDATE rewards r SET state = CASE p.state WHEN 'refused' THEN 'approved' ELSE 'reserved' END
FROM payouts p JOIN payout_rewards x ON x.payout_id = p.id
WHERE x.reward_id = r.id AND p.state <> 'paid'
"""

_POSTINGS = """
INSERT INTO postings (kind, reward_id, payout_id, posted_on)
SELECT 'accrue', id, NULL::int, computed_on FROM rewards WHERE state <> 'void'
UNION ALL
SELECT kind, NULL, id, planned_on FROM payouts
CROSS JOIN unnest(CASE state WHEN 'paid' THEN '{reserve,submit,transferred}'::text[]
                             WHEN 'unknown' THEN '{reserve,submit}' ELSE '{}' END) kind
"""

_ENTRIES = """
INSERT INTO entries (posting_id, account, participant_id, currency, amount_minor)
SELECT o.id, CASE leg WHEN 1 THEN debit ELSE credit END,
       COALESCE(r.participant_id, p.participant_id), 'USD',
       leg * COALESCE(r.amount_minor, p.amount_minor)
FROM postings o
JOIN (VALUES ('accrue', 'program_expense', 'owed'), ('reserve', 'owed', 'reserved'),
             ('submit', 'reserved', 'in_flight'), ('transferred', 'in_flight', 'at_provider'))
     accounts (kind, debit, credit) USING (kind)
LEFT JOIN rewards r ON r.id = o.reward_id
LEFT JOIN payouts p ON p.id = o.payout_id
CROSS JOIN (VALUES (1), (-1)) legs (leg)
"""

_MESSAGES = """
INSERT INTO messages (fact, template, participant_id, recipient, locale, context, state, queued_on,
                      sent_at)
SELECT 'reward:' || r.id || chr(58) || 'earned', 'reward_earned', p.id, p.email, 'en',
       jsonb_build_object(
           'participant', jsonb_build_object('name', p.name, 'kind', p.kind),
           'company', 'Company ' || r.id, 'is_renewal', FALSE, 'benefit', NULL,
           'amount', jsonb_build_object('minor', r.amount_minor, 'currency', 'USD')),
       CASE WHEN r.id % 1000 = 0 THEN 'failed' ELSE 'sent' END, r.computed_on, r.computed_on
FROM rewards r JOIN participants p ON p.id = r.participant_id
"""

_AUDIT = """
INSERT INTO audit_events (id, at, actor, action, subject, subject_id, reason, facts, previous_hash,
                          hash)
SELECT (SELECT COALESCE(max(id), 0) FROM audit_events) + row_number() OVER (ORDER BY at, id),
       at, actor, action, 'reward', id, reason,
       '{"amount_minor": 10000, "currency": "USD"}',
       encode(sha256(id::text::bytea), 'hex'), encode(sha256(reason::bytea), 'hex')
FROM (SELECT id, computed_on + time '02:00' AS at, 'night' AS actor, 'computed' AS action, reason
      FROM rewards
      UNION ALL
      SELECT id, asked_on + time '02:01', 'night', 'asked for approval', 'above 500.00 USD'
      FROM rewards WHERE state = 'waiting'
      UNION ALL
      SELECT id, computed_on + time '09:00', 'ann', 'approved', 'seen'
      FROM rewards WHERE state <> 'waiting' AND id % 2 = 0) events
"""

_DIFFERENCE = """
INSERT INTO differences (found_on, kind, external_id, currency, ledger_minor, provider_minor,
                         sentence)
SELECT CAST(:today AS date), 'unknown_movement', 'tr_elsewhere', 'USD', 0, 12300,
       'the provider has a transfer that the ledger does not know'
"""

_DISPUTE = """
INSERT INTO disputes (registration_id, rival_id, opened_by, ground, opened_on, decide_by, decider)
SELECT min(r.id), min(r.id) + 1, min(p.key), 'we were first', CAST(:today AS date),
       CAST(:today AS date) + 5, ''
FROM registrations r JOIN participants p ON p.id = r.participant_id WHERE r.state = 'approved'
"""

_BANK_FILE = """
INSERT INTO bank_files (message_id, currency, payouts, total_minor, body, digest, made_on)
SELECT 'GW-1', 'EUR', 0, 0, '<Document/>', 'none', CAST(:today AS date)
"""

_QUARANTINE = """
INSERT INTO quarantine (source, external_id, reason, record)
SELECT 'referrals', 'line-' || n, 'submitted_at is no instant', '{"submitted_at": "yesterday"}'
FROM generate_series(1, 500) n
"""

_NIGHTS = """
INSERT INTO nights (business_date, state, started_at, finished_at)
SELECT d::date, 'done', d + time '02:00', d + time '02:09'
FROM generate_series(CAST(:today AS date) - 700, CAST(:today AS date), '1 day') d
"""

_STAGES = """
INSERT INTO stage_runs (night_id, business_date, stage, outcomes, failures, started_at, finished_at)
SELECT n.id, n.business_date, stage, jsonb_build_object('done', n.id % 37 * 11), '[]',
       n.started_at, n.started_at + interval '50 seconds'
FROM nights n CROSS JOIN unnest(CAST(
    '{sync,review,detect,compute,approve,pay,reconcile,tell,measure}' AS text[])) stage
ORDER BY n.id
"""

_STATEMENTS = (
    _MADE,
    _PARTICIPANTS,
    _ACCOUNTS,
    _DEALS,
    _REGISTRATIONS,
    _REFERRALS,
    _CONVERSIONS,
    _SHARES,
    _REWARDS,
    _APPROVALS,
    _PAYOUTS,
    _PAID_REWARDS,
    _UNPAID,
    _POSTINGS,
    _ENTRIES,
    _MESSAGES,
    _AUDIT,
    _DIFFERENCE,
    _DISPUTE,
    _BANK_FILE,
    _QUARANTINE,
    _NIGHTS,
    _STAGES,
)
