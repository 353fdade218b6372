"""Keep the codes that prove an approver at the orchestrator's forms.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "decision_codes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column(
            "issued_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_for", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(used_at IS NULL) = (used_for IS NULL)", name=op.f("ck_decision_codes_used_for")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_codes")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_decision_codes_code_hash")),
    )


def downgrade() -> None:
    op.drop_table("decision_codes")
