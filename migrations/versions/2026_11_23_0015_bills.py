"""Keep what each invoice was for, before the customer's credit paid of it.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("paid_invoices", sa.Column("billed_minor", sa.BigInteger(), nullable=True))
    op.execute("UPDATE paid_invoices SET billed_minor = paid_minor")
    op.alter_column("paid_invoices", "billed_minor", nullable=False)
    op.drop_constraint(op.f("ck_paid_invoices_paid"), "paid_invoices", type_="check")
    op.create_check_constraint(
        op.f("ck_paid_invoices_paid"),
        "paid_invoices",
        "paid_minor BETWEEN 0 AND billed_minor AND billed_minor > 0",
    )
    op.create_index(op.f("ix_paid_invoices_customer"), "paid_invoices", ["customer"])


def downgrade() -> None:
    """Go back; the database refuses it while an invoice was paid by credit alone."""
    op.drop_index(op.f("ix_paid_invoices_customer"), "paid_invoices")
    op.drop_constraint(op.f("ck_paid_invoices_paid"), "paid_invoices", type_="check")
    op.create_check_constraint(op.f("ck_paid_invoices_paid"), "paid_invoices", "paid_minor > 0")
    op.drop_column("paid_invoices", "billed_minor")
