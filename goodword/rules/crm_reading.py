"""Reading raw CRM records into facts.

Pure, and never raising for what a record holds: a record is either a fact with every value typed,
or Unreadable with the sentence that an operator needs to correct it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from goodword.rules.crm import (
    CURRENCY_FIELD,
    PARTNER_FIELD,
    PROTECTED_UNTIL_FIELD,
    Account,
    CrmObject,
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
    reference,
    shown,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from goodword.rules.crm_values import Raw

_T = TypeVar("_T", bound=Record)


def read_account(raw: Raw, home_currency: str) -> Account | Unreadable:
    """Read an account; it has no amounts, so the home currency changes nothing."""
    return _read(CrmObject.ACCOUNT, raw, home_currency, _account)


def read_opportunity(raw: Raw, home_currency: str) -> Opportunity | Unreadable:
    """Read a deal, its amount in its own CurrencyIsoCode, else in the home currency.

    An open deal may have neither amount nor close date; a won one must have both. No deal has a
    negative amount. A deal without an account is a deal.
    """
    return _read(CrmObject.OPPORTUNITY, raw, home_currency, _opportunity)


def read_stage_change(raw: Raw, home_currency: str) -> StageChange | Unreadable:
    """Read a row of a deal's history, its amount as `read_opportunity` does."""
    return _read(CrmObject.STAGE_CHANGE, raw, home_currency, _stage_change)


def read_user(raw: Raw, home_currency: str) -> User | Unreadable:
    """Read a user; it has no amounts, so the home currency changes nothing."""
    return _read(CrmObject.USER, raw, home_currency, _user)


READERS: Mapping[CrmObject, Callable[[Raw, str], Record | Unreadable]] = {
    CrmObject.ACCOUNT: read_account,
    CrmObject.OPPORTUNITY: read_opportunity,
    CrmObject.STAGE_CHANGE: read_stage_change,
    CrmObject.USER: read_user,
}


def unreadable(crm_object: CrmObject, raw: Raw, reason: str) -> Unreadable:
    """Set a raw record aside with a reason."""
    found = raw.get("Id")
    crm_id = found if isinstance(found, str) else ""
    return Unreadable(crm_object, str(keepable({"Id": crm_id})["Id"]), reason, keepable(raw))


def _read(
    crm_object: CrmObject,
    raw: Raw,
    home_currency: str,
    build: Callable[[Raw, str], _T],
) -> _T | Unreadable:
    try:
        return build(raw, home_currency)
    except Impossible as error:
        return unreadable(crm_object, raw, str(error))


def _account(raw: Raw, _home_currency: str) -> Account:
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
        protected_partner=text(raw, PARTNER_FIELD),
        protected_until=day(raw, PROTECTED_UNTIL_FIELD),
        modified_at=instant(raw, "SystemModstamp"),
    )


def _opportunity(raw: Raw, home_currency: str) -> Opportunity:
    currency = currency_code(raw, CURRENCY_FIELD, home_currency)
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
        protected_partner=text(raw, PARTNER_FIELD),
        protected_until=day(raw, PROTECTED_UNTIL_FIELD),
        modified_at=instant(raw, "SystemModstamp"),
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


def _stage_change(raw: Raw, home_currency: str) -> StageChange:
    currency = currency_code(raw, CURRENCY_FIELD, home_currency)
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


def _user(raw: Raw, _home_currency: str) -> User:
    return User(
        crm_id=needed_reference(raw, "Id"),
        name=needed_text(raw, "Name"),
        email=text(raw, "Email"),
        is_active=boolean(raw, "IsActive"),
        modified_at=instant(raw, "SystemModstamp"),
    )
