"""What an answer of Stripe means for the money: moved, not moved, or not known.

The library's exceptions do not say it by their class alone. A cut-off 200 is an `APIError` like a
500, "connection refused" is one class with "timed out after doing the work", and the code of a
409, 403 or 429 stands in `error.error.code` only (measured with stripe 16.1.0). So a definite
answer is one that Stripe itself wrote, of a kind that it documents as "nothing was done"; anything
else is unknown. Sources: docs.stripe.com/error-low-level, docs.stripe.com/error-codes,
docs.stripe.com/rate-limits.
"""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

import stripe

from goodword.adapters.payments import ProviderUnreachable
from goodword.adapters.stripe_client import NotSent
from goodword.adapters.stripe_refusals import refused
from goodword.phrases import because
from goodword.rules.payouts import Answer, Held, NotNow, Refused, TryLater, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

_WAITING = {
    "rate_limit": because("Stripe takes no more requests just now"),
    "lock_timeout": because("another request holds the same object at Stripe"),
    "authentication": because("Stripe does not accept the API key (GOODWORD_STRIPE_API_KEY)"),
    "permission": because("the API key may not do this (GOODWORD_STRIPE_API_KEY)"),
}
_TRIED_AGAIN = frozenset({"rate_limit", "lock_timeout"})
"""Codes of a 429 that Stripe asks clients to repeat, where no header says it of this answer."""


def classify(error: stripe.StripeError, hidden: str) -> Answer:
    """Say what an error of the library means for the money.

    Args:
        error: what a call raised.
        hidden: the API key, which is cut out of every sentence.

    Returns:
        `NotNow` for 429, 401 and 403, and for a call that was not sent; `Held` when the key was
        used with another body; `TryLater` when the platform's balance is too small; `Refused` for
        any other 400, 402 or 404 that Stripe wrote; `Unknown` for all else, also a 500 that Stripe
        replays from its cache: what the first call did is as unknown as before.
    """
    said = said_by(error, hidden)
    match error:
        case NotSent():
            return NotNow("not_paced", said)
        case stripe.RateLimitError():
            code = code_of(error) or "rate_limit"
            waiting = _WAITING.get(code, _WAITING["rate_limit"])
            reason = _with(waiting, said)
            return NotNow(code, reason, at_once=_at_once(error, otherwise=code in _TRIED_AGAIN))
        case stripe.AuthenticationError():
            return NotNow("authentication", _with(_WAITING["authentication"], said))
        case stripe.PermissionError():
            code = code_of(error) or "permission"
            return NotNow(code, _with(_WAITING["permission"], said))
        case stripe.IdempotencyError():
            known = because("Stripe knows this idempotency key with another request")
            return Held(_with(known, said))
        case stripe.InvalidRequestError() | stripe.CardError() if error.http_status is not None:
            return _definite_no(error, said)
        case _:
            in_use = error.http_status == HTTPStatus.CONFLICT
            return Unknown(said, at_once=_at_once(error, otherwise=in_use))


def _with(reason: str, said: str) -> str:
    return because("{reason}: {said}", reason=reason, said=said)


def _at_once(error: stripe.StripeError, *, otherwise: bool) -> bool:
    """Read whether Stripe says that the same request may be repeated in a moment.

    A 409 says that the first request with this key is still on its way: the repeat can only wait
    for it. The header decides where it is there (docs.stripe.com/error-low-level).
    """
    said = (error.headers or {}).get("stripe-should-retry")
    return {"true": True, "false": False}.get(said or "", otherwise)


def _definite_no(error: stripe.StripeError, said: str) -> TryLater | Refused:
    code = code_of(error) or ""
    if code == "balance_insufficient":
        small = because("the platform's balance at Stripe is too small in this currency")
        return TryLater(code, f"{small}; {_with(because('top it up'), said)}")
    if not code and error.error and error.error.param == "currency":
        code = "currency_not_supported"  # Stripe names the parameter and gives no code
    return refused(code, said)


def code_of(error: stripe.StripeError) -> str | None:
    """Return Stripe's error code; the exception's own `code` is None on 403, 409 and 429."""
    return error.code or (error.error.code if error.error else None)


def said_by(error: stripe.StripeError, hidden: str) -> str:
    """Write what came back as one sentence, with the request's id and without the API key."""
    if isinstance(error, NotSent):
        return because("nothing was sent: {said}", said=error.user_message)
    if error.http_status is None:
        cause = type(error.__context__).__name__ if error.__context__ else type(error).__name__
        return because("no answer came back ({cause})", cause=cause)
    if error.error is None:
        status = error.http_status
        return because("an answer came back that cannot be read (HTTP {status})", status=status)
    message = (error.user_message or "it gave no reason").replace(hidden, "********")
    request = f", {error.request_id}" if error.request_id else ""
    return f"{message} (HTTP {error.http_status}{request})"


_NOT_THERE = frozenset({"resource_missing", "account_invalid", "account_closed"})


class NotThere(ProviderUnreachable):
    """The object asked for does not exist at Stripe, or is closed to this platform."""


@contextmanager
def asking(hidden: str) -> Iterator[None]:
    """Turn what a look-up may run into into one of two errors; `hidden` as in `classify`.

    Raises:
        NotThere: Stripe says definitely that there is no such object.
        ProviderUnreachable: it could not be asked, or its answer could not be read.
    """
    try:
        yield
    except stripe.StripeError as error:
        said = said_by(error, hidden)
        if code_of(error) in _NOT_THERE:
            raise NotThere(said) from None
        raise ProviderUnreachable(f"Stripe could not be asked: {said}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"Stripe's answer cannot be read: {type(error).__name__} {error}"
        raise ProviderUnreachable(what) from None
