"""Stripe's refusals, in Stripe's words.

The status, type, code and message of each are those of Stripe's API, as its documentation and
its libraries' issue trackers show them: a client decides by them.
"""

from __future__ import annotations

from typing import Any

_HELP = "Please see https://stripe.com/docs or we can help at https://support.stripe.com/."
_AUTHENTICATION = (
    "See https://stripe.com/docs/api#authentication for details, or we can help at "
    "https://support.stripe.com/."
)


class StripeError(Exception):
    """A request that Stripe refuses.

    Args:
        message: the sentence in the answer's body.
        status: the HTTP status.
        kind: the error's `type`.
        code: the error's `code`, left out of the body when None.
        param: the parameter at fault, left out when None.
        headers: of the answer.
    """

    def __init__(  # noqa: PLR0913 - one argument for each fact of an error's body
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """The JSON body of the answer."""
        error = {"message": self.message, "type": self.kind}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param is not None:
            error["param"] = self.param
        return {"error": error}


class ParameterError(StripeError):
    """A parameter that fails validation: the endpoint never began, so no key remembers it."""


def missing(param: str) -> ParameterError:
    """A required parameter is not there."""
    return ParameterError(
        f"Missing required param: {param}.", code="parameter_missing", param=param
    )


def unknown(param: str) -> ParameterError:
    """A parameter that the endpoint does not have."""
    return ParameterError(
        f"Received unknown parameter: {param}", code="parameter_unknown", param=param
    )


def empty(param: str) -> ParameterError:
    """An empty string where a value cannot be unset."""
    return ParameterError(
        f"You passed an empty string for '{param}'. We assume empty values are an attempt to "
        f"unset a parameter; however '{param}' cannot be unset. You should remove '{param}' from "
        "your request or supply a non-empty value.",
        code="parameter_invalid_empty",
        param=param,
    )


def invalid_integer(param: str, value: object) -> ParameterError:
    """A value that is no integer."""
    return ParameterError(
        f"Invalid integer: {value}", code="parameter_invalid_integer", param=param
    )


def too_long(param: str, length: int, limit: int) -> ParameterError:
    """A string beyond the limit, in characters."""
    return ParameterError(
        f"Invalid string: the value is {length} characters long, but must be at most {limit} "
        "characters",
        code="parameter_invalid_string_too_long",
        param=param,
    )


def wrong(param: str, message: str, code: str | None = None) -> ParameterError:
    """A value of the right type that is not allowed, in a sentence of its own."""
    return ParameterError(message, code=code, param=param)


def no_such(noun: str, identifier: str, *, param: str = "id", status: int = 404) -> StripeError:
    """An object that does not exist: 404 when the path names it, 400 when a parameter does."""
    return StripeError(
        f"No such {noun}: '{identifier}'", status=status, code="resource_missing", param=param
    )


def account_invalid(key: str, account: str) -> StripeError:
    """An account that is closed, or was never connected to this platform."""
    return StripeError(
        f"The provided key '{_masked(key)}' does not have access to account '{account}' (or that "
        "account does not exist). Application access may have been revoked.",
        status=403,
        code="account_invalid",
    )


def no_key() -> StripeError:
    """A request without credentials."""
    return StripeError(
        "You did not provide an API key. You need to provide your API key in the Authorization "
        "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). "
        + _AUTHENTICATION,
        status=401,
    )


def invalid_key(key: str) -> StripeError:
    """A key that is not a test-mode secret key."""
    return StripeError(f"Invalid API Key provided: {_masked(key)}", status=401)


def unrecognized(method: str, path: str) -> StripeError:
    """A path or method that the API, or this stand-in for it, does not have."""
    return StripeError(
        f"Unrecognized request URL ({method}: {path}). If you are trying to list objects, remove "
        "the trailing slash. If you are trying to retrieve an object, make sure you passed a "
        f"valid (non-empty) identifier in your code. {_HELP}",
        status=404,
    )


def key_in_use(key: str) -> StripeError:
    """Another request with this idempotency key has begun and not ended."""
    return StripeError(
        "There is currently another in-progress request using this Idempotent Key (that probably "
        "means you submitted twice, and the other request is still going through): "
        f"{key}. Please try again later.",
        status=409,
        code="idempotency_key_in_use",
    )


def key_with_other_parameters(key: str) -> StripeError:
    """The idempotency key was first used with another body."""
    return StripeError(
        "Keys for idempotent requests can only be used with the same parameters they were first "
        f"used with. Try using a key other than '{key}' if you meant to execute a different "
        "request.",
        kind="idempotency_error",
    )


def key_with_other_path(key: str, first: str, now: str) -> StripeError:
    """The idempotency key was first used on another endpoint."""
    return StripeError(
        "Keys for idempotent requests can only be used for the same endpoint they were first used "
        f"for ('{first}' vs '{now}'). Try using a key other than '{key}' if you meant to execute "
        "a different request.",
        kind="idempotency_error",
    )


def rate_limited() -> StripeError:
    """More requests in a second than the limit allows."""
    return StripeError(
        "Request rate limit exceeded. You can learn more about rate limits here "
        "https://stripe.com/docs/rate-limits.",
        status=429,
        code="rate_limit",
        headers={"Stripe-Rate-Limited-Reason": "global-rate"},
    )


def lock_timeout() -> StripeError:
    """Another request holds the object."""
    return StripeError(
        "This object cannot be accessed right now because another API request or Stripe process "
        "is currently accessing it. If you see this error intermittently, retry the request. If "
        "you see this error frequently and are making multiple concurrent requests to a single "
        "object, make your requests serially or at a lower rate.",
        status=429,
        code="lock_timeout",
    )


def server_error() -> StripeError:
    """Stripe's own failure."""
    return StripeError("An unknown error occurred", status=500, kind="api_error")


def _masked(key: str) -> str:
    shown = 4
    return f"{key[:8]}{'*' * max(len(key) - 8 - shown, 0)}{key[-shown:]}"
