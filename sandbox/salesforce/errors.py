"""Salesforce's refusals, worded and coded as the platform words and codes them.

Source of the texts: recorded responses of real orgs, and the Lightning Platform REST API
Developer Guide, "Status Codes and Error Responses".
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any


class SalesforceError(Exception):
    """One refusal: an error code, a sentence, and the fields it is about.

    Args:
        code: Salesforce's error code, such as `INVALID_FIELD`.
        message: the sentence that goes with it.
        fields: API names of the fields at fault.
        status: the HTTP status when the whole request is refused.
    """

    def __init__(
        self,
        code: str,
        message: str,
        fields: Sequence[str] = (),
        status: int = HTTPStatus.BAD_REQUEST,
    ) -> None:
        self.code = code
        self.message = message
        self.fields = list(fields)
        self.status = int(status)
        super().__init__(f"{code}: {message}")

    def body(self) -> list[dict[str, Any]]:
        """The answer to a request that is refused as a whole: a list of one error."""
        error: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields or self.code in _WITH_FIELDS:
            error["fields"] = self.fields
        return [error]

    def entry(self) -> dict[str, Any]:
        """The error of one record inside a collection that itself succeeds."""
        return {"statusCode": self.code, "message": self.message, "fields": self.fields}

    def cell(self) -> str:
        """The `sf__Error` of one row of a Bulk job: code, message and fields."""
        return f"{self.code}:{self.message}:{','.join(self.fields)} --"


# Errors of a record that was read and understood name their fields even when there are none.
_WITH_FIELDS = frozenset({"MALFORMED_ID", "STRING_TOO_LONG", "REQUIRED_FIELD_MISSING"})


def expired_session() -> SalesforceError:
    """The access token is unknown, too old or revoked."""
    return SalesforceError(
        "INVALID_SESSION_ID", "Session expired or invalid", status=HTTPStatus.UNAUTHORIZED
    )


def no_such_resource() -> SalesforceError:
    """No object, record, job or path of that name."""
    return SalesforceError(
        "NOT_FOUND", "The requested resource does not exist", status=HTTPStatus.NOT_FOUND
    )


def no_such_external_id(name: str) -> SalesforceError:
    """The path names no field that records can be looked up by, or an Id that is none."""
    return SalesforceError(
        "NOT_FOUND",
        f"Provided external ID field does not exist or is not accessible: {name}",
        status=HTTPStatus.NOT_FOUND,
    )


def no_such_column(field: str, object_name: str) -> SalesforceError:
    """A record is written with a field that the object has not."""
    return SalesforceError(
        "INVALID_FIELD", f"No such column '{field}' on sobject of type {object_name}"
    )


def deleted() -> SalesforceError:
    """The record is in the recycle bin."""
    return SalesforceError("ENTITY_IS_DELETED", "entity is deleted", status=HTTPStatus.NOT_FOUND)


def bad_cross_reference() -> SalesforceError:
    """A well-formed Id that no record has."""
    return SalesforceError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")


def inactive_owner(user_id: str) -> SalesforceError:
    """A record is given to a user who has left."""
    return SalesforceError(
        "INACTIVE_OWNER_OR_USER",
        f"operation performed with inactive user [{user_id}] as owner",
        ["OwnerId"],
    )


def converted_lead() -> SalesforceError:
    """A lead that has become an account is history."""
    return SalesforceError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")


def locked_row(record_id: str) -> SalesforceError:
    """Another transaction holds the record."""
    return SalesforceError(
        "UNABLE_TO_LOCK_ROW",
        f"unable to obtain exclusive access to this record or 1 records: {record_id}",
    )


def request_limit() -> SalesforceError:
    """The org's daily number of API requests is used up."""
    return SalesforceError(
        "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=HTTPStatus.FORBIDDEN
    )


def read_only(fields: Sequence[str]) -> SalesforceError:
    """Fields that the API does not let anyone write."""
    return SalesforceError(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        f"Unable to create/update fields: {', '.join(fields)}. Please check the security settings "
        "of this field and verify that it is read/write for your profile or permission set.",
        fields,
    )


def wrong_type(type_name: str, value: object) -> SalesforceError:
    """A JSON value that the field's type cannot hold."""
    token = "VALUE_STRING" if isinstance(value, str) else "VALUE_NUMBER"
    return SalesforceError(
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {type_name} from {token} value {value} "
        "or request may be missing a required field at [line:1, column:1]",
    )
