"""Companies loaded from folders of CSV: small ones of our own, and the shared real ones."""

import os
from collections import Counter
from pathlib import Path

import pytest

from sandbox.clock import VirtualClock
from sandbox.csv_tables import DataFolderError
from sandbox.data import load_company
from sandbox.salesforce.org import Org
from sandbox.world import Company

HERE = Path(__file__).resolve()
SHARED = Path(os.environ.get("GOODWORD_SHARED_DATA", HERE.parents[3] / "shared" / "data"))
MAVEN = {
    "accounts.csv": "account,sector,year_established,revenue,employees,office_location,"
    "subsidiary_of\r\nAcme,technolgy,1996,1100.04,2822,Philipines,\r\nIsdom,medical,2002,3178.24,"
    "4540,United States,Acme\r\n",
    "products.csv": "product,series,sales_price\r\nGTX Pro,GTX,4821\r\n",
    "sales_teams.csv": "sales_agent,manager,regional_office\r\nMei-Mei Johns,Cara Losch,East\r\n",
    "sales_pipeline.csv": "opportunity_id,sales_agent,product,account,deal_stage,engage_date,"
    "close_date,close_value\r\n"
    "WON00001,Mei-Mei Johns,GTXPro,Isdom,Won,2016-10-25,2017-03-11,4514\r\n"
    "LOST0001,Mei-Mei Johns,GTXPro,Acme,Lost,2016-10-25,2016-10-25,0\r\n"
    "ENGAGE01,Mei-Mei Johns,GTX Pro,,Engaging,2017-01-02,,\r\n"
    "PROSP001,Mei-Mei Johns,GTX Pro,,Prospecting,,,\r\n",
}


def folder(at: Path, **changed: str | bytes) -> Path:
    at.mkdir(exist_ok=True)
    for name, content in {**MAVEN, **changed}.items():
        data = content if isinstance(content, bytes) else content.encode()
        (at / name).write_bytes(data)
    return at


def export(at: Path, **files: str) -> Path:
    at.mkdir(exist_ok=True)
    for name in ("Account", "Opportunity"):
        (at / f"{name}.csv").write_text("Id,Name\n001000000000001AAA,One\n")
    for name, content in files.items():
        (at / f"{name}.csv").write_text(content, encoding="utf-8-sig")
    return at


def by_key(company: Company) -> dict[str | None, dict[str, str | None]]:
    return {row["External_Id__c"]: row for row in company.tables["Opportunity"]}


def test_every_quirk_of_the_pipeline_is_kept(tmp_path: Path) -> None:
    company = load_company(folder(tmp_path / "crm"))
    acme, isdom = company.tables["Account"]
    assert (acme["Industry"], acme["BillingCountry"]) == ("technolgy", "Philipines")
    assert acme["AnnualRevenue"] == "1100040000"
    assert isdom["ParentId"] == acme["Id"]
    deals = by_key(company)
    won = deals["WON00001"]
    assert (won["Name"], won["Product__c"]) == ("GTXPro for Isdom", "GTXPro")
    assert (won["AccountId"], won["Amount"], won["CloseDate"]) == (
        isdom["Id"],
        "4514",
        "2017-03-11",
    )
    assert (won["IsClosed"], won["IsWon"]) == ("true", "true")
    lost = deals["LOST0001"]
    assert (lost["IsClosed"], lost["IsWon"], lost["Amount"]) == ("true", "false", "0")
    prospect = deals["PROSP001"]
    assert [prospect[name] for name in ("AccountId", "Amount", "CloseDate")] == [None, None, None]
    assert prospect["Name"] == "GTX Pro"
    assert "CurrencyIsoCode" not in won
    assert company.tables["User"][0]["LastName"] == "Johns"


def test_stamps_follow_from_the_days_of_a_deal(tmp_path: Path) -> None:
    deals = by_key(load_company(folder(tmp_path / "crm")))
    days = {
        key: (str(row["CreatedDate"])[:10], str(row["SystemModstamp"])[:10])
        for key, row in deals.items()
    }
    assert days == {
        "WON00001": ("2016-10-25", "2017-03-11"),
        "LOST0001": ("2016-10-25", "2016-10-25"),
        "ENGAGE01": ("2017-01-02", "2017-01-02"),
        "PROSP001": ("2016-10-20", "2016-10-20"),
    }


