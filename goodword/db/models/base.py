"""Types, constraint names and the small words that every table shares."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, Index, MetaData, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Types and constraint names for every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        },
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        str: Text,
        int: BigInteger,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


def number() -> Mapped[int]:
    """Return a primary key that the database counts."""
    return mapped_column(BigInteger, Identity(always=True), primary_key=True)


def one_of(column: str, *words: str) -> CheckConstraint:
    """Return a check that the column holds one of the words, or nothing."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def words_of(column: str) -> str:
    """Return the words of a column as text search has them: unstemmed, in any language."""
    return f"to_tsvector('simple', {column})"


def indexed_words(name: str, column: str) -> Index:
    """Return an index of those words: what begins with some letters is found by it."""
    return Index(name, text(words_of(column)), postgresql_using="gin")


NOW = text("clock_timestamp()")
"""When a row was written: the database's clock, the one clock that all processes share."""
