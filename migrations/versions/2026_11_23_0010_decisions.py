"""Let decisions end (taken back, lapsed) and be taken in somebody's place; keep notes of staff.

A decision is not edited for that: its columns stay frozen, and it ends once. Each of staff reads
their own language.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

FROZEN = (
    "id, reward_id, decision, decided_by, acting_for, reason, note, amount_minor, decided_on, "
    "decided_at"
)


def upgrade() -> None:
    op.add_column("staff", sa.Column("locale", sa.Text(), server_default="en", nullable=False))
    op.execute("DROP TRIGGER append_only ON approvals")
    op.drop_constraint(op.f("uq_approvals_reward_id_decided_by"), "approvals", type_="unique")
    for name in ("acting_for", "ended_as", "ended_by", "ended_reason"):
        op.add_column("approvals", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("approvals", sa.Column("ended_on", sa.Date(), nullable=True))
    op.add_column("approvals", sa.Column("note", sa.Text(), server_default="", nullable=False))
    op.add_column("approvals", sa.Column("decided_on", sa.Date(), nullable=True))
    op.execute("UPDATE approvals SET decided_on = (decided_at AT TIME ZONE 'UTC')::date")
    op.alter_column("approvals", "decided_on", nullable=False)
    op.create_check_constraint(
        op.f("ck_approvals_ended_as"), "approvals", "ended_as IN ('withdrawn', 'expired')"
    )
    op.create_check_constraint(
        op.f("ck_approvals_ended"),
        "approvals",
        "num_nulls(ended_as, ended_on, ended_by, ended_reason) IN (0, 4)",
    )
    op.create_index(
        "uq_approvals_standing",
        "approvals",
        ["reward_id", sa.text("lower(decided_by)")],
        unique=True,
        postgresql_where=sa.text("ended_as IS NULL"),
    )
    op.execute(
        "CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON approvals "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    )
    old = ", ".join(f"OLD.{column.strip()}" for column in FROZEN.split(","))
    new = ", ".join(f"NEW.{column.strip()}" for column in FROZEN.split(","))
    op.execute(
        "CREATE TRIGGER frozen BEFORE UPDATE ON approvals FOR EACH ROW "
        f"WHEN (OLD.ended_as IS NOT NULL OR ({old}) IS DISTINCT FROM ({new})) "
        "EXECUTE FUNCTION refuse_unfreezing()",
    )
    op.create_table(
        "delegations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("delegator", sa.Text(), nullable=False),
        sa.Column("delegate", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("until >= since", name=op.f("ck_delegations_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
    )


def downgrade() -> None:
    op.drop_table("delegations")
    op.drop_column("staff", "locale")
    op.execute("DROP TRIGGER frozen ON approvals")
    op.execute("DROP TRIGGER never_deleted ON approvals")
    op.drop_index("uq_approvals_standing", "approvals")
    op.execute("DELETE FROM approvals WHERE ended_as IS NOT NULL")
    for name in ("acting_for", "note", "decided_on"):
        op.drop_column("approvals", name)
    for name in ("ended_as", "ended_on", "ended_by", "ended_reason"):
        op.drop_column("approvals", name)
    op.create_unique_constraint(
        op.f("uq_approvals_reward_id_decided_by"), "approvals", ["reward_id", "decided_by"]
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON approvals "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    )
