"""Reading raw CRM records into facts.

Pure, and never raising for what a record holds: a record is either a fact with every value typed,
or Unreadable with the sentence that an operator needs to correct it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from goodword.rules.crm import (
    CURRENCY_FIELD,
    QUANTITY_FIELD,
    Account,
    Conventions,
    CrmObject,
    Lead,
    Opportunity,
    Record,
    StageChange,
    Unreadable,
    User,
)
from goodword.rules.crm_values import (
    Impossible,
    amount_minor,
    boolean,
    currency_code,
    day,
    instant,
    keepable,
    needed_reference,
    needed_text,
    quantity,
    reference,
    shown,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from goodword.rules.crm_values import Raw

_T = TypeVar("_T", bound=Record)


def read_account(raw: Raw, around: Conventions) -> Account | Unreadable:
    """Read an account."""
    return _read(CrmObject.ACCOUNT, raw, around, _account)


def read_opportunity(raw: Raw, around: Conventions) -> Opportunity | Unreadable:
    """Read a deal, its amount in its own CurrencyIsoCode, else in the home currency.

    An open deal may have neither amount nor close date; a won one must have both. No deal has a
    negative amount. A deal without an account is a deal.
    """
    return _read(CrmObject.OPPORTUNITY, raw, around, _opportunity)


def read_stage_change(raw: Raw, around: Conventions) -> StageChange | Unreadable:
    """Read a row of a deal's history, its amount as `read_opportunity` does."""
    return _read(CrmObject.STAGE_CHANGE, raw, around, _stage_change)


def read_user(raw: Raw, around: Conventions) -> User | Unreadable:
    """Read a user."""
    return _read(CrmObject.USER, raw, around, _user)


def read_lead(raw: Raw, around: Conventions) -> Lead | Unreadable:
    """Read a lead."""
    return _read(CrmObject.LEAD, raw, around, _lead)


READERS: Mapping[CrmObject, Callable[[Raw, Conventions], Record | Unreadable]] = {
    CrmObject.ACCOUNT: read_account,
    CrmObject.OPPORTUNITY: read_opportunity,
    CrmObject.STAGE_CHANGE: read_stage_change,
    CrmObject.USER: read_user,
    CrmObject.LEAD: read_lead,
}


def unreadable(crm_object: str, raw: Raw, reason: str) -> Unreadable:
    """Set a raw record aside with a reason."""
    found = raw.get("Id")
    crm_id = found if isinstance(found, str) else ""
    return Unreadable(crm_object, str(keepable({"Id": crm_id})["Id"]), reason, keepable(raw))


def _read(
    crm_object: CrmObject,
    raw: Raw,
    around: Conventions,
    build: Callable[[Raw, Conventions], _T],
) -> _T | Unreadable:
    try:
        return build(raw, around)
    except Impossible as error:
        return unreadable(crm_object, raw, str(error))


def _account(raw: Raw, around: Conventions) -> Account:
    return Account(
        crm_id=needed_reference(raw, "Id"),
        name=needed_text(raw, "Name"),
        website=text(raw, "Website"),
        type=text(raw, "Type"),
        parent_crm_id=reference(raw, "ParentId"),
        owner_crm_id=reference(raw, "OwnerId"),
        industry=text(raw, "Industry"),
        country=text(raw, "BillingCountry"),
        is_deleted=boolean(raw, "IsDeleted"),
        master_crm_id=reference(raw, "MasterRecordId"),
        last_activity_on=day(raw, "LastActivityDate"),
        protected_partner=text(raw, around.policy.partner_field),
        protected_until=day(raw, around.policy.protected_until_field),
        modified_at=instant(raw, "SystemModstamp"),
    )


