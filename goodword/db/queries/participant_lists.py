"""Participants as people look through them, and one with everything around them; no secrets."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries import payouts
from goodword.db.queries.rewards import ABOUT, COMPANY
from goodword.rules.destinations import Closed, obstacle, way_of
from goodword.rules.incentives import Pay


@dataclass(frozen=True, slots=True)
class Filter:
    """Which participants: those of which everything given is true; an empty one asks for all.

    `name` is a part of a name, a key or an e-mail address, in any case.
    """

    name: str = ""
    kind: str = ""
    status: str = ""
    tier: str = ""


def is_somebody(tx: Connection, key: str) -> bool:
    """Tell whether a participant has this key."""
    statement = text("SELECT EXISTS (SELECT FROM participants WHERE key = :key)")
    return bool(tx.execute(statement, {"key": key}).scalar_one())


def page(tx: Connection, which: Filter, after: int | None, most: int) -> list[Row[Any]]:
    """Return so many participants after one, the newest first.

    Returns:
        id, key, name, kind, tier, status, country, currency, payout_method.
    """
    return list(tx.execute(_PAGE, {**asdict(which), "after": after, "most": most}))


_PAGE = text("""
SELECT p.id, p.key, p.name, p.kind, p.tier, p.status, p.country, p.currency, p.payout_method
FROM participants p
WHERE (:kind = '' OR p.kind = :kind) AND (:status = '' OR p.status = :status)
  AND (:tier = '' OR p.tier = :tier)
  AND (:name = '' OR position(lower(:name) IN
        lower(p.name || chr(10) || p.key || chr(10) || p.email)) > 0)
  AND (CAST(:after AS bigint) IS NULL OR p.id < :after)
ORDER BY p.id DESC LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class Around:
    """What there is of a participant: the newest rows of each, balances, what is in the way.

    Attributes:
        registrations: id, company, state, expires_on.
        referrals: id, company, state, submitted_at.
        rewards: id, incentive, company, amount_minor, currency, state, payable_on.
        payouts: id, amount_minor, currency, rail, state, paid_on, reason.
        balances: currency, owed_minor (due, or waiting for its day), reserved_minor (planned or
            being sent), paid_minor.
        tiers: changed_on, before, after, reason.
        missing: why they could not be paid today, in sentences.
    """

    registrations: list[Row[Any]]
    referrals: list[Row[Any]]
    rewards: list[Row[Any]]
    payouts: list[Row[Any]]
    balances: list[Row[Any]]
    tiers: list[Row[Any]]
    missing: list[str]


def one(tx: Connection, participant_id: int) -> Row[Any] | None:
    """Return a participant, or None; of a bank account only the last four characters.

    Returns:
        every column of the table but `iban` and `bic`, and `bank_account`.
    """
    return tx.execute(_ONE, {"id": participant_id}).one_or_none()


_ONE = text("""
SELECT id, key, kind, name, email, locale, country, currency, tier, payout_method, stripe_account,
       stripe_customer, stripe_subscription, company_domain, crm_user_id, prefers, account_crm_id,
       company_key, made_on, status, created_at, '…' || right(iban, 4) AS bank_account
FROM participants WHERE id = :id
""")


def around(tx: Connection, participant: Row[Any], most: int) -> Around:
    """Return what there is of a participant, `most` of each."""
    given = {"id": participant.id, "most": most}
    claims, referrals, rewards, paid, balances, tiers = (
        list(tx.execute(statement, given)) for statement in _AROUND
    )
    missing = _missing(tx, participant, payouts.closed_ways(tx))
    return Around(claims, referrals, rewards, paid, balances, tiers, missing)


_AROUND = (
    text("""
SELECT id, company, state, expires_on FROM registrations
WHERE participant_id = :id ORDER BY id DESC LIMIT :most
"""),
    text("""
SELECT id, company, state, submitted_at FROM referrals
WHERE participant_id = :id ORDER BY id DESC LIMIT :most
"""),
    text(f"""
SELECT r.id, r.incentive, {COMPANY} AS company, r.amount_minor, r.currency, r.state, r.payable_on
FROM rewards r
{ABOUT}WHERE r.participant_id = :id ORDER BY r.id DESC LIMIT :most
"""),
    text("""
SELECT id, amount_minor, currency, rail, state, paid_on, reason FROM payouts
WHERE participant_id = :id ORDER BY id DESC LIMIT :most
"""),
    text("""
SELECT currency,
       COALESCE(-sum(amount_minor) FILTER (WHERE account = 'owed'), 0)::bigint AS owed_minor,
       COALESCE(-sum(amount_minor) FILTER (WHERE account IN ('reserved', 'in_flight')), 0)::bigint
           AS reserved_minor,
       COALESCE(-sum(amount_minor) FILTER (WHERE account IN ('at_provider', 'credit_given')),
                0)::bigint AS paid_minor
FROM entries WHERE participant_id = :id GROUP BY currency ORDER BY currency
"""),
    text("""
SELECT changed_on, before, after, reason FROM tier_changes
WHERE participant_id = :id ORDER BY changed_on DESC, id DESC LIMIT :most
"""),
)


def _missing(tx: Connection, participant: Row[Any], closed: Closed) -> list[str]:
    """Say what stands in the way of money in their own currency, and of what is due."""
    payee = payouts.payee(tx, participant.id)
    way = way_of(payee, Pay.CASH, payee.currency)
    in_the_way = closed.to(participant.id, way) if way else None
    found = obstacle(payee, Pay.CASH, payee.currency, in_the_way)
    carried = tx.execute(_CARRIED, {"id": participant.id}).scalars()
    return list(dict.fromkeys([*([found.reason] if found else []), *carried]))


_CARRIED = text("""
SELECT DISTINCT carried_because FROM rewards
WHERE participant_id = :id AND state = 'approved' AND carried_because IS NOT NULL ORDER BY 1
""")
