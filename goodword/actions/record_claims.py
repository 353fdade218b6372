"""Claims follow the records they came from: converted to an account and a deal, merged, deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import audit
from goodword.actions.claims import UNLESS_PROTECTED
from goodword.actions.registrations import Change, apply
from goodword.db.bulk import stage
from goodword.db.queries import places
from goodword.db.queries.matchings import ROOTS
from goodword.phrases import because
from goodword.rules.crm_intake import Became
from goodword.rules.registrations import RegistrationState


def hand_on(tx: Connection, found: Sequence[Became]) -> Counter[str]:
    """Hand the claims of merged records on to those that took them over, through every merge.

    A claim stays where it is when the partner has one from the other record too. Do it before new
    claims are taken in: what took a claim over makes no second one.
    """
    masters = {record.crm_id: record.master_crm_id for record in found if record.master_crm_id}
    if not masters:
        return Counter()
    places.lock(tx)  # before any row, as everybody who moves claims
    rows = [(crm_id, _last(masters, crm_id)) for crm_id in masters]
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
                because("its record in the CRM was merged into {record}", record=row.source_id),
                {"source_id": {"before": row.before, "after": row.source_id}},
            )
            for row in handed
        ],
    )
    return +Counter({"registrations handed on": len(handed)})


def _last(masters: Mapping[str, str], crm_id: str) -> str:
    seen = {crm_id}
    while (master := masters.get(crm_id)) and master not in seen:
        seen.add(master)
        crm_id = master
    return crm_id


def follow(tx: Connection, found: Sequence[Became], today: date) -> Counter[str]:
    """Take over what became of the records whose claims are here; after `hand_on`.

    A claim that nobody has decided yet is withdrawn with its deleted record; a decided one stays.
    It is back, in the line where it stood, when its record is.

    Returns:
        Counts by outcome.
    """
    gone = [record for record in found if record.is_deleted]
    converted = [record for record in found if record.account_crm_id]
    back = _to_bring_back(tx, [record.crm_id for record in found if not record.is_deleted])
    counts = Counter[str]()
    if gone or converted or back:
        places.lock(tx)
    if back:
        counts["registrations brought back"] = _bring_back(tx, back)
    if gone:
        counts["registrations withdrawn"] = _withdraw(tx, gone, today)
    if converted:
        counts["registrations converted"] = _name_deals(tx, converted)
    return +counts


_HAND_ON = text("""
UPDATE registrations r SET source_id = m.master
FROM merged m
WHERE r.source_id = m.crm_id AND r.source = 'crm_lead'
  AND NOT EXISTS (SELECT FROM registrations other
                  WHERE other.source = r.source AND other.source_id = m.master
                    AND other.participant_id = r.participant_id)
RETURNING r.id, r.source_id, m.crm_id AS before
""")


def _withdraw(tx: Connection, gone: Sequence[Became], today: date) -> int:
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


def _why(record: Became) -> str:
    if record.master_crm_id:
        into = record.master_crm_id
        return because("its record in the CRM was merged into {record}", record=into)
    return because("its record in the CRM was deleted")


def _to_bring_back(tx: Connection, crm_ids: Sequence[str]) -> list[int]:
    return list(tx.execute(_GONE_BEFORE, {"ids": list(crm_ids), "night": audit.NIGHT}).scalars())


# The night withdraws nothing but the claims of records that are gone.
_GONE_BEFORE = text("""
SELECT id FROM registrations
WHERE source IN ('crm_lead', 'crm_object') AND source_id = ANY(:ids)
  AND state = 'withdrawn' AND decided_by = :night
ORDER BY id
""")


def _bring_back(tx: Connection, ids: Sequence[int]) -> int:
    """Let claims be decided after all, by when they were submitted.

    Where a later one has taken the place meanwhile, that makes it a question to staff.
    """
    back = tx.execute(_BRING_BACK, {"ids": ids, "night": audit.NIGHT}).scalars()
    why = because("its record in the CRM is there again")
    events = [
        audit.Event(audit.NIGHT, "brought back", "registration", number, why)
        for number in sorted(back)
    ]
    audit.record(tx, events)
    return len(events)


_BRING_BACK = text("""
UPDATE registrations SET state = 'submitted', reasons = '[]', decided_on = NULL, decided_by = NULL
WHERE id = ANY(:ids) AND state = 'withdrawn' AND decided_by = :night
RETURNING id
""")


def _name_deals(tx: Connection, converted: Sequence[Became]) -> int:
    columns = {"crm_id": "text", "account": "text", "deal": "text"}
    rows = [
        (record.crm_id, record.account_crm_id, record.opportunity_crm_id) for record in converted
    ]
    stage(tx, "converted", columns, rows)
    named = tx.execute(_NAME_DEALS, {"night": audit.NIGHT}).all()
    audit.record(
        tx,
        [
            audit.Event(
                audit.NIGHT,
                "changed",
                "registration",
                row.id,
                because("its lead {lead} was converted", lead=row.source_id),
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


# An account that is not mirrored yet is taken at its word, and what a person said of one stands.
_NAME_DEALS = text(f"""
WITH RECURSIVE {ROOTS}, became AS (
    SELECT c.crm_id, c.deal, CASE WHEN a.crm_id IS NULL THEN c.account ELSE o.root END AS account
    FROM converted c
    LEFT JOIN accounts a ON a.crm_id = c.account
    LEFT JOIN roots o ON o.crm_id = c.account
), found AS (
    SELECT r.id, COALESCE(r.opportunity_crm_id, b.deal) AS deal,
           r.account_crm_id AS account_before, r.opportunity_crm_id AS deal_before,
           CASE WHEN q.is_settled THEN r.account_crm_id
                ELSE COALESCE(b.account, r.account_crm_id) END AS root
    FROM registrations r JOIN became b ON b.crm_id = r.source_id
    CROSS JOIN LATERAL (
        SELECT count(*) > 0 AS is_settled FROM account_questions q
        WHERE q.registration_id = r.id AND q.answered_by <> :night
          AND (q.answer = 'same' OR q.account_crm_id = b.account)) q
    WHERE r.source = 'crm_lead' AND r.state IN ('submitted', 'approved', 'extended')
), moved AS (
    SELECT f.id, f.deal, f.account_before, f.deal_before,
           CASE WHEN true {UNLESS_PROTECTED} THEN f.root ELSE c.account_crm_id END AS account
    FROM found f JOIN registrations c ON c.id = f.id
)
UPDATE registrations r SET opportunity_crm_id = m.deal, account_crm_id = m.account
FROM moved m
WHERE r.id = m.id
  AND (r.opportunity_crm_id, r.account_crm_id) IS DISTINCT FROM (m.deal, m.account)
RETURNING r.id, r.source_id, r.account_crm_id, r.opportunity_crm_id,
          m.account_before, m.deal_before
""")
