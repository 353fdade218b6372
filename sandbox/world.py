"""The one object that the sandbox's APIs share, and the company it is loaded with."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sandbox.faults import Faults

if TYPE_CHECKING:
    from sandbox.clock import VirtualClock
    from sandbox.mailbox import Mailbox
    from sandbox.salesforce.org import Org
    from sandbox.stripe.state import StripeState

# One row of a Salesforce object: API field names to the strings of a Data Loader export.
Row = dict[str, str | None]


@dataclass(frozen=True)
class Company:
    """The data that a sandbox starts with.

    Args:
        name: what people call it.
        org_id: the Salesforce organization's 18-character Id, `00D…`, derived from the data, so
            that two data sets never look like one org.
        tables: object name to rows; '' and None are null; `Id` is always present.
        stripe_accounts: connected accounts, `{"id": "acct_…", "country": "US",
            "default_currency": "usd", "transfers": "active" | "inactive" | "pending",
            "payouts_enabled": True}`.
        stripe_customers: customers, `{"id": "cus_…", "currency": "usd" | None, "email": …}`.
        stripe_subscriptions: subscriptions of those customers, `{"id": "sub_…", "customer":
            "cus_…", "price": minor units a month, "currency": "usd", "metadata": {…}}`.
        imports: kind to the CSV text for `goodword import KIND`.
        business_date: the date that the company's first night is meant for.
    """

    name: str
    org_id: str
    tables: dict[str, list[Row]]
    stripe_accounts: list[dict[str, Any]] = field(default_factory=list)
    stripe_customers: list[dict[str, Any]] = field(default_factory=list)
    stripe_subscriptions: list[dict[str, Any]] = field(default_factory=list)
    imports: dict[str, str] = field(default_factory=dict)
    business_date: date | None = None


@dataclass
class World:
    """Everything that one running sandbox knows.

    `lock` guards `salesforce`; `stripe`, `mailbox`, `faults` and `clock` have their own.
    `calls` counts the requests received, by (API, method, path template).
    """

    company: Company
    clock: VirtualClock
    salesforce: Org
    stripe: StripeState
    mailbox: Mailbox
    faults: Faults = field(default_factory=Faults)
    lock: threading.RLock = field(default_factory=threading.RLock)
    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
