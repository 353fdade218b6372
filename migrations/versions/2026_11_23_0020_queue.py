"""Find what waits for people by its age, and the payouts of a reward, without reading all others.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_SHOWN = ["participant_id", "incentive", "amount_minor", "currency", "conversion_id", "referral_id"]


def upgrade() -> None:
    op.create_index(
        "ix_rewards_waiting",
        "rewards",
        ["asked_on", "id"],
        postgresql_include=_SHOWN,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_payout_rewards_reward_id", "payout_rewards", ["reward_id"])


def downgrade() -> None:
    op.drop_index("ix_payout_rewards_reward_id", "payout_rewards")
    op.drop_index("ix_rewards_waiting", "rewards")
