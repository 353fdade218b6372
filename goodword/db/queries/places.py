"""Places: an account, or one division of it, that at most one live claim protects."""

from __future__ import annotations

from sqlalchemy import Connection, text

_LOCK = 0x706C6163  # "plac"


def lock(tx: Connection) -> None:
    """Let nobody else give a place to a claim until this transaction ends.

    A claim on a whole account and one on a division of it are in each other's way, which no index
    can see. So whoever makes a claim live, or moves a live one to another account, calls this
    before it reads who holds the place, and before it locks any row.
    """
    tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def overlap(claim: str, other: str) -> str:
    """Return SQL that is true of two claims on one account which are in each other's way.

    The whole account, '', takes in every division; how a division is capitalised does not count.
    """
    return (
        f"(lower({claim}.division) = lower({other}.division)"
        f" OR '' IN ({claim}.division, {other}.division))"
    )
