"""The ledger: balanced in itself, and saying what rewards and payouts say.

Debits are positive: `owed`, `reserved`, `in_flight`, `at_provider` and `credit_given` are credits
and run negative. A payout's money lies in one account, by the payout's state, but for what the
provider took back of it, which lies in `taken_back`.
"""

from __future__ import annotations

from goodword.db.invariants.base import Invariant

_PLACE = """
CASE WHEN p.state = 'planned' THEN 'reserved'
     WHEN p.state IN ('submitting', 'unknown', 'held', 'handed_over') THEN 'in_flight'
     WHEN p.state = 'paid' AND p.rail IN ('stripe_credit', 'stripe_coupon', 'perk')
     THEN 'credit_given'
     WHEN p.state IN ('paid', 'reversed') THEN 'at_provider' END
"""

POSTINGS_BALANCE = Invariant(
    "postings_balance",
    "The legs of a posting, two or more, sum to zero in one currency.",
    """
SELECT *, format('posting %s (%s) has %s legs that sum to %s in %s', posting_id, kind, legs, minor,
                 COALESCE(currencies, 'no currency')) AS sentence
FROM (SELECT p.id AS posting_id, p.kind, count(e.id) AS legs,
             COALESCE(sum(e.amount_minor), 0)::bigint AS minor,
             CASE WHEN min(e.currency) = max(e.currency) THEN min(e.currency)
                  ELSE min(e.currency) || ' and ' || max(e.currency) END AS currencies
      FROM postings p LEFT JOIN entries e ON e.posting_id = p.id
      GROUP BY p.id
      HAVING count(e.id) < 2 OR sum(e.amount_minor) <> 0 OR min(e.currency) <> max(e.currency)) bad
""",
)

POSTINGS_EXPLAIN = Invariant(
    "postings_explain",
    "A posting explains one reward (accrue, void, take_back) or one payout (the rest).",
    """
SELECT id AS posting_id, kind, reward_id, payout_id,
       format('posting %s (%s) names reward %s and payout %s', id, kind,
              COALESCE(reward_id::text, 'none'), COALESCE(payout_id::text, 'none')) AS sentence
FROM postings
WHERE (reward_id IS NULL) = (payout_id IS NULL)
   OR (reward_id IS NOT NULL) <> (kind IN ('accrue', 'void', 'take_back'))
""",
)

ENTRIES_BELONG = Invariant(
    "entries_belong",
    "An entry is of the participant and in the currency of the reward or payout it explains.",
    """
SELECT e.id AS entry_id, e.posting_id, e.participant_id, e.currency,
       format('entry %s is of participant %s in %s, its reward or payout of %s in %s', e.id,
              e.participant_id, e.currency, s.participant_id, s.currency) AS sentence
FROM entries e
JOIN (SELECT p.id, r.participant_id, r.currency
      FROM postings p JOIN rewards r ON r.id = p.reward_id
      UNION ALL
      SELECT p.id, o.participant_id, o.currency
      FROM postings p JOIN payouts o ON o.id = p.payout_id) s ON s.id = e.posting_id
WHERE e.participant_id <> s.participant_id OR e.currency <> s.currency
""",
)

REWARDS_OWED = Invariant(
    "rewards_owed",
    "Of a reward its amount is owed once it is approved, reserved or paid; of any other nothing.",
    """
SELECT r.id AS reward_id, r.state, r.amount_minor, r.currency,
       COALESCE(o.minor, 0)::bigint AS owed_minor,
       format('reward %s is %s with %s %s, and the ledger accrued %s', r.id, r.state,
              r.amount_minor, r.currency, COALESCE(o.minor, 0)) AS sentence
FROM rewards r
LEFT JOIN (SELECT p.reward_id AS id, -sum(e.amount_minor) AS minor
           FROM postings p JOIN entries e ON e.posting_id = p.id
           WHERE e.account = 'owed' AND p.reward_id IS NOT NULL
           GROUP BY p.reward_id) o USING (id)
WHERE COALESCE(o.minor, 0) <>
      CASE WHEN r.state IN ('approved', 'reserved', 'paid') THEN r.amount_minor ELSE 0 END
""",
)

