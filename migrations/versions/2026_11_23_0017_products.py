"""Mirror what a deal sells, where the program names a field for it.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("opportunities", sa.Column("product", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("opportunities", "product")
