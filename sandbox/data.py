"""Loading a company from a folder of CSV files.

Two layouts are known: Salesforce's own Data Loader export, one file an object, and the "CRM Sales
Opportunities" data set (sandbox/maven_crm.py).
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from sandbox import maven_crm
from sandbox.csv_tables import CsvTable, DataFolderError, read_table
from sandbox.salesforce.ids import long_id, new_id
from sandbox.world import Company, Row

OBJECTS = (
    *("Account", "Opportunity", "Contact", "Lead", "User", "OpportunityHistory"),
    *("RecordType", "Group"),
)
_CUSTOM = re.compile(r"[A-Za-z]\w*__c", re.ASCII)
_NEEDED = ("Account", "Opportunity")


def load_company(folder: Path) -> Company:
    """Load a company from a folder.

    The Data Loader layout keeps every column and every cell as written, but an empty IsDeleted
    is false. The organization's Id is derived from the files' contents.

    Raises:
        DataFolderError: the folder has neither layout, or a file cannot be read without losing
            a row.
    """
    if not folder.is_dir():
        raise DataFolderError(f"{folder} is no folder; give one that holds CSV files")
    files = {path.name: path for path in sorted(folder.iterdir()) if path.suffix == ".csv"}
    if set(maven_crm.FILES) <= set(files):
        tables = maven_crm.tables({name: read_table(files[name]) for name in maven_crm.FILES})
    elif all(f"{name}.csv" in files for name in _NEEDED):
        tables = _data_loader(files)
    else:
        raise DataFolderError(_neither(folder, files))
    return Company(name=folder.resolve().name, org_id=_org_id(files), tables=tables)


def _neither(folder: Path, files: dict[str, Path]) -> str:
    return (
        f"{folder} has neither layout that can be loaded. Expected: "
        f"{' and '.join(f'{name}.csv' for name in _NEEDED)} (and any of "
        f"{', '.join(f'{name}.csv' for name in OBJECTS if name not in _NEEDED)}) as Salesforce's "
        f"Data Loader exports them, or {', '.join(maven_crm.FILES)}. "
        f"Found: {', '.join(files) or 'no CSV file'}."
    )


def _org_id(files: dict[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, path in files.items():
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return new_id("00D", int.from_bytes(digest.digest()[:7]))


def _data_loader(files: dict[str, Path]) -> dict[str, list[Row]]:
    unknown = [
        name
        for name in files
        if (stem := name.removesuffix(".csv")) not in OBJECTS and not _CUSTOM.fullmatch(stem)
    ]
    if unknown:
        raise DataFolderError(
            f"{', '.join(unknown)} is not loaded by the sandbox: a folder as Data Loader exports "
            f"it holds {', '.join(f'{name}.csv' for name in OBJECTS)}, or a custom object such as "
            "Deal_Registration__c.csv; move the rest away"
        )
    return {name.removesuffix(".csv"): _rows(read_table(path)) for name, path in files.items()}


def _rows(table: CsvTable) -> list[Row]:
    table.need("Id")
    lines: dict[str, int] = {}
    rows: list[Row] = []
    for row in table.rows:
        identifier = long_id(row.cells["Id"])
        if identifier is None:
            raise row.refuse(f"{row.cells['Id']!r} is no Id of 15 or 18 characters")
        if identifier in lines:
            raise row.refuse(f"the Id {identifier} is on line {lines[identifier]} too")
        lines[identifier] = row.line
        cells: Row = {**row.cells, "Id": identifier}
        if "IsDeleted" in cells:
            cells["IsDeleted"] = row.cells["IsDeleted"] or "false"
        rows.append(cells)
    return rows
