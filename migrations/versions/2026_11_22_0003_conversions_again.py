"""Let a deal convert again after its conversion was taken back: one of them is active.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.drop_constraint("uq_conversions_opportunity_crm_id", "conversions", type_="unique")
    op.create_index("ix_conversions_opportunity_crm_id", "conversions", ["opportunity_crm_id"])
    op.create_index(
        "uq_conversions_active",
        "conversions",
        ["opportunity_crm_id"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )


def downgrade() -> None:
    op.drop_index("uq_conversions_active", "conversions")
    op.drop_index("ix_conversions_opportunity_crm_id", "conversions")
    op.create_unique_constraint(
        "uq_conversions_opportunity_crm_id", "conversions", ["opportunity_crm_id"]
    )