def test_a_deal_went_through_its_stages_in_order(tmp_path: Path) -> None:
    company = load_company(folder(tmp_path / "crm"))
    deals = by_key(company)
    stages: dict[str | None, list[tuple[str, str | None]]] = {
        row["Id"]: [] for row in deals.values()
    }
    for entry in company.tables["OpportunityHistory"]:
        stages[entry["OpportunityId"]].append((str(entry["CreatedDate"]), entry["StageName"]))
    for key, expected in (
        ("WON00001", ["Prospecting", "Engaging", "Won"]),
        ("LOST0001", ["Prospecting", "Engaging", "Lost"]),  # all on one day
        ("ENGAGE01", ["Prospecting", "Engaging"]),
        ("PROSP001", ["Prospecting"]),
    ):
        entries = stages[deals[key]["Id"]]
        assert [stage for _, stage in sorted(entries)] == expected
        assert entries[-1][0] == deals[key]["SystemModstamp"]


def test_the_same_folder_is_the_same_org_and_another_is_another(tmp_path: Path) -> None:
    one = load_company(folder(tmp_path / "one"))
    same = load_company(folder(tmp_path / "same"))
    changed = MAVEN["accounts.csv"].replace("2822", "2823")
    other = load_company(folder(tmp_path / "other", **{"accounts.csv": changed}))
    assert one.org_id == same.org_id != other.org_id
    assert (len(one.org_id), one.org_id[:3]) == (18, "00D")
    assert one.tables == same.tables


@pytest.mark.parametrize(
    ("file", "wrong", "says"),
    [
        ("sales_pipeline.csv", "X1,Mei-Mei Johns,GTX Pro,Acme\r\n", "line 6: the row has 4 cells"),
        (
            "sales_pipeline.csv",
            "X1,Mei-Mei Johns,GTX Pro,Nobody,Won,2017-01-01,2017-01-02,5\r\n",
            "line 6: account 'Nobody' is not in accounts.csv",
        ),
        (
            "sales_pipeline.csv",
            "X1,Mei-Mei Johns,GTX Pro,Acme,Wun,2017-01-01,2017-01-02,5\r\n",
            "line 6: deal_stage 'Wun'",
        ),
        (
            "sales_pipeline.csv",
            "X1,Mei-Mei Johns,GTX Pro,Acme,Won,01/02/2017,2017-01-02,5\r\n",
            "line 6: engage_date '01/02/2017' is no date",
        ),
        (
            "sales_pipeline.csv",
            "X1,Mei-Mei Johns,GTX Pro,Acme,Won,2017-01-01,2017-01-02,five\r\n",
            "line 6: close_value 'five' is no number",
        ),
        (
            "sales_pipeline.csv",
            "WON00001,Mei-Mei Johns,GTX Pro,Acme,Won,2017-01-01,2017-01-02,5\r\n",
            "line 6: the opportunity_id 'WON00001' is there already",
        ),
        (
            "accounts.csv",
            "Third,x,1999,1,1,Kenya,Nobody\r\n",
            "line 4: subsidiary_of names 'Nobody'",
        ),
        ("accounts.csv", '"Thi"rd,x,1999,1,1,Kenya,\r\n', "line 4: "),
    ],
)
def test_a_row_that_cannot_be_kept_is_refused_with_its_line(
    tmp_path: Path, file: str, wrong: str, says: str
) -> None:
    with pytest.raises(DataFolderError) as refused:
        load_company(folder(tmp_path / "crm", **{file: MAVEN[file] + wrong}))
    assert str(refused.value).startswith(f"{file}, {says}")


def test_a_missing_column_and_a_wrong_encoding_are_refused(tmp_path: Path) -> None:
    renamed = MAVEN["products.csv"].replace("sales_price", "price")
    with pytest.raises(DataFolderError, match=r"products\.csv, line 1: the column sales_price"):
        load_company(folder(tmp_path / "a", **{"products.csv": renamed}))
    latin = MAVEN["accounts.csv"].replace("Acme", "Ácme").encode("latin-1")
    with pytest.raises(DataFolderError, match=r"accounts\.csv, line 2: the file is not UTF-8"):
        load_company(folder(tmp_path / "b", **{"accounts.csv": latin}))
    with pytest.raises(DataFolderError, match=r"products\.csv is empty"):
        load_company(folder(tmp_path / "c", **{"products.csv": ""}))


