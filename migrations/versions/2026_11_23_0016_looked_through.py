"""Find the audit trail's events by actor and by day, and what is carried, without reading all.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_index(op.f("ix_audit_events_actor_id"), "audit_events", ["actor", "id"])
    op.create_index(op.f("ix_audit_events_at"), "audit_events", ["at"], postgresql_using="brin")
    op.create_index(
        "ix_rewards_carried",
        "rewards",
        ["id"],
        postgresql_where=sa.text("carried_because IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_rewards_carried", "rewards")
    op.drop_index(op.f("ix_audit_events_at"), "audit_events")
    op.drop_index(op.f("ix_audit_events_actor_id"), "audit_events")
