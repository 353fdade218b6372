"""Claims, conversions and messages: who holds what, who is credited, what was told."""

from __future__ import annotations

from goodword.db.invariants.base import Invariant
from goodword.db.queries.places import overlap

SHARES_SUM = Invariant(
    "shares_sum",
    "The shares of a conversion sum to its value.",
    """
SELECT v.id AS conversion_id, v.value_minor, v.currency, sum(s.value_minor)::bigint AS shares_minor,
       format('conversion %s is worth %s %s, and its shares sum to %s', v.id, v.value_minor,
              v.currency, COALESCE(sum(s.value_minor)::text, 'none')) AS sentence
FROM conversions v LEFT JOIN shares s ON s.conversion_id = v.id
GROUP BY v.id HAVING sum(s.value_minor) IS DISTINCT FROM v.value_minor
""",
)

CANCELLED_EXPLAINED = Invariant(
    "cancelled_explained",
    "A cancelled conversion, and no other, has the day and the reason of it.",
    """
SELECT id AS conversion_id, state, cancelled_on, cancel_reason,
       format('conversion %s is %s, since %s because %s', id, state,
              COALESCE(cancelled_on::text, 'no day'), COALESCE(cancel_reason, 'of nothing'))
           AS sentence
FROM conversions
WHERE (state = 'cancelled') <> (cancelled_on IS NOT NULL AND cancel_reason IS NOT NULL)
   OR (cancelled_on IS NULL) <> (cancel_reason IS NULL)
""",
)

ONE_STANDING_CONVERSION = Invariant(
    "one_standing_conversion",
    "A deal has at most one conversion that stands.",
    """
SELECT opportunity_crm_id, array_agg(id ORDER BY id) AS conversion_ids,
       format('deal %s is converted by %s', opportunity_crm_id,
              string_agg(id::text, ' and ' ORDER BY id)) AS sentence
FROM conversions WHERE state = 'active' GROUP BY opportunity_crm_id HAVING count(*) > 1
""",
)

ONE_LIVE_REGISTRATION = Invariant(
    "one_live_registration",
    "At most one live registration protects an account, or each division of it.",
    f"""
WITH live AS (
    SELECT id, claim_key, division,
           format('%s (%s)', id, COALESCE(NULLIF(division, ''), 'the whole')) AS shown
    FROM registrations WHERE state IN ('approved', 'extended')
)
SELECT a.claim_key, a.id AS registration_id, b.id AS other_id,
       format('%s is protected by registrations %s and %s', a.claim_key, a.shown, b.shown)
           AS sentence
FROM live a JOIN live b ON b.claim_key = a.claim_key AND b.id > a.id AND {overlap("a", "b")}
ORDER BY a.id, b.id
""",
)

LIVE_WINDOWS = Invariant(
    "live_windows",
    "A live registration has a last protected day.",
    """
SELECT id AS registration_id, state,
       format('registration %s is %s without a last day', id, state) AS sentence
FROM registrations WHERE state IN ('approved', 'extended') AND expires_on IS NULL
""",
)

REQUESTS_OF_LIVE_CLAIMS = Invariant(
    "requests_of_live_claims",
    "More days are asked for only of a live registration, and an answer has its day and author.",
    """
SELECT q.id AS request_id, q.registration_id, q.state,
       format('request %s for more days is %s, decided on %s by %s, and registration %s is %s',
              q.id, q.state, COALESCE(q.decided_on::text, 'no day'),
              COALESCE(q.decided_by, 'nobody'), r.id, r.state) AS sentence
FROM extension_requests q JOIN registrations r ON r.id = q.registration_id
WHERE q.state = 'open' AND r.state NOT IN ('approved', 'extended')
   OR (q.state = 'open') <> (q.decided_on IS NULL)
   OR (q.decided_on IS NULL) <> (q.decided_by IS NULL)
""",
)

CONFLICTS_NAMED = Invariant(
    "conflicts_named",
    "A conflicting registration names the other one that holds the place.",
    """
SELECT id AS registration_id, conflicts_with_id,
       format('registration %s is conflicting with %s', id,
              COALESCE(conflicts_with_id::text, 'nothing')) AS sentence
FROM registrations
WHERE state = 'conflicting' AND (conflicts_with_id IS NULL OR conflicts_with_id = id)
""",
)

REFERRALS_CONVERTED = Invariant(
    "referrals_converted",
    "A converted referral, and no other, names the conversion that credits it.",
    """
SELECT r.id AS referral_id, r.state, r.conversion_id,
       format('referral %s is %s, and %s', r.id, r.state, CASE
           WHEN r.conversion_id IS NULL THEN 'names no conversion'
           WHEN r.state <> 'converted' THEN 'names conversion ' || r.conversion_id
           ELSE 'conversion ' || r.conversion_id || ' does not credit it' END) AS sentence
FROM referrals r
WHERE (r.state = 'converted') <> (r.conversion_id IS NOT NULL)
   OR r.conversion_id IS NOT NULL AND NOT EXISTS (
       SELECT FROM shares s WHERE s.conversion_id = r.conversion_id
         AND s.claim = 'referral' AND s.claim_id = r.id)
""",
)

REFERRALS_QUALIFIED = Invariant(
    "referrals_qualified",
    "A qualified referral names the deal and the day; one that is only received has neither.",
    """
SELECT id AS referral_id, state, qualified_on, qualified_by,
       format('referral %s is %s, qualified on %s by %s', id, state,
              COALESCE(qualified_on::text, 'no day'), COALESCE(qualified_by, 'no deal')) AS sentence
FROM referrals
WHERE (qualified_on IS NULL) <> (qualified_by IS NULL)
   OR state = 'qualified' AND qualified_on IS NULL
   OR state = 'received' AND qualified_on IS NOT NULL
""",
)

SENT_MESSAGES_DATED = Invariant(
    "sent_messages_dated",
    "A sent message, and no other, has the instant it was sent.",
    """
SELECT id AS message_id, fact, state, sent_at,
       format('message %s (%s) is %s, sent %s', id, fact, state, COALESCE(sent_at::text, 'never'))
           AS sentence
FROM messages WHERE (state = 'sent') <> (sent_at IS NOT NULL)
""",
)

CLAIMS = (
    SHARES_SUM,
    CANCELLED_EXPLAINED,
    ONE_STANDING_CONVERSION,
    ONE_LIVE_REGISTRATION,
    LIVE_WINDOWS,
    REQUESTS_OF_LIVE_CLAIMS,
    CONFLICTS_NAMED,
    REFERRALS_CONVERTED,
    REFERRALS_QUALIFIED,
    SENT_MESSAGES_DATED,
)
