"""Disputes: heard by whoever is no party, to their end, in their time."""

from __future__ import annotations

from goodword.db.invariants.base import Invariant

RULINGS_IMPARTIAL = Invariant(
    "rulings_impartial",
    "Whoever rules in a dispute is no participant in it, has not opened it or appealed, and has "
    "not ruled in it before.",
    """
SELECT d.id AS dispute_id, x.instance, x.ruled_by,
       format('ruling %s in dispute %s is by %s, who is not impartial', x.instance, d.id,
              x.ruled_by) AS sentence
FROM dispute_rulings x JOIN disputes d ON d.id = x.dispute_id
WHERE lower(trim(x.ruled_by)) IN ('', lower(d.opened_by), lower(COALESCE(d.appealed_by, '')))
   OR EXISTS (
       SELECT FROM registrations r JOIN participants p ON p.id = r.participant_id
       WHERE r.id IN (d.registration_id, d.rival_id)
         AND lower(trim(x.ruled_by)) IN (lower(p.key), lower(p.name), lower(p.email)))
   OR EXISTS (
       SELECT FROM dispute_rulings y WHERE y.dispute_id = x.dispute_id
         AND y.instance < x.instance AND lower(trim(y.ruled_by)) = lower(trim(x.ruled_by)))
""",
)

DISPUTES_HEARD = Invariant(
    "disputes_heard",
    "A dispute that is decided, appealed or closed has its ruling, one that is open or withdrawn "
    "has none, and of the second ruling somebody appealed; only what is over has its day.",
    """
SELECT d.id AS dispute_id, d.state, d.closed_on, count(x.id) AS rulings,
       format('dispute %s is %s with %s rulings, appealed by %s, closed on %s', d.id, d.state,
              count(x.id), COALESCE(d.appealed_by, 'nobody'), COALESCE(d.closed_on::text, 'no day'))
           AS sentence
FROM disputes d LEFT JOIN dispute_rulings x ON x.dispute_id = d.id
GROUP BY d.id
HAVING (d.state IN ('decided', 'appealed', 'closed')) <> (count(x.id) > 0)
    OR d.state IN ('decided', 'appealed') AND count(x.id) <> 1
    OR (count(x.id) > 1 OR d.state = 'appealed') AND d.appealed_by IS NULL
    OR (d.state IN ('closed', 'withdrawn')) <> (d.closed_on IS NOT NULL)
""",
)

DISPUTES_IN_TIME = Invariant(
    "disputes_in_time",
    "The term of a dispute that is not over ends after it was opened, and after it was appealed.",
    """
SELECT id AS dispute_id, state, opened_on, appealed_on, decide_by,
       format('dispute %s is %s, opened on %s, appealed on %s, and its term ended on %s', id, state,
              opened_on, COALESCE(appealed_on::text, 'no day'), decide_by) AS sentence
FROM disputes
WHERE state IN ('open', 'decided', 'appealed')
  AND decide_by <= GREATEST(opened_on, appealed_on)
""",
)

DISPUTES_BETWEEN_TWO = Invariant(
    "disputes_between_two",
    "The two claims of a dispute are of different participants; one alone contests its refusal.",
    """
SELECT d.id AS dispute_id, d.registration_id, d.rival_id,
       format('dispute %s is about registrations %s and %s, both of participant %s', d.id, a.id,
              b.id, a.participant_id) AS sentence
FROM disputes d
JOIN registrations a ON a.id = d.registration_id
JOIN registrations b ON b.id = d.rival_id
WHERE a.id <> b.id AND a.participant_id = b.participant_id
""",
)

DISPUTES = (RULINGS_IMPARTIAL, DISPUTES_HEARD, DISPUTES_IN_TIME, DISPUTES_BETWEEN_TWO)
