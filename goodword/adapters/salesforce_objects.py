"""What the org's objects are: their fields, as the integration user sees them, and record types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from goodword.adapters.crm import CrmRefused, CrmUnreachable, FieldsMissing, ObjectHidden
from goodword.rules.crm import NEEDED_FIELDS, CrmObject

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

_HIDDEN = "NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Described:
    """One object: the type of every field by name, and its record types' developer names by id."""

    types: Mapping[str, str]
    record_types: Mapping[str, str]


class Objects:
    """The org's objects, each described when it is first asked about.

    `ask` fetches a path below the API's base, such as "sobjects/Lead/describe".
    """

    def __init__(self, ask: Callable[[str], Any]) -> None:
        self._ask = ask
        self._known: dict[str, Described] = {}

    def known(self, name: str) -> Described:
        """Return the object as it was last described.

        Raises:
            ObjectHidden: the org has none of that name, or hides it from the integration user.
        """
        return self._known.get(name) or self.described(name)

    def described(self, name: str) -> Described:
        """Describe the object anew; raises as `known`."""
        try:
            answer = self._ask(f"sobjects/{name}/describe")
        except CrmRefused as error:
            if error.code != _HIDDEN:
                raise
            raise ObjectHidden(name) from None
        found = Described(
            {field["name"]: field["type"] for field in part(answer, "fields")},
            # since API 43.0 with their developer names
            {
                kind["recordTypeId"]: kind["developerName"]
                for kind in answer.get("recordTypeInfos") or ()
                if not kind["master"]
            },
        )
        self._known[name] = found
        return found

    def require(self, name: str, needed: Collection[str]) -> Described:
        """Describe an object anew, and refuse when it lacks a field that is needed.

        Raises:
            FieldsMissing: a field is gone, or hidden from the integration user.
            ObjectHidden: the whole object is.
        """
        found = self.described(name)
        gone = [field for field in needed if field not in found.types]
        if gone:
            raise FieldsMissing(name, gone)
        return found

    def can_read(self, kind: CrmObject) -> bool:
        """Tell whether the integration user sees the object and every field that is needed."""
        try:
            types = self.known(kind).types
        except ObjectHidden:
            return False
        return all(field in types for field in NEEDED_FIELDS[kind])


def part(answer: Any, name: str) -> list[dict[str, Any]]:
    """Take a list out of an answer that may not be what it should.

    Raises:
        CrmUnreachable: it is not what it should be; asked again, it may be.
    """
    found = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise CrmUnreachable(f"it answered without {name}")
    return found
