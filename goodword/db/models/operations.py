"""Telling, recording, running: messages, audit, nights, figures."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Numeric, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from goodword.db.models.base import NOW, Base, number, one_of
from goodword.db.models.people import Participant


class Message(Base):
    """One e-mail, written in the transaction of the fact it reports; `fact` makes it the only one.

    `sending` is committed before the mail server is spoken to. What is found in it later may have
    been sent: it becomes `unconfirmed` and waits for a person.
    """

    __tablename__ = "messages"
    id: Mapped[int] = number()
    fact: Mapped[str] = mapped_column(unique=True)
    template: Mapped[str]
    participant_id: Mapped[int | None] = mapped_column(ForeignKey(Participant.id))
    recipient: Mapped[str]
    locale: Mapped[str]
    context: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default="queued", index=True)
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    reason: Mapped[str | None]
    queued_on: Mapped[date]
    queued_at: Mapped[datetime] = mapped_column(server_default=NOW)
    sent_at: Mapped[datetime | None]
    __table_args__ = (one_of("state", "queued", "sending", "sent", "failed", "unconfirmed"),)


class Notice(Base):
    """One notice to a chat tool. `fact` makes it the only one, and is its id for whoever is told.

    Told at least once: a process has it until `taken_until`, and what died meanwhile is taken up.
    """

    __tablename__ = "notices"
    id: Mapped[int] = number()
    fact: Mapped[str] = mapped_column(unique=True)
    body: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default="queued")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    reason: Mapped[str | None]
    taken_until: Mapped[datetime | None]
    queued_on: Mapped[date]
    queued_at: Mapped[datetime] = mapped_column(server_default=NOW)
    sent_at: Mapped[datetime | None]
    __table_args__ = (one_of("state", "queued", "sent", "failed"),)


class AuditEvent(Base):
    """Who did what, when, why, to what; each row holds the hash of the one before. Append-only."""

    __tablename__ = "audit_events"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[int]
    reason: Mapped[str]
    facts: Mapped[Any] = mapped_column(JSON)
    previous_hash: Mapped[str]
    hash: Mapped[str]
    __table_args__ = (
        Index(None, "subject", "subject_id"),
        Index(None, "actor", "id"),
        Index(None, "at", postgresql_using="brin"),
    )


class Night(Base):
    """One run of the nightly flow for one business date."""

    __tablename__ = "nights"
    id: Mapped[int] = number()
    business_date: Mapped[date] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(server_default="running")
    started_at: Mapped[datetime] = mapped_column(server_default=NOW)
    finished_at: Mapped[datetime | None]
    __table_args__ = (one_of("state", "running", "done", "failed", "interrupted"),)


class StageRun(Base):
    """What one stage did: how many of each outcome. `night_id` is empty when it ran alone."""

    __tablename__ = "stage_runs"
    id: Mapped[int] = number()
    night_id: Mapped[int | None] = mapped_column(ForeignKey(Night.id))
    business_date: Mapped[date]
    stage: Mapped[str]
    outcomes: Mapped[dict[str, Any]]
    failures: Mapped[list[Any]]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime] = mapped_column(server_default=NOW)


class Figure(Base):
    """One published figure of the program on one date. `detail` says what it was made from."""

    __tablename__ = "figures"
    business_date: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any | None] = mapped_column(Numeric)
    unit: Mapped[str]
    detail: Mapped[dict[str, Any]]
