"""Claims follow the records they came from: converted to an account and a deal, merged, deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import audit
from goodword.actions.registrations import Change, apply
from goodword.db.bulk import stage
from goodword.rules.crm import DealRegistration
from goodword.rules.registrations import RegistrationState


def follow(tx: Connection, found: Sequence[DealRegistration], today: date) -> Counter[str]:
    """Take over what became of the records whose claims are here.

    A record that was merged hands its claim on to the one that took it over, unless the partner has
    a claim from that one too. A claim that nobody has decided yet is withdrawn with its deleted
    record; a decided one stays.

    Returns:
        Counts by outcome.
    """
    gone = [record for record in found if record.is_deleted]
    merged = [record for record in gone if record.master_crm_id]
    converted = [record for record in found if record.converted_account_crm_id]
    counts = Counter[str]()
    if merged:
        counts["registrations handed on"] = _hand_on(tx, merged)
    if gone:
        counts["registrations withdrawn"] = _withdraw(tx, gone, today)
    if converted:
        counts["registrations converted"] = _name_deals(tx, converted)
    return +counts


def _hand_on(tx: Connection, merged: Sequence[DealRegistration]) -> int:
    rows = [(record.crm_id, record.master_crm_id) for record in merged]
    stage(tx, "merged", {"crm_id": "text", "master": "text"}, rows)
    handed = tx.execute(_HAND_ON).all()
    audit.record(
        tx,
        [
            audit.Event(
                audit.NIGHT,
                "changed",
                "registration",
                row.id,
                f"its record in the CRM was merged into {row.source_id}",
                {"source_id": {"before": row.before, "after": row.source_id}},
            )
            for row in handed
        ],
    )
    return len(handed)


_HAND_ON = text("""
UPDATE registrations r SET source_id = m.master
FROM merged m
WHERE r.source_id = m.crm_id AND r.source = 'crm_lead'
  AND NOT EXISTS (SELECT FROM registrations other
                  WHERE other.source = r.source AND other.source_id = m.master
                    AND other.participant_id = r.participant_id)
RETURNING r.id, r.source_id, m.crm_id AS before
""")


def _withdraw(tx: Connection, gone: Sequence[DealRegistration], today: date) -> int:
    by_id = {record.crm_id: record for record in gone}
    undecided = tx.execute(_UNDECIDED, {"ids": list(by_id)})
    changes = [
        Change(
            row.id, row.participant_id, RegistrationState.WITHDRAWN, (_why(by_id[row.source_id]),)
        )
        for row in undecided
    ]
    return len(apply(tx, changes, today))


_UNDECIDED = text("""
SELECT id, source_id, participant_id FROM registrations
WHERE source IN ('crm_lead', 'crm_object') AND source_id = ANY(:ids) AND state = 'submitted'
ORDER BY id
""")


def _why(record: DealRegistration) -> str:
    if record.master_crm_id:
        return f"its record in the CRM was merged into {record.master_crm_id}"
    return "its record in the CRM was deleted"


def _name_deals(tx: Connection, converted: Sequence[DealRegistration]) -> int:
    columns = {"crm_id": "text", "account": "text", "deal": "text"}
    rows = [
        (record.crm_id, record.converted_account_crm_id, record.converted_opportunity_crm_id)
        for record in converted
    ]
    stage(tx, "converted", columns, rows)
    named = tx.execute(_NAME_DEALS).all()
    audit.record(
        tx,
        [
            audit.Event(
                audit.NIGHT,
                "changed",
                "registration",
                row.id,
                f"its lead {row.source_id} was converted",
                {
                    "account_crm_id": {"before": row.account_before, "after": row.account_crm_id},
                    "opportunity_crm_id": {
                        "before": row.deal_before,
                        "after": row.opportunity_crm_id,
                    },
                },
            )
            for row in named
        ],
    )
    return len(named)


# A live claim does not move to a place that another live one protects: the first submitted has it.
_NAME_DEALS = text("""
WITH named AS (
    SELECT r.id, c.account, COALESCE(r.opportunity_crm_id, c.deal) AS deal,
           r.account_crm_id AS account_before, r.opportunity_crm_id AS deal_before,
           r.state IN ('approved', 'extended') AS is_live,
           row_number() OVER (
               PARTITION BY c.account, r.division, r.state IN ('approved', 'extended')
               ORDER BY r.submitted_at, r.id) AS place
    FROM registrations r JOIN converted c ON c.crm_id = r.source_id
    WHERE r.source = 'crm_lead' AND r.state IN ('submitted', 'approved', 'extended')
), free AS (
    SELECT n.*, NOT n.is_live OR n.place = 1 AND NOT EXISTS (
        SELECT FROM registrations other JOIN registrations r ON r.id = n.id
        WHERE other.account_crm_id = n.account AND other.division = r.division
          AND other.state IN ('approved', 'extended') AND other.id <> n.id) AS may_move
    FROM named n
)
UPDATE registrations r
SET opportunity_crm_id = f.deal,
    account_crm_id = CASE WHEN f.may_move THEN f.account ELSE r.account_crm_id END
FROM free f
WHERE r.id = f.id
  AND (r.opportunity_crm_id IS DISTINCT FROM f.deal
       OR f.may_move AND r.account_crm_id IS DISTINCT FROM f.account)
RETURNING r.id, r.source_id, r.account_crm_id, r.opportunity_crm_id,
          f.account_before, f.deal_before
""")
