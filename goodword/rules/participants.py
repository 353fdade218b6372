"""Participants: the words that say what they are and how they stand; tiers are in `tiers`."""

from __future__ import annotations

PARTNERS = ("reseller", "affiliate", "technology", "service")
"""The kinds of participants that are partners: only they may be let register."""

KINDS = ("customer", "employee", *PARTNERS)

STATUSES = ("applied", "active", "suspended", "closed")
"""Only an active one is paid; a person looks at every reward of the others."""
