"""Metadata: what a client writes on an object for itself."""

from __future__ import annotations


def merged(present: dict[str, str], given: dict[str, str] | None) -> dict[str, str]:
    """Metadata after an update: new keys are added, empty values unset theirs, {} unsets all."""
    if given == {}:
        return {}
    both = {**present, **(given or {})}
    return {key: value for key, value in both.items() if value != ""}
