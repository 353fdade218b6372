"""Requests for more days: when a partner may ask for them before a claim ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from goodword.rules.registrations import LIVE, RegistrationPolicy, RegistrationState


@dataclass(frozen=True, slots=True)
class Asked:
    """The claim that a partner asks more days for, as it stands."""

    registration_id: int
    state: RegistrationState
    expires_on: date | None
    extensions_used: int
    is_open: bool
    """An earlier request of it waits for its answer."""


def refusal(asked: Asked, policy: RegistrationPolicy, today: date) -> str | None:
    """Tell why a partner may not ask for more days today; None: they may.

    A request may be made through the last protected day. The claim is not kept past that day for a
    request that nobody answered: it stands until then, staff is reminded each night, and at its end
    it expires unless progress extends it.
    """
    name = f"registration {asked.registration_id}"
    if asked.state not in LIVE or asked.expires_on is None:
        return f"{name} is {asked.state}; only a claim that protects an account can be extended"
    if asked.expires_on < today:
        return f"{name} ended on {asked.expires_on}: more days are asked for before that"
    if asked.is_open:
        return f"more days are already asked for for {name}: wait for the answer"
    if asked.extensions_used >= policy.max_extensions:
        most = policy.max_extensions
        return f"{name} has no extension left: it had {asked.extensions_used} of {most}"
    return None
