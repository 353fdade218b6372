"""Query locators: results longer than a page, kept for a while.

Source: Salesforce, "API Query Cursor Limits": up to ten open cursors for a user, the oldest
released for an eleventh, and fifteen minutes without use.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.ids import new_id
from sandbox.salesforce.org import Org
from sandbox.salesforce.queries import Result

MAX_OPEN = 10
LIFETIME = timedelta(minutes=15)
MIN_BATCH, MAX_BATCH = 200, 2_000


@dataclass
class _Cursor:
    result: Result
    batch: int
    used_at: datetime


class Cursors:
    """The open cursors of an org's one integration user.

    Args:
        org: whose clock ages them.
    """

    def __init__(self, org: Org) -> None:
        self._org = org
        self._open: dict[str, _Cursor] = {}
        self._opened = 0

    def first_page(self, result: Result, batch: int, version: str) -> dict[str, Any]:
        """The answer of a new query; a cursor is opened when one page does not hold it."""
        cursor = _Cursor(result, batch, self._org.clock.now())
        if len(result.rows) <= batch:
            return _page("", cursor, 0, version)
        self._opened += 1
        name = new_id("01g", self._opened)
        self._open[name] = cursor
        if len(self._open) > MAX_OPEN:
            del self._open[next(iter(self._open))]
        return _page(name, cursor, 0, version)

    def page(self, locator: str, version: str) -> dict[str, Any]:
        """The page that a locator, `<cursor>-<first row>`, stands for.

        Raises:
            SalesforceError: INVALID_QUERY_LOCATOR, when it was never given, is too old, or was
                released for newer ones.
        """
        name, _, start = locator.partition("-")
        cursor = self._open.get(name)
        now = self._org.clock.now()
        if cursor is None or not start.isdigit() or now - cursor.used_at > LIFETIME:
            self._open.pop(name, None)
            raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
        cursor.used_at = now
        return _page(name, cursor, int(start), version)


def batch_size(options: str) -> int:
    """The page size that a Sforce-Query-Options header asks for, within what is allowed."""
    name, _, number = options.replace(" ", "").partition("=")
    if name.lower() == "batchsize" and number.isdigit():
        return min(max(int(number), MIN_BATCH), MAX_BATCH)
    return MAX_BATCH


def _page(name: str, cursor: _Cursor, start: int, version: str) -> dict[str, Any]:
    total, end = len(cursor.result.rows), start + cursor.batch
    page: dict[str, Any] = {"totalSize": total, "done": end >= total}
    if end < total:
        page["nextRecordsUrl"] = f"/services/data/v{version}/query/{name}-{end}"
    page["records"] = cursor.result.records(start, end, version)
    return page
