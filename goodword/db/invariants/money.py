"""Rewards, approvals and payouts: each in a state that the rows around it bear out."""

from __future__ import annotations

from goodword.db.invariants.base import Invariant

ONE_LIVE_PAYOUT = Invariant(
    "one_live_payout",
    "A reward is in at most one live payout.",
    """
SELECT reward_id, array_agg(payout_id ORDER BY payout_id) AS payout_ids,
       format('reward %s is in %s live payouts: %s', reward_id, count(*),
              string_agg(payout_id::text, ', ' ORDER BY payout_id)) AS sentence
FROM payout_rewards WHERE is_live GROUP BY reward_id HAVING count(*) > 1
""",
)

REWARDS_PLACED = Invariant(
    "rewards_placed",
    "A reserved reward is in a live unpaid payout, a paid one in a paid payout, others in none.",
    """
SELECT r.id AS reward_id, r.state, p.id AS payout_id, p.state AS payout_state,
       format('reward %s is %s, and its live payout is %s', r.id, r.state,
              COALESCE(p.id || ', ' || p.state, 'none')) AS sentence
FROM rewards r
LEFT JOIN payout_rewards x ON x.reward_id = r.id AND x.is_live
LEFT JOIN payouts p ON p.id = x.payout_id
WHERE CASE r.state
          WHEN 'reserved' THEN p.state IN
              ('planned', 'submitting', 'unknown', 'held', 'handed_over')
          WHEN 'paid' THEN p.state IN ('paid', 'reversed')
          ELSE p.state IS NULL END IS NOT TRUE
""",
)

PAYOUTS_SUM = Invariant(
    "payouts_sum",
    "A payout is the sum of its live rewards, all its participant's in its currency; a refused "
    "one has none.",
    """
SELECT p.id AS payout_id, p.state, p.amount_minor, p.currency, c.minor AS rewards_minor,
       format('payout %s is %s with %s %s, and its live rewards are %s%s', p.id, p.state,
              p.amount_minor, p.currency, COALESCE(c.minor::text, 'none'),
              CASE WHEN c.is_alike THEN '' ELSE ', not all its own' END) AS sentence
FROM payouts p
LEFT JOIN (
    SELECT x.payout_id AS id, sum(r.amount_minor)::bigint AS minor,
           bool_and(r.participant_id = o.participant_id AND r.currency = o.currency) AS is_alike
    FROM payout_rewards x JOIN rewards r ON r.id = x.reward_id JOIN payouts o ON o.id = x.payout_id
    WHERE x.is_live GROUP BY x.payout_id) c USING (id)
WHERE CASE WHEN p.state = 'refused' THEN c.id IS NULL
           ELSE c.minor = p.amount_minor AND c.is_alike END IS NOT TRUE
""",
)

PAYOUTS_REVERSED = Invariant(
    "payouts_reversed",
    "A payout is reversed when all of it came back by itself, and reversals that operators asked "
    "for never take more of a transfer than it has left.",
    """
SELECT p.id AS payout_id, p.state, p.amount_minor, p.reversed_minor, p.currency,
       COALESCE(b.minor, 0)::bigint AS own_minor,
       format('of payout %s (%s, %s %s) the provider took back %s and operators %s', p.id, p.state,
              p.amount_minor, p.currency, p.reversed_minor, COALESCE(b.minor, 0)) AS sentence
FROM payouts p
LEFT JOIN (SELECT destination, -sum(amount_minor) AS minor FROM payouts
           WHERE rail = 'stripe_reversal' AND state = 'paid' GROUP BY destination) b
    ON b.destination = p.external_id
WHERE p.rail <> 'stripe_reversal'
  AND ((p.state = 'reversed') <> (p.reversed_minor = p.amount_minor)
       OR p.reversed_minor > 0 AND p.state NOT IN ('paid', 'reversed')
       OR p.reversed_minor + COALESCE(b.minor, 0) > p.amount_minor)
""",
)

