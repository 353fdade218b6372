"""What one invariant is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invariant:
    """One thing that must hold at any time.

    Attributes:
        name: how it is called in reports; unique.
        sentence: what must hold.
        sql: returns the rows that break it, each with its facts and, as `sentence`, what is wrong.
    """

    name: str
    sentence: str
    sql: str
