"""The mirror of the CRM: opportunities, their accounts, stage history and owners, and leads.

Each page is saved with its watermark in one transaction; an older stamp never overwrites a newer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, text

from goodword.actions import quarantine
from goodword.companies import name_key, of_one_company, registrable_domain
from goodword.db import models
from goodword.db.bulk import stage, upsert
from goodword.rules import crm

_TABLES: dict[crm.CrmObject, Any] = {
    crm.CrmObject.ACCOUNT: models.Account.__table__,
    crm.CrmObject.OPPORTUNITY: models.Opportunity.__table__,
    crm.CrmObject.STAGE_CHANGE: models.StageChange.__table__,
    crm.CrmObject.USER: models.CrmUser.__table__,
    crm.CrmObject.LEAD: models.Lead.__table__,
}

_OWN_COLUMNS = {crm.CrmObject.OPPORTUNITY: "won_at", crm.CrmObject.LEAD: "account_crm_id"}
"""What is worked out here, and no record of the CRM says."""


class AnotherOrganisation(Exception):
    """The CRM that answers is not the one this database mirrors."""

    def __init__(self, kept: str, answered: str) -> None:
        super().__init__(
            f"This database mirrors the CRM organisation {kept}, but {answered} answered. Mixing "
            "two would lose claims. Point the settings back, or use another database: with the "
            "embedded one, set GOODWORD_HOME to a new folder."
        )


def adopt_organisation(tx: Connection, org: str) -> None:
    """Remember which CRM organisation this database mirrors, the first time.

    Raises:
        AnotherOrganisation: it mirrors a different one.
    """
    kept = tx.execute(
        text("UPDATE installation SET crm_org = COALESCE(crm_org, :org) RETURNING crm_org"),
        {"org": org},
    ).scalar_one()
    if kept != org:
        raise AnotherOrganisation(kept, org)


def save_page(
    tx: Connection,
    crm_object: crm.CrmObject,
    records: Sequence[crm.Record],
    unreadable: Sequence[crm.Unreadable],
) -> Counter[str]:
    """Save one page of the CRM and say what happened to its records.

    Returns:
        Counts by outcome: new, changed, same, quarantined, taken up.
    """
    table: Table = _TABLES[crm_object]
    if crm_object is crm.CrmObject.LEAD:
        _let_go_of_wrong_companies(tx, records)
    own = _OWN_COLUMNS.get(crm_object)
    columns = [name for name in table.c.keys() if name != own]  # noqa: SIM118 - a collection of columns
    written = upsert(tx, table, columns, _rows(records, columns), "modified_at")
    source = f"salesforce.{crm_object.value}"
    asides = [quarantine.Aside(bad.crm_id, bad.reason, bad.raw) for bad in unreadable]
    outcome = Counter(new=written.new, changed=written.changed, same=written.same)
    outcome["quarantined"] = quarantine.set_aside(tx, source, asides)
    outcome["taken up"] = quarantine.take_up(tx, source, [r.crm_id for r in records])
    return +outcome


def _let_go_of_wrong_companies(tx: Connection, leads: Sequence[crm.Record]) -> None:
    """Look anew for the accounts of leads whose company is another than it was."""
    columns = ["crm_id", "name_key", "domain", "modified_at"]
    types = dict.fromkeys(columns[:-1], "text") | {"modified_at": "timestamptz"}
    stage(tx, "corrected", types, _rows(leads, columns))
    tx.execute(_LET_GO)


_LET_GO = text("""
UPDATE leads l SET account_crm_id = NULL
FROM corrected c
WHERE l.crm_id = c.crm_id AND c.modified_at >= l.modified_at AND l.account_crm_id IS NOT NULL
  AND (l.name_key, l.domain) IS DISTINCT FROM (c.name_key, c.domain)
""")


def _rows(records: Sequence[crm.Record], columns: Sequence[str]) -> list[list[object]]:
    derived = {"name_key", "domain"}
    plain = [name for name in columns if name not in derived]
    if len(plain) == len(columns):
        return [[getattr(record, name) for name in columns] for record in records]
    return [
        [_derive(record, name) if name in derived else getattr(record, name) for name in columns]
        for record in records
        if isinstance(record, crm.Account | crm.Lead)
    ]


def _derive(record: crm.Account | crm.Lead, name: str) -> str | None:
    if name == "name_key":
        return name_key(record.name if isinstance(record, crm.Account) else record.company)
    return of_one_company(registrable_domain(record.website), record.website or "")


def move_watermark(tx: Connection, crm_object: str, high_at: datetime) -> None:
    """Say that every change stamped before `high_at` is here; it never moves back."""
    tx.execute(
        text(
            "INSERT INTO watermarks AS kept (crm_object, high_at) VALUES (:crm_object, :high_at)"
            " ON CONFLICT (crm_object) DO UPDATE"
            " SET high_at = GREATEST(kept.high_at, excluded.high_at)"
        ),
        {"crm_object": crm_object, "high_at": high_at},
    )


def analyze(tx: Connection, crm_object: crm.CrmObject) -> None:
    """Let PostgreSQL see what a first load brought: its own turn comes only after the night."""
    tx.execute(text(f"ANALYZE {_TABLES[crm_object].name}"))


def date_wins(tx: Connection, opportunity_ids: Sequence[str], zone: str) -> None:
    """Work out since when each of these deals stands won; a deal that does not has no date.

    The stage history says it; without one, the close date does (noon in the program's zone).
    """
    stage(
        tx, "touched", {"crm_id": "text"}, ((crm_id,) for crm_id in set(opportunity_ids)), "crm_id"
    )
    tx.execute(_DATE_WINS, {"zone": zone})


_DATE_WINS = text("""
WITH entered AS (
    SELECT s.opportunity_crm_id, s.stage, s.changed_at,
           lag(s.stage) OVER (
               PARTITION BY s.opportunity_crm_id ORDER BY s.changed_at, s.crm_id) AS before
    FROM stage_changes s JOIN touched t ON t.crm_id = s.opportunity_crm_id
    WHERE NOT s.is_deleted
), dated AS (
    SELECT o.crm_id,
           CASE WHEN o.is_won AND NOT o.is_deleted THEN COALESCE(
               max(e.changed_at), (o.close_on + time '12:00') AT TIME ZONE :zone) END AS won_at
    FROM opportunities o JOIN touched USING (crm_id)
    LEFT JOIN entered e ON e.opportunity_crm_id = o.crm_id AND e.stage = o.stage
        AND e.stage IS DISTINCT FROM e.before
    GROUP BY o.crm_id
)
UPDATE opportunities o SET won_at = d.won_at
FROM dated d WHERE d.crm_id = o.crm_id AND o.won_at IS DISTINCT FROM d.won_at
""")
