"""Let the database itself keep history append-only, postings balanced and frozen facts frozen.

Triggers hold for the owner of the tables too; only dropping them on purpose gets past.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

APPEND_ONLY = ("postings", "entries", "audit_events", "approvals", "program_versions")
NEVER_DELETED = ("rewards", "payouts", "payout_rewards", "conversions", "shares", "registrations")
FROZEN = {
    "rewards": (
        "participant_id, incentive, outcome, conversion_id, referral_id, reverses_id, "
        "program_version_id, pay, base_minor, computed_minor, amount_minor, currency, outcome_on"
    ),
    "payouts": "reference, participant_id, rail, destination, amount_minor, currency, planned_on",
    "conversions": "opportunity_crm_id, value_minor, currency, won_on, model, program_version_id",
    "shares": "conversion_id, position, claim, claim_id, participant_id, weight, value_minor",
}

FUNCTIONS = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation',
              HINT = 'Record a new row that corrects the old one.';
END $$;

CREATE FUNCTION refuse_unfreezing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % is frozen: what was decided is never edited', TG_TABLE_NAME, OLD
        USING ERRCODE = 'restrict_violation',
              HINT = 'Record a correction: a clawback, a supplement, another payout.';
END $$;

-- The legs of a posting arrive in one statement, so that each statement balances by itself.
CREATE FUNCTION refuse_imbalance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong bigint;
BEGIN
    SELECT posting_id INTO wrong FROM written
    GROUP BY posting_id HAVING sum(amount_minor) <> 0 OR count(DISTINCT currency) <> 1
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'posting % does not balance in one currency', wrong
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.execute(FUNCTIONS)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        )
    for table in NEVER_DELETED:
        op.execute(
            f"CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        )
    for table, columns in FROZEN.items():
        old = ", ".join(f"OLD.{column.strip()}" for column in columns.split(","))
        new = ", ".join(f"NEW.{column.strip()}" for column in columns.split(","))
        op.execute(
            f"CREATE TRIGGER frozen BEFORE UPDATE ON {table} FOR EACH ROW "
            f"WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION refuse_unfreezing()",
        )
    op.execute(
        "CREATE TRIGGER balanced AFTER INSERT ON entries REFERENCING NEW TABLE AS written "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_imbalance()",
    )
    op.execute("INSERT INTO installation DEFAULT VALUES")


def downgrade() -> None:
    op.execute("DELETE FROM installation")
    op.execute("DROP FUNCTION refuse_imbalance, refuse_unfreezing, refuse_change CASCADE")
