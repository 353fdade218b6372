"""Salesforce: what changed since a watermark, first loads, and protection written back.

A window is `SystemModstamp >= low - OVERLAP AND < high`, paged by (SystemModstamp, Id). Each page
is one query of its own with a LIMIT: no query locator is ever kept, so none can expire
(INVALID_QUERY_LOCATOR), and no cursor is open at Salesforce while the caller writes a page.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from goodword.adapters.crm import Crm, CrmRefused, CrmUnreachable, FieldsMissing, Page
from goodword.adapters.salesforce_access import Patience, SalesforceAccess
from goodword.adapters.salesforce_bulk import BulkQuery
from goodword.adapters.salesforce_session import CrmSession
from goodword.adapters.salesforce_soql import between, literal, select
from goodword.adapters.salesforce_writing import write
from goodword.rules.crm import (
    CURRENCY_FIELD,
    NEEDED_FIELDS,
    OWN_FIELDS,
    CrmObject,
    Record,
    Unreadable,
)
from goodword.rules.crm_reading import READERS, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from simple_salesforce.api import Salesforce as Client

    from goodword.adapters.crm import BulkPosition, Protection, WriteResult

__all__ = ["OVERLAP", "Patience", "Salesforce", "SalesforceAccess"]

OVERLAP = timedelta(minutes=10)
"""A record is stamped before its transaction commits and is seen after: windows reach back."""

_PROTECTED = (CrmObject.ACCOUNT, CrmObject.OPPORTUNITY)
_ORGANIZATION = "SELECT Id FROM Organization LIMIT 1"


class Salesforce(Crm):
    """One org. Connects on first use; safe for threads; keep one for the whole program.

    `page_size` (at most 2000) is of windows, `bulk_page_size` of first loads, in records.
    """

    def __init__(
        self,
        access: SalesforceAccess,
        patience: Patience | None = None,
        *,
        page_size: int = 2000,
        bulk_page_size: int = 10_000,
    ) -> None:
        self._access = access
        self._patience = patience or Patience()
        self._page_size = page_size
        self._bulk_page_size = bulk_page_size
        self._session = CrmSession(access, self._patience)
        self._types: dict[CrmObject, dict[str, str]] = {}

    def __repr__(self) -> str:
        return f"Salesforce({self._access!r})"

    @property
    def has_currency(self) -> bool:
        """Whether the org has several currencies."""
        return CURRENCY_FIELD in self._described(CrmObject.OPPORTUNITY)

    @property
    def has_own_fields(self) -> bool:
        """Whether accounts and deals both have the program's own fields."""
        return all(field in self._described(kind) for kind in _PROTECTED for field in OWN_FIELDS)

    def identity(self) -> str:
        """Return the organization's id, 18 characters.

        Raises:
            CrmError: no answer, or a refusal.
        """
        return str(self._query(_ORGANIZATION)["records"][0]["Id"])

    def server_time(self) -> datetime:
        """Return Salesforce's own clock, UTC, to the second, from the Date of an answer.

        Raises:
            CrmError: no answer, or a refusal.
        """
        address = f"{self._client.base_url}query/"
        response = self._patience.insist(
            lambda: self._session.get(address, params={"q": _ORGANIZATION}),
        )
        try:
            return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
        except (KeyError, ValueError):
            raise CrmRefused("NO_DATE", "its answer does not say its date") from None

    def check_fields(self) -> None:
        """Describe every object anew, and refuse when one lacks a field that is needed.

        Raises:
            FieldsMissing: a field is gone, or hidden from the integration user.
            CrmError: no answer, or a refusal.
        """
        for kind in CrmObject:
            self._check(kind)

    def changed(
        self,
        kind: CrmObject,
        low: datetime | None,
        high: datetime,
        resume: BulkPosition | None = None,
    ) -> Iterator[Page]:
        """Read what changed from `low` (aware) and before `high`, deletions and merges included.

        OVERLAP is taken off `low` here. `low` None is a first load by Bulk 2.0: all records
        before `high`, in no order, from `resume` on when a load broke off there. An opportunity's
        stage changes are rows of their own, stamped when they were made.

        Raises:
            FieldsMissing: the object lacks a field that is needed.
            CrmError: no answer, or a refusal; pages already given stay good.
        """
        types = self._check(kind)
        if low is None:
            return self._first_load(kind, types, high, resume)
        return self._window(kind, types, low - OVERLAP, high)

    def protect(self, updates: Sequence[Protection]) -> list[WriteResult]:
        """Write protections, one result each, in their order. Writing twice changes nothing.

        Raises:
            FieldsMissing: the org lacks the program's own fields.
            CrmError: no answer, or a refusal of a whole request; what was written before it
                stays written, so the same updates may be sent again.
        """
        for kind in dict.fromkeys(update.crm_object for update in updates):
            gone = [field for field in OWN_FIELDS if field not in self._described(kind)]
            if gone:
                raise FieldsMissing(kind, gone)
        return write(self._client, self._patience, updates) if updates else []

    @cached_property
    def _client(self) -> Client:
        return self._patience.insist(self._session.open)

    def _described(self, kind: CrmObject) -> dict[str, str]:
        """The type of every field of the object, as last described."""
        return self._types.get(kind) or self._describe(kind)

    def _describe(self, kind: CrmObject) -> dict[str, str]:
        client = self._client
        answer = self._patience.insist(lambda: client.restful(f"sobjects/{kind}/describe"))
        self._types[kind] = {field["name"]: field["type"] for field in _part(answer, "fields")}
        return self._types[kind]

    def _check(self, kind: CrmObject) -> dict[str, str]:
        types = self._describe(kind)
        gone = [field for field in NEEDED_FIELDS[kind] if field not in types]
        if gone:
            raise FieldsMissing(kind, gone)
        return types

    def _query(self, soql: str) -> Any:
        client = self._client
        return self._patience.insist(lambda: client.query(soql, include_deleted=True))

    def _window(
        self, kind: CrmObject, types: Mapping[str, str], low: datetime, high: datetime
    ) -> Iterator[Page]:
        after: dict[str, Any] | None = None
        while True:
            answer = self._query(
                f"{select(kind, types)} WHERE {between(low, high, after)} "
                f"ORDER BY SystemModstamp, Id LIMIT {self._page_size:d}",
            )
            records = _part(answer, "records")
            if records:
                yield self._page(kind, records)
            # Salesforce may send fewer than LIMIT and offer a locator for the rest: not taken
            if not records or (answer["done"] and len(records) < self._page_size):
                return
            after = records[-1]

    def _first_load(
        self,
        kind: CrmObject,
        types: Mapping[str, str],
        high: datetime,
        resume: BulkPosition | None,
    ) -> Iterator[Page]:
        bulk = BulkQuery(self._client, self._patience, self._bulk_page_size)
        soql = f"{select(kind, types)} WHERE SystemModstamp < {literal(high)}"
        position: BulkPosition | None = resume or bulk.start(soql)
        while position is not None:
            found = bulk.page(position, types)
            position = found.resume
            page = self._page(kind, found.rows, position)
            page.unreadable.extend(
                unreadable(kind, row, "its row of the bulk page has too many or too few cells")
                for row in found.damaged
            )
            yield page

    def _page(
        self,
        kind: CrmObject,
        rows: Iterable[Mapping[str, object]],
        resume: BulkPosition | None = None,
    ) -> Page:
        read, home = READERS[kind], self._access.home_currency
        records: list[Record] = []
        refused: list[Unreadable] = []
        for row in rows:
            found = read(row, home)
            if isinstance(found, Unreadable):
                refused.append(found)
            else:
                records.append(found)
        return Page(records, refused, resume)


def _part(answer: Any, name: str) -> list[dict[str, Any]]:
    """Take a list out of an answer that may not be what it should."""
    found = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise CrmUnreachable(f"it answered without {name}")
    return found
