"""A claim that nothing speaks against, and another partner's that protects its place."""

from __future__ import annotations

from datetime import date

from goodword.rules.new_claims import ClaimFacts, Rival

SUBMITTED_ON = date(2026, 3, 16)
CLAIM = ClaimFacts(
    registration_id=2,
    participant_id=20,
    participant_name="Two Ltd",
    participant_is_active=True,
    open_claims=0,
    place=("001A", ""),
    submitted_on=SUBMITTED_ON,
    evidence=frozenset({"meeting"}),
    is_existing_customer=False,
    last_direct_activity_on=None,
    possible_accounts=1,
    rival=None,
    name_key="acme",
    domain="acme.com",
)
WINNER = Rival(1, 10, "One Ltd", is_live=True)
