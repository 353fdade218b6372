"""Keep which payouts somebody asked to rerun in the console, until that is done.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("payouts", sa.Column("rerun_asked_at", sa.DateTime(timezone=True)))
    op.add_column("payouts", sa.Column("rerun_asked_by", sa.Text()))
    op.add_column("payouts", sa.Column("rerun_failure", sa.Text()))
    op.create_index(
        "ix_payouts_rerun_asked_at",
        "payouts",
        ["rerun_asked_at"],
        postgresql_where=sa.text("rerun_asked_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_payouts_rerun_asked_at", "payouts")
    for name in ("rerun_asked_at", "rerun_asked_by", "rerun_failure"):
        op.drop_column("payouts", name)
