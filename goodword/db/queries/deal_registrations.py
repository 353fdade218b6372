"""Deal registrations of the CRM: which are claims already, whose they may be, which wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

from goodword.rules.crm import DealRegistration
from goodword.rules.crm_intake import People


def known(tx: Connection, keys: Sequence[str]) -> set[str]:
    """Return those of the keys that a claim has."""
    return set(
        tx.execute(
            text("SELECT key FROM registrations WHERE key = ANY(:keys)"), {"keys": list(keys)}
        ).scalars()
    )


def handed_on(tx: Connection, crm_ids: Sequence[str]) -> set[tuple[str, str]]:
    """Return the records that took claims over from merged ones, each with its partner's key."""
    rows = tx.execute(
        text(
            "SELECT r.source_id, p.key FROM registrations r"
            " JOIN participants p ON p.id = r.participant_id"
            " WHERE r.source = 'crm_lead' AND r.source_id = ANY(:ids)"
        ),
        {"ids": list(crm_ids)},
    )
    return {(row.source_id, row.key) for row in rows}


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
