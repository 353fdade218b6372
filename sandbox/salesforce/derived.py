"""Fields that the org works out from others: a person's full name, what a stage implies."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.stages import Stages
from sandbox.salesforce.values import BadValue, Record


def derive(kind: ObjectType, row: Record, stages: Stages) -> Record:
    """Every derived field of a row, as far as the row tells and its object has them."""
    fields: Record = {}
    if kind.name == "Opportunity":
        fields |= _of_stage(row, stages)
    if "LastName" in kind.fields and row.get("LastName"):
        names = (row.get("FirstName"), row.get("LastName"))
        fields["Name"] = " ".join(str(name) for name in names if name)
    return {name: value for name, value in fields.items() if name in kind.fields}


def fill(kind: ObjectType, row: Record, stages: Stages) -> Record:
    """The row with its derived fields wherever it says nothing itself."""
    derived = derive(kind, row, stages)
    missing = {name: value for name, value in derived.items() if row.get(name) is None}
    return {**row, **missing} if missing else row


def _of_stage(row: Record, stages: Stages) -> Record:
    fields = stages[row.get("StageName")].fields()
    amount, probability = row.get("Amount"), row.get("Probability", fields["Probability"])
    fields["ExpectedRevenue"] = None
    if isinstance(amount, Decimal) and isinstance(probability, Decimal):
        fields["ExpectedRevenue"] = amount * probability / 100
    closes = row.get("CloseDate")
    if isinstance(closes, str) and not isinstance(closes, BadValue):
        day = date.fromisoformat(closes)
        quarter = (day.month + 2) // 3
        fields |= {"FiscalYear": day.year, "FiscalQuarter": quarter}
        fields["Fiscal"] = f"{day.year} {quarter}"
    return fields
