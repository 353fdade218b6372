"""Let rewards be for customers and companies, as participants whom a reward may make.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

EARNED = ("participant_id", "incentive", "outcome", "conversion_id", "referral_id", "invoice_id")
FROZEN = (
    *EARNED,
    *("reverses_id", "program_version_id", "pay", "base_minor", "computed_minor", "amount_minor"),
    *("currency", "outcome_on", "benefit", "returned_payout_id", "facts"),
)


def upgrade() -> None:
    op.add_column("participants", sa.Column("account_crm_id", sa.Text(), nullable=True))
    op.create_index(op.f("ix_participants_account_crm_id"), "participants", ["account_crm_id"])
    op.add_column("participants", sa.Column("company_key", sa.Text(), nullable=True))
    op.add_column("participants", sa.Column("made_on", sa.Date(), nullable=True))
    side = sa.Column("side", sa.Text(), server_default="participant", nullable=False)
    op.add_column("rewards", side)
    op.add_column("rewards", sa.Column("earner_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_rewards_earner_id"), "rewards", ["earner_id"])
    op.create_foreign_key(
        op.f("fk_rewards_earner_id_participants"), "rewards", "participants", ["earner_id"], ["id"]
    )
    op.create_check_constraint(
        op.f("ck_rewards_side"), "rewards", "side IN ('participant', 'customer', 'company')"
    )
    op.create_check_constraint(
        op.f("ck_rewards_earner"), "rewards", "(side = 'participant') = (earner_id IS NULL)"
    )
    _earned_once(*EARNED, "earner_id")
    _freeze(*FROZEN, "side", "earner_id")


def _earned_once(*columns: str) -> None:
    op.drop_index("uq_rewards_earned", "rewards")
    op.create_index(
        "uq_rewards_earned",
        "rewards",
        list(columns),
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("reverses_id IS NULL"),
    )


def _freeze(*columns: str) -> None:
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    op.execute("DROP TRIGGER frozen ON rewards")
    op.execute(
        "CREATE TRIGGER frozen BEFORE UPDATE ON rewards FOR EACH ROW "
        f"WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION refuse_unfreezing()",
    )


def downgrade() -> None:
    """Go back; the database refuses it while a customer has a reward for two who brought it."""
    _freeze(*FROZEN)
    op.drop_index("uq_rewards_earned", "rewards")
    op.drop_column("rewards", "earner_id")
    op.drop_column("rewards", "side")
    op.create_index(
        "uq_rewards_earned",
        "rewards",
        list(EARNED),
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("reverses_id IS NULL"),
    )
    op.drop_column("participants", "made_on")
    op.drop_column("participants", "company_key")
    op.drop_column("participants", "account_crm_id")
