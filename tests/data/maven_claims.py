"""Claims on the companies of the "CRM Sales Opportunities" data, made up from the data itself.

Companies are spelt as people spell them, some claims name a deal and some only a company, some
come before a company's first win and some long after, some rival others and some mean nobody.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from goodword.rules.conversions import STAFF_DAYS
from goodword.rules.imports import Kind, columns
from sandbox.data import load_company
from sandbox.salesforce.ids import new_id
from sandbox.world import Company, Row

FIRST_NIGHT = date(2017, 6, 30)
LAST_NIGHT = date(2017, 7, 6)
NEWS = "2017-06-29T11:00:00-04:00"
"""When the claims of the first night's day before were made: after some of its wins."""
KINDS = ("reseller", "customer", "affiliate", "service", "employee", "technology")
TIERS = ("basic", "premium", "top")
PEOPLE = 18
TWO_ACCOUNTS = "Doubtful Twins"
_ALWAYS = datetime.min.replace(tzinfo=UTC)
LATEST_CLAIM = FIRST_NIGHT + timedelta(days=1)
"""An import on the first night takes nothing from later: such rows are refused."""


@dataclass(frozen=True)
class Deal:
    """One deal as the data tells of it."""

    crm_id: str
    account: str | None
    product: str
    stage: str
    engaged_on: date
    closed_on: date | None
    changed_at: datetime

    @property
    def is_won(self) -> bool:
        return self.stage == "Won"


