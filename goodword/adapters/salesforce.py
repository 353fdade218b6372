"""Salesforce: what changed since a watermark, first loads, and protection written back.

A window is `SystemModstamp >= low - OVERLAP AND < high`, paged by (SystemModstamp, Id). Each page
is one query of its own with a LIMIT: no query locator is ever kept, so none can expire
(INVALID_QUERY_LOCATOR), and no cursor is open at Salesforce while the caller writes a page.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from goodword.adapters.crm import OVERLAP, Crm, CrmRefused, FieldsMissing, ObjectHidden
from goodword.adapters.salesforce_access import Patience, SalesforceAccess
from goodword.adapters.salesforce_bulk import BulkQuery
from goodword.adapters.salesforce_objects import Objects, part
from goodword.adapters.salesforce_session import CrmSession
from goodword.adapters.salesforce_soql import between, literal
from goodword.adapters.salesforce_sources import Source, mirrored, registering
from goodword.adapters.salesforce_writing import Writer
from goodword.rules.crm import NEEDED_FIELDS, CrmObject
from goodword.rules.crm_intake import needed_intake_fields
from goodword.rules.crm_policy import CrmPolicy, Intake

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simple_salesforce.api import Salesforce as Client

    from goodword.adapters.crm import Page, Protection, WriteResult
    from goodword.adapters.salesforce_bulk import BulkPosition

__all__ = ["Patience", "Salesforce", "SalesforceAccess"]

_ORGANIZATION = "SELECT Id FROM Organization LIMIT 1"


class Salesforce(Crm):
    """One org. Connects on first use; safe for threads; keep one for the whole program.

    `policy` says what the program's own fields are called, and what is a deal registration.
    `page_size` (at most 2000) is of windows, `bulk_page_size` of first loads, in records.
    """

    def __init__(
        self,
        access: SalesforceAccess,
        patience: Patience | None = None,
        policy: CrmPolicy = CrmPolicy(),  # noqa: B008 - frozen
        *,
        page_size: int = 2000,
        bulk_page_size: int = 10_000,
    ) -> None:
        self._access = access
        self._patience = patience or Patience()
        self._policy = policy
        self._page_size = page_size
        self._bulk_page_size = bulk_page_size
        self._session = CrmSession(access, self._patience)
        self._objects = Objects(self._ask)

    def __repr__(self) -> str:
        return f"Salesforce({self._access!r})"

    @property
    def has_own_fields(self) -> bool:
        """Whether accounts and deals both have the program's own fields."""
        return not self.lacks(CrmObject.ACCOUNT) and not self.lacks(CrmObject.OPPORTUNITY)

    def lacks(self, kind: CrmObject) -> tuple[str, ...]:
        """Return the program's own fields that an object lacks; all of them when it is hidden.

        Raises:
            CrmError: no answer, or a refusal.
        """
        try:
            types = self._objects.known(kind).types
        except ObjectHidden:
            types = {}
        return tuple(field for field in self._policy.own_fields if field not in types)

    def can_read(self, kind: CrmObject) -> bool:
        """Tell whether the integration user sees the object, and all of it that is needed.

        Raises:
            CrmError: no answer, or a refusal.
        """
        return self._objects.can_read(kind)

    def lead_record_types(self) -> frozenset[str]:
        """Return the developer names of the record types of leads.

        Raises:
            CrmError: leads are hidden, no answer, or a refusal.
        """
        return frozenset(self._objects.known(CrmObject.LEAD).record_types.values())

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

        Leads may be hidden from the integration user, as long as they are no deal registrations.

        Raises:
            FieldsMissing: a field is gone, or hidden from the integration user.
            ObjectHidden: a whole object is.
            CrmError: no answer, or a refusal.
        """
        for kind in CrmObject:
            try:
                self._objects.require(kind, NEEDED_FIELDS[kind])
            except (FieldsMissing, ObjectHidden):
                if kind is not CrmObject.LEAD or self._policy.intake is Intake.LEAD:
                    raise
        if self._policy.intake_object is not None:
            self._objects.require(self._policy.intake_object, needed_intake_fields(self._policy))

    def changed(self, kind: CrmObject, low: datetime | None, high: datetime) -> Iterator[Page]:
        """Read what changed from `low` (aware) and before `high`, deletions and merges included.

        OVERLAP is taken off `low` here. `low` None is a first load by Bulk 2.0: all records
        before `high`, in no order. An opportunity's stage changes are rows of their own, stamped
        when they were made.

        Raises:
            FieldsMissing: the object lacks a field that is needed.
            CrmError: no answer, or a refusal; pages already given stay good.
        """
        described = self._objects.require(kind, NEEDED_FIELDS[kind])
        source = mirrored(kind, described, self._access.home_currency, self._policy)
        return self._read(source, low, high)

    def deal_registrations(self, low: datetime | None, high: datetime) -> Iterator[Page]:
        """Read the same of the records that are deal registrations; none without an intake.

        Raises:
            FieldsMissing: the object lacks a field that the program names.
            ObjectHidden: the org shows no such object.
            CrmError: no answer, or a refusal; pages already given stay good.
        """
        name = self._policy.intake_object
        if name is None:
            return iter(())
        described = self._objects.require(name, needed_intake_fields(self._policy))
        source = registering(described, self._access.home_currency, self._policy)
        return self._read(source, low, high)

    def protect(self, updates: Sequence[Protection]) -> list[WriteResult]:
        """Write protections, one result each, in their order. Writing twice changes nothing.

        Raises:
            FieldsMissing: an object lacks the program's own fields.
            CrmError: no answer, or a refusal of a whole request; what was written before it
                stays written, so the same updates may be sent again.
        """
        if not updates:
            return []
        for kind in dict.fromkeys(update.crm_object for update in updates):
            if gone := self.lacks(kind):
                raise FieldsMissing(kind, gone)
        return Writer(self._client, self._patience, self._policy).write(updates)

    @cached_property
    def _client(self) -> Client:
        return self._patience.insist(self._session.open)

    def _ask(self, path: str) -> Any:
        client = self._client
        return self._patience.insist(lambda: client.restful(path))

    def _query(self, soql: str) -> Any:
        client = self._client
        return self._patience.insist(lambda: client.query(soql, include_deleted=True))

    def _read(self, source: Source, low: datetime | None, high: datetime) -> Iterator[Page]:
        if low is None:
            return self._first_load(source, high)
        return self._window(source, low - OVERLAP, high)

    def _window(self, source: Source, low: datetime, high: datetime) -> Iterator[Page]:
        after: dict[str, Any] | None = None
        while True:
            answer = self._query(
                f"{source.select}{between(low, high, after)} "
                f"ORDER BY SystemModstamp, Id LIMIT {self._page_size:d}",
            )
            records = part(answer, "records")
            if records:
                yield source.page(records)
            # Salesforce may send fewer than LIMIT and offer a locator for the rest: not taken
            if not records or (answer["done"] and len(records) < self._page_size):
                return
            after = records[-1]

    def _first_load(self, source: Source, high: datetime) -> Iterator[Page]:
        bulk = BulkQuery(self._client, self._patience, self._bulk_page_size)
        soql = f"{source.select}SystemModstamp < {literal(high)}"
        position: BulkPosition | None = bulk.start(soql)
        while position is not None:
            found = bulk.page(position, source.types)
            position = found.next
            yield source.page(found.rows, found.damaged)
