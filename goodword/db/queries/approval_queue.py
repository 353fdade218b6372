"""The approval queue: the rewards that wait for people, whole, by page and in numbers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries.rewards import ABOUT, COMPANY
from goodword.money import Money
from goodword.rules.approval_filters import ALL, Filter

_COLUMNS = f"""
r.id, r.asked_on, p.key AS participant, p.name, p.kind, r.incentive, r.outcome,
r.amount_minor, r.currency, r.approvals_needed, r.reason, {COMPANY} AS company
"""

# The company is looked up where the participant is not who is asked for, by keys: what waits is
# little beside what there is.
_WAITING = f"""
FROM rewards r
JOIN participants p ON p.id = r.participant_id
WHERE r.state = 'waiting'
  AND (:kind = '' OR p.kind = :kind) AND (:participant = '' OR p.key = :participant)
  AND (:incentive = '' OR r.incentive = :incentive)
  AND (:currency = '' OR r.currency = :currency)
  AND (CAST(:from_minor AS bigint) IS NULL OR r.amount_minor >= :from_minor)
  AND (CAST(:below_minor AS bigint) IS NULL OR r.amount_minor < :below_minor)
  AND (:name = '' OR position(lower(:name) IN lower(p.name)) > 0
       OR position(lower(:name) IN lower(p.key)) > 0
       OR position(lower(:name) IN lower((
           SELECT {COMPANY} FROM (SELECT r.conversion_id, r.referral_id) r
           {ABOUT}))) > 0)
  AND (CAST(:asked_until AS date) IS NULL OR r.asked_on <= :asked_until)
  AND (CAST(:among AS bigint[]) IS NULL OR r.id = ANY(:among))
"""

_APPROVED_BY = """
ARRAY(SELECT x.decided_by FROM approvals x
      WHERE x.reward_id = q.id AND x.decision = 'approve' AND x.ended_as IS NULL
      ORDER BY x.id) AS approved_by
"""

_ROWS = f"""
SELECT q.*, {_APPROVED_BY} FROM (
    SELECT {_COLUMNS} FROM rewards r JOIN participants p ON p.id = r.participant_id
    {ABOUT}WHERE r.id IN ({{which}})
) q ORDER BY q.asked_on, q.id
"""


def _given(which: Filter) -> dict[str, Any]:
    """Return a filter as values of a statement; `asdict` would copy ten thousand numbers."""
    return {each.name: getattr(which, each.name) for each in fields(which)}


def queue(tx: Connection) -> list[Row[Any]]:
    """Return the approval queue, oldest first.

    Returns:
        id, asked_on, participant (key), name, kind, incentive, outcome, amount_minor, currency,
        approvals_needed, reason, company, approved_by (those whose approval stands).
    """
    return list(tx.execute(_QUEUE, _given(ALL)))


_QUEUE = text(_ROWS.format(which=f"SELECT r.id{_WAITING}"))


def numbers(tx: Connection, which: Filter) -> list[int]:
    """Return the rewards of the queue by their numbers alone, oldest first."""
    return list(tx.execute(_NUMBERS, _given(which)).scalar_one())


# As one value: ten thousand rows take longer to carry than to find.
_NUMBERS = text(f"SELECT COALESCE(array_agg(r.id ORDER BY r.asked_on, r.id), '{{}}'){_WAITING}")


def looked_up(tx: Connection, which: Filter) -> Filter:
    """Return the same filter with the rewards that its name finds, which are looked for once."""
    return replace(which, name="", among=numbers(tx, which)) if which.name else which


def these(tx: Connection, reward_ids: Collection[int]) -> list[Row[Any]]:
    """Return these rewards as `queue` does, whatever has become of them, oldest first."""
    return list(tx.execute(_THESE, {"ids": list(reward_ids)}))


_THESE = text(_ROWS.format(which="SELECT unnest(CAST(:ids AS bigint[]))"))


def page(tx: Connection, which: Filter, after: int | None, most: int) -> list[Row[Any]]:
    """Return so many of the queue, after the reward `after`; also why a person looks at each.

    Returns:
        the columns of `queue`, and asked_because.
    """
    return list(tx.execute(_PAGE, {**_given(which), "after": after, "most": most}))


_PAGE = text(f"""
SELECT q.*, {_APPROVED_BY},
       (SELECT e.reason FROM audit_events e
        WHERE e.subject = 'reward' AND e.subject_id = q.id AND e.action = 'asked for approval'
        ORDER BY e.id DESC LIMIT 1) AS asked_because
FROM (
    SELECT {_COLUMNS} FROM (
        SELECT r.*{_WAITING}
          AND (CAST(:after AS bigint) IS NULL OR (r.asked_on, r.id) >
               ((SELECT a.asked_on FROM rewards a WHERE a.id = :after), :after))
        ORDER BY r.asked_on, r.id LIMIT :most
    ) r JOIN participants p ON p.id = r.participant_id
    {ABOUT}) q ORDER BY q.asked_on, q.id
""")


@dataclass(frozen=True, slots=True)
class Total:
    """How many rewards in one currency, and their sum."""

    rewards: int
    amount: Money


def totals(tx: Connection, which: Filter) -> list[Total]:
    """Return how many of the queue there are, and how much, by currency."""
    return [
        Total(row.rewards, Money(int(row.minor), row.currency))
        for row in tx.execute(_TOTALS, _given(which))
    ]


_TOTALS = text(f"""
SELECT r.currency, count(*) AS rewards, sum(r.amount_minor) AS minor{_WAITING}
GROUP BY r.currency ORDER BY r.currency
""")


def by_incentive(tx: Connection, reward_ids: Collection[int]) -> list[Row[Any]]:
    """Return how many of these rewards each incentive gave, the most frequent first.

    Returns:
        incentive, currency, rewards, minor (their sum).
    """
    return list(tx.execute(_BY_INCENTIVE, {"ids": list(reward_ids)}))


_BY_INCENTIVE = text("""
SELECT incentive, currency, count(*) AS rewards, sum(amount_minor)::bigint AS minor
FROM rewards WHERE id = ANY(:ids)
GROUP BY incentive, currency
ORDER BY sum(count(*)) OVER (PARTITION BY incentive) DESC, incentive, currency
""")


def choices(tx: Connection) -> Row[Any]:
    """Return what the whole queue can be narrowed to: kinds, incentives, currencies, by name."""
    return tx.execute(_CHOICES).one()


_CHOICES = text("""
SELECT COALESCE(array_agg(DISTINCT p.kind), '{}') AS kinds,
       COALESCE(array_agg(DISTINCT r.incentive), '{}') AS incentives,
       COALESCE(array_agg(DISTINCT r.currency), '{}') AS currencies
FROM rewards r JOIN participants p ON p.id = r.participant_id
WHERE r.state = 'waiting'
""")
