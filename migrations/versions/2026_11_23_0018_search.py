"""Find participants, companies and claims by the beginnings of the words of their names.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_COMPANY = sa.text("to_tsvector('simple', company)")
_NAME = sa.text("to_tsvector('simple', name)")
_INDEXES = {
    "ix_participants_words": ("participants", _NAME),
    "ix_registrations_words": ("registrations", _COMPANY),
    "ix_referrals_words": ("referrals", _COMPANY),
    "ix_accounts_words": ("accounts", _NAME),
}


def upgrade() -> None:
    for name, (table, words) in _INDEXES.items():
        op.create_index(name, table, [words], postgresql_using="gin")


def downgrade() -> None:
    for name, (table, _) in _INDEXES.items():
        op.drop_index(name, table)
