"""Converting a lead: it becomes an account, a contact and, unless told otherwise, a deal.

Salesforce does it in its own pages and in Apex; the REST API cannot. So it is a control here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sandbox.salesforce import errors
from sandbox.salesforce.org import Org, UnknownRecordError
from sandbox.salesforce.values import Record, instant
from sandbox.salesforce.writes import Writer

_CLOSES_AFTER = timedelta(days=90)


def convert(
    org: Org, lead_id: str, account_id: str | None, opportunity_name: str | None
) -> dict[str, str | None]:
    """Convert a lead.

    Args:
        org: the org that has the lead.
        lead_id: its Id.
        account_id: the account that it joins; None makes a new one.
        opportunity_name: the name of the new deal; None makes no deal.

    Returns:
        The Ids of account, contact and deal, by the lead's field for each.

    Raises:
        UnknownRecordError: the org has no such lead, or it is in the recycle bin.
        SalesforceError: it was converted before, or the new records break a rule.
    """
    table = org.table("Lead")
    lead = table.get(lead_id)
    if lead is None or lead.get("IsDeleted") is True:
        raise UnknownRecordError(f"the org has no Lead with the Id {lead_id!r}")
    if lead.get("IsConverted") is True:
        raise errors.converted_lead()
    became = _create(org, lead, account_id, opportunity_name)
    now = org.now()
    marks: Record = {
        "IsConverted": True,
        "Status": "Closed - Converted",
        "ConvertedDate": now[: len("YYYY-MM-DD")],
        "LastModifiedDate": now,
        "SystemModstamp": now,
    }
    org.save(table, {**lead, **became, **marks})
    return became


def _create(
    org: Org, lead: Record, account_id: str | None, opportunity_name: str | None
) -> dict[str, str | None]:
    writer = Writer(org)
    # a queue owns leads but neither accounts nor deals: they are then the converting user's
    owner = str(lead.get("OwnerId") or "")
    owned: dict[str, Any] = {"OwnerId": owner} if owner.startswith("005") else {}
    if account_id is None:
        account = {"Name": lead["Company"], "Website": lead.get("Website"), **owned}
        account_id = writer.create(org.table("Account"), account)
    person = {name: lead.get(name) for name in ("FirstName", "LastName", "Email")}
    contact = {**person, "AccountId": account_id, **owned}
    opportunity_id = None
    if opportunity_name is not None:
        closes = instant(org.now()) + _CLOSES_AFTER
        deal = {
            "Name": opportunity_name,
            "AccountId": account_id,
            "StageName": "Prospecting",
            "CloseDate": closes.date().isoformat(),
            "LeadSource": lead.get("LeadSource"),
            **owned,
        }
        opportunity_id = writer.create(org.table("Opportunity"), deal)
    return {
        "ConvertedAccountId": account_id,
        "ConvertedContactId": writer.create(org.table("Contact"), contact),
        "ConvertedOpportunityId": opportunity_id,
    }
