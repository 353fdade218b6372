"""The company's sales people, and the contacts and leads at other companies."""

import random
from typing import Final

from sandbox.company.cast import VENDOR_DOMAIN
from sandbox.company.countries import COUNTRIES
from sandbox.company.dates import Span, draw_days_ago, office_hours, stamp
from sandbox.company.draft import Draft, scaled
from sandbox.company.ids import record_id
from sandbox.company.names import CompanyName, person
from sandbox.world import Row

_SALES_PEOPLE: Final = 10
_CONTACTS: Final = 100
_LEADS: Final = 50
_TITLES: Final = ("CEO", "CFO", "CTO", "Head of Purchasing", "IT Manager", "Operations Manager")
_LEAD_STATUS: Final = ("Open - Not Contacted", "Working - Contacted", "Closed - Not Converted")


def sales_person(rng: random.Random) -> str:
    """Draw the id of one of the sales people."""
    return record_id("User", rng.randint(1, _SALES_PEOPLE))


def hire_sales_people(draft: Draft) -> None:
    """Write the users; the last one has left the company."""
    rng = draft.rng("sales people")
    for number in range(1, _SALES_PEOPLE + 1):
        name = person(rng, COUNTRIES["US"])
        mailbox = f"{name.mailbox}.{number}@{VENDOR_DOMAIN}"
        moment = stamp(office_hours(rng, 1_500))
        draft.tables["User"].append(
            {
                "Id": draft.next_id("User"),
                "Username": mailbox,
                "FirstName": name.first,
                "LastName": name.last,
                "Name": name.full,
                "Email": mailbox,
                "Title": "Account Executive",
                "IsActive": "false" if number == _SALES_PEOPLE else "true",
                "CreatedDate": moment,
                "LastModifiedDate": moment,
                "SystemModstamp": moment,
            }
        )


def write_contacts(draft: Draft, accounts: list[tuple[str, CompanyName]]) -> None:
    """Write contacts at some accounts, given as (account id, company)."""
    rng = draft.rng("contacts")
    for _ in range(scaled(_CONTACTS, draft.opportunities)):
        account_id, company = rng.choice(accounts)
        row = _person_row(rng, draft.next_id("Contact"), company)
        draft.tables["Contact"].append(row | {"AccountId": account_id})


def write_leads(draft: Draft) -> None:
    """Write leads at companies that are no accounts yet."""
    rng = draft.rng("leads")
    codes = sorted(COUNTRIES)
    for _ in range(scaled(_LEADS, draft.opportunities)):
        company = draft.namer.company(COUNTRIES[rng.choice(codes)])
        write_lead(draft, rng, company, draft.next_id("Lead"))


def write_lead(
    draft: Draft, rng: random.Random, company: CompanyName, record: str, days_ago: Span = (400, 2)
) -> None:
    """Write one lead at a company, created so many days ago."""
    draft.tables["Lead"].append(
        _person_row(rng, record, company, days_ago)
        | {
            "Company": company.name,
            "Website": f"https://www.{company.domain}",
            "Status": rng.choice(_LEAD_STATUS),
            "IsConverted": "false",
        }
    )


def _person_row(
    rng: random.Random, record: str, company: CompanyName, days_ago: Span = (400, 2)
) -> Row:
    name = person(rng, company.country)
    moment = stamp(office_hours(rng, draw_days_ago(rng, days_ago)))
    return {
        "Id": record,
        "FirstName": name.first,
        "LastName": name.last,
        "Name": name.full,
        "Email": f"{name.mailbox}@{company.domain}",
        "Title": rng.choice(_TITLES),
        "LeadSource": "Web",
        "OwnerId": sales_person(rng),
        "IsDeleted": "false",
        "CreatedDate": moment,
        "LastModifiedDate": moment,
        "SystemModstamp": moment,
    }
