"""Suspicions: what is known of participants and of whom they referred, for many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Connection, text

from goodword.companies import disposable_domain, is_free_mail, registrable_domain
from goodword.db.queries.refunds import PLACED, TAKES
from goodword.rules.suspicions import Introduced, Shared, Standing, SuspicionPolicy


def domains(*addresses: str | None) -> tuple[str, ...]:
    """Return the registrable domains of web or e-mail addresses, each once, but no free mail's."""
    found = dict.fromkeys(filter(None, map(registrable_domain, addresses)))
    return tuple(domain for domain in found if not is_free_mail(domain))


# Of referrals -----------------------------------------------------------------------------------


def introduced(
    tx: Connection, policy: SuspicionPolicy, referral_ids: Collection[int] | None = None
) -> dict[int, Introduced]:
    """Return whom referrals introduced, by number: these, or every one there is."""
    which = "" if referral_ids is None else "WHERE f.id = ANY(:ids)"
    given = {
        "ids": list(referral_ids or ()),
        "days": policy.burst_days,
        "most": policy.burst_referrals,
    }
    return {
        row.id: Introduced(
            row.contact_email,
            domains(row.company_domain, row.contact_email),
            bool(row.had_bought_before),
            row.in_burst,
            disposable_domain(row.contact_email),
            row.first_at < row.submitted_at,
        )
        for row in tx.execute(text(_INTRODUCED.format(which=which)), given)
    }


# A referral is in a burst where one of the days around it holds too many of its participant's.
_INTRODUCED = """
WITH picked AS (
    SELECT f.* FROM referrals f {which}
), bought AS (
    SELECT account_crm_id, min(won_at) AS first_won_at FROM opportunities
    WHERE won_at IS NOT NULL AND account_crm_id IN (SELECT account_crm_id FROM picked)
    GROUP BY account_crm_id
), made AS (
    SELECT id, participant_id, submitted_at, count(*) OVER (
        PARTITION BY participant_id ORDER BY submitted_at
        RANGE BETWEEN make_interval(hours => 24 * :days) PRECEDING AND CURRENT ROW) AS so_far
    FROM referrals WHERE participant_id IN (SELECT participant_id FROM picked)
), around AS (
    SELECT id, count(*) FILTER (WHERE so_far > :most) OVER (
        PARTITION BY participant_id ORDER BY submitted_at
        RANGE BETWEEN CURRENT ROW AND make_interval(hours => 24 * :days) FOLLOWING) > 0 AS in_burst
    FROM made
), firsts AS (
    SELECT f.id, least(
        (SELECT min(e.submitted_at) FROM referrals e WHERE e.account_crm_id = f.account_crm_id),
        n.first_at) AS first_at
    FROM picked f JOIN (
        SELECT name_key, min(submitted_at) AS first_at FROM referrals
        WHERE name_key IN (SELECT name_key FROM picked) GROUP BY name_key) n USING (name_key)
)
SELECT f.id, f.submitted_at, w.first_at, f.contact_email,
       COALESCE(f.domain, a.domain) AS company_domain, u.in_burst,
       b.first_won_at < f.submitted_at AS had_bought_before
FROM picked f
JOIN around u ON u.id = f.id
JOIN firsts w ON w.id = f.id
LEFT JOIN accounts a ON a.crm_id = f.account_crm_id
LEFT JOIN bought b USING (account_crm_id)
"""


# Of participants --------------------------------------------------------------------------------


def standings(
    tx: Connection, participant_ids: Collection[int] | None = None
) -> dict[int, Standing]:
    """Return what is known of participants, by number: of these, or of all; none: nothing is."""
    given = {"ids": list(participant_ids or ())}
    which = "" if participant_ids is None else "WHERE id = ANY(:ids)"
    shared = defaultdict(list)
    for row in tx.execute(text(_SHARED.format(which=which)), given):
        shared[row.id].append(Shared(row.what, row.other, row.others))
    addresses = tx.execute(text(f"SELECT id, email FROM participants {which}"), given)
    disposable = {row.id: found for row in addresses if (found := disposable_domain(row.email))}
    which = "" if participant_ids is None else "AND s.participant_id = ANY(:ids)"
    deals = {
        row.participant_id: (row.deals, row.undone)
        for row in tx.execute(text(_DEALS.format(which=which)), given)
    }
    return {
        number: Standing(
            tuple(shared.get(number, ())), *deals.get(number, (0, 0)), disposable.get(number)
        )
        for number in {*shared, *deals, *disposable}
    }


MAILBOX = """
CASE WHEN lower(p.email) ~ '@(gmail|googlemail)[.]com$'
     THEN replace(regexp_replace(lower(p.email), '([+].*)?@[^@]*$', ''), '.', '') || '@gmail.com'
     ELSE regexp_replace(lower(p.email), '[+].*(@[^@]*)$', '\\1') END
"""
"""The mailbox that the address of a participant `p` reaches, as rules/suspicions.py has it."""

_SHARED = (
    """
WITH held AS (
    SELECT p.id, p.key, has.what, has.place, has.value FROM participants p
    CROSS JOIN LATERAL (VALUES
        ('mailbox', 1, __MAILBOX__),
        ('Stripe account', 2, p.stripe_account),
        ('Stripe customer', 3, p.stripe_customer),
        ('IBAN', 4, p.iban)) has(what, place, value)
    WHERE has.value IS NOT NULL
), common AS (
    SELECT what, value, count(*) AS holders, (array_agg(key ORDER BY key))[1:2] AS keys
    FROM held GROUP BY what, value HAVING count(*) > 1
)
SELECT h.id, h.what, c.holders - 1 AS others,
       CASE WHEN c.keys[1] = h.key THEN c.keys[2] ELSE c.keys[1] END AS other
FROM (SELECT * FROM held {which}) h JOIN common c USING (what, value)
ORDER BY h.id, h.place
"""
).replace("__MAILBOX__", MAILBOX)

# A deal is its last conversion: one that was corrected, or won again, is not counted twice.
_DEALS = f"""
SELECT s.participant_id, count(*) AS deals,
       count(*) FILTER (WHERE v.state = 'cancelled' OR u.conversion_id IS NOT NULL) AS undone
FROM (SELECT DISTINCT s.participant_id, s.conversion_id FROM shares s
      WHERE s.weight > 0 AND s.participant_id IS NOT NULL {{which}}) s
JOIN conversions v ON v.id = s.conversion_id
LEFT JOIN (SELECT DISTINCT f.conversion_id FROM ({PLACED}) f WHERE {TAKES}) u
    ON u.conversion_id = v.id
WHERE NOT EXISTS (SELECT FROM conversions n
                  WHERE n.opportunity_crm_id = v.opportunity_crm_id AND n.id > v.id)
GROUP BY s.participant_id
"""