PAYOUTS_SENT = Invariant(
    "payouts_sent",
    "Of a payout that was sent the request, the attempt's key and the instant are known, and of a "
    "paid one the day and the provider's name for it.",
    """
SELECT id AS payout_id, state, attempt, idempotency_key, first_sent_at, external_id, paid_on,
       format('payout %s is %s without what proves it: key %s, sent %s, external id %s', id, state,
              COALESCE(idempotency_key, 'none'), COALESCE(first_sent_at::text, 'never'),
              COALESCE(external_id, 'none')) AS sentence
FROM payouts
WHERE state IN ('submitting', 'unknown', 'held', 'handed_over', 'paid')
      AND (request IS NULL OR first_sent_at IS NULL
           OR idempotency_key IS DISTINCT FROM reference || ':' || attempt)
   OR (state IN ('paid', 'reversed')) <> (paid_on IS NOT NULL AND external_id IS NOT NULL)
""",
)

APPROVALS_COMPLETE = Invariant(
    "approvals_complete",
    "By the decisions that stand, an approved reward was approved by as many people as it needs "
    "(or by the policy) and refused by none; one waits while approvals are missing; only a refused "
    "one is rejected; a computed one has no decision.",
    """
SELECT r.id AS reward_id, r.state, r.approvals_needed, COALESCE(a.yes, 0) AS approved_by,
       COALESCE(a.no, 0) AS refused_by,
       format('reward %s is %s, approved by %s of %s and refused by %s', r.id, r.state,
              COALESCE(a.yes, 0), COALESCE(r.approvals_needed::text, 'an unknown number'),
              COALESCE(a.no, 0)) AS sentence
FROM rewards r
LEFT JOIN (SELECT reward_id AS id, count(*) FILTER (WHERE decision = 'reject') AS no,
                  count(DISTINCT lower(decided_by)) FILTER (WHERE decision = 'approve') AS yes
           FROM approvals WHERE ended_as IS NULL GROUP BY reward_id) a USING (id)
WHERE CASE
    WHEN r.state IN ('approved', 'reserved', 'paid') THEN
        a.yes >= GREATEST(r.approvals_needed, 1) AND r.approvals_needed IS NOT NULL AND a.no = 0
    WHEN r.state = 'waiting' THEN
        COALESCE(a.yes, 0) < r.approvals_needed AND COALESCE(a.no, 0) = 0 AND r.asked_on IS NOT NULL
    WHEN r.state = 'rejected' THEN a.no > 0
    WHEN r.state = 'computed' THEN a.id IS NULL AND r.approvals_needed IS NULL
    ELSE true END IS NOT TRUE
""",
)

APPROVALS_BY_OTHERS = Invariant(
    "approvals_by_others",
    "Nobody decides on a reward that they, or whom they stand in for, benefit from.",
    """
SELECT a.id AS approval_id, a.reward_id, d.name AS decided_by,
       format('%s decided on reward %s, which is theirs', d.name, a.reward_id) AS sentence
FROM approvals a CROSS JOIN LATERAL (VALUES (a.decided_by), (a.acting_for)) AS d (name)
JOIN rewards r ON r.id = a.reward_id
JOIN participants p ON p.id IN (r.participant_id, r.earner_id)
WHERE lower(d.name) IN (lower(p.key), lower(p.email))
""",
)

APPROVALS_BY_DIFFERENT_PEOPLE = Invariant(
    "approvals_by_different_people",
    "Of the approvals of a reward that stand no two are of one person, in whosever place.",
    """
SELECT a.id AS approval_id, b.id AS other_id, a.reward_id,
       format('approvals %s and %s of reward %s are both of %s', a.id, b.id, a.reward_id, d.name)
           AS sentence
FROM approvals a
CROSS JOIN LATERAL (VALUES (a.decided_by), (a.acting_for)) AS d (name)
JOIN approvals b ON b.reward_id = a.reward_id AND b.id > a.id
    AND lower(d.name) IN (lower(b.decided_by), lower(b.acting_for))
WHERE 'reject' NOT IN (a.decision, b.decision) AND a.ended_as IS NULL AND b.ended_as IS NULL
""",
)

APPROVALS_BOUND = Invariant(
    "approvals_bound",
    "A decision was taken on the amount that the reward has.",
    """
SELECT a.id AS approval_id, a.reward_id, a.amount_minor AS seen_minor, r.amount_minor, r.currency,
       format('%s decided on %s %s, and reward %s has %s', a.decided_by, a.amount_minor, r.currency,
              r.id, r.amount_minor) AS sentence
FROM approvals a JOIN rewards r ON r.id = a.reward_id WHERE a.amount_minor <> r.amount_minor
""",
)

