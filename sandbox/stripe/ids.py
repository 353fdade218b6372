"""Ids of Stripe's objects."""

from __future__ import annotations

import random
import secrets
import string

_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 24
# Seeded by the system: its ids are as unlike as the system's own, at a tenth of the price.
_DRAWN = random.Random(secrets.randbits(256))


def new_id(prefix: str) -> str:
    """A new object's id, unlike any other, in this run of the sandbox or in another."""
    return f"{prefix}_{''.join(_DRAWN.choices(_ALPHABET, k=_LENGTH))}"
