"""Keep what incentives ask for: seats, invoices, wishes, and the facts that a reward went by.

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
    op.add_column("participants", sa.Column("prefers", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_participants_prefers"),
        "participants",
        "prefers IN ('cash', 'billing_credit', 'free_months', 'renewal_discount', 'perk')",
    )
    op.add_column("rewards", sa.Column("facts", postgresql.JSONB(), nullable=True))
    _invoices()
    _freeze(f"{FROZEN}, facts, invoice_id")


def _invoices() -> None:
    op.create_table(
        "paid_invoices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("opportunity_crm_id", sa.Text(), nullable=True),
        sa.Column("customer", sa.Text(), nullable=True),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("rewarded_on", sa.Date(), nullable=True),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("paid_minor > 0", name=op.f("ck_paid_invoices_paid")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paid_invoices")),
    )
    op.create_index(
        op.f("ix_paid_invoices_opportunity_crm_id"), "paid_invoices", ["opportunity_crm_id"]
    )
    op.execute(
        "CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON paid_invoices "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    )
    op.add_column("refunds", sa.Column("invoice", sa.Text(), nullable=True))
    op.create_index(op.f("ix_refunds_invoice"), "refunds", ["invoice"])
    op.add_column("rewards", sa.Column("invoice_id", sa.Text(), nullable=True))
    op.create_index(op.f("ix_rewards_invoice_id"), "rewards", ["invoice_id"])
    op.create_foreign_key(
        op.f("fk_rewards_invoice_id_paid_invoices"),
        "rewards",
        "paid_invoices",
        ["invoice_id"],
        ["id"],
    )
    _earned_once("invoice_id")
    # Until now these were kept and not looked at: the next hearing reads what each has paid.
    op.execute(
        "UPDATE provider_events SET state = 'received', reason = NULL, done_at = NULL"
        " WHERE type = 'invoice.paid' AND state = 'done' AND reason = 'kept'"
    )


def _earned_once(*more: str) -> None:
    op.drop_index("uq_rewards_earned", "rewards")
    op.create_index(
        "uq_rewards_earned",
        "rewards",
        ["participant_id", "incentive", "outcome", "conversion_id", "referral_id", *more],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("reverses_id IS NULL"),
    )


def _freeze(columns: str) -> None:
    old = ", ".join(f"OLD.{column.strip()}" for column in columns.split(","))
    new = ", ".join(f"NEW.{column.strip()}" for column in columns.split(","))
    op.execute("DROP TRIGGER frozen ON rewards")
    op.execute(
        "CREATE TRIGGER frozen BEFORE UPDATE ON rewards FOR EACH ROW "
        f"WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION refuse_unfreezing()",
    )


def downgrade() -> None:
    """Go back; the database refuses it while a reward is for an invoice beside its deal."""
    _freeze(FROZEN)
    _earned_once()
    op.drop_column("rewards", "invoice_id")
    op.drop_column("rewards", "facts")
    op.drop_column("refunds", "invoice")
    op.drop_constraint(op.f("ck_participants_prefers"), "participants", type_="check")
    op.drop_column("participants", "prefers")
    op.drop_table("paid_invoices")
    op.drop_column("opportunities", "quantity")
