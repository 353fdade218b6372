"""A small org over HTTP, and the ways into it.

`reader`  a visitor of an org that a whole module reads, and does not change
`fresh`   a visitor of an org of one's own
`visit`   makes a visitor of any running sandbox
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce

from sandbox.clock import VirtualClock
from sandbox.faults import Fault
from sandbox.server import Sandbox
from sandbox.world import Company

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 6, 30, 2, tzinfo=UTC)
OLD = "2026-06-01T08:00:00.000+0000"

ACME, GLOBEX = "001000000000001AAA", "001000000000002AAA"
ANN = "005000000000001AAA"
WON, OPEN_DEAL, ORPHAN = "006000000000001AAA", "006000000000002AAA", "006000000000003AAA"


def company() -> Company:
    """Two accounts, an owner, three opportunities: won, open, and without an account."""
    deals = [
        (WON, "Acme servers", ACME, "Closed Won", "12000.50", "2026-05-20"),
        (OPEN_DEAL, "Globex licences", GLOBEX, "Negotiation/Review", "500", "2026-09-30"),
        (ORPHAN, "it's 100%_new", "", "Qualification", "", "2026-08-15"),
    ]
    return Company(
        name="Small",
        org_id="00D000000000001AAA",
        tables={
            "User": [{"Id": ANN, "LastName": "Ng", "FirstName": "Ann", "SystemModstamp": OLD}],
            "Account": [
                {"Id": ACME, "Name": "Acme", "OwnerId": ANN, "SystemModstamp": OLD},
                {"Id": GLOBEX, "Name": "Globex", "OwnerId": ANN, "SystemModstamp": OLD},
            ],
            "Contact": [
                {"Id": f"003000000000{n:03}AAA", "LastName": f"Person {n}", "SystemModstamp": OLD}
                for n in range(1, 501)
            ],
            "Opportunity": [
                {
                    "Id": record_id,
                    "Name": name,
                    "AccountId": account,
                    "StageName": stage,
                    "Amount": amount,
                    "CloseDate": closes,
                    "OwnerId": ANN,
                    "CreatedDate": "2026-05-01T10:00:00.000+0000",
                    "SystemModstamp": OLD,
                }
                for record_id, name, account, stage, amount, closes in deals
            ],
        },
    )


class Loopback(HTTPAdapter):
    """Sends what is meant for https://<any host> to the sandbox."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        parts = urlsplit(str(request.url))
        request.url = f"{self._base_url}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        return super().send(request, *args, **kwargs)


class Visitor:
    """Somebody with a key to a sandbox's org."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.world = sandbox.world
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.mount("https://", Loopback(sandbox.base_url))
        self.crm = Salesforce(
            consumer_key="key", consumer_secret="secret", domain="small.my", session=self.http
        )

    def call(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        """Make one plain request below /services/data/v59.0 with a live access token."""
        headers = {"Authorization": f"Bearer {self.crm.session_id}", **kwargs.pop("headers", {})}
        url = f"{self.sandbox.base_url}/services/data/v59.0{path}"
        return self.http.request(method, url, headers=headers, timeout=60, **kwargs)

    def rows(self, soql: str) -> list[dict[str, Any]]:
        """Run a query and return its records without their attributes."""
        records = self.crm.query_all(soql)["records"]
        return [{k: v for k, v in record.items() if k != "attributes"} for record in records]

    def names(self, where: str) -> list[str]:
        """Return the names of the opportunities that satisfy a condition."""
        found = self.rows(f"SELECT Name FROM Opportunity WHERE {where} ORDER BY Name")
        return [row["Name"] for row in found]

    def refusal(self, soql: str) -> tuple[int, str, str]:
        """Return the status, code and message with which a query is refused."""
        response = self.call("GET", "/query", params={"q": soql})
        [error] = response.json()
        return response.status_code, error["errorCode"], error["message"]

    def fault(self, kind: str, **kwargs: Any) -> None:
        """Put a fault in force."""
        self.world.faults.add(Fault("salesforce", kind, **kwargs))


@pytest.fixture
def visit() -> type[Visitor]:
    return Visitor


@pytest.fixture(scope="module")
def reader() -> Iterator[Visitor]:
    with Sandbox(company(), VirtualClock(NOW, frozen=True)) as sandbox:
        yield Visitor(sandbox)


@pytest.fixture
def fresh() -> Iterator[Visitor]:
    with Sandbox(company(), VirtualClock(NOW, frozen=True)) as sandbox:
        yield Visitor(sandbox)
