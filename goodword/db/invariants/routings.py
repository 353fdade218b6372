"""Whose account and whose lead: answered by somebody, routed and given back in order."""

from __future__ import annotations

from goodword.db.invariants.base import Invariant

QUESTIONS_ANSWERED = Invariant(
    "questions_answered",
    "An answered question about an account, and no other, has who answered it and when.",
    """
SELECT id AS question_id, registration_id, answer, answered_by, answered_on,
       format('question %s of registration %s is answered %s, by %s, on %s', id, registration_id,
              COALESCE(answer, 'not at all'), COALESCE(answered_by, 'nobody'),
              COALESCE(answered_on::text, 'no day')) AS sentence
FROM account_questions
WHERE num_nulls(answer, answered_by, answered_on) NOT IN (0, 3)
""",
)

ROUTINGS_IN_ORDER = Invariant(
    "routings_in_order",
    "A routing is decided, then written, then over; one that a person took over was written.",
    """
SELECT id AS routing_id, crm_id, routed_on, written_on, by_hand_on, released_on,
       format('routing %s of %s is routed on %s, written on %s, taken over on %s, over on %s', id,
              crm_id, routed_on, COALESCE(written_on::text, 'no day'),
              COALESCE(by_hand_on::text, 'no day'), COALESCE(released_on::text, 'no day'))
           AS sentence
FROM routings
WHERE written_on < routed_on OR released_on < GREATEST(routed_on, written_on)
   OR by_hand_on IS NOT NULL AND (written_on IS NULL OR released_on IS DISTINCT FROM by_hand_on)
""",
)

ROUTINGS = (QUESTIONS_ANSWERED, ROUTINGS_IN_ORDER)
