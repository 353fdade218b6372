"""Recipients: customers and companies that are made participants by what they are given first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import audit
from goodword.db.bulk import stage
from goodword.db.queries.recipients import Unknown
from goodword.phrases import because
from goodword.rules.earnings import Earned, Earning


def make(
    tx: Connection, earned: Sequence[Earned], unknown: Mapping[str, Unknown], today: date
) -> list[Earned]:
    """Make participants of the recipients that are given something; return rewards that name them.

    Where it is not certain who one is, it has only applied: a person looks at what it is given, and
    nothing is paid to it before a person has said who it is.
    """
    whom = (each.earning.recipient(each.incentive.to) for each in earned)
    wanted = [unknown[key] for key in dict.fromkeys(whom) if isinstance(key, str)]
    if not wanted:
        return list(earned)
    stage(tx, "recipients", _COLUMNS, [_row(each) for each in wanted], "key")
    new = set(tx.execute(_MAKE, {"today": today}).scalars())
    ids = {row.key: row.id for row in tx.execute(_MADE)}
    audit.record(tx, [_event(each, ids[each.key]) for each in wanted if each.key in new])
    return [replace(each, earning=_known(each.earning, ids)) for each in earned]


def _row(made: Unknown) -> tuple[object, ...]:
    return (
        made.key,
        made.name,
        made.email,
        made.currency,
        made.domain,
        made.account_crm_id,
        made.like_id,
        made.kind,
        "active" if made.is_certain else "applied",
    )


def _known(earning: Earning, ids: Mapping[str, int]) -> Earning:
    customer, company = earning.customer_id, earning.company_id
    return replace(
        earning,
        customer_id=ids.get(customer, customer) if isinstance(customer, str) else customer,
        company_id=ids.get(company, company) if isinstance(company, str) else company,
    )


def _event(made: Unknown, number: int) -> audit.Event:
    reason = because("rewards are for {name}, who was not known", name=made.name)
    return audit.Event(audit.NIGHT, "made", "participant", number, reason)


_COLUMNS = {
    "key": "text",
    "name": "text",
    "email": "text",
    "currency": "text",
    "company_domain": "text",
    "account_crm_id": "text",
    "like_id": "bigint",
    "kind": "text",
    "status": "text",
}

_MAKE = text("""
INSERT INTO participants (key, kind, name, email, locale, country, currency, tier, company_domain,
                          account_crm_id, status, made_on)
SELECT r.key, COALESCE(r.kind, e.kind), r.name, r.email, e.locale, e.country, r.currency, 'basic',
       r.company_domain, r.account_crm_id, r.status, :today
FROM recipients r JOIN participants e ON e.id = r.like_id
ON CONFLICT (key) DO NOTHING RETURNING key
""")

_MADE = text("SELECT p.id, p.key FROM recipients r JOIN participants p USING (key)")


def link(tx: Connection) -> int:
    """Give customers that were made the customer at the provider who paid their company's invoices.

    Only where there is exactly one.

    Returns:
        How many.
    """
    found = tx.execute(_LINK).all()
    audit.record(
        tx,
        [
            audit.Event(
                audit.NIGHT,
                "changed",
                "participant",
                row.id,
                because("{customer} paid the invoices of its deals", customer=row.stripe_customer),
                {"stripe_customer": {"before": None, "after": row.stripe_customer}},
            )
            for row in found
        ],
    )
    return len(found)


_LINK = text("""
WITH payers AS (
    SELECT p.id, min(i.customer) AS customer
    FROM participants p
    JOIN opportunities o ON o.account_crm_id = p.account_crm_id
    JOIN paid_invoices i ON i.opportunity_crm_id = o.crm_id AND i.customer IS NOT NULL
    WHERE p.made_on IS NOT NULL AND p.stripe_customer IS NULL
    GROUP BY p.id HAVING count(DISTINCT i.customer) = 1
)
UPDATE participants p SET stripe_customer = y.customer FROM payers y WHERE p.id = y.id
RETURNING p.id, p.stripe_customer
""")
