"""Paces: blocks of slots leased to processes by the one clock that they share, the database's.

A block is leased by one short statement, in a transaction of its own: the row is locked for no
longer than that. Between a refusal and now the rate rises evenly, so that only refusals are kept.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from goodword.rules import paces
from goodword.rules.paces import Lease

_BOUNDS = {
    "window": paces.WINDOW_SECONDS,
    "least": paces.LEAST_PER_SECOND,
    "slowed_once_in": paces.SLOWED_ONCE_IN_SECONDS,
    "recovered_in": paces.RECOVERED_IN_SECONDS,
    "block": paces.BLOCK_SECONDS,
    "farthest": paces.FARTHEST_SECONDS,
}


def lease(tx: Connection, provider: str, slots: int, per_second: int) -> Lease:
    """Take the next free slots of a provider; they are used within their time, or lost.

    Args:
        tx: a transaction of its own, committed at once.
        provider: whose pace it is.
        slots: how many; fewer are given where they would take longer than a block may.
        per_second: the calls allowed in any second; a changed one holds from this lease on.
    """
    given = {"provider": provider, "slots": slots, "most": per_second, **_BOUNDS}
    tx.execute(_NO_WAITING)
    row = tx.execute(_LEASE, given).one_or_none()
    if row is None:
        tx.execute(_BEGIN, given)
        row = tx.execute(_LEASE, given).one()
    return Lease(row.given, row.wait, row.spacing)


def slow_down(tx: Connection, provider: str, per_second: int) -> bool:
    """Halve the rate, since the provider refused a call; returns False when it just was."""
    given = {"provider": provider, "most": per_second, **_BOUNDS}
    tx.execute(_NO_WAITING)
    return tx.execute(_SLOW_DOWN, given).rowcount == 1


# Nobody holds the row for long, and a slot lost in a crash of the server is no loss: by the time it
# is up again the slots that it had given out are over.
_NO_WAITING = text(
    "SELECT set_config('lock_timeout', '5s', true), set_config('synchronous_commit', 'off', true)"
)

_BEGIN = text(
    "INSERT INTO paces (provider, per_second) VALUES (:provider, :most) ON CONFLICT DO NOTHING"
)

_RATE = """
LEAST(:most, COALESCE(
    per_second + (:most - :least) * extract(epoch FROM {now} - slowed_at) / :recovered_in, :most
))"""

# The clock is read when the row is locked: whoever waited for it has a later one.
_LEASE = text(f"""
WITH held AS (SELECT * FROM paces WHERE provider = :provider FOR UPDATE),
timed AS MATERIALIZED (SELECT held.*, clock_timestamp() AS now FROM held),
rated AS MATERIALIZED (
    SELECT now,
        CASE WHEN free_at > now + make_interval(secs => :farthest) THEN now
             ELSE greatest(free_at, now) END AS start,
        CAST(:window / {_RATE.format(now="now")} AS float8) AS spacing
    FROM timed
),
block AS MATERIALIZED (
    SELECT *, greatest(1, LEAST(:slots, CAST(floor(:block / spacing) AS int))) AS given FROM rated
)
UPDATE paces SET free_at = start + make_interval(secs => given * spacing)
FROM block WHERE provider = :provider
RETURNING given, CAST(extract(epoch FROM start - now) AS float8) AS wait, spacing
""")

_SLOW_DOWN = text(f"""
UPDATE paces
SET per_second = greatest(:least, {_RATE.format(now="clock_timestamp()")} / 2),
    slowed_at = clock_timestamp()
WHERE provider = :provider AND (
    slowed_at IS NULL
    OR slowed_at < clock_timestamp() - make_interval(secs => :slowed_once_in)
    OR slowed_at > clock_timestamp()
)
""")
