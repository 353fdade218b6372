"""Find what waits for people by its age, payouts by their rewards and reversals by what they reverse.

The refusal of a change names the row and no longer repeats it: errors hold no values. A second
factor that nobody has finished begins anew: whoever had a session was shown its key.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_SHOWN = ["participant_id", "incentive", "amount_minor", "currency", "conversion_id", "referral_id"]


# Neither this nor the keys that go are taken back: the program before works with both.
_NAMED = """
CREATE OR REPLACE FUNCTION refuse_unfreezing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % is frozen: what was decided is never edited',
        TG_TABLE_NAME,
        coalesce(to_jsonb(OLD) ->> 'id', 'of ' || (to_jsonb(OLD) ->> 'conversion_id'))
        USING ERRCODE = 'restrict_violation',
              HINT = 'Record a correction: a clawback, a supplement, another payout.';
END $$
"""


def upgrade() -> None:
    op.execute(_NAMED)
    op.execute("UPDATE staff SET factor_secret = NULL WHERE factor_since IS NULL")
    op.create_index(
        "ix_rewards_waiting",
        "rewards",
        ["asked_on", "id"],
        postgresql_include=_SHOWN,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_payout_rewards_reward_id", "payout_rewards", ["reward_id"])
    op.create_index(
        "ix_payouts_reversing",
        "payouts",
        ["destination"],
        postgresql_where=sa.text("rail = 'stripe_reversal'"),
    )


def downgrade() -> None:
    op.drop_index("ix_payouts_reversing", "payouts")
    op.drop_index("ix_payout_rewards_reward_id", "payout_rewards")
    op.drop_index("ix_rewards_waiting", "rewards")
