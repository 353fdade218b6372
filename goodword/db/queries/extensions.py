"""Requests for more days: the ones that wait for staff, and the claims that they are for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from goodword.rules.extensions import Asked
from goodword.rules.registrations import RegistrationState


@dataclass(frozen=True, slots=True)
class Holder:
    """A claim as it stands, its partner, and the request of it that is open, if one is."""

    asked: Asked
    participant_id: int
    participant_key: str
    participant_kind: str
    company: str
    request_id: int | None


def holder(tx: Connection, registration_id: int) -> Holder | None:
    """Return a claim with its open request, locked, so that of two who change it one waits."""
    tx.execute(text("SELECT FROM registrations WHERE id = :id FOR UPDATE"), {"id": registration_id})
    row = tx.execute(_HOLDER, {"id": registration_id}).one_or_none()
    if row is None:
        return None
    asked = Asked(
        registration_id,
        RegistrationState(row.state),
        row.expires_on,
        row.extensions_used,
        row.request_id is not None,
    )
    return Holder(asked, row.participant_id, row.key, row.kind, row.company, row.request_id)


_HOLDER = text("""
SELECT r.state, r.expires_on, r.extensions_used, r.participant_id, r.company,
       p.key, p.kind, q.id AS request_id
FROM registrations r JOIN participants p ON p.id = r.participant_id
LEFT JOIN extension_requests q ON q.registration_id = r.id AND q.state = 'open'
WHERE r.id = :id
""")


@dataclass(frozen=True, slots=True)
class Waiting:
    """The open requests: how many, and of them the one whose claim ends first."""

    count: int
    first_ends_on: date
    company: str


def waiting(tx: Connection) -> Waiting | None:
    """Return what waits for staff; None: nothing does."""
    row = tx.execute(_WAITING).one_or_none()
    return None if row is None else Waiting(row.requests, row.expires_on, row.company)


_WAITING = text("""
SELECT count(*) OVER () AS requests, r.expires_on, r.company
FROM extension_requests q JOIN registrations r ON r.id = q.registration_id
WHERE q.state = 'open' ORDER BY r.expires_on, r.id LIMIT 1
""")


def listed(tx: Connection, most: int) -> list[dict[str, Any]]:
    """Return the open requests with their claims, the first to end first."""
    return [dict(row) for row in tx.execute(_LISTED, {"most": most}).mappings()]


_LISTED = text("""
SELECT q.id, q.registration_id, p.key AS partner, p.kind, r.company, r.state, r.expires_on,
       r.extensions_used, q.asked_by, q.asked_on, q.reason
FROM extension_requests q
JOIN registrations r ON r.id = q.registration_id
JOIN participants p ON p.id = r.participant_id
WHERE q.state = 'open' ORDER BY r.expires_on, r.id LIMIT :most
""")
