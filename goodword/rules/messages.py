"""Messages: where a letter of the outbox stands."""

from __future__ import annotations

from enum import StrEnum


class MessageState(StrEnum):
    """Where a letter stands; `unconfirmed`: it may have arrived, and nobody knows."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"


FOR_A_PERSON = (MessageState.FAILED, MessageState.UNCONFIRMED)
"""Those that are sent again at somebody's word only."""
