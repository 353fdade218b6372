"""Keep of a renewal which deal won its customer.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

FROZEN = "opportunity_crm_id, value_minor, currency, won_on, model, program_version_id"


def upgrade() -> None:
    op.add_column("conversions", sa.Column("renews_crm_id", sa.Text(), nullable=True))
    _freeze(f"{FROZEN}, renews_crm_id")
    # Letters that wait are of rewards for deals that won a customer.
    op.execute(
        "UPDATE messages SET context = context || '{\"is_renewal\": false}'"
        " WHERE template = 'reward_earned' AND state <> 'sent'"
    )


def _freeze(columns: str) -> None:
    old = ", ".join(f"OLD.{column.strip()}" for column in columns.split(","))
    new = ", ".join(f"NEW.{column.strip()}" for column in columns.split(","))
    op.execute("DROP TRIGGER frozen ON conversions")
    op.execute(
        "CREATE TRIGGER frozen BEFORE UPDATE ON conversions FOR EACH ROW "
        f"WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION refuse_unfreezing()",
    )


def downgrade() -> None:
    _freeze(FROZEN)
    op.drop_column("conversions", "renews_crm_id")
