"""The "CRM Sales Opportunities" layout, turned into the rows of a Salesforce org.

Every quirk of the data stays: misspelt sectors and countries, products spelt another way than in
the list of products, opportunities without an account, a date or an amount. What Salesforce needs
and the data has not (Ids, times of day) is derived from names, the same every time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from sandbox.csv_tables import CsvRow, CsvTable
from sandbox.salesforce.ids import new_id
from sandbox.world import Row

FILES = ("accounts.csv", "products.csv", "sales_teams.csv", "sales_pipeline.csv")

# The first day of the data: that of everything which names no day of its own.
FIRST_DAY = date(2016, 10, 20)

_MILLION = 1_000_000
_STAGES = ("Prospecting", "Engaging", "Won", "Lost")
_CLOSED = ("Won", "Lost")
# When a stage is entered: each within three hours from its own, so that stages which are entered
# on one day keep their order.
_HOURS = {"Prospecting": 8, "Engaging": 12, "Won": 16, "Lost": 16}
_SPREAD_SECONDS = 3 * 3600


def tables(files: Mapping[str, CsvTable]) -> dict[str, list[Row]]:
    """Account, User, Product2, Opportunity and OpportunityHistory, from the four files.

    Raises:
        DataFolderError: a column is missing; or a row names an account that is not there, a
            stage, date or number that is none, or an id or name that another row has.
    """
    accounts, teams = files["accounts.csv"], files["sales_teams.csv"]
    products, pipeline = files["products.csv"], files["sales_pipeline.csv"]
    accounts.need(
        "account", "sector", "year_established", "revenue", "employees", "office_location",
        "subsidiary_of",
    )  # fmt: skip
    teams.need("sales_agent", "manager", "regional_office")
    products.need("product", "series", "sales_price")
    pipeline.need(
        "opportunity_id", "sales_agent", "product", "account", "deal_stage", "engage_date",
        "close_date", "close_value",
    )  # fmt: skip
    known = _named(accounts, "account")
    agents = _named(teams, "sales_agent")
    _named(pipeline, "opportunity_id")
    _named(products, "product")
    deals = [_Deal(row, known, agents) for row in pipeline.rows]
    return {
        "Account": [_account(row, known) for row in accounts.rows],
        "User": [_user(row) for row in teams.rows],
        "Product2": [_product(row) for row in products.rows],
        "Opportunity": [deal.opportunity() for deal in deals],
        "OpportunityHistory": [entry for deal in deals for entry in deal.history()],
    }


def _named(table: CsvTable, column: str) -> set[str]:
    """The names in a column, each of which may be there once."""
    names: set[str] = set()
    for row in table.rows:
        name = row.cells[column]
        if not name or name in names:
            raise row.refuse(f"the {column} {name!r} is there already" if name else f"no {column}")
        names.add(name)
    return names


def _account(row: CsvRow, known: set[str]) -> Row:
    cells = row.cells
    parent = cells["subsidiary_of"]
    if parent and parent not in known:
        raise row.refuse(f"subsidiary_of names {parent!r}, which is no account")
    revenue = _number(row, "revenue")
    return {
        "Id": _id("001", cells["account"]),
        "Name": cells["account"],
        "Industry": cells["sector"],
        "AnnualRevenue": _plain(revenue * _MILLION) if revenue is not None else None,
        "NumberOfEmployees": cells["employees"],
        "BillingCountry": cells["office_location"],
        "YearStarted": cells["year_established"],
        "ParentId": _id("001", parent) if parent else None,
        **_stamps(_at(FIRST_DAY, "Prospecting", cells["account"])),
    }


def _user(row: CsvRow) -> Row:
    name = row.cells["sales_agent"]
    first, _, last = name.rpartition(" ")
    return {
        "Id": _id("005", name),
        "Username": f"{name.lower().replace(' ', '.')}@sandbox.example",
        "FirstName": first or None,
        "LastName": last,
        "Name": name,
        "Department": row.cells["regional_office"],
        "Manager_Name__c": row.cells["manager"],
        "IsActive": "true",
        **_stamps(_at(FIRST_DAY, "Prospecting", name)),
    }


def _product(row: CsvRow) -> Row:
    name = row.cells["product"]
    price = _number(row, "sales_price")
    return {
        "Id": _id("01t", name),
        "Name": name,
        "Family": row.cells["series"],
        "Sales_Price__c": _plain(price) if price is not None else None,
        **_stamps(_at(FIRST_DAY, "Prospecting", name)),
    }


class _Deal:
    """One row of the pipeline, read and checked."""

    def __init__(self, row: CsvRow, accounts: set[str], agents: set[str]) -> None:
        cells = row.cells
        if cells["deal_stage"] not in _STAGES:
            allowed = ", ".join(_STAGES)
            raise row.refuse(f"deal_stage {cells['deal_stage']!r} is none of {allowed}")
        if cells["account"] and cells["account"] not in accounts:
            raise row.refuse(f"account {cells['account']!r} is not in accounts.csv")
        if cells["sales_agent"] not in agents:
            raise row.refuse(f"sales_agent {cells['sales_agent']!r} is not in sales_teams.csv")
        self.cells = cells
        self.key = cells["opportunity_id"]
        self.stage = cells["deal_stage"]
        self.id = _id("006", self.key)
        self.owner = _id("005", cells["sales_agent"])
        self.engaged = _day(row, "engage_date")
        self.closed = _day(row, "close_date")
        value = _number(row, "close_value")
        self.amount = None if value is None else _plain(value)
        self.created = _at(self.engaged or FIRST_DAY, "Prospecting", self.key)
        self.modified = self._modified()

    def _modified(self) -> str:
        """The instant of the last thing that the row tells of."""
        if self.closed is not None:
            return _at(self.closed, self.stage, self.key)
        return self.created if self.engaged is None else _at(self.engaged, "Engaging", self.key)

    def opportunity(self) -> Row:
        product, account = self.cells["product"], self.cells["account"]
        return {
            "Id": self.id,
            "External_Id__c": self.key,
            "Name": f"{product} for {account}" if account else product,
            "AccountId": _id("001", account) if account else None,
            "OwnerId": self.owner,
            "Product__c": product,
            "StageName": self.stage,
            "IsClosed": "true" if self.stage in _CLOSED else "false",
            "IsWon": "true" if self.stage == "Won" else "false",
            "Amount": self.amount,
            "CloseDate": self.closed.isoformat() if self.closed else None,
            **_stamps(self.created, self.modified),
        }

    def history(self) -> list[Row]:
        """The stages it went through: every one of them that the row has a day for."""
        entries = [self._entry("Prospecting", self.created)]
        if self.engaged is not None:
            entries.append(self._entry("Engaging", _at(self.engaged, "Engaging", self.key)))
        if self.stage in _CLOSED:
            entries.append(self._entry(self.stage, self.modified))
        return entries

    def _entry(self, stage: str, at: str) -> Row:
        final = stage in _CLOSED
        return {
            "Id": _id("008", f"{self.key} {stage}"),
            "OpportunityId": self.id,
            "StageName": stage,
            "Amount": self.amount if final else None,
            "CloseDate": self.closed.isoformat() if final and self.closed else None,
            "CreatedById": self.owner,
            "CreatedDate": at,
            "SystemModstamp": at,
        }


def _id(key_prefix: str, name: str) -> str:
    return new_id(key_prefix, _digest(name))


def _digest(name: str) -> int:
    """A number below 62 to the power of 10, which is what an Id has room for."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:7])


def _at(day: date, stage: str, name: str) -> str:
    """The instant of a day, in UTC, at which something entered a stage, as Salesforce writes it."""
    start = datetime.combine(day, time(_HOURS[stage]), UTC)
    instant = start + timedelta(seconds=_digest(name) % _SPREAD_SECONDS)
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _stamps(created: str, modified: str | None = None) -> Row:
    last = modified or created
    return {
        "IsDeleted": "false",
        "CreatedDate": created,
        "LastModifiedDate": last,
        "SystemModstamp": last,
    }


def _day(row: CsvRow, column: str) -> date | None:
    text = row.cells[column]
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise row.refuse(f"{column} {text!r} is no date such as 2017-06-30") from error


def _number(row: CsvRow, column: str) -> Decimal | None:
    text = row.cells[column]
    try:
        number = Decimal(text) if text else None
    except InvalidOperation as error:
        raise row.refuse(f"{column} {text!r} is no number") from error
    if number is not None and not number.is_finite():
        raise row.refuse(f"{column} {text!r} is no number")
    return number


def _plain(number: Decimal) -> str:
    """A number without an exponent and without zeros after the point."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