def test_an_export_keeps_its_cells_and_its_lines(tmp_path: Path) -> None:
    text = 'Id,IsDeleted,Name,BillingStreet\n001000000000001,,"Ac, me","1 Main St\nSuite 2"\n'
    company = load_company(export(tmp_path / "org", Account=text))
    (account,) = company.tables["Account"]
    assert account["Id"] == "001000000000001AAA"
    assert account["IsDeleted"] == "false"
    assert account["BillingStreet"] == "1 Main St\nSuite 2"


def test_a_line_after_a_cell_of_several_lines_is_counted_right(tmp_path: Path) -> None:
    text = 'Id,Name\n001000000000001AAA,"a\nb\nc"\n001000000000002AAA\n'
    with pytest.raises(DataFolderError, match=r"Account\.csv, line 5: the row has 1 cells"):
        load_company(export(tmp_path / "org", Account=text))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Name\nx\n", "Account.csv, line 1: the column Id is missing"),
        ("Id\n\nbad\n", "Account.csv, line 3: 'bad' is no Id"),
        (
            "Id\n001000000000001\n001000000000001AAA\n",
            "line 3: the Id 001000000000001AAA is on line 2",
        ),
        ("Id,Name,Name\n", "line 1: the column Name is there twice"),
    ],
)
def test_an_export_without_good_ids_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DataFolderError) as refused:
        load_company(export(tmp_path / "org", Account=text))
    assert says in str(refused.value)


def test_a_folder_of_neither_layout_is_refused_with_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "fact.csv").write_text("a\n1\n")
    with pytest.raises(DataFolderError) as refused:
        load_company(tmp_path)
    for name in ("Account.csv", "Opportunity.csv", "sales_pipeline.csv", "Found: fact.csv"):
        assert name in str(refused.value)
    with pytest.raises(DataFolderError, match="is no folder"):
        load_company(tmp_path / "none")


def test_a_file_that_is_no_object_is_refused_and_not_ignored(tmp_path: Path) -> None:
    with pytest.raises(DataFolderError, match=r"Campaign\.csv is not loaded by the sandbox"):
        load_company(export(tmp_path / "org", Campaign="Id\n"))


@pytest.fixture(scope="module")
def maven() -> Company:
    if not (SHARED / "maven-crm").is_dir():
        pytest.skip("the shared data is not here")
    return load_company(SHARED / "maven-crm")


def test_the_real_pipeline_comes_with_all_of_its_rows(maven: Company) -> None:
    deals = maven.tables["Opportunity"]
    assert Counter(row["StageName"] for row in deals) == {
        "Won": 4238,
        "Lost": 2473,
        "Engaging": 1589,
        "Prospecting": 500,
    }
    assert sum(row["AccountId"] is None for row in deals) == 1425
    assert sum(row["Product__c"] == "GTXPro" for row in deals) == 1480
    assert sum(row["CloseDate"] is None for row in deals) == 2089
    assert len(maven.tables["Account"]) == 85
    assert sum(row["ParentId"] is not None for row in maven.tables["Account"]) == 15
    assert len(maven.tables["User"]) == 35
    history = maven.tables["OpportunityHistory"]
    assert len(history) == 8800 + (8800 - 500) + 4238 + 2473
    for name, rows in maven.tables.items():
        assert len({row["Id"] for row in rows}) == len(rows), name


def test_the_real_export_comes_with_all_of_its_rows() -> None:
    if not (SHARED / "salesforce-demo-org").is_dir():
        pytest.skip("the shared data is not here")
    company = load_company(SHARED / "salesforce-demo-org")
    counts = {name: len(rows) for name, rows in company.tables.items()}
    assert counts == {"Account": 83, "Contact": 133, "Opportunity": 774}
    deals = company.tables["Opportunity"]
    assert len({row["SystemModstamp"] for row in deals}) == 25
    accounts = {row["Id"] for row in company.tables["Account"]}
    assert all(row["AccountId"] in accounts for row in deals)
    assert {row["IsDeleted"] for row in deals} == {"false"}
    cells = [cell for row in company.tables["Account"] for cell in row.values()]
    assert any("\n" in (cell or "") for cell in cells)


def test_an_org_takes_the_real_pipeline(maven: Company) -> None:
    org = Org(maven, VirtualClock())
    assert len(org.table("Opportunity").rows) == 8800
