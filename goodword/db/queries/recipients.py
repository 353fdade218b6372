"""Recipients: the customers and companies that rules pay beside, or in place of, participants.

Each is a participant: who is paid has a name, a currency, a way to be paid, and books. One that is
none yet has a key until it is made one (goodword.actions.recipients).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.rules.earnings import Earning, Rules
from goodword.rules.incentives import To


@dataclass(frozen=True, slots=True)
class Unknown:
    """A recipient that is to be made, by what is known of it.

    Attributes:
        like_id: the participant by whom it came to be known: it has their country and language.
        kind: what it is as a participant; None: what that participant is.
        is_certain: whether it is sure who it is: a person is asked where it is not.
    """

    key: str
    name: str
    email: str
    currency: str
    domain: str | None
    account_crm_id: str | None
    like_id: int
    kind: str | None
    is_certain: bool


def assigned(
    tx: Connection,
    earnings: Sequence[Earning],
    versions: Mapping[int, Rules],
    unknown: dict[str, Unknown],
) -> list[Earning]:
    """Give outcomes the customer and the company that their rules may pay.

    Args:
        tx: an open transaction.
        earnings: the outcomes.
        versions: the rules that they go by.
        unknown: those who are no participants, by key; it grows. Who stands there stays there, also
            when it was made one meanwhile: what it gets is counted under its key.
    """
    found = list(earnings)
    for to, statement, field in (
        (To.CUSTOMER, _CUSTOMERS, "customer_id"),
        (To.COMPANY, _COMPANIES, "company_id"),
    ):
        asked = [n for n, e in enumerate(found) if to in versions[e.program_version_id].recipients]
        rows = tx.execute(statement, _asked(found, asked)).all() if asked else []
        for row in rows:
            earning, whom = found[row.n], row.key
            if len(row.ids) == 1 and row.key not in unknown:
                whom = row.ids[0]
            else:
                unknown.setdefault(row.key, _unknown(row, earning, to))
            found[row.n] = replace(earning, **{field: whom})
    return found


def _unknown(row: Row[Any], earning: Earning, to: To) -> Unknown:
    return Unknown(
        row.key,
        row.name,
        row.email or "",
        earning.facts.currency,
        row.domain,
        row.account,
        earning.participant_id,
        To.CUSTOMER.value if to is To.CUSTOMER else None,
        row.is_sure and not row.ids,
    )


def _asked(earnings: Sequence[Earning], places: Collection[int]) -> dict[str, Any]:
    return {
        "n": list(places),
        "earners": [earnings[n].participant_id for n in places],
        "accounts": [earnings[n].customer for n in places],
        "conversions": [earnings[n].conversion_id for n in places],
        "referrals": [earnings[n].referral_id for n in places],
    }


_ASKED = """
asked AS (
    SELECT * FROM unnest(
        CAST(:n AS int[]), CAST(:earners AS bigint[]), CAST(:accounts AS text[]),
        CAST(:conversions AS bigint[]), CAST(:referrals AS bigint[])
    ) AS t (n, earner_id, account, conversion_id, referral_id)
)
"""

# A match by the account, or by the name that it was made under, goes before one by the address, by
# who paid the company's invoices, or by the domain; several by the same are none.
_CUSTOMERS = text(f"""
WITH {_ASKED}, introduced AS (
    SELECT DISTINCT ON (a.n) a.n, COALESCE(a.account, r.account_crm_id) AS account, r.key,
           r.company, lower(r.contact_email) AS email, r.domain, v.opportunity_crm_id AS deal
    FROM asked a
    LEFT JOIN conversions v ON v.id = a.conversion_id
    LEFT JOIN shares s ON s.conversion_id = v.id AND s.participant_id = a.earner_id
        AND s.claim = 'referral'
    LEFT JOIN referrals r ON r.id = COALESCE(a.referral_id, s.claim_id)
    ORDER BY a.n, r.submitted_at, r.id
), named AS (
    SELECT i.n, i.account, i.email, COALESCE(c.domain, i.domain) AS domain,
           COALESCE(c.name, i.company, o.name) AS name,
           'customer:' || COALESCE(i.account, i.key, i.deal) AS key
    FROM introduced i
    LEFT JOIN accounts c ON c.crm_id = i.account
    LEFT JOIN opportunities o ON o.crm_id = i.deal
), matches AS (
    SELECT n.n, p.id, 1 AS rank FROM named n JOIN participants p ON p.account_crm_id = n.account
    UNION SELECT n.n, p.id, 1 FROM named n JOIN participants p ON p.key = n.key
    UNION SELECT n.n, p.id, 2 FROM named n
    JOIN participants p ON lower(p.email) = n.email AND p.kind = 'customer'
    UNION SELECT n.n, p.id, 3 FROM named n
    JOIN opportunities o ON o.account_crm_id = n.account
    JOIN paid_invoices i ON i.opportunity_crm_id = o.crm_id
    JOIN participants p ON p.stripe_customer = i.customer AND p.kind = 'customer'
    UNION SELECT n.n, p.id, 4 FROM named n
    JOIN participants p ON p.company_domain = n.domain AND p.kind = 'customer'
), best AS (
    SELECT n, array_agg(DISTINCT id) AS ids FROM matches m
    WHERE rank = (SELECT min(rank) FROM matches b WHERE b.n = m.n) GROUP BY n
)
SELECT n.*, n.account IS NOT NULL AS is_sure, COALESCE(b.ids, '{{}}') AS ids
FROM named n LEFT JOIN best b USING (n) ORDER BY n.n
""")

# The company that the participant's own row names, or that was made for them.
_COMPANIES = text(f"""
WITH {_ASKED}, named AS (
    SELECT a.n, e.company_domain AS domain, CAST(NULL AS text) AS account,
           CAST(NULL AS text) AS email, COALESCE(e.company_domain, 'of ' || e.name) AS name,
           'company:' || COALESCE(e.company_key, e.company_domain, e.key) AS key, e.company_key
    FROM asked a JOIN participants e ON e.id = a.earner_id
)
SELECT n.*, false AS is_sure,
       ARRAY(SELECT p.id FROM participants p WHERE p.key = COALESCE(
           (SELECT c.key FROM participants c WHERE c.key = n.company_key), n.key)) AS ids
FROM named n ORDER BY n.n
""")
