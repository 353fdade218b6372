"""Make room for more rails, reversals, the provider's events, refunds and one shared pace.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

STATES = ("planned", "submitting", "paid", "refused", "unknown", "held", "reversed")
RAILS = (
    "stripe_transfer",
    "stripe_credit",
    "stripe_coupon",
    "bank_file",
    "perk",
    "stripe_reversal",
)
PAYS = ("cash", "billing_credit", "free_months", "renewal_discount", "perk")
METHODS = ("stripe_transfer", "stripe_credit", "bank_file")

FROZEN = {
    "rewards": (
        "participant_id, incentive, outcome, conversion_id, referral_id, reverses_id, "
        "program_version_id, pay, base_minor, computed_minor, amount_minor, currency, outcome_on"
    ),
    "payouts": "reference, participant_id, rail, destination, amount_minor, currency, planned_on",
}
FROZEN_NOW = {
    "rewards": FROZEN["rewards"] + ", benefit, returned_payout_id",
    "payouts": FROZEN["payouts"] + ", benefit, asked_by",
    "bank_files": "message_id, currency, payouts, total_minor, body, digest, made_on",
    "provider_events": "id, type, account, created_at, body, via, received_at",
}
NEVER_DELETED = ("bank_files", "provider_events", "refunds")


def upgrade() -> None:
    _tables()
    _columns()
    _letters()
    for table in FROZEN:
        op.execute(f"DROP TRIGGER frozen ON {table}")
    # A clawback's base was that of the reward it takes back; now it is what is taken back in all,
    # and before the index of _constraints, which lets no two clawbacks of a reward have the same.
    op.drop_index("uq_rewards_reversed", "rewards")
    op.execute(
        "UPDATE rewards b SET base_minor = c.so_far FROM (SELECT id, -sum(amount_minor)"
        " OVER (PARTITION BY reverses_id ORDER BY id) AS so_far FROM rewards"
        " WHERE reverses_id IS NOT NULL) c WHERE c.id = b.id"
    )
    _constraints()
    for table, columns in FROZEN_NOW.items():
        _freeze(table, columns)
    for table in NEVER_DELETED:
        op.execute(
            f"CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        )


def _letters() -> None:
    """Give letters that wait to be sent what their templates ask for from now on."""
    for template, missing in (
        ("reward_paid", "benefit"),
        ("reward_earned", "benefit"),
        ("payout_blocked", "rail"),
    ):
        op.execute(
            f"UPDATE messages SET context = '{{\"{missing}\": null}}'::jsonb || context"
            f" WHERE state <> 'sent' AND template = '{template}'"
        )


def _tables() -> None:
    op.create_table(
        "bank_files",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("payouts", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("exported_at", sa.DateTime(timezone=True)),
        sa.Column("exported_by", sa.Text()),
        sa.UniqueConstraint("message_id", name="uq_bank_files_message_id"),
    )
    op.create_table(
        "provider_events",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("account", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="received", nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        _one_of("provider_events", "via", ("webhook", "catch_up")),
        _one_of("provider_events", "state", ("received", "done", "ignored", "failed")),
    )
    op.create_index(
        "ix_provider_events_open",
        "provider_events",
        ["created_at"],
        postgresql_where=sa.text("state IN ('received', 'failed')"),
    )
    _refunds_and_paces()


def _refunds_and_paces() -> None:
    op.create_table(
        "refunds",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("opportunity_crm_id", sa.Text()),
        sa.Column("linked_by", sa.Text()),
        sa.Column("customer", sa.Text()),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("refunded_on", sa.Date()),
        sa.Column("disputed_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("disputed_on", sa.Date()),
        sa.Column("dispute", sa.Text()),
        sa.Column("is_whole", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        _one_of("refunds", "source", ("charge", "subscription", "manual")),
        _one_of("refunds", "dispute", ("open", "won", "lost")),
        sa.CheckConstraint(
            "refunded_minor >= 0 AND disputed_minor >= 0", name=op.f("ck_refunds_amounts")
        ),
        sa.CheckConstraint(
            "(dispute IS NULL) = (disputed_on IS NULL)", name=op.f("ck_refunds_disputed")
        ),
    )
    op.create_index("ix_refunds_opportunity_crm_id", "refunds", ["opportunity_crm_id"])
    op.create_table(
        "paces",
        sa.Column("provider", sa.Text(), primary_key=True),
        sa.Column(
            "free_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("per_second", sa.Numeric(), nullable=False),
        sa.Column("slowed_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("per_second > 0", name=op.f("ck_paces_per_second")),
    )


def _columns() -> None:
    instant, json = sa.DateTime(timezone=True), postgresql.JSONB()
    for table, column in (
        ("installation", sa.Column("payments_account", sa.Text())),
        ("installation", sa.Column("reconciled_until", instant)),
        ("installation", sa.Column("heard_until", instant)),
        ("participants", sa.Column("stripe_subscription", sa.Text())),
        ("participants", sa.Column("iban", sa.Text())),
        ("participants", sa.Column("bic", sa.Text())),
        ("rewards", sa.Column("returned_payout_id", sa.BigInteger())),
        ("rewards", sa.Column("benefit", json)),
        ("payouts", sa.Column("asked_by", sa.Text())),
        ("payouts", sa.Column("benefit", json)),
        ("payouts", sa.Column("bank_file_id", sa.BigInteger())),
        (
            "payouts",
            sa.Column(
                "reversed_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False
            ),
        ),
        ("differences", sa.Column("reference", sa.Text())),
        ("differences", sa.Column("destination", sa.Text())),
        ("differences", sa.Column("settled_by", sa.Text())),
        ("differences", sa.Column("settled_reason", sa.Text())),
    ):
        op.add_column(table, column)
    for table, column, other in (
        ("rewards", "returned_payout_id", "payouts"),
        ("payouts", "bank_file_id", "bank_files"),
    ):
        op.create_foreign_key(op.f(f"fk_{table}_{column}"), table, other, [column], ["id"])
        op.create_index(f"ix_{table}_{column}", table, [column])


def _constraints() -> None:
    _allow("participants", "payout_method", METHODS)
    _allow("rewards", "pay", PAYS)
    _allow("payouts", "state", (*STATES, "handed_over"))
    _check("payouts", "rail", _in("rail", RAILS))
    _check("rewards", "benefit", "(pay IN ('cash', 'billing_credit')) = (benefit IS NULL)")
    op.drop_constraint(op.f("ck_payouts_amount"), "payouts", type_="check")
    _check("payouts", "amount", "amount_minor <> 0")
    _check("payouts", "sign", "(amount_minor < 0) = (rail = 'stripe_reversal')")
    _check("payouts", "asked", "rail <> 'stripe_reversal' OR asked_by IS NOT NULL")
    _check("payouts", "reversed", "reversed_minor BETWEEN 0 AND greatest(amount_minor, 0)")
    op.create_index(
        "uq_rewards_reversed",
        "rewards",
        ["reverses_id", "base_minor"],
        unique=True,
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
    )


def _freeze(table: str, columns: str) -> None:
    old = ", ".join(f"OLD.{column.strip()}" for column in columns.split(","))
    new = ", ".join(f"NEW.{column.strip()}" for column in columns.split(","))
    op.execute(
        f"CREATE TRIGGER frozen BEFORE UPDATE ON {table} FOR EACH ROW "
        f"WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION refuse_unfreezing()",
    )


def _in(column: str, words: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({listed})"


def _one_of(table: str, column: str, words: tuple[str, ...]) -> sa.CheckConstraint:
    return sa.CheckConstraint(_in(column, words), name=op.f(f"ck_{table}_{column}"))


def _check(table: str, name: str, condition: str) -> None:
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)


def _allow(table: str, column: str, words: tuple[str, ...]) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")
    _check(table, column, _in(column, words))


def downgrade() -> None:
    """Go back; the database refuses it while rows use what is taken away."""
    for table in FROZEN_NOW:
        op.execute(f"DROP TRIGGER frozen ON {table}")
    op.drop_index("uq_rewards_reversed", "rewards")
    op.execute(
        "UPDATE rewards b SET base_minor = r.base_minor FROM rewards r WHERE r.id = b.reverses_id"
    )
    for table, columns in FROZEN.items():
        _freeze(table, columns)
    op.create_index(
        "uq_rewards_reversed",
        "rewards",
        ["reverses_id", "outcome_on"],
        unique=True,
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
    )
    for name in ("sign", "asked", "reversed", "rail", "amount"):
        op.drop_constraint(op.f(f"ck_payouts_{name}"), "payouts", type_="check")
    _check("payouts", "amount", "amount_minor > 0")
    op.drop_constraint(op.f("ck_rewards_benefit"), "rewards", type_="check")
    _allow("payouts", "state", STATES)
    _allow("rewards", "pay", PAYS[:2])
    _allow("participants", "payout_method", METHODS[:2])
    for table, columns in (
        ("differences", ("settled_reason", "settled_by", "destination", "reference")),
        ("payouts", ("reversed_minor", "bank_file_id", "benefit", "asked_by")),
        ("rewards", ("benefit", "returned_payout_id")),
        ("participants", ("bic", "iban", "stripe_subscription")),
        ("installation", ("heard_until", "reconciled_until", "payments_account")),
    ):
        for column in columns:
            op.drop_column(table, column)
    for table in ("paces", "refunds", "provider_events", "bank_files"):
        op.drop_table(table)
