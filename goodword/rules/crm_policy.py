"""What the program says about the CRM: its own fields, routing, and deal registrations from it.

Names are Salesforce's API names. They get into SOQL, so the program file takes only what has the
shape of one (goodword/program/values.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo


class RouteTo(StrEnum):
    """How a record is given to the partner whose account it is on."""

    FIELD = "field"
    OWNER = "owner"


class Intake(StrEnum):
    """Which records of the CRM are deal registrations."""

    NONE = "none"
    LEAD = "lead"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class IntakeFields:
    """The field of a lead or custom object that says each thing of a claim; None: none does.

    `participant` holds a participant's key, or refers to a user or an account of the CRM.
    """

    participant: str | None = None
    company: str | None = None
    domain: str | None = None
    evidence: str | None = None
    division: str | None = None
    expected_amount: str | None = None
    currency: str | None = None
    expected_close_on: str | None = None
    opportunity_id: str | None = None
    submitted_at: str | None = None


LEAD_FIELDS = IntakeFields(
    company="Company",
    domain="Website",
    opportunity_id="ConvertedOpportunityId",
    submitted_at="CreatedDate",
)
"""Where a lead says it when the program names no other field."""

OBJECT_FIELDS = IntakeFields(submitted_at="CreatedDate")
"""The same of a custom object: only what every object has."""


@dataclass(frozen=True, slots=True)
class CrmPolicy:
    """The program's own fields, and what it takes from the CRM and gives back.

    `route_to` owner writes the record's owner beside the partner field, for partners who have a
    user in the CRM. A lead is a deal registration when it has `lead_record_type` or `lead_source`;
    what was created before `intake_from`, a day in the program's `time_zone`, is history.
    `division_field` is of leads and deals; it says which division of an account they are about.
    `product_field` is of deals; it says what is sold, of several things as a multi-select picklist.
    """

    partner_field: str = "Goodword_Partner__c"
    protected_until_field: str = "Goodword_Protected_Until__c"
    division_field: str | None = None
    product_field: str | None = None
    route_to: RouteTo = RouteTo.FIELD
    intake: Intake = Intake.NONE
    intake_from: date | None = None
    lead_record_type: str = "Deal_Registration"
    lead_source: str = "Partner"
    object: str | None = None
    fields: IntakeFields = IntakeFields()
    time_zone: str = "UTC"

    @property
    def intake_since(self) -> datetime | None:
        """The instant at which `intake_from` begins; None: nothing is history."""
        if self.intake_from is None:
            return None
        return datetime.combine(self.intake_from, time(), ZoneInfo(self.time_zone))

    @property
    def own_fields(self) -> tuple[str, str]:
        """The fields that show protection: the partner's, and the last protected day's."""
        return self.partner_field, self.protected_until_field

    @property
    def intake_object(self) -> str | None:
        """The object that deal registrations come from; None: from none."""
        return {Intake.NONE: None, Intake.LEAD: "Lead", Intake.OBJECT: self.object}[self.intake]

    def intake_field(self, name: str) -> str | None:
        """Return the API name of the field that says one thing of a claim, or None."""
        usual = LEAD_FIELDS if self.intake is Intake.LEAD else OBJECT_FIELDS
        found: str | None = getattr(self.fields, name) or getattr(usual, name)
        return found