def _opportunity(raw: Raw, around: Conventions) -> Opportunity:
    currency = currency_code(raw, CURRENCY_FIELD, around.home_currency)
    deal = Opportunity(
        crm_id=needed_reference(raw, "Id"),
        account_crm_id=reference(raw, "AccountId"),
        name=needed_text(raw, "Name"),
        stage=needed_text(raw, "StageName"),
        amount_minor=amount_minor(raw, "Amount", currency),
        currency=currency,
        close_on=day(raw, "CloseDate"),
        created_at=instant(raw, "CreatedDate"),
        is_closed=boolean(raw, "IsClosed"),
        is_won=boolean(raw, "IsWon"),
        is_deleted=boolean(raw, "IsDeleted"),
        lead_source=text(raw, "LeadSource"),
        type=text(raw, "Type"),
        owner_crm_id=reference(raw, "OwnerId"),
        last_activity_on=day(raw, "LastActivityDate"),
        protected_partner=text(raw, around.policy.partner_field),
        protected_until=day(raw, around.policy.protected_until_field),
        division=_division(raw, around),
        modified_at=instant(raw, "SystemModstamp"),
        quantity=quantity(raw, QUANTITY_FIELD),
        product=text(raw, product) if (product := around.policy.product_field) else None,
    )
    _check(deal, raw)
    return deal


def _check(deal: Opportunity, raw: Raw) -> None:
    """Refuse a deal whose values cannot all be true.

    A deleted deal need not be complete: its deletion must be learned either way.
    """
    if deal.amount_minor is not None and deal.amount_minor < 0:
        raise Impossible("Amount", f"is {shown(raw['Amount'])}: no deal is worth less than nothing")
    if deal.is_won and not deal.is_closed:
        raise Impossible("IsWon", "is true while IsClosed is false: a won deal is closed")
    if not deal.is_won or deal.is_deleted:
        return
    if deal.amount_minor is None:
        raise Impossible("Amount", "is empty on a won deal: fill in what it is worth")
    if deal.close_on is None:
        raise Impossible("CloseDate", "is empty on a won deal: fill in when it was won")


def _stage_change(raw: Raw, around: Conventions) -> StageChange:
    currency = currency_code(raw, CURRENCY_FIELD, around.home_currency)
    return StageChange(
        crm_id=needed_reference(raw, "Id"),
        opportunity_crm_id=needed_reference(raw, "OpportunityId"),
        stage=needed_text(raw, "StageName"),
        # what the deal was once said to be worth; history is kept even where it was negative
        amount_minor=amount_minor(raw, "Amount", currency),
        currency=currency,
        close_on=day(raw, "CloseDate"),
        changed_at=instant(raw, "CreatedDate"),
        is_deleted=boolean(raw, "IsDeleted"),
        modified_at=instant(raw, "SystemModstamp"),
    )


def _user(raw: Raw, _around: Conventions) -> User:
    return User(
        crm_id=needed_reference(raw, "Id"),
        name=needed_text(raw, "Name"),
        email=text(raw, "Email"),
        is_active=boolean(raw, "IsActive"),
        modified_at=instant(raw, "SystemModstamp"),
    )


def _lead(raw: Raw, around: Conventions) -> Lead:
    name = needed_text(raw, "Name")
    record_type = reference(raw, "RecordTypeId")
    return Lead(
        crm_id=needed_reference(raw, "Id"),
        # an org with person accounts has leads without a company
        company=text(raw, "Company") or name,
        website=text(raw, "Website"),
        contact_name=name,
        contact_email=text(raw, "Email"),
        status=needed_text(raw, "Status"),
        lead_source=text(raw, "LeadSource"),
        record_type=around.record_types.get(record_type) if record_type else None,
        owner_crm_id=reference(raw, "OwnerId"),
        created_at=instant(raw, "CreatedDate"),
        is_converted=boolean(raw, "IsConverted"),
        converted_account_crm_id=reference(raw, "ConvertedAccountId"),
        converted_opportunity_crm_id=reference(raw, "ConvertedOpportunityId"),
        protected_partner=text(raw, around.policy.partner_field),
        protected_until=day(raw, around.policy.protected_until_field),
        division=_division(raw, around),
        is_deleted=boolean(raw, "IsDeleted"),
        master_crm_id=reference(raw, "MasterRecordId"),
        modified_at=instant(raw, "SystemModstamp"),
    )


def _division(raw: Raw, around: Conventions) -> str | None:
    field = around.policy.division_field
    return text(raw, field) if field else None
