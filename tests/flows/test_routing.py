"""Routing over nights: from a new lead in the org to its partner, and back when the claim ends.

Rita holds all of Northwind; Bob holds the East of Contoso and Cleo the West. Sam sells directly.
The org is the sandbox's, over HTTP; the program gives records to owners.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from goodword.wiring import close
from sandbox.company.ids import record_id
from tests.flows.conftest import PROGRAM
from tests.flows.small_company import Firm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.world import Row
    from tests.flows.conftest import Trial, Trials

pytestmark = pytest.mark.prefect

CLAIMED, NEW, BY_HAND, ENDED = (
    date(2026, 6, 20),
    date(2026, 6, 21),
    date(2026, 6, 23),
    date(2026, 9, 30),
)
SAM, RITA, BOB, CLEO = (record_id("User", number) for number in (1, 2, 3, 4))
LEAD, TAKEN = record_id("Lead", 1), record_id("Lead", 2)


@dataclass
class Org:
    """The company on trial: what the test changes in the org, and what it sees there."""

    trial: Trial
    deals: dict[str, str]
    seen: dict[str, Any] = field(default_factory=dict)

    def put(self, table: str, number: str, day: date, **fields: str | None) -> None:
        """Change a record as a person does, on a day."""
        stamp = f"{day}T16:00:00.000+0000"
        row: Row = {"Id": number, "LastModifiedDate": stamp, "SystemModstamp": stamp}
        with self.trial.world.lock:
            self.trial.world.salesforce.put_raw(table, [row | fields])

    def says(self, table: str, number: str) -> tuple[Any, Any, Any]:
        """Return what a record says: its partner, until when, its owner."""
        with self.trial.world.lock:
            row = self.trial.world.salesforce.table(table).rows[number]
        names = ("Goodword_Partner__c", "Goodword_Protected_Until__c", "OwnerId")
        partner, until, owner = (row.get(name) or None for name in names)
        return partner, until and str(until), owner

    def deal(self, name: str) -> tuple[Any, Any, Any]:
        return self.says("Opportunity", self.deals[name])

    def letters(self) -> list[tuple[str, str]]:
        """Return the letters about routing: what and to whom."""
        found = self.trial.rows(
            "SELECT template, recipient FROM messages WHERE template IN"
            " ('registration_routed', 'lead_routed', 'protected_account_touched') ORDER BY id"
        )
        return sorted(tuple(row) for row in found)


@pytest.fixture(scope="module")
def org(trial: Trials, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Org]:
    program = tmp_path_factory.mktemp("routing") / "program.toml"
    by_field = 'route_to = "field" '
    source = PROGRAM.read_text(encoding="utf-8")
    assert by_field in source
    program.write_text(source.replace(by_field, 'route_to = "owner" '), encoding="utf-8")
    firm = Firm()
    for key in ("rita", "bob", "cleo"):
        firm.participant(key, "reseller")
    northwind = firm.account("Northwind Traders Inc.", "northwind.example")
    contoso = firm.account("Contoso Ltd", "contoso.example")
    for partner, name, division in (
        ("rita", "northwind", ""),
        ("bob", "contoso", "East"),
        ("cleo", "contoso", "West"),
    ):
        firm.claim(
            "registrations",
            partner,
            "2026-06-10",
            company=name.title(),
            domain=f"{name}.example",
            division=division,
            evidence="meeting=2026-06-08",
        )
    with trial(company(firm), GOODWORD_PROGRAM=str(program)) as opened:
        made = Org(opened, {})
        users = {"rita": RITA, "bob": BOB, "cleo": CLEO}
        for key, user in users.items():
            opened.rows(
                "UPDATE participants SET crm_user_id = :user WHERE key = :key RETURNING id",
                key=key,
                user=user,
            )
        run(made, firm, northwind, contoso)
        assert opened.broken() == []
        yield made


def company(firm: Firm) -> Any:
    made = firm.company(CLAIMED)
    stamp = "2026-01-05T16:00:00.000+0000"
    for number, name in ((RITA, "rita"), (BOB, "bob"), (CLEO, "cleo")):
        made.tables["User"].append(
            {
                "Id": number,
                "Name": f"{name.title()} (partner)",
                "Email": f"{name}@{name}-partners.example",
                "IsActive": "true",
                "SystemModstamp": stamp,
            }
        )
    made.tables["Lead"] = [_lead(record_id("Lead", 9), "Somebody Else GmbH", "else.example")]
    return made


def _lead(number: str, name: str, domain: str, day: str = "2026-06-21") -> Row:
    stamp = f"{day}T16:00:00.000+0000"
    return {
        "Id": number,
        "LastName": "Ito",
        "Company": name,
        "Website": f"https://{domain}",
        "Status": "Open - Not Contacted",
        "LeadSource": "Web",
        "OwnerId": SAM,
        "IsConverted": "false",
        "IsDeleted": "false",
        "CreatedDate": stamp,
        "LastModifiedDate": stamp,
        "SystemModstamp": stamp,
    }


def run(org: Org, firm: Firm, northwind: str, contoso: str) -> None:
    """Run the nights, and keep what is seen after each."""
    night = org.trial.night
    org.seen["failures"] = [night(CLAIMED).failures]
    with org.trial.world.lock:
        leads = [
            _lead(LEAD, "Northwind Traders", "northwind.example"),
            _lead(TAKEN, "Northwind", "northwind.example"),
        ]
        org.trial.world.salesforce.put_raw("Lead", leads)
    for name, account in (("East renewal", contoso), ("West", contoso), ("Contoso", contoso)):
        org.deals[name] = firm.deal(account, "900.00", ("Qualification", "2026-06-21"))
        firm.deals[org.deals[name]]["Name"] = name
        firm.step(org.trial, org.deals[name], ("Qualification", "2026-06-21"))
    org.deals["Northwind"] = firm.deal(northwind, "900.00", ("Qualification", "2026-06-21"))
    firm.step(org.trial, org.deals["Northwind"], ("Qualification", "2026-06-21"))
    org.seen["failures"].append(night(NEW).failures)
    org.seen["routed"] = _everything(org)
    org.seen["dump"] = org.trial.dump()
    org.seen["writes"] = org.trial.writes()
    org.seen["failures"].append(night(NEW).failures)
    org.seen["dump again"] = org.trial.dump()
    org.seen["writes again"] = org.trial.writes()
    org.put("Lead", TAKEN, BY_HAND, OwnerId=SAM)
    org.seen["failures"].append(night(BY_HAND).failures)
    org.seen["by hand"] = _everything(org)
    close()  # Salesforce counts log-ins by the minute, and nights are months apart only here
    org.seen["failures"].append(night(ENDED).failures)
    org.seen["ended"] = _everything(org)
    org.seen["states"] = org.trial.states("registrations")


def _everything(org: Org) -> dict[str, Any]:
    return {
        "lead": org.says("Lead", LEAD),
        "taken": org.says("Lead", TAKEN),
        "other": org.says("Lead", record_id("Lead", 9)),
        "letters": org.letters(),
        **{name: org.deal(name) for name in org.deals},
    }


def test_no_night_fails(org: Org) -> None:
    assert org.seen["failures"] == [[]] * 5


def test_a_new_lead_and_deal_go_to_the_partner_the_same_night(org: Org) -> None:
    routed = org.seen["routed"]
    assert routed["lead"] == routed["Northwind"] == ("Rita", "2026-09-08", RITA)


def test_a_lead_of_an_account_that_nobody_protects_stays(org: Org) -> None:
    assert org.seen["routed"]["other"] == (None, None, SAM)


def test_each_division_goes_to_its_own_partner_and_nothing_is_guessed(org: Org) -> None:
    routed = org.seen["routed"]
    assert routed["East renewal"] == ("Bob (East)", "2026-09-08", BOB)
    assert routed["West"] == ("Cleo (West)", "2026-09-08", CLEO)
    assert routed["Contoso"] == (None, None, SAM)


def test_both_sides_are_told_and_staff_is_asked_whose_it_is(org: Org) -> None:
    staff = org.trial.value("SELECT recipient FROM messages WHERE right(fact, 6) = '\\:whose'")
    assert org.seen["routed"]["letters"] == sorted(
        [
            ("lead_routed", "sam@firm.example"),
            ("protected_account_touched", "sam@firm.example"),
            ("protected_account_touched", staff),
            ("registration_routed", "bob@bob-partners.example"),
            ("registration_routed", "cleo@cleo-partners.example"),
            ("registration_routed", "rita@rita-partners.example"),
        ]
    )


def test_the_same_night_once_more_changes_and_writes_nothing(org: Org) -> None:
    assert org.seen["dump again"] == org.seen["dump"]
    assert org.seen["writes again"] == org.seen["writes"]


def test_what_a_person_sets_by_hand_stays(org: Org) -> None:
    assert org.seen["by hand"]["taken"] == ("Rita", "2026-09-08", SAM)
    assert org.seen["by hand"]["lead"] == ("Rita", "2026-09-08", RITA)
    assert org.seen["by hand"]["letters"] == org.seen["routed"]["letters"]


def test_when_the_claims_have_expired_all_is_put_back(org: Org) -> None:
    assert org.seen["states"] == {"expired": 3}
    ended = org.seen["ended"]
    for name in ("lead", "taken", "Northwind", "East renewal", "West", "Contoso"):
        assert ended[name] == (None, None, SAM), name
