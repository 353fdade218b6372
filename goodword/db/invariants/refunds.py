"""Refunds and the provider's events: nothing takes money back that nobody was told of."""

from __future__ import annotations

from goodword.db.invariants.base import Invariant

REFUNDS_TOLD = Invariant(
    "refunds_told",
    "Of every refund, dispute and cancelled subscription the audit trail says where it came from.",
    """
SELECT f.id AS refund_id, f.source, f.opportunity_crm_id, f.currency, f.refunded_minor,
       f.disputed_minor, format('nothing tells where the refund %s came from', f.id) AS sentence
FROM refunds f
WHERE NOT EXISTS (
    SELECT FROM audit_events e
    WHERE e.action IN ('refund read from the provider', 'refund recorded')
      AND e.facts ->> 'refund' = f.id)
""",
)

REFUNDS_SIGNED = Invariant(
    "refunds_signed",
    "A refund that was recorded by hand has a deal, an amount and who recorded it.",
    """
SELECT id AS refund_id, opportunity_crm_id, linked_by, refunded_minor, currency,
       format('the refund %s of %s %s was recorded by %s for the deal %s', id, refunded_minor,
              currency, COALESCE(linked_by, 'nobody'), COALESCE(opportunity_crm_id, 'of nobody'))
           AS sentence
FROM refunds
WHERE source = 'manual' AND (linked_by IS NULL OR refunded_minor = 0 OR refunded_on IS NULL
                             OR starts_with(id, 'manual:') IS NOT TRUE)
   OR source <> 'manual' AND starts_with(id, 'manual:')
""",
)

EVENTS_CLOSED = Invariant(
    "events_closed",
    "An event of the provider that is done or ignored says when, one that failed says why, and "
    "each was tried before.",
    """
SELECT id AS event_id, type, state, reason, attempts, done_at,
       format('the event %s (%s) is %s after %s attempts, closed %s: %s', id, type, state, attempts,
              COALESCE(done_at::text, 'never'), COALESCE(reason, 'no reason')) AS sentence
FROM provider_events
WHERE (state IN ('done', 'ignored')) <> (done_at IS NOT NULL)
   OR (state = 'received') <> (attempts = 0)
   OR state IN ('failed', 'ignored') AND reason IS NULL
""",
)

REFUNDS = (REFUNDS_TOLD, REFUNDS_SIGNED, EVENTS_CLOSED)