CLAWBACKS_BOUNDED = Invariant(
    "clawbacks_bounded",
    "A reward is taken back from whom it was given, in its currency, never by more than it gave; "
    "one that gave nothing is not taken back; each clawback says what is taken back in all.",
    """
SELECT r.id AS reward_id, r.state, r.amount_minor, r.currency, sum(b.amount_minor)::bigint AS taken,
       format('of reward %s (%s, %s %s) clawbacks take %s, and say %s', r.id, r.state,
              r.amount_minor, r.currency, sum(b.amount_minor),
              string_agg(b.base_minor::text, ', ' ORDER BY b.base_minor)) AS sentence
FROM (SELECT *, -sum(amount_minor) OVER (PARTITION BY reverses_id ORDER BY base_minor) AS so_far
      FROM rewards WHERE reverses_id IS NOT NULL) b
JOIN rewards r ON r.id = b.reverses_id
GROUP BY r.id
HAVING -sum(b.amount_minor) > r.amount_minor OR max(b.amount_minor) >= 0
    OR r.state IN ('void', 'rejected') OR bool_or(b.base_minor <> b.so_far)
    OR bool_or(b.participant_id <> r.participant_id OR b.currency <> r.currency)
    OR bool_or(b.pay <> r.pay OR b.benefit IS DISTINCT FROM r.benefit)
""",
)

CAPS_NEVER_ADD = Invariant(
    "caps_never_add",
    "A cap cuts a reward and never adds to it; only a clawback is below zero.",
    """
SELECT id AS reward_id, computed_minor, amount_minor, currency,
       format('reward %s was computed as %s %s and amounts to %s', id, computed_minor, currency,
              amount_minor) AS sentence
FROM rewards
WHERE amount_minor > computed_minor OR (reverses_id IS NULL) <> (amount_minor >= 0)
""",
)

REWARDS_EARNED = Invariant(
    "rewards_earned",
    "A reward that is earned by a conversion is based on its participant's shares of it; one for a "
    "paid invoice on no more than was paid; one for a lead is its referrer's.",
    """
SELECT r.id AS reward_id, r.participant_id, r.conversion_id, r.referral_id, r.base_minor,
       s.minor AS shares_minor,
       format('reward %s of participant %s is based on %s; %s', r.id, r.participant_id,
              r.base_minor, CASE WHEN r.conversion_id IS NULL THEN 'the referral is not theirs'
              ELSE 'their shares are ' || COALESCE(s.minor::text, 'none') END) AS sentence
FROM rewards r
LEFT JOIN referrals f ON f.id = r.referral_id
LEFT JOIN paid_invoices i ON i.id = r.invoice_id
LEFT JOIN (SELECT s.conversion_id, s.participant_id, v.currency, sum(s.value_minor)::bigint AS minor
           FROM shares s JOIN conversions v ON v.id = s.conversion_id
           GROUP BY s.conversion_id, s.participant_id, v.currency) s
    ON s.conversion_id = r.conversion_id
       AND s.participant_id = COALESCE(r.earner_id, r.participant_id)
       AND s.currency = r.currency
WHERE r.reverses_id IS NULL AND r.returned_payout_id IS NULL
  AND CASE WHEN r.invoice_id IS NOT NULL
                THEN s.participant_id IS NOT NULL AND r.base_minor BETWEEN 0 AND i.paid_minor
           WHEN r.conversion_id IS NOT NULL THEN s.minor = r.base_minor
           ELSE f.participant_id = COALESCE(r.earner_id, r.participant_id) END IS NOT TRUE
""",
)

MONEY = (
    ONE_LIVE_PAYOUT,
    REWARDS_PLACED,
    PAYOUTS_SUM,
    PAYOUTS_REVERSED,
    PAYOUTS_SENT,
    APPROVALS_COMPLETE,
    APPROVALS_BY_OTHERS,
    APPROVALS_BY_DIFFERENT_PEOPLE,
    APPROVALS_BOUND,
    CLAWBACKS_BOUNDED,
    CAPS_NEVER_ADD,
    REWARDS_EARNED,
)
