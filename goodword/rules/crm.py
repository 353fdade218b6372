"""Facts of the CRM: accounts, opportunities, stage changes and users, and where they are found.

Field names are Salesforce's own (Object Reference for the Salesforce Platform). How a raw record
becomes a fact: goodword/rules/crm_reading.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime


class CrmObject(StrEnum):
    """The objects that are read; the value is the object's API name."""

    ACCOUNT = "Account"
    OPPORTUNITY = "Opportunity"
    STAGE_CHANGE = "OpportunityHistory"
    USER = "User"


PARTNER_FIELD = "Goodword_Partner__c"
PROTECTED_UNTIL_FIELD = "Goodword_Protected_Until__c"
OWN_FIELDS = (PARTNER_FIELD, PROTECTED_UNTIL_FIELD)
"""The program's own fields, on accounts and opportunities; an org may be without them."""

CURRENCY_FIELD = "CurrencyIsoCode"
"""Only orgs with several currencies have it."""

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
}
"""What each object must have to be read at all."""

OPTIONAL_FIELDS: Mapping[CrmObject, tuple[str, ...]] = {
    CrmObject.ACCOUNT: OWN_FIELDS,
    CrmObject.OPPORTUNITY: (CURRENCY_FIELD, *OWN_FIELDS),
    CrmObject.STAGE_CHANGE: (CURRENCY_FIELD,),
    CrmObject.USER: (),
}
"""What is read when the org has it."""


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
    """A deal. `amount_minor` is in the smallest unit of `currency`; instants are in UTC."""

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
    modified_at: datetime


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
class Unreadable:
    """A record set aside. `crm_id` is "" when it has none; `raw` can be kept as JSON."""

    crm_object: CrmObject
    crm_id: str
    reason: str
    raw: Mapping[str, str | int | bool | None]


Record = Account | Opportunity | StageChange | User
