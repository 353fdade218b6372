"""Records in quarantine, corrected: one of the CRM's registrations becomes a claim, once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from goodword.actions import quarantine
from goodword.actions.record_corrections import (
    Correction,
    CorrectionRefused,
    NoSuchRecord,
    StillUnreadable,
    correct,
)
from goodword.db.session import Database
from goodword.rules.crm_policy import CrmPolicy, Intake, IntakeFields
from tests import factories as make
from tests.contested import PROGRAM

POLICY = CrmPolicy(intake=Intake.LEAD, fields=IntakeFields(participant="Partner_Key__c"))
FROM_LEADS = replace(PROGRAM, crm=POLICY)
SOURCE = "salesforce.registration.Lead"
LEAD: dict[str, Any] = {
    "Id": "00Q000000000001AAA",
    "Company": "Acme",
    "Website": "https://acme.example",
    "LeadSource": "Partner",
    "OwnerId": "005000000000001AAA",
    "CreatedById": "005000000000001AAA",
    "Partner_Key__c": "nobody",
    "IsDeleted": False,
    "CreatedDate": "2026-06-29T15:00:00.000+0000",
    "SystemModstamp": "2026-06-29T15:00:00.000+0000",
}


def test_a_registration_of_the_crm_becomes_a_claim(database: Database) -> None:
    with database.transaction() as tx:
        make.participant(tx, "ann")
        quarantine.set_aside(tx, SOURCE, [quarantine.Aside(LEAD["Id"], "who is it", LEAD)])
    corrected = Correction(1, {"Partner_Key__c": "ann"}, "they told us", "olivia")
    with database.transaction() as tx:
        with pytest.raises(StillUnreadable, match="bob"):
            correct(tx, replace(corrected, cells={"Partner_Key__c": "bob"}), FROM_LEADS, make.TODAY)
        tx.rollback()
    with database.transaction() as tx, pytest.raises(CorrectionRefused, match="any more"):
        correct(tx, corrected, PROGRAM, make.TODAY)
    with database.transaction() as tx:
        correct(tx, corrected, FROM_LEADS, make.TODAY)
        assert make.value(tx, "SELECT source_id FROM registrations") == LEAD["Id"]
        assert make.told(tx, "quarantined record", 1) == ["corrected"]
        with pytest.raises(NoSuchRecord):
            correct(tx, corrected, FROM_LEADS, make.TODAY)
