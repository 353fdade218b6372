"""Deal registrations in the CRM: which fields of a lead or custom object say what of a claim.

Salesforce's own partner product keeps them as leads (record type "Deal Registration", or
LeadSource "Partner"); the common alternative is a custom object.
"""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING

from goodword.rules.crm import CURRENCY_FIELD, Conventions, DealRegistration, Unreadable
from goodword.rules.crm_policy import CrmPolicy, Intake, IntakeFields
from goodword.rules.crm_reading import unreadable
from goodword.rules.crm_values import (
    Impossible,
    boolean,
    instant,
    keepable,
    needed_reference,
    reference,
)
from goodword.rules.registrations import EVIDENCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from goodword.rules.crm_values import Raw

_EVERY_OBJECT = ("Id", "IsDeleted", "CreatedDate", "SystemModstamp")
_WHERE_THERE = ("OwnerId", "CreatedById", CURRENCY_FIELD)
_OF_LEADS = ("ConvertedAccountId", "ConvertedOpportunityId", "MasterRecordId", "PartnerAccountId")
_NAMES = tuple(field.name for field in fields(IntakeFields))


def needed_intake_fields(policy: CrmPolicy) -> tuple[str, ...]:
    """Name the fields that the object must have: every object's, and those the program names."""
    named = (getattr(policy.fields, name) for name in _NAMES)
    return tuple(dict.fromkeys((*_EVERY_OBJECT, *filter(None, named))))


def intake_fields(policy: CrmPolicy, types: Mapping[str, str]) -> tuple[str, ...]:
    """Name the fields to read of an object that has the fields `types`, each once."""
    usual = (field for name in _NAMES if (field := policy.intake_field(name)))
    of_leads = _OF_LEADS if policy.intake is Intake.LEAD else ()
    there = [name for name in (*_WHERE_THERE, *of_leads, *usual) if name in types]
    return tuple(dict.fromkeys((*needed_intake_fields(policy), *there)))


def read_deal_registration(raw: Raw, around: Conventions) -> DealRegistration | Unreadable:
    """Read what a record says of a claim, as text; whether it can be one, submitting it decides."""
    crm_object = around.policy.intake_object or ""
    try:
        instant(raw, "CreatedDate")
        return DealRegistration(
            crm_object=crm_object,
            crm_id=needed_reference(raw, "Id"),
            said=_said(raw, around),
            partner_account_crm_id=reference(raw, "PartnerAccountId"),
            owner_crm_id=reference(raw, "OwnerId"),
            creator_crm_id=reference(raw, "CreatedById"),
            converted_account_crm_id=reference(raw, "ConvertedAccountId"),
            converted_opportunity_crm_id=reference(raw, "ConvertedOpportunityId"),
            is_deleted=boolean(raw, "IsDeleted"),
            master_crm_id=reference(raw, "MasterRecordId"),
            modified_at=instant(raw, "SystemModstamp"),
            raw=keepable(raw),
        )
    except Impossible as error:
        return unreadable(crm_object, raw, str(error))


def _said(raw: Raw, around: Conventions) -> dict[str, str]:
    policy = around.policy
    said = {
        name: _as_text(raw[field])
        for name in _NAMES
        if (field := policy.intake_field(name)) and raw.get(field) not in {None, ""}
    }
    if "evidence" in said:
        said["evidence"] = ";".join(_evidence(piece) for piece in said["evidence"].split(";"))
    if "expected_amount" in said:
        # an amount goes by the record's own currency, and by the org's where it names none
        said.setdefault("currency", _as_text(raw.get(CURRENCY_FIELD) or around.home_currency))
    return said


def _as_text(value: object) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _evidence(piece: str) -> str:
    """Write a value of a picklist, "Discovery Call", as the word that it stands for."""
    word = "_".join(piece.casefold().split())
    return word if word in EVIDENCE else piece.strip()
