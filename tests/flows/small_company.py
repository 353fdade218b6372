"""A company small enough to be read: its CRM, its participants and their claims, written by hand.

    firm = Firm()
    firm.participant("rita", "reseller")
    northwind = firm.account("Northwind Traders", "northwind.example")
    deal = firm.deal(northwind, "2000.00", ("Qualification", "2026-06-01"))
    with trial(firm.company(date(2026, 6, 30))) as opened: ...

Days are days of New York at noon. What is called after the sandbox runs changes the org there:
`firm.step(trial, deal, ("Closed Won", "2026-06-26"))`.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.company.draft import COLUMNS
from sandbox.company.ids import record_id
from sandbox.world import Company, Row

if TYPE_CHECKING:
    from datetime import date

    from tests.flows.conftest import Trial

Step = tuple[str, str]
"""A stage, and the day on which the deal came to it (2026-06-26)."""

_CLOSED = {"Closed Won": ("true", "true"), "Closed Lost": ("true", "false")}
_CURRENCIES = {"US": "USD", "DE": "EUR", "JP": "JPY"}


@dataclass
class Firm:
    """The company while it is written, and the org that it becomes."""

    accounts: list[Row] = field(default_factory=list)
    deals: dict[str, Row] = field(default_factory=dict)
    history: list[Row] = field(default_factory=list)
    imports: dict[str, list[dict[str, str]]] = field(
        default_factory=lambda: {kind: [] for kind in COLUMNS}
    )
    stripe_accounts: list[dict[str, Any]] = field(default_factory=list)
    stripe_customers: list[dict[str, Any]] = field(default_factory=list)

    def participant(self, key: str, kind: str, country: str = "US", **cells: str) -> str:
        """Write an active participant of the basic tier, who is paid by transfer."""
        account = f"acct_1{key}"
        currency = _CURRENCIES[country]
        self.stripe_accounts.append(
            {
                "id": account,
                "country": country,
                "default_currency": currency.lower(),
                "transfers": "active",
                "payouts_enabled": True,
            }
        )
        usual = {
            "name": key.title(),
            "email": f"{key}@{key}-partners.example",
            "locale": "en",
            "currency": currency,
            "tier": "basic",
            "payout_method": "stripe_transfer",
            "stripe_account": account,
            "company_domain": f"{key}-partners.example",
            "status": "active",
        }
        self._import("participants", key=key, kind=kind, country=country, **usual | cells)
        return key

    def account(self, name: str, domain: str, kind: str = "Prospect") -> str:
        """Write an account; returns its id."""
        number = record_id("Account", len(self.accounts) + 1)
        self.accounts.append(
            {
                "Id": number,
                "Name": name,
                "Website": f"https://www.{domain}",
                "Type": kind,
                "OwnerId": record_id("User", 1),
                "CurrencyIsoCode": "USD",
                "CreatedDate": _stamp("2026-01-05"),
                "LastModifiedDate": _stamp("2026-01-05"),
                "SystemModstamp": _stamp("2026-01-05"),
                "IsDeleted": "false",
            }
        )
        return number

    def deal(self, account: str, amount: str, *steps: Step, currency: str = "USD") -> str:
        """Write a deal and its way; returns its id."""
        number = record_id("Opportunity", len(self.deals) + 1)
        self.deals[number] = {
            "Id": number,
            "AccountId": account,
            "Name": f"Deal {len(self.deals) + 1}",
            "Amount": amount,
            "CurrencyIsoCode": currency,
            "CreatedDate": _stamp(steps[0][1]),
            "OwnerId": record_id("User", 1),
            "IsDeleted": "false",
        }
        for step in steps:
            self._move(number, step)
        return number

    def claim(self, table: str, participant: str, on: str, /, **cells: str) -> str:
        """Write a referral, registration, touch or event of a participant; returns its key."""
        key = f"{table}-{len(self.imports[table]) + 1}"
        at = "at" if table in {"touches", "events"} else "submitted_at"
        self._import(table, key=key, participant=participant, **{at: _at(on)}, **cells)
        return key

    def company(self, business_date: date) -> Company:
        """Return the company as a sandbox is loaded with it."""
        user = {"Id": record_id("User", 1), "Name": "Sam Seller", "Email": "sam@firm.example"}
        modified = {"IsActive": "true", "SystemModstamp": _stamp("2026-01-05")}
        return Company(
            name="A small firm",
            org_id=record_id("Organization", 1),
            tables={
                "User": [{**user, **modified}],
                "Account": list(self.accounts),
                "Opportunity": [dict(row) for row in self.deals.values()],
                "OpportunityHistory": list(self.history),
            },
            stripe_accounts=self.stripe_accounts,
            stripe_customers=self.stripe_customers,
            imports={kind: _csv(kind, rows) for kind, rows in self.imports.items()},
            business_date=business_date,
        )

    def step(self, trial: Trial, deal: str, step: Step) -> None:
        """Let a deal go on in the org that runs."""
        changed = self._move(deal, step)
        with trial.world.lock:
            trial.world.salesforce.put_raw("Opportunity", [dict(self.deals[deal])])
            trial.world.salesforce.put_raw("OpportunityHistory", [changed])

    def _move(self, deal: str, step: Step) -> Row:
        stage, day = step
        row, stamp = self.deals[deal], _stamp(day)
        closed, won = _CLOSED.get(stage, ("false", "false"))
        row |= {"StageName": stage, "CloseDate": day, "IsClosed": closed, "IsWon": won}
        row |= {"LastModifiedDate": stamp, "SystemModstamp": stamp}
        change: Row = {
            "Id": record_id("OpportunityHistory", len(self.history) + 1),
            "OpportunityId": deal,
            "CreatedDate": stamp,
            "CreatedById": record_id("User", 1),
            "SystemModstamp": stamp,
            "IsDeleted": "false",
        }
        change |= {name: row[name] for name in _IN_HISTORY}
        self.history.append(change)
        return change

    def _import(self, table: str, /, **cells: str) -> None:
        self.imports[table].append({column: cells.get(column, "") for column in COLUMNS[table]})


_IN_HISTORY = ("StageName", "Amount", "CurrencyIsoCode", "CloseDate")


def _at(day: str) -> str:
    return f"{day}T12:00:00-04:00"


def _stamp(day: str) -> str:
    return f"{day}T16:00:00.000+0000"


def _csv(kind: str, rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS[kind], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
