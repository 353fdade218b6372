"""Deal registrations in the CRM: which fields of a lead or custom object say what of a claim.

Salesforce's own partner product keeps them as leads (record type "Deal Registration", or
LeadSource "Partner"); the common alternative is a custom object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
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
        if (field := policy.intake_field(name)) and not _is_empty(raw.get(field))
    }
    if "evidence" in said:
        said["evidence"] = ";".join(_evidence(piece) for piece in said["evidence"].split(";"))
    if "expected_amount" in said:
        # an amount goes by the record's own currency, and by the org's where it names none
        said.setdefault("currency", _as_text(raw.get(CURRENCY_FIELD) or around.home_currency))
    return said


def _is_empty(value: object) -> bool:
    return value is None or value == ""


def _as_text(value: object) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _evidence(piece: str) -> str:
    """Write a value of a picklist, "Discovery Call", as the word that it stands for."""
    word = "_".join(piece.casefold().split())
    return word if word in EVIDENCE else piece.strip()


# Since when -------------------------------------------------------------------------------------

SINCE = "goodword_since"
"""What is added to a record that became a registration late: since when it is known to be one."""


def late_since(
    record: DealRegistration, policy: CrmPolicy, read_until: datetime | None
) -> str | None:
    """Tell since when a record that nobody has seen before is known to be a registration.

    Every lead that was one until `read_until` has been read. An older lead that was not among them
    became one since, and the first moment that proves it is its last change: its creation would put
    a web lead that is marked today before a rival of last month.

    Returns:
        The instant (ISO 8601); None where its creation, or a field that the program names, says
        when it was submitted.
    """
    if policy.intake is not Intake.LEAD or policy.intake_field("submitted_at") != "CreatedDate":
        return None
    was_none = read_until is not None and instant(record.raw, "CreatedDate") < read_until
    return record.modified_at.isoformat() if was_none else None


def dated(record: DealRegistration, since: str) -> DealRegistration:
    """Return a record that is a claim since an instant (ISO 8601), and remembers it."""
    return replace(
        record,
        said={**record.said, "submitted_at": since},
        raw={**record.raw, SINCE: since},
    )


# As claims --------------------------------------------------------------------------------------


def key_of(record: DealRegistration) -> str:
    """Return the key of a record's claim: "lead:00Q…", or the object's name in place of lead."""
    return f"{'lead' if record.crm_object == 'Lead' else record.crm_object}:{record.crm_id}"


def source_of(policy: CrmPolicy) -> str:
    """Return the door that the records of this program come by."""
    return "crm_lead" if policy.intake is Intake.LEAD else "crm_object"


@dataclass(frozen=True, slots=True)
class Became:
    """What became of a record: deleted, merged into another, or converted.

    Attributes:
        crm_id: its id.
        is_deleted: whether it is in the recycle bin.
        master_crm_id: the record that it was merged into.
        account_crm_id: the account that it was converted to.
        opportunity_crm_id: the deal.
    """

    crm_id: str
    is_deleted: bool = False
    master_crm_id: str | None = None
    account_crm_id: str | None = None
    opportunity_crm_id: str | None = None

    @classmethod
    def of(cls, record: DealRegistration) -> Became:
        """Return what became of a record that was read."""
        return cls(
            record.crm_id,
            record.is_deleted,
            record.master_crm_id,
            record.converted_account_crm_id,
            record.converted_opportunity_crm_id,
        )


@dataclass(frozen=True, slots=True)
class People:
    """The participants whom some records can be speaking of: their keys, also by user and account.

    An account's participants are those whose company has its domain.
    """

    keys: frozenset[str]
    by_user: Mapping[str, Sequence[str]]
    by_account: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Maker:
    """Who made a record: a participant's key, or "" and why nobody can be told to have."""

    key: str
    problem: str = ""

    def explain(self, problems: Sequence[str]) -> list[str]:
        """Say what is wrong with a record, and of the participant what is known here."""
        if not self.problem:
            return list(problems)
        return [self.problem, *(each for each in problems if not each.startswith("participant "))]


def who_made_it(records: Sequence[DealRegistration], people: People) -> list[Maker]:
    """Tell of each record which participant it is from.

    The field that the program names decides where it is filled in: a participant's key, or a
    look-up of a user or an account. Else it is the partner account's participant, or the owner's,
    or that of the user who created it: a partner's lead is often given to a queue.
    """
    return [_maker(record, people) for record in records]


def _maker(record: DealRegistration, people: People) -> Maker:
    named = record.said.get("participant")
    if named is not None:
        if named in people.keys or not (named in people.by_user or named in people.by_account):
            return Maker(named)  # whoever takes the claim in says when it is nobody's key
        return _only(named, people.by_user.get(named) or people.by_account[named])
    for crm_id, found in (
        (record.partner_account_crm_id, people.by_account),
        (record.owner_crm_id, people.by_user),
        (record.creator_crm_id, people.by_user),
    ):
        if crm_id is not None and crm_id in found:
            return _only(crm_id, found[crm_id])
    return Maker(
        "",
        f"no participant is known to have made it: neither its owner {record.owner_crm_id} nor who "
        f"created it, {record.creator_crm_id}, is a participant's crm_user_id; import the "
        "participant with it, or name the field that holds the key under [crm.fields]",
    )


def _only(crm_id: str, keys: Sequence[str]) -> Maker:
    if len(keys) == 1:
        return Maker(keys[0])
    return Maker(
        "", f"{crm_id} stands for {len(keys)} participants: {', '.join(keys)}; name one by its key"
    )
