"""Rows of the Account object."""

import random
from typing import Final

from sandbox.company.dates import stamp
from sandbox.company.names import CompanyName
from sandbox.company.people import sales_person
from sandbox.world import Row

_INDUSTRIES: Final = (
    "Banking",
    "Chemicals",
    "Education",
    "Electronics",
    "Energy",
    "Food & Beverage",
    "Healthcare",
    "Insurance",
    "Manufacturing",
    "Media",
    "Retail",
    "Technology",
    "Telecommunications",
    "Transportation",
)
_SOURCES: Final = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
# The ways in which people write a web address into a CRM.
_WEBSITES: Final = ("https://www.{}", "https://{}/", "http://www.{}", "www.{}", "{}")


def account_row(
    rng: random.Random, record: str, company: CompanyName, kind: str, created: int
) -> Row:
    """Build the row of an account that nothing has happened to since it was created.

    Args:
        rng: What the details are drawn from.
        record: Its Salesforce id.
        company: Its name, domain and country.
        kind: Type: Prospect, Customer or Partner.
        created: The moment of its creation.
    """
    text = stamp(created)
    return {
        "Id": record,
        "Name": company.name,
        "Website": rng.choice(_WEBSITES).format(company.domain),
        "Industry": rng.choice(_INDUSTRIES),
        "BillingCountry": company.country.name,
        "Type": kind,
        "ParentId": "",
        "OwnerId": sales_person(rng),
        "AccountSource": rng.choice(_SOURCES),
        "CurrencyIsoCode": company.country.currency,
        "LastActivityDate": "",
        "CreatedDate": text,
        "LastModifiedDate": text,
        "SystemModstamp": text,
        "IsDeleted": "false",
        "MasterRecordId": "",
        "Goodword_Partner__c": "",
        "Goodword_Protected_Until__c": "",
    }
