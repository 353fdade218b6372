"""Facts of the CRM: accounts, deals and their history, leads and users, and where they are found.

Field names are Salesforce's own (Object Reference for the Salesforce Platform). How a raw record
becomes a fact: goodword/rules/crm_reading.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from decimal import Decimal

    from goodword.rules.crm_policy import CrmPolicy


class CrmObject(StrEnum):
    """The objects that are read; the value is the object's API name."""

    ACCOUNT = "Account"
    OPPORTUNITY = "Opportunity"
    STAGE_CHANGE = "OpportunityHistory"
    USER = "User"
    LEAD = "Lead"


PROTECTED = (CrmObject.ACCOUNT, CrmObject.OPPORTUNITY, CrmObject.LEAD)
"""The objects that can show the program's own fields; an org may be without them."""

CURRENCY_FIELD = "CurrencyIsoCode"
"""Only orgs with several currencies have it."""

QUANTITY_FIELD = "TotalOpportunityQuantity"
"""How many of what is sold (seats); an org may hide it from the integration user."""

NEEDED_FIELDS: Mapping[CrmObject, tuple[str, ...]] = {
    CrmObject.ACCOUNT: (
        *("Id", "Name", "Website", "Type", "ParentId", "OwnerId", "Industry", "BillingCountry"),
        *("LastActivityDate", "IsDeleted", "MasterRecordId", "SystemModstamp"),
    ),
    CrmObject.OPPORTUNITY: (
        *("Id", "AccountId", "Name", "StageName", "Amount", "CloseDate", "CreatedDate"),
        *("IsClosed", "IsWon", "LeadSource", "Type", "OwnerId", "LastActivityDate", "IsDeleted"),
        "SystemModstamp",
    ),
    CrmObject.STAGE_CHANGE: (
        *("Id", "OpportunityId", "StageName", "Amount", "CloseDate", "CreatedDate", "IsDeleted"),
        "SystemModstamp",
    ),
    CrmObject.USER: ("Id", "Name", "Email", "IsActive", "SystemModstamp"),
    CrmObject.LEAD: (
        *("Id", "Name", "Company", "Status", "OwnerId", "CreatedDate", "IsConverted"),
        *("ConvertedAccountId", "ConvertedOpportunityId", "IsDeleted", "MasterRecordId"),
        "SystemModstamp",
    ),
}
"""What each object must have to be read at all."""

_OPTIONAL_FIELDS: Mapping[CrmObject, tuple[str, ...]] = {
    CrmObject.ACCOUNT: (),
    CrmObject.OPPORTUNITY: (CURRENCY_FIELD, QUANTITY_FIELD),
    CrmObject.STAGE_CHANGE: (CURRENCY_FIELD,),
    CrmObject.USER: (),
    CrmObject.LEAD: ("Website", "Email", "LeadSource", "RecordTypeId"),
}


def optional_fields(kind: CrmObject, policy: CrmPolicy) -> tuple[str, ...]:
    """Name what is read of an object when the org has it, each once."""
    own = policy.own_fields if kind in PROTECTED else ()
    of_division = kind in {CrmObject.OPPORTUNITY, CrmObject.LEAD} and policy.division_field
    division = (policy.division_field,) if of_division and policy.division_field else ()
    is_sale = kind is CrmObject.OPPORTUNITY
    product = (policy.product_field,) if is_sale and policy.product_field else ()
    named = dict.fromkeys((*_OPTIONAL_FIELDS[kind], *own, *division, *product))
    return tuple(name for name in named if name not in NEEDED_FIELDS[kind])


@dataclass(frozen=True, slots=True)
class Conventions:
    """What a record does not say itself.

    `home_currency` is that of an amount whose record names none; `record_types` has the developer
    name of each of the object's record types, by id.
    """

    home_currency: str
    policy: CrmPolicy
    record_types: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """A company. A merged one is deleted and names the winner as its master."""

    crm_id: str
    name: str
    website: str | None
    type: str | None
    parent_crm_id: str | None
    owner_crm_id: str | None
    industry: str | None
    country: str | None
    is_deleted: bool
    master_crm_id: str | None
    last_activity_on: date | None
    protected_partner: str | None
    protected_until: date | None
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Opportunity:
    """A deal. `amount_minor` is in the smallest unit of `currency`; instants are in UTC.

    `division` is the one of its account that it is about, where the program names a field for it;
    `quantity` is how many of what is sold, such as seats, and `product` what it is.
    """

    crm_id: str
    account_crm_id: str | None
    name: str
    stage: str
    amount_minor: int | None
    currency: str
    close_on: date | None
    created_at: datetime
    is_closed: bool
    is_won: bool
    is_deleted: bool
    lead_source: str | None
    type: str | None
    owner_crm_id: str | None
    last_activity_on: date | None
    protected_partner: str | None
    protected_until: date | None
    division: str | None
    modified_at: datetime
    quantity: Decimal | None = None
    product: str | None = None


@dataclass(frozen=True, slots=True)
class StageChange:
    """One row of a deal's history: from `changed_at` (UTC) on it stood in `stage`."""

    crm_id: str
    opportunity_crm_id: str
    stage: str
    amount_minor: int | None
    currency: str
    close_on: date | None
    changed_at: datetime
    is_deleted: bool
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class User:
    """A person who works in the CRM."""

    crm_id: str
    name: str
    email: str | None
    is_active: bool
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Lead:
    """A prospect that is no account yet; a person without a company is their own.

    `record_type` is its developer name. A converted lead names what it became, a merged one is
    deleted and names its master. `owner_crm_id` is a user's or a queue's.
    """

    crm_id: str
    company: str
    website: str | None
    contact_name: str
    contact_email: str | None
    status: str
    lead_source: str | None
    record_type: str | None
    owner_crm_id: str | None
    created_at: datetime
    is_converted: bool
    converted_account_crm_id: str | None
    converted_opportunity_crm_id: str | None
    protected_partner: str | None
    protected_until: date | None
    division: str | None
    is_deleted: bool
    master_crm_id: str | None
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class DealRegistration:
    """A partner's claim as the CRM has it: a lead or a record of the program's custom object.

    Attributes:
        crm_object: the object's API name.
        crm_id: its id.
        said: what it says of each thing of a claim, by the program's names; only what is filled in.
        partner_account_crm_id: the partner's account, where the org has Salesforce's partners.
        owner_crm_id: the user or queue that it belongs to.
        creator_crm_id: the user who created it.
        converted_account_crm_id: the account that a converted lead became.
        converted_opportunity_crm_id: the deal that it became.
        is_deleted: whether it is in the recycle bin.
        master_crm_id: the record that it was merged into.
        modified_at: its stamp.
        raw: the record as it came, as JSON keeps it.
    """

    crm_object: str
    crm_id: str
    said: Mapping[str, str]
    partner_account_crm_id: str | None
    owner_crm_id: str | None
    creator_crm_id: str | None
    converted_account_crm_id: str | None
    converted_opportunity_crm_id: str | None
    is_deleted: bool
    master_crm_id: str | None
    modified_at: datetime
    raw: Mapping[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record set aside. `crm_id` is "" when it has none; `raw` can be kept as JSON."""

    crm_object: str
    crm_id: str
    reason: str
    raw: Mapping[str, str | int | bool | None]


Record = Account | Opportunity | StageChange | User | Lead | DealRegistration
