"""Decisions at doors that do not know who stands there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from goodword.db.models.base import NOW, Base, number


class DecisionCode(Base):
    """A code that decides once in the name of `approver`. Only its SHA-256 is kept.

    `used_for` says which answer it was, so that a run that begins anew takes it no second time.
    """

    __tablename__ = "decision_codes"
    id: Mapped[int] = number()
    code_hash: Mapped[str] = mapped_column(unique=True)
    approver: Mapped[str]
    issued_at: Mapped[datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_for: Mapped[str | None]
    __table_args__ = (CheckConstraint("(used_at IS NULL) = (used_for IS NULL)", name="used_for"),)
