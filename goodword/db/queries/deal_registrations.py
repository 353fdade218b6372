"""Deal registrations of the CRM: which are claims already, whose they may be, which wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

from goodword.rules.crm import DealRegistration
from goodword.rules.crm_intake import SINCE, Became, People
from goodword.rules.crm_policy import CrmPolicy


def known(tx: Connection, keys: Sequence[str]) -> set[str]:
    """Return those of the keys that a claim has."""
    return set(
        tx.execute(
            text("SELECT key FROM registrations WHERE key = ANY(:keys)"), {"keys": list(keys)}
        ).scalars()
    )


def handed_on(tx: Connection, crm_ids: Sequence[str]) -> dict[str, set[str]]:
    """Return the records that took claims over from merged ones, with their partners' keys."""
    rows = tx.execute(
        text(
            "SELECT r.source_id, p.key FROM registrations r"
            " JOIN participants p ON p.id = r.participant_id"
            " WHERE r.source = 'crm_lead' AND r.source_id = ANY(:ids)"
        ),
        {"ids": list(crm_ids)},
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.source_id, set()).add(row.key)
    return found


def became(tx: Connection) -> list[Became]:
    """Return what became of the leads that took claims over, as the mirror knows them.

    They need not be registrations themselves, and the intake reads only those. Of a withdrawn claim
    it is that the lead is there again.
    """
    return [Became(*row) for row in tx.execute(_BECAME)]


_BECAME = text("""
SELECT DISTINCT l.crm_id, l.is_deleted, l.master_crm_id,
       l.converted_account_crm_id, l.converted_opportunity_crm_id
FROM registrations r JOIN leads l ON l.crm_id = r.source_id
WHERE r.source = 'crm_lead' AND r.key <> 'lead:' || r.source_id
  AND (r.state IN ('submitted', 'approved', 'extended') AND (l.is_deleted OR l.is_converted)
       OR r.state = 'withdrawn' AND NOT l.is_deleted)
ORDER BY l.crm_id
""")


def leads_of_other_kinds(tx: Connection, source: str, policy: CrmPolicy) -> list[str]:
    """Return the leads that wait in quarantine and are no registrations any more."""
    given = {"source": source, "type": policy.lead_record_type, "lead_source": policy.lead_source}
    return list(tx.execute(_OF_OTHER_KINDS, given).scalars())


_OF_OTHER_KINDS = text("""
SELECT l.crm_id FROM quarantine q JOIN leads l ON l.crm_id = q.external_id
WHERE q.source = :source AND q.resolved_at IS NULL
  AND l.lead_source IS DISTINCT FROM :lead_source AND l.record_type IS DISTINCT FROM :type
""")


def set_aside(tx: Connection, source: str) -> list[Mapping[str, object]]:
    """Return the records that wait in quarantine, as they came."""
    return list(
        tx.execute(
            text(
                "SELECT record FROM quarantine"
                " WHERE source = :source AND resolved_at IS NULL ORDER BY id"
            ),
            {"source": source},
        ).scalars()
    )


def waiting_since(tx: Connection, source: str, crm_ids: Sequence[str]) -> dict[str, str | None]:
    """Return those of the records that wait in quarantine, each with the date it was given late."""
    if not crm_ids:
        return {}
    rows = tx.execute(
        text(
            "SELECT external_id, record ->> :since FROM quarantine"
            " WHERE source = :source AND resolved_at IS NULL AND external_id = ANY(:ids)"
        ),
        {"since": SINCE, "source": source, "ids": list(crm_ids)},
    )
    return dict(map(tuple, rows))


def people(tx: Connection, records: Sequence[DealRegistration]) -> People:
    """Return the participants whom these records can be speaking of."""
    said = (record.said.get("participant", "") for record in records)
    # what the database cannot hold, such as U+0000, is nobody's: the claim's reader says why
    named = {name for name in said if name.isprintable()}
    users = {u for r in records for u in (r.owner_crm_id, r.creator_crm_id)} | named
    accounts = {record.partner_account_crm_id for record in records} | named
    rows = tx.execute(
        _PEOPLE,
        {
            "keys": [key for key in named if key],
            "users": [user for user in users if user],
            "accounts": [account for account in accounts if account],
        },
    )
    keys: set[str] = set()
    by_user: dict[str, list[str]] = {}
    by_account: dict[str, list[str]] = {}
    for row in rows:
        if row.account is not None:
            by_account.setdefault(row.account, []).append(row.key)
        elif row.crm_user is not None:
            by_user.setdefault(row.crm_user, []).append(row.key)
        else:
            keys.add(row.key)
    return People(frozenset(keys), by_user, by_account)


_PEOPLE = text("""
SELECT key, CAST(NULL AS text) AS crm_user, CAST(NULL AS text) AS account
FROM participants WHERE key = ANY(:keys)
UNION ALL
SELECT key, crm_user_id, NULL FROM participants WHERE crm_user_id = ANY(:users)
UNION ALL
SELECT p.key, NULL, a.crm_id
FROM accounts a JOIN participants p ON p.company_domain = a.domain
WHERE a.crm_id = ANY(:accounts)
ORDER BY 1
""")
