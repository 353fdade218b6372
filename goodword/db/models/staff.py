"""The staff: who may sign in, what they may do, and the sessions that they are in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from goodword.db.models.base import NOW, Base, number, one_of


class Staff(Base):
    """Somebody who works with the program. `name` is who the audit trail says did it.

    `first_password_until`: the password was made by the program and must be changed before then.
    `factor_secret` is sealed (actions/credentials.py); it is asked for from `factor_since` on, and
    no code is taken twice: `factor_last_step` is the newest 30 s that one was taken of.
    `identity` is whom the identity provider says they are: issuer, a space, subject.
    """

    __tablename__ = "staff"
    id: Mapped[int] = number()
    name: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    state: Mapped[str] = mapped_column(server_default="active")
    locale: Mapped[str] = mapped_column(server_default="en")
    identity: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    first_password_until: Mapped[datetime | None]
    factor_secret: Mapped[str | None]
    factor_since: Mapped[datetime | None]
    factor_last_step: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    __table_args__ = (
        one_of("state", "active", "disabled"),
        CheckConstraint("name = lower(name)", name="name"),
        CheckConstraint(
            "roles <@ ARRAY['operator', 'approver', 'administrator', 'auditor']", name="roles"
        ),
    )


class Session(Base):
    """A browser that somebody signed in with. Only the SHA-256 of its token is kept.

    `notice` is a sentence for the next page that it shows.
    """

    __tablename__ = "sessions"
    id: Mapped[int] = number()
    token_hash: Mapped[str] = mapped_column(unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), index=True)
    passed_factor: Mapped[bool] = mapped_column(server_default=text("false"))
    by_provider: Mapped[bool] = mapped_column(server_default=text("false"))
    notice: Mapped[str | None]
    began_at: Mapped[datetime]
    used_at: Mapped[datetime]


class SignInAttempt(Base):
    """A password or code that somebody tried, known name or not; `succeeded` once it was right."""

    __tablename__ = "sign_in_attempts"
    id: Mapped[int] = number()
    kind: Mapped[str]
    name: Mapped[str]
    address: Mapped[str]
    at: Mapped[datetime]
    succeeded: Mapped[bool] = mapped_column(server_default=text("false"))
    __table_args__ = (
        one_of("kind", "password", "code"),
        Index(None, "name", "at"),
        Index(None, "address", "at"),
    )
