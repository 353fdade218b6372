"""The participants: a crowd of all six kinds, and single roles that the scenarios need."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from sandbox.company.countries import COUNTRIES
from sandbox.company.draft import Draft, scaled
from sandbox.company.names import CompanyName, person

VENDOR_DOMAIN: Final = "harbour-software.example"

# kind, tier, country, how many in the usual company
_CROWD: Final = (
    ("customer", "basic", "US", 20),
    ("customer", "basic", "DE", 6),
    ("customer", "basic", "FR", 4),
    ("customer", "basic", "JP", 4),
    ("customer", "basic", "MY", 4),
    ("customer", "premium", "US", 4),
    ("customer", "premium", "GB", 2),
    ("customer", "top", "US", 2),
    ("employee", "basic", "US", 12),
    ("employee", "basic", "DE", 2),
    ("employee", "basic", "JP", 2),
    ("reseller", "basic", "US", 6),
    ("reseller", "basic", "MY", 2),
    ("reseller", "basic", "DE", 3),
    ("reseller", "basic", "JP", 2),
    ("reseller", "premium", "US", 4),
    ("reseller", "premium", "FR", 2),
    ("reseller", "top", "US", 3),
    ("affiliate", "basic", "US", 3),
    ("affiliate", "basic", "JP", 2),
    ("affiliate", "premium", "US", 2),
    ("affiliate", "top", "GB", 2),
    ("technology", "basic", "US", 3),
    ("technology", "premium", "SG", 2),
    ("service", "basic", "DE", 3),
    ("service", "premium", "US", 2),
    ("service", "top", "US", 2),
)
# Two partners can then compete for one account in a company of any size.
_LEAST: Final = 2
# Every so many of the crowd has said nothing yet about how to be paid.
_UNDECIDED_EVERY: Final = 12


@dataclass(frozen=True)
class Role:
    """One participant whom scenarios name. `transfers` is the state of the Stripe capability."""

    key: str
    kind: str
    country: str = "US"
    tier: str = "basic"
    status: str = "active"
    payout: str = "stripe_transfer"
    transfers: str = "active"
    customer_currency: str | None = "usd"
    spoil: tuple[tuple[str, str], ...] = ()


ROLES: Final = (
    Role("reseller-busy", "reseller"),
    Role("reseller-suspended", "reseller", status="suspended"),
    Role("reseller-applied", "reseller", status="applied"),
    Role("reseller-closed", "reseller", status="closed"),
    Role("affiliate-suspended", "affiliate", status="suspended"),
    Role("affiliate-no-payout", "affiliate", payout=""),
    Role("affiliate-restricted", "affiliate", transfers="inactive"),
    Role("affiliate-pending", "affiliate", transfers="pending"),
    Role("affiliate-dollar-account", "affiliate"),
    Role("affiliate-small", "affiliate"),
    Role("affiliate-self", "affiliate"),
    Role("customer-alias", "customer"),
    Role("customer-no-currency", "customer", payout="stripe_credit", customer_currency=None),
    Role("participant-unknown-kind", "customer", spoil=(("kind", "friend"),)),
    Role("participant-no-email", "customer", spoil=(("email", "not an address"),)),
)

ROLE_KEYS: Final = frozenset(role.key for role in ROLES)


@dataclass(frozen=True)
class Member:
    """One participant as the other modules need to know them."""

    key: str
    kind: str
    email: str
    company: CompanyName
    zone: str


class Cast:
    """All participants, and a way to pick one for a part."""

    def __init__(self, members: list[tuple[Role, Member]]) -> None:
        self.members = [member for _, member in members]
        self._by_key = {member.key: member for member in self.members}
        self._pools: dict[str, list[Member]] = {}
        self.crowd = [member for role, member in members if role.key not in ROLE_KEYS]
        for role, member in members:
            if role.key not in ROLE_KEYS:
                currency = COUNTRIES[role.country].currency
                for pool in (f"{role.kind} {currency}", f"{role.kind}/{role.tier} {currency}"):
                    self._pools.setdefault(pool, []).append(member)

    def pick(self, who: str, currency: str, position: int) -> Member:
        """Pick a participant.

        Args:
            who: A role's key, or a kind ("customer"), or a kind and tier ("reseller/top").
            currency: ISO 4217 code of the participant's country; ignored for a role.
            position: Any number; neighbours get different participants.
        """
        if who in self._by_key:
            return self._by_key[who]
        pool = self._pools[f"{who} {currency}"]
        return pool[position % len(pool)]

    def companies(self, *kinds: str) -> list[CompanyName]:
        """List the companies of the participants of some kinds, each once."""
        return [member.company for member in self.members if member.kind in kinds]


def cast_participants(draft: Draft) -> tuple[Cast, list[dict[str, Any]], list[dict[str, Any]]]:
    """Write the participants' import file; return the cast, Stripe's accounts and customers."""
    members: list[tuple[Role, Member]] = []
    accounts: list[dict[str, Any]] = []
    customers: list[dict[str, Any]] = []
    rng = draft.rng("participants")
    for role in (*ROLES, *_crowd(draft)):
        country = COUNTRIES[role.country]
        name = person(rng, country)
        company = draft.namer.company(country)
        if role.kind == "employee":
            company = CompanyName("Harbour Software", "Harbour Software", VENDOR_DOMAIN, country)
        number = role.key.rpartition("-")[2]
        mailbox = name.mailbox + (number if role.kind == "employee" else "")
        member = Member(role.key, role.kind, f"{mailbox}@{company.domain}", company, country.zone)
        account, customer = _stripe_ids(role)
        if account:
            accounts.append(_stripe_account(account, role))
        if customer:
            currency = role.customer_currency and country.currency.lower()
            customers.append({"id": customer, "currency": currency, "email": member.email})
        cells = {
            "key": role.key,
            "kind": role.kind,
            "name": name.full,
            "email": member.email,
            "locale": country.locale,
            "country": role.country,
            "currency": country.currency,
            "tier": role.tier,
            "payout_method": role.payout,
            "stripe_account": account,
            "stripe_customer": customer,
            "company_domain": company.domain,
            "status": role.status,
        }
        draft.add_import("participants", 0, cells | dict(role.spoil))
        members.append((role, member))
    return Cast(members), accounts, customers


def _crowd(draft: Draft) -> list[Role]:
    """Lay out the crowd: numbered within its kind, most of it with a way to be paid."""
    crowd: list[Role] = []
    numbers: dict[str, int] = {}
    for kind, tier, country, count in _CROWD:
        for _ in range(scaled(count, draft.opportunities, _LEAST)):
            number = numbers[kind] = numbers.get(kind, 0) + 1
            payout = _usual_payout(kind, number)
            crowd.append(Role(f"{kind}-{number:03}", kind, country, tier, payout=payout))
    return crowd


def _usual_payout(kind: str, number: int) -> str:
    """Say how the n-th participant of a kind is paid; technology partners earn nothing in cash."""
    if kind == "technology" or number % _UNDECIDED_EVERY == 0:
        return ""
    return "stripe_credit" if kind == "customer" and number % 2 == 0 else "stripe_transfer"


def _stripe_ids(role: Role) -> tuple[str, str]:
    digest = hashlib.sha256(role.key.encode()).hexdigest()
    account = f"acct_1{digest[:15]}" if role.payout == "stripe_transfer" else ""
    return account, f"cus_{digest[:14]}" if role.payout == "stripe_credit" else ""


def _stripe_account(account: str, role: Role) -> dict[str, Any]:
    return {
        "id": account,
        "country": role.country,
        "default_currency": COUNTRIES[role.country].currency.lower(),
        "transfers": role.transfers,
        "payouts_enabled": role.transfers == "active",
    }
