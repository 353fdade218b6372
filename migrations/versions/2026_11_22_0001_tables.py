"""Lay down every table of the data dictionary (goodword/db/models).

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("crm_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("parent_crm_id", sa.Text(), nullable=True),
        sa.Column("owner_crm_id", sa.Text(), nullable=True),
        sa.Column("industry", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("last_activity_on", sa.Date(), nullable=True),
        sa.Column("protected_partner", sa.Text(), nullable=True),
        sa.Column("protected_until", sa.Date(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("master_crm_id", sa.Text(), nullable=True),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("crm_id", name=op.f("pk_accounts")),
    )
    op.create_index(op.f("ix_accounts_domain"), "accounts", ["domain"], unique=False)
    op.create_index(op.f("ix_accounts_name_key"), "accounts", ["name_key"], unique=False)
    op.create_table(
        "audit_events",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    op.create_index(
        op.f("ix_audit_events_subject_subject_id"),
        "audit_events",
        ["subject", "subject_id"],
        unique=False,
    )
    op.create_table(
        "crm_users",
        sa.Column("crm_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("crm_id", name=op.f("pk_crm_users")),
    )
    op.create_table(
        "figures",
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("business_date", "name", name=op.f("pk_figures")),
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "name",
            sa.Text(),
            server_default=sa.text("left(gen_random_uuid()::text, 8)"),
            nullable=False,
        ),
        sa.Column("crm_org", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "nights",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), server_default="running", nullable=False),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'failed', 'interrupted')", name=op.f("ck_nights_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nights")),
    )
    op.create_index(op.f("ix_nights_business_date"), "nights", ["business_date"], unique=False)
    op.create_table(
        "opportunities",
        sa.Column("crm_id", sa.Text(), nullable=False),
        sa.Column("account_crm_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("close_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("is_won", sa.Boolean(), nullable=False),
        sa.Column("won_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lead_source", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("owner_crm_id", sa.Text(), nullable=True),
        sa.Column("last_activity_on", sa.Date(), nullable=True),
        sa.Column("protected_partner", sa.Text(), nullable=True),
        sa.Column("protected_until", sa.Date(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("crm_id", name=op.f("pk_opportunities")),
    )
    op.create_index(
        op.f("ix_opportunities_account_crm_id"), "opportunities", ["account_crm_id"], unique=False
    )
    op.create_table(
        "participants",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("payout_method", sa.Text(), nullable=True),
        sa.Column("stripe_account", sa.Text(), nullable=True),
        sa.Column("stripe_customer", sa.Text(), nullable=True),
        sa.Column("company_domain", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "kind IN ('customer', 'employee', 'reseller', 'affiliate', 'technology', 'service')",
            name=op.f("ck_participants_kind"),
        ),
        sa.CheckConstraint(
            "payout_method IN ('stripe_transfer', 'stripe_credit')",
            name=op.f("ck_participants_payout_method"),
        ),
        sa.CheckConstraint(
            "status IN ('applied', 'active', 'suspended', 'closed')",
            name=op.f("ck_participants_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participants")),
        sa.UniqueConstraint("key", name=op.f("uq_participants_key")),
    )
    op.create_table(
        "program_versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column(
            "published_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_program_versions")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("record", postgresql.JSONB(), nullable=False),
        sa.Column(
            "first_seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index(
        "uq_quarantine_open",
        "quarantine",
        ["source", "external_id"],
        unique=True,
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "stage_changes",
        sa.Column("crm_id", sa.Text(), nullable=False),
        sa.Column("opportunity_crm_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("close_on", sa.Date(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("crm_id", name=op.f("pk_stage_changes")),
    )
    op.create_index(
        op.f("ix_stage_changes_opportunity_crm_id_changed_at"),
        "stage_changes",
        ["opportunity_crm_id", "changed_at"],
        unique=False,
    )
    op.create_table(
        "watermarks",
        sa.Column("crm_object", sa.Text(), nullable=False),
        sa.Column("high_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("crm_object", name=op.f("pk_watermarks")),
    )
    op.create_table(
        "conversions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("opportunity_crm_id", sa.Text(), nullable=False),
        sa.Column("account_crm_id", sa.Text(), nullable=True),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("won_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("won_on", sa.Date(), nullable=False),
        sa.Column("detected_on", sa.Date(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("program_version_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("cancelled_on", sa.Date(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("rewarded_on", sa.Date(), nullable=True),
        sa.CheckConstraint("state IN ('active', 'cancelled')", name=op.f("ck_conversions_state")),
        sa.CheckConstraint("value_minor >= 0", name=op.f("ck_conversions_value")),
        sa.ForeignKeyConstraint(
            ["program_version_id"],
            ["program_versions.id"],
            name=op.f("fk_conversions_program_version_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversions")),
        sa.UniqueConstraint("opportunity_crm_id", name=op.f("uq_conversions_opportunity_crm_id")),
    )
    op.create_index(
        op.f("ix_conversions_account_crm_id"), "conversions", ["account_crm_id"], unique=False
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('nps', 'win', 'renewal', 'support_solved', 'milestone', 'purchase')",
            name=op.f("ck_events_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_events_participant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("key", name=op.f("uq_events_key")),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=True),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("context", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("queued_on", sa.Date(), nullable=False),
        sa.Column(
            "queued_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'failed', 'unconfirmed')",
            name=op.f("ck_messages_state"),
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_messages_participant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("fact", name=op.f("uq_messages_fact")),
    )
    op.create_index(op.f("ix_messages_state"), "messages", ["state"], unique=False)
    op.create_table(
        "payouts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("rail", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="planned", nullable=False),
        sa.Column("attempt", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("request", postgresql.JSONB(), nullable=True),
        sa.Column("first_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("next_step", sa.Text(), nullable=True),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column(
            "planned_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state <> 'paid' OR external_id IS NOT NULL", name=op.f("ck_payouts_proof")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'submitting', 'paid', 'refused', 'unknown', 'held', 'reversed')",
            name=op.f("ck_payouts_state"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payouts_amount")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_payouts_participant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payouts")),
        sa.UniqueConstraint("external_id", name=op.f("uq_payouts_external_id")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_payouts_idempotency_key")),
        sa.UniqueConstraint("reference", name=op.f("uq_payouts_reference")),
    )
    op.create_index(op.f("ix_payouts_participant_id"), "payouts", ["participant_id"], unique=False)
    op.create_index(op.f("ix_payouts_state"), "payouts", ["state"], unique=False)
    op.create_table(
        "stage_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("night_id", sa.BigInteger(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("outcomes", postgresql.JSONB(), nullable=False),
        sa.Column("failures", postgresql.JSONB(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "finished_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["night_id"], ["nights.id"], name=op.f("fk_stage_runs_night_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_runs")),
    )
    op.create_table(
        "touches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("opportunity_crm_id", sa.Text(), nullable=True),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("contact_email", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=True),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "source IN ('referral', 'partner', 'marketing', 'direct')",
            name=op.f("ck_touches_source"),
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_touches_participant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touches")),
        sa.UniqueConstraint("key", name=op.f("uq_touches_key")),
    )
    op.create_index(op.f("ix_touches_domain"), "touches", ["domain"], unique=False)
    op.create_index(
        op.f("ix_touches_opportunity_crm_id"), "touches", ["opportunity_crm_id"], unique=False
    )
    op.create_table(
        "differences",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payout_id", sa.BigInteger(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("ledger_minor", sa.BigInteger(), nullable=False),
        sa.Column("provider_minor", sa.BigInteger(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["payout_id"], ["payouts.id"], name=op.f("fk_differences_payout_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_differences")),
    )
    op.create_index(
        "uq_differences_open",
        "differences",
        ["kind", "payout_id", "external_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("settled_on IS NULL"),
    )
    op.create_table(
        "referrals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("contact_name", sa.Text(), nullable=True),
        sa.Column("contact_email", sa.Text(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("opportunity_crm_id", sa.Text(), nullable=True),
        sa.Column("account_crm_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="received", nullable=False),
        sa.Column("qualified_on", sa.Date(), nullable=True),
        sa.Column("qualified_by", sa.Text(), nullable=True),
        sa.Column("rewarded_on", sa.Date(), nullable=True),
        sa.Column("conversion_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state IN ('received', 'qualified', 'converted')", name=op.f("ck_referrals_state")
        ),
        sa.ForeignKeyConstraint(
            ["conversion_id"], ["conversions.id"], name=op.f("fk_referrals_conversion_id")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_referrals_participant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referrals")),
        sa.UniqueConstraint("key", name=op.f("uq_referrals_key")),
    )
    op.create_index(
        op.f("ix_referrals_account_crm_id"), "referrals", ["account_crm_id"], unique=False
    )
    op.create_index(
        op.f("ix_referrals_opportunity_crm_id"), "referrals", ["opportunity_crm_id"], unique=False
    )
    op.create_table(
        "registrations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("division", sa.Text(), server_default="", nullable=False),
        sa.Column("opportunity_crm_id", sa.Text(), nullable=True),
        sa.Column("account_crm_id", sa.Text(), nullable=True),
        sa.Column(
            "claim_key",
            sa.Text(),
            sa.Computed(
                "COALESCE(account_crm_id, 'domain:' || domain, 'name:' || name_key)", persisted=True
            ),
            nullable=False,
        ),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column("expected_amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="submitted", nullable=False),
        sa.Column("reasons", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("conflicts_with_id", sa.BigInteger(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column(
            "extensions_used", sa.SmallInteger(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("conversion_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "expires_on IS NOT NULL OR state NOT IN ('approved', 'extended')",
            name=op.f("ck_registrations_window"),
        ),
        sa.CheckConstraint(
            "state IN ('submitted', 'approved', 'extended', 'won', 'lost', 'expired', 'rejected', 'conflicting', 'withdrawn')",
            name=op.f("ck_registrations_state"),
        ),
        sa.ForeignKeyConstraint(
            ["conflicts_with_id"],
            ["registrations.id"],
            name=op.f("fk_registrations_conflicts_with_id"),
        ),
        sa.ForeignKeyConstraint(
            ["conversion_id"], ["conversions.id"], name=op.f("fk_registrations_conversion_id")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_registrations_participant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
        sa.UniqueConstraint("key", name=op.f("uq_registrations_key")),
    )
    op.create_index(
        op.f("ix_registrations_claim_key"), "registrations", ["claim_key"], unique=False
    )
    op.create_index(
        op.f("ix_registrations_opportunity_crm_id"),
        "registrations",
        ["opportunity_crm_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_registrations_participant_id"), "registrations", ["participant_id"], unique=False
    )
    op.create_index(
        "uq_registrations_live",
        "registrations",
        ["claim_key", "division"],
        unique=True,
        postgresql_where=sa.text("state IN ('approved', 'extended')"),
    )
    op.create_table(
        "shares",
        sa.Column("conversion_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=True),
        sa.Column("program_version_id", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.Numeric(precision=20, scale=18), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "claim IN ('registration', 'referral', 'touch')", name=op.f("ck_shares_claim")
        ),
        sa.ForeignKeyConstraint(
            ["conversion_id"], ["conversions.id"], name=op.f("fk_shares_conversion_id")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_shares_participant_id")
        ),
        sa.ForeignKeyConstraint(
            ["program_version_id"],
            ["program_versions.id"],
            name=op.f("fk_shares_program_version_id"),
        ),
        sa.PrimaryKeyConstraint("conversion_id", "position", name=op.f("pk_shares")),
    )
    op.create_table(
        "rewards",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("incentive", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("conversion_id", sa.BigInteger(), nullable=True),
        sa.Column("referral_id", sa.BigInteger(), nullable=True),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("program_version_id", sa.BigInteger(), nullable=False),
        sa.Column("pay", sa.Text(), nullable=False),
        sa.Column("base_minor", sa.BigInteger(), nullable=False),
        sa.Column("computed_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("outcome_on", sa.Date(), nullable=False),
        sa.Column("payable_on", sa.Date(), nullable=False),
        sa.Column("computed_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), server_default="computed", nullable=False),
        sa.Column("approvals_needed", sa.SmallInteger(), nullable=True),
        sa.Column("asked_on", sa.Date(), nullable=True),
        sa.Column("carried_because", sa.Text(), nullable=True),
        sa.CheckConstraint("pay IN ('cash', 'billing_credit')", name=op.f("ck_rewards_pay")),
        sa.CheckConstraint(
            "state IN ('computed', 'waiting', 'approved', 'rejected', 'reserved', 'paid', 'void')",
            name=op.f("ck_rewards_state"),
        ),
        sa.CheckConstraint(
            "(reverses_id IS NULL) = (amount_minor >= 0)", name=op.f("ck_rewards_sign")
        ),
        sa.CheckConstraint(
            "amount_minor <= computed_minor", name=op.f("ck_rewards_caps_never_add")
        ),
        sa.ForeignKeyConstraint(
            ["conversion_id"], ["conversions.id"], name=op.f("fk_rewards_conversion_id")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_rewards_participant_id")
        ),
        sa.ForeignKeyConstraint(
            ["program_version_id"],
            ["program_versions.id"],
            name=op.f("fk_rewards_program_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referrals.id"], name=op.f("fk_rewards_referral_id")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["rewards.id"], name=op.f("fk_rewards_reverses_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rewards")),
    )
    op.create_index(op.f("ix_rewards_conversion_id"), "rewards", ["conversion_id"], unique=False)
    op.create_index(op.f("ix_rewards_participant_id"), "rewards", ["participant_id"], unique=False)
    op.create_index(op.f("ix_rewards_referral_id"), "rewards", ["referral_id"], unique=False)
    op.create_index(op.f("ix_rewards_reverses_id"), "rewards", ["reverses_id"], unique=False)
    op.create_index(
        op.f("ix_rewards_state_payable_on"), "rewards", ["state", "payable_on"], unique=False
    )
    op.create_index(
        "uq_rewards_earned",
        "rewards",
        ["participant_id", "incentive", "outcome", "conversion_id", "referral_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("reverses_id IS NULL"),
    )
    op.create_index(
        "uq_rewards_reversed",
        "rewards",
        ["reverses_id", "outcome_on"],
        unique=True,
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
    )
    op.create_table(
        "approvals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("reward_id", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "decided_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("decision IN ('approve', 'reject')", name=op.f("ck_approvals_decision")),
        sa.ForeignKeyConstraint(["reward_id"], ["rewards.id"], name=op.f("fk_approvals_reward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sa.UniqueConstraint(
            "reward_id", "decided_by", name=op.f("uq_approvals_reward_id_decided_by")
        ),
    )
    op.create_table(
        "payout_rewards",
        sa.Column("payout_id", sa.BigInteger(), nullable=False),
        sa.Column("reward_id", sa.BigInteger(), nullable=False),
        sa.Column("is_live", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(
            ["payout_id"], ["payouts.id"], name=op.f("fk_payout_rewards_payout_id")
        ),
        sa.ForeignKeyConstraint(
            ["reward_id"], ["rewards.id"], name=op.f("fk_payout_rewards_reward_id")
        ),
        sa.PrimaryKeyConstraint("payout_id", "reward_id", name=op.f("pk_payout_rewards")),
    )
    op.create_index(
        "uq_payout_rewards_live",
        "payout_rewards",
        ["reward_id"],
        unique=True,
        postgresql_where=sa.text("is_live"),
    )
    op.create_table(
        "postings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reward_id", sa.BigInteger(), nullable=True),
        sa.Column("payout_id", sa.BigInteger(), nullable=True),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column(
            "posted_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["payout_id"], ["payouts.id"], name=op.f("fk_postings_payout_id")),
        sa.ForeignKeyConstraint(["reward_id"], ["rewards.id"], name=op.f("fk_postings_reward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postings")),
    )
    op.create_index(op.f("ix_postings_payout_id"), "postings", ["payout_id"], unique=False)
    op.create_index(op.f("ix_postings_reward_id"), "postings", ["reward_id"], unique=False)
    op.create_table(
        "entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("posting_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "account IN ('program_expense', 'owed', 'reserved', 'in_flight', 'at_provider', 'credit_given', 'taken_back')",
            name=op.f("ck_entries_account"),
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_entries_participant_id")
        ),
        sa.ForeignKeyConstraint(
            ["posting_id"], ["postings.id"], name=op.f("fk_entries_posting_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
    )
    op.create_index(op.f("ix_entries_participant_id"), "entries", ["participant_id"], unique=False)
    op.create_index(op.f("ix_entries_posting_id"), "entries", ["posting_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_entries_posting_id"), table_name="entries")
    op.drop_index(op.f("ix_entries_participant_id"), table_name="entries")
    op.drop_table("entries")
    op.drop_index(op.f("ix_postings_reward_id"), table_name="postings")
    op.drop_index(op.f("ix_postings_payout_id"), table_name="postings")
    op.drop_table("postings")
    op.drop_index(
        "uq_payout_rewards_live", table_name="payout_rewards", postgresql_where=sa.text("is_live")
    )
    op.drop_table("payout_rewards")
    op.drop_table("approvals")
    op.drop_index(
        "uq_rewards_reversed",
        table_name="rewards",
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
    )
    op.drop_index(
        "uq_rewards_earned",
        table_name="rewards",
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("reverses_id IS NULL"),
    )
    op.drop_index(op.f("ix_rewards_state_payable_on"), table_name="rewards")
    op.drop_index(op.f("ix_rewards_reverses_id"), table_name="rewards")
    op.drop_index(op.f("ix_rewards_referral_id"), table_name="rewards")
    op.drop_index(op.f("ix_rewards_participant_id"), table_name="rewards")
    op.drop_index(op.f("ix_rewards_conversion_id"), table_name="rewards")
    op.drop_table("rewards")
    op.drop_table("shares")
    op.drop_index(
        "uq_registrations_live",
        table_name="registrations",
        postgresql_where=sa.text("state IN ('approved', 'extended')"),
    )
    op.drop_index(op.f("ix_registrations_participant_id"), table_name="registrations")
    op.drop_index(op.f("ix_registrations_opportunity_crm_id"), table_name="registrations")
    op.drop_index(op.f("ix_registrations_claim_key"), table_name="registrations")
    op.drop_table("registrations")
    op.drop_index(op.f("ix_referrals_opportunity_crm_id"), table_name="referrals")
    op.drop_index(op.f("ix_referrals_account_crm_id"), table_name="referrals")
    op.drop_table("referrals")
    op.drop_index(
        "uq_differences_open",
        table_name="differences",
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("settled_on IS NULL"),
    )
    op.drop_table("differences")
    op.drop_index(op.f("ix_touches_opportunity_crm_id"), table_name="touches")
    op.drop_index(op.f("ix_touches_domain"), table_name="touches")
    op.drop_table("touches")
    op.drop_table("stage_runs")
    op.drop_index(op.f("ix_payouts_state"), table_name="payouts")
    op.drop_index(op.f("ix_payouts_participant_id"), table_name="payouts")
    op.drop_table("payouts")
    op.drop_index(op.f("ix_messages_state"), table_name="messages")
    op.drop_table("messages")
    op.drop_table("events")
    op.drop_index(op.f("ix_conversions_account_crm_id"), table_name="conversions")
    op.drop_table("conversions")
    op.drop_table("watermarks")
    op.drop_index(
        op.f("ix_stage_changes_opportunity_crm_id_changed_at"), table_name="stage_changes"
    )
    op.drop_table("stage_changes")
    op.drop_index(
        "uq_quarantine_open",
        table_name="quarantine",
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.drop_table("quarantine")
    op.drop_table("program_versions")
    op.drop_table("participants")
    op.drop_index(op.f("ix_opportunities_account_crm_id"), table_name="opportunities")
    op.drop_table("opportunities")
    op.drop_index(op.f("ix_nights_business_date"), table_name="nights")
    op.drop_table("nights")
    op.drop_table("installation")
    op.drop_table("figures")
    op.drop_table("crm_users")
    op.drop_index(op.f("ix_audit_events_subject_subject_id"), table_name="audit_events")
    op.drop_table("audit_events")
    op.drop_index(op.f("ix_accounts_name_key"), table_name="accounts")
    op.drop_index(op.f("ix_accounts_domain"), table_name="accounts")
    op.drop_table("accounts")