class Maven:
    """The company, read, and what people claim of it."""

    def __init__(self, folder: Path) -> None:
        self.company: Company = load_company(folder)
        rows = self.company.tables["Account"]
        self.accounts = sorted(str(row["Name"]) for row in rows)
        names = {row["Id"]: str(row["Name"]) for row in rows}
        # The data does not say who opened a deal: let partners have brought what they hold.
        for row in self.company.tables["Opportunity"]:
            if names.get(row["AccountId"]) in self.accounts[2::3]:
                row["LeadSource"] = "Partner"
        self.deals = [_deal(row, names) for row in self.company.tables["Opportunity"]]
        self.won = sorted(
            (deal for deal in self.deals if deal.is_won),
            key=lambda deal: (deal.changed_at, deal.crm_id),
        )

    def first_win(self, account: str, since: datetime = _ALWAYS) -> Deal:
        """Return the first deal that an account won since an instant."""
        return next(d for d in self.won if d.account == account and d.changed_at >= since)

    def conversions(self, last: date) -> dict[date, set[str]]:
        """Return the deals that somebody claims, by the day they were won, up to a last night.

        Worked out from the data alone. Won deals that nobody claims are none of them, nor are those
        of customers that a partner claims anew, for as long as they wait for staff.
        """
        news = datetime.fromisoformat(NEWS)
        claimed = {
            *(self.first_win(name) for name in self.accounts[::3]),
            *(self.first_win(name, news) for name in self.accounts[1::3]),
            *(self.first_win(name) for name in self.accounts[2::3]),
            *(deal for deal in self.named_deals() if deal.engaged_on <= LATEST_CLAIM),
            *(
                deal
                for deal in self.touched_deals()
                if _day(deal) - timedelta(days=9) <= LATEST_CLAIM
            ),
        }
        found: dict[date, set[str]] = {}
        wait = {d for d in claimed if d.account in self.accounts[1:20:3] and d.changed_at >= news}
        late = self._of_a_family()
        for deal in claimed:
            since = _day(deal) + timedelta(days=STAFF_DAYS + 1 if deal in wait else 0)
            if deal in late:
                since = FIRST_NIGHT + timedelta(days=1)
            if since <= last:
                found.setdefault(since, set()).add(deal.crm_id)
        return found

    def _of_a_family(self) -> set[Deal]:
        """Return the first wins whose holder waits until another's claim on a relative is over."""
        names = {row["Id"]: str(row["Name"]) for row in self.company.tables["Account"]}
        pairs = [
            (str(row["Name"]), names[row["ParentId"]])
            for row in self.company.tables["Account"]
            if row.get("ParentId") in names
        ]
        held = {name: self.first_win(name) for name in self.accounts[2::3]}
        whose = {name: _partner(n) for n, name in enumerate(self.accounts[2::3])}
        return {
            held[max(child, parent, key=lambda name: (_day(held[name]), name))]
            for child, parent in pairs
            if child in held and parent in held and whose[child] != whose[parent]
        }

    def twins(self) -> list[Row]:
        """Two accounts that go by one name."""
        stamp = "2017-01-01T00:00:00.000+0000"
        stamps = dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), stamp)
        return [
            {"Id": new_id("001", n), "Name": name, "IsDeleted": "false", **stamps}
            for n, name in enumerate((TWO_ACCOUNTS, f"{TWO_ACCOUNTS}, Inc."), start=1)
        ]

    def participants(self) -> str:
        return _csv(
            Kind.PARTICIPANTS,
            (
                {
                    "key": f"p{n}",
                    "kind": KINDS[n % len(KINDS)],
                    "name": f"Participant {n}",
                    "email": f"p{n}@participants.example",
                    "locale": "en",
                    "country": "US",
                    "currency": "USD",
                    "tier": TIERS[n // len(KINDS) % len(TIERS)],
                    "payout_method": "stripe_transfer" if n != NOT_PAYABLE else "",
                    "stripe_account": stripe_account(n) if n != NOT_PAYABLE else "",
                    "status": "active",
                }
                for n in range(PEOPLE)
            ),
        )

    def referrals(self) -> str:
        """Before the first win, in time for the week, by deal, and of companies nobody knows."""
        rows = [
            _claim("early", n, company=respelt(n, name), at=_before(self.first_win(name), 20))
            for n, name in enumerate(self.accounts[::3])
        ]
        rows += [
            _claim("news", n, company=respelt(n, name), at=NEWS)
            for n, name in enumerate(self.accounts[1::3])
        ]
        rows += [
            _claim("deal", n, deal=deal.crm_id, at=f"{deal.engaged_on}T12:00:00Z")
            for n, deal in enumerate(self.named_deals())
        ]
        nowhere = [d for d in self.deals if d.account is None and d.stage == "Engaging"][:5]
        rows += [_claim("open", n, deal=d.crm_id, at=NEWS) for n, d in enumerate(nowhere)]
        rows += [
            _claim("nobody", 0, company="A company that the CRM has never seen", at=NEWS),
            _claim("twins", 0, company=TWO_ACCOUNTS, at=NEWS),
        ]
        return _csv(Kind.REFERRALS, ({**row, "channel": "form"} for row in rows))

    def named_deals(self) -> list[Deal]:
        """Deals of the product that the pipeline and the list of products spell differently."""
        wanted = FIRST_NIGHT - timedelta(days=10), LAST_NIGHT + timedelta(days=30)
        return [d for d in self.won if d.product == "GTXPro" and wanted[0] <= _day(d) <= wanted[1]][
            ::3
        ]

    def registrations(self) -> str:
        """Before the first win, their rivals, bare ones, and of companies that are customers."""
        rows: list[dict[str, str]] = []
        for n, name in enumerate(self.accounts[2::3]):
            first = self.first_win(name)
            spelt = respelt(n, name)
            rows.append(_claim("holder", n, company=spelt, at=_before(first, 10), partner=True))
            if n % 4 == 0:
                rows.append(
                    _claim("rival", n + 1, company=name, at=_before(first, 9), partner=True)
                )
        rows += [
            _claim("customer", n, company=name, at=NEWS, partner=True)
            for n, name in enumerate(self.accounts[1:20:3])
        ]
        nowhere = [d for d in self.deals if d.account is None and d.stage == "Engaging"][5:10]
        rows += [
            _claim("loose", n, deal=d.crm_id, at=NEWS, partner=True) for n, d in enumerate(nowhere)
        ]
        rows.append(_claim("twins", 0, company=TWO_ACCOUNTS, at=NEWS, partner=True))
        evident = [{**row, "evidence": "meeting=2017-02-01;budget"} for row in rows]
        bare = _claim("bare", 0, company=self.accounts[0], at=NEWS, partner=True)
        return _csv(Kind.REGISTRATIONS, [*evident, bare])

    def touches(self) -> str:
        """Three on every fifth deal of the weeks around; the second is marketing's, nobody's."""
        rows = []
        for n, deal in enumerate(self.touched_deals()):
            for step, source in enumerate(("partner", "marketing", "referral")):
                day = _day(deal) - timedelta(days=9 - 3 * step)
                rows.append(
                    {
                        "key": f"touch-{n}-{step}",
                        "opportunity_id": deal.crm_id,
                        "at": f"{day}T12:00:00Z",
                        "source": source,
                        "participant": "" if source == "marketing" else f"p{(n + step) % PEOPLE}",
                    }
                )
        return _csv(Kind.TOUCHES, rows)

    def touched_deals(self) -> list[Deal]:
        wanted = FIRST_NIGHT - timedelta(days=5), LAST_NIGHT + timedelta(days=30)
        return [d for d in self.won if wanted[0] <= _day(d) <= wanted[1]][::5]


NOT_PAYABLE = 7
"""The participant who has no way to be paid."""


def stripe_account(n: int) -> str:
    return f"acct_Maven{n:02}"


def respelt(n: int, name: str) -> str:
    """Spell a company's name in one of the ways that mean the same one."""
    ways = (
        name.upper(),
        f"{name.lower()}, Inc.",
        f"  The   {name.removeprefix('The ')} Ltd.",
        "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else "\u3000" for c in name),
        name,
    )
    return ways[n % len(ways)]


def _deal(row: Row, names: Mapping[str | None, str]) -> Deal:
    closed = row["CloseDate"]
    return Deal(
        str(row["Id"]),
        names.get(row["AccountId"]),
        str(row["Product__c"]),
        str(row["StageName"]),
        date.fromisoformat(str(row["CreatedDate"])[:10]),
        date.fromisoformat(closed) if closed else None,
        datetime.strptime(str(row["SystemModstamp"]), "%Y-%m-%dT%H:%M:%S.%f%z"),
    )


def _day(deal: Deal) -> date:
    assert deal.closed_on is not None
    return deal.closed_on


def _before(deal: Deal, days: int) -> str:
    return f"{_day(deal) - timedelta(days=days)}T12:00:00Z"


def _partner(n: int) -> str:
    """Return one of those who register deals: a reseller, an affiliate or a service partner."""
    return f"p{(n * 6 + (0, 2, 3)[n % 3]) % PEOPLE}"


def _claim(
    name: str, n: int, *, at: str, company: str = "", deal: str = "", partner: bool = False
) -> dict[str, str]:
    return {
        "key": f"{name}-{n}",
        "participant": _partner(n) if partner else f"p{n % PEOPLE}",
        "company": company,
        "opportunity_id": deal,
        "submitted_at": at,
    }


def _csv(kind: Kind, rows: Iterable[Mapping[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns(kind), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