PAYOUTS_POSTED = Invariant(
    "payouts_posted",
    "A payout's amount lies whole in the account that its state says, and in no other, but for "
    "what the provider took back of it.",
    f"""
WITH kept AS (
    SELECT t.payout_id, e.account, -sum(e.amount_minor) AS minor
    FROM postings t JOIN entries e ON e.posting_id = t.id
    WHERE t.payout_id IS NOT NULL AND e.account <> 'owed'
    GROUP BY t.payout_id, e.account HAVING sum(e.amount_minor) <> 0
), meant AS (
    SELECT p.id AS payout_id, {_PLACE} AS account, p.amount_minor - p.reversed_minor AS minor
    FROM payouts p
    UNION ALL
    SELECT id, 'taken_back', reversed_minor FROM payouts
), wrong AS (
    SELECT payout_id, account, COALESCE(m.minor, 0) AS amount_minor,
           COALESCE(k.minor, 0)::bigint AS kept_minor
    FROM (SELECT * FROM meant WHERE account IS NOT NULL AND minor <> 0) m
    FULL JOIN kept k USING (payout_id, account)
    WHERE k.minor IS DISTINCT FROM m.minor
)
SELECT w.payout_id, p.state, w.account, w.amount_minor, w.kept_minor, p.currency,
       format('payout %s is %s: %s %s must lie in %s, and %s does', w.payout_id, p.state,
              w.amount_minor, p.currency, w.account, w.kept_minor) AS sentence
FROM wrong w JOIN payouts p ON p.id = w.payout_id
""",
)

BOOKS_AGREE = Invariant(
    "books_agree",
    "Every balance of every participant is what the states of rewards and payouts add up to.",
    f"""
WITH said AS (
    SELECT participant_id, currency, account, sum(minor) AS minor FROM (
        SELECT participant_id, currency, amount_minor AS minor,
               CASE WHEN amount_minor < 0 THEN 'taken_back' ELSE 'program_expense' END AS account
        FROM rewards WHERE state IN ('approved', 'reserved', 'paid')
        UNION ALL
        SELECT participant_id, currency, -amount_minor, 'owed'
        FROM rewards WHERE state IN ('approved', 'reserved', 'paid')
        UNION ALL
        SELECT participant_id, currency, amount_minor, 'owed'
        FROM payouts p WHERE {_PLACE} IS NOT NULL
        UNION ALL
        SELECT participant_id, currency, reversed_minor - amount_minor, {_PLACE}
        FROM payouts p WHERE {_PLACE} IS NOT NULL
        UNION ALL
        SELECT participant_id, currency, -reversed_minor, 'taken_back' FROM payouts) moves
    GROUP BY participant_id, currency, account
), kept AS (
    SELECT participant_id, currency, account, sum(amount_minor) AS minor
    FROM entries GROUP BY participant_id, currency, account
)
SELECT participant_id, account, currency, COALESCE(k.minor, 0)::bigint AS balance_minor,
       COALESCE(s.minor, 0)::bigint AS said_minor,
       format('participant %s has %s %s in %s; rewards and payouts say %s', participant_id,
              COALESCE(k.minor, 0), currency, account, COALESCE(s.minor, 0)) AS sentence
FROM kept k FULL JOIN said s USING (participant_id, currency, account)
WHERE COALESCE(k.minor, 0) <> COALESCE(s.minor, 0)
""",
)

BALANCES_KEEP_THEIR_SIDE = Invariant(
    "balances_keep_their_side",
    "No balance is on the wrong side of zero, but for what is owed after money was taken back, and "
    "what is reserved or under way to be taken back.",
    """
SELECT participant_id, account, currency, sum(amount_minor)::bigint AS balance_minor,
       format('participant %s has %s %s in %s, on the wrong side of zero', participant_id,
              sum(amount_minor), currency, account) AS sentence
FROM entries WHERE account NOT IN ('owed', 'reserved', 'in_flight')
GROUP BY participant_id, account, currency
HAVING sum(amount_minor) * CASE account WHEN 'program_expense' THEN 1 ELSE -1 END < 0
""",
)

LEDGER = (
    POSTINGS_BALANCE,
    POSTINGS_EXPLAIN,
    ENTRIES_BELONG,
    REWARDS_OWED,
    PAYOUTS_POSTED,
    BOOKS_AGREE,
    BALANCES_KEEP_THEIR_SIDE,
)
