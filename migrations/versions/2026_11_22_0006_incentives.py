"""Keep what incentives ask for: how many seats a deal has, and the facts that a reward went by.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

FROZEN = (
    "participant_id, incentive, outcome, conversion_id, referral_id, reverses_id, "
    "program_version_id, pay, base_minor, computed_minor, amount_minor, currency, outcome_on, "
    "benefit, returned_payout_id"
)


def upgrade() -> None:
    op.add_column("opportunities", sa.Column("quantity", sa.Numeric(18, 2), nullable=True))
    op.add_column("rewards", sa.Column("facts", postgresql.JSONB(), nullable=True))
    _freeze(f"{FROZEN}, facts")


def _freeze(columns: str) -> None:
    old = ", ".join(f"OLD.{column.strip()}" for column in columns.split(","))
    new = ", ".join(f"NEW.{column.strip()}" for column in columns.split(","))
    op.execute("DROP TRIGGER frozen ON rewards")
    op.execute(
        "CREATE TRIGGER frozen BEFORE UPDATE ON rewards FOR EACH ROW "
        f"WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION refuse_unfreezing()",
    )


def downgrade() -> None:
    _freeze(FROZEN)
    op.drop_column("rewards", "facts")
    op.drop_column("opportunities", "quantity")
