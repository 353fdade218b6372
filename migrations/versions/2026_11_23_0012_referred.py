"""Keep of a referral that its reward as such is computed.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("referrals", sa.Column("referred_rewarded_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("referrals", "referred_rewarded_on")
