"""Make room for whole claims: leads, doubtful accounts, wishes for more days, routing, disputes.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

APPEND_ONLY = ("dispute_statements", "dispute_rulings")
NEVER_DELETED = ("disputes", "extension_requests", "routings")


def upgrade() -> None:
    op.create_table(
        "leads",
        sa.Column("crm_id", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("contact_name", sa.Text(), nullable=True),
        sa.Column("contact_email", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("lead_source", sa.Text(), nullable=True),
        sa.Column("record_type", sa.Text(), nullable=True),
        sa.Column("owner_crm_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_converted", sa.Boolean(), nullable=False),
        sa.Column("converted_account_crm_id", sa.Text(), nullable=True),
        sa.Column("converted_opportunity_crm_id", sa.Text(), nullable=True),
        sa.Column("account_crm_id", sa.Text(), nullable=True),
        sa.Column("protected_partner", sa.Text(), nullable=True),
        sa.Column("protected_until", sa.Date(), nullable=True),
        sa.Column("division", sa.Text(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("master_crm_id", sa.Text(), nullable=True),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("crm_id", name=op.f("pk_leads")),
    )
    op.create_index(op.f("ix_leads_account_crm_id"), "leads", ["account_crm_id"], unique=False)
    op.create_index(op.f("ix_leads_domain"), "leads", ["domain"], unique=False)
    op.create_index(op.f("ix_leads_name_key"), "leads", ["name_key"], unique=False)
    op.create_table(
        "account_questions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("registration_id", sa.BigInteger(), nullable=False),
        sa.Column("account_crm_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "answer IN ('same', 'different')", name=op.f("ck_account_questions_answer")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_account_questions_registration_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_questions")),
        sa.UniqueConstraint(
            "registration_id",
            "account_crm_id",
            name=op.f("uq_account_questions_registration_id_account_crm_id"),
        ),
    )
    op.create_table(
        "disputes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("registration_id", sa.BigInteger(), nullable=False),
        sa.Column("rival_id", sa.BigInteger(), nullable=True),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_by_id", sa.BigInteger(), nullable=True),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("decide_by", sa.Date(), nullable=False),
        sa.Column("decider", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("escalated_on", sa.Date(), nullable=True),
        sa.Column("appealed_by", sa.Text(), nullable=True),
        sa.Column("appealed_on", sa.Date(), nullable=True),
        sa.Column("appeal_ground", sa.Text(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state IN ('open', 'decided', 'appealed', 'closed', 'withdrawn')",
            name=op.f("ck_disputes_state"),
        ),
        sa.ForeignKeyConstraint(
            ["opened_by_id"], ["participants.id"], name=op.f("fk_disputes_opened_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_disputes_registration_id")
        ),
        sa.ForeignKeyConstraint(
            ["rival_id"], ["registrations.id"], name=op.f("fk_disputes_rival_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
    )
    op.create_index(
        op.f("ix_disputes_registration_id"), "disputes", ["registration_id"], unique=False
    )
    op.create_index(op.f("ix_disputes_rival_id"), "disputes", ["rival_id"], unique=False)
    op.create_index(
        "uq_disputes_open",
        "disputes",
        ["registration_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('open', 'decided', 'appealed')"),
    )
    op.create_table(
        "extension_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("registration_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state IN ('open', 'granted', 'refused', 'lapsed')",
            name=op.f("ck_extension_requests_state"),
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_extension_requests_registration_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension_requests")),
    )
    op.create_index(
        op.f("ix_extension_requests_registration_id"),
        "extension_requests",
        ["registration_id"],
        unique=False,
    )
    op.create_index(
        "uq_extension_requests_open",
        "extension_requests",
        ["registration_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "routings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("crm_object", sa.Text(), nullable=False),
        sa.Column("crm_id", sa.Text(), nullable=False),
        sa.Column("registration_id", sa.BigInteger(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("owner_before", sa.Text(), nullable=True),
        sa.Column("owner_after", sa.Text(), nullable=True),
        sa.Column("routed_on", sa.Date(), nullable=False),
        sa.Column("written_on", sa.Date(), nullable=True),
        sa.Column("by_hand_on", sa.Date(), nullable=True),
        sa.Column("declined_on", sa.Date(), nullable=True),
        sa.Column("released_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "crm_object IN ('Lead', 'Opportunity')", name=op.f("ck_routings_crm_object")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_routings_registration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routings")),
        sa.UniqueConstraint(
            "crm_object",
            "crm_id",
            "registration_id",
            name=op.f("uq_routings_crm_object_crm_id_registration_id"),
        ),
    )
    op.create_index(
        op.f("ix_routings_registration_id"), "routings", ["registration_id"], unique=False
    )
    op.create_index(
        "uq_routings_open",
        "routings",
        ["crm_object", "crm_id"],
        unique=True,
        postgresql_where=sa.text("released_on IS NULL"),
    )
    op.create_table(
        "matchings",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("compared", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "subject IN ('registrations', 'referrals', 'leads')", name=op.f("ck_matchings_subject")
        ),
        sa.PrimaryKeyConstraint("subject", "subject_id", name=op.f("pk_matchings")),
    )
    op.create_table(
        "dispute_rulings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dispute_id", sa.BigInteger(), nullable=False),
        sa.Column("instance", sa.SmallInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("share_bps", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ruled_by", sa.Text(), nullable=False),
        sa.Column("ruled_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('upheld', 'transferred')", name=op.f("ck_dispute_rulings_outcome")
        ),
        sa.CheckConstraint("instance IN (1, 2)", name=op.f("ck_dispute_rulings_instance")),
        sa.CheckConstraint("share_bps BETWEEN 0 AND 5000", name=op.f("ck_dispute_rulings_share")),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["disputes.id"], name=op.f("fk_dispute_rulings_dispute_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_rulings")),
        sa.UniqueConstraint(
            "dispute_id", "instance", name=op.f("uq_dispute_rulings_dispute_id_instance")
        ),
    )
    op.create_table(
        "dispute_statements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dispute_id", sa.BigInteger(), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=True),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("said_on", sa.Date(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["disputes.id"], name=op.f("fk_dispute_statements_dispute_id")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participants.id"],
            name=op.f("fk_dispute_statements_participant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_statements")),
    )
    op.create_index(
        op.f("ix_dispute_statements_dispute_id"), "dispute_statements", ["dispute_id"], unique=False
    )
    op.add_column("opportunities", sa.Column("division", sa.Text(), nullable=True))
    op.add_column("participants", sa.Column("crm_user_id", sa.Text(), nullable=True))
    op.add_column("registrations", sa.Column("expected_close_on", sa.Date(), nullable=True))
    op.add_column(
        "registrations", sa.Column("source", sa.Text(), server_default="import", nullable=False)
    )
    op.add_column("registrations", sa.Column("source_id", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_registrations_source"),
        "registrations",
        "source IN ('import', 'staff', 'partner', 'crm_lead', 'crm_object')",
    )

    for table in APPEND_ONLY:
        _refuse(table, "append_only", "UPDATE OR DELETE OR TRUNCATE")
    for table in NEVER_DELETED:
        _refuse(table, "never_deleted", "DELETE OR TRUNCATE")


def _refuse(table: str, name: str, what: str) -> None:
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {what} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    )


def downgrade() -> None:
    """Go back; what was said and ruled in disputes goes with its tables."""
    op.drop_constraint(op.f("ck_registrations_source"), "registrations", type_="check")
    for column in ("source_id", "source", "expected_close_on"):
        op.drop_column("registrations", column)
    op.drop_column("participants", "crm_user_id")
    op.drop_column("opportunities", "division")
    for table in (
        "dispute_statements",
        "dispute_rulings",
        "matchings",
        "routings",
        "extension_requests",
        "disputes",
        "account_questions",
        "leads",
    ):
        op.drop_table(table)
