"""Stripe's events: whether a webhook is genuine, which there were, and what each means by now.

Snapshot events (v1) only; what they carry is a hint, and everything that counts is read again.
Source: docs.stripe.com/webhooks and docs.stripe.com/api/events.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import stripe

from goodword.adapters.news import NotGenuine, NotReadable
from goodword.adapters.stripe_amounts import from_stripe
from goodword.adapters.stripe_answers import NotThere, asking
from goodword.adapters.stripe_client import READ, StripeAccess, connect
from goodword.adapters.stripe_refunds import CustomerMoneyReader
from goodword.money import Money
from goodword.rules.provider_events import Ignored, News, Noted, PayoutFailed, ProviderEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from stripe.params import EventListParams

LISTED = (
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.refund.updated",
    "charge.refunded",
    "customer.subscription.deleted",
    "invoice.paid",
    "refund.created",
    "refund.failed",
    "refund.updated",
    "transfer.reversed",
)
"""The events of the platform that are caught up; a list takes twenty types at the most.

Those of connected accounts (`payout.failed`, `account.updated`) are in no list of the platform's:
they come by webhook alone, for three days of tries, and no money of the program hangs on them.
"""

TOLERANCE_SECONDS = 300
"""How old a signature may be, as the library has it."""

_PAGE = 100
_NO_EVENT = (
    ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError, RecursionError,
)  # fmt: skip
"""What reading a body raises that is no event of Stripe's."""
_WORD = re.compile(r"[A-Za-z0-9_.\-]{1,255}")
_THIN = "v2.core.event"


class StripeNews:
    """Stripe as it tells things; `ProviderNews` says what each method promises.

    Args:
        secrets: the signing secrets of the webhook endpoints (whsec_…): one for the platform's own
            events, one for those of connected accounts, and a new one beside an old one.
        access: gives the way to Stripe when it is first asked; checking a webhook needs none.
    """

    def __init__(self, secrets: Sequence[str], access: Callable[[], StripeAccess]) -> None:
        self._secrets = tuple(secrets)
        self._access = access
        self._connected: tuple[stripe.StripeClient, str] | None = None

    def genuine(self, body: bytes, signature: str | None) -> ProviderEvent:
        """Check a webhook's signature and read it.

        Raises:
            NotGenuine: no secret that is set signed it, or it is older than five minutes.
            NotReadable: it is a thin event, or no event.
        """
        self._check(body, signature)
        try:
            # Decoded first: json.loads would take UTF-16 as well, which is no text to keep.
            text = body.decode()
            return _event(json.loads(text), text)
        except _NO_EVENT as error:
            if isinstance(error, NotReadable):
                raise
            raise NotReadable(f"the body is no event of Stripe's ({error})") from None

    def _check(self, body: bytes, signature: str | None) -> None:
        said = "no webhook secret is set (GOODWORD_STRIPE_WEBHOOK_SECRET)"
        if signature and not signature.isascii():
            raise NotGenuine("the signature is not Stripe's: it is no ASCII text")
        for secret in self._secrets:
            try:
                stripe.WebhookSignature.verify_header(body, signature, secret, TOLERANCE_SECONDS)
            except stripe.SignatureVerificationError as error:
                said = f"the signature is not Stripe's: {error.user_message or error}"
            except UnicodeDecodeError:
                raise NotReadable("the body is no text") from None
            else:
                return
        raise NotGenuine(said)

    def events(self, since: datetime, until: datetime) -> Iterator[ProviderEvent]:
        """List the platform's events of a window; Stripe keeps them for 30 days.

        Raises:
            ProviderUnreachable: the list could not be read to its end.
        """
        # Stripe keeps whole seconds: a second too many is only read twice.
        created = {"gte": math.floor(since.timestamp()), "lt": math.ceil(until.timestamp())}
        listed = {"types": list(LISTED), "created": created, "limit": _PAGE}
        client, hidden = self._client()
        with asking(hidden):
            page = client.v1.events.list(cast("EventListParams", listed), READ)
            for found in page.auto_paging_iter():
                event = found.to_dict(for_json=True)
                yield _event(event, json.dumps(event))

    def read(self, event: ProviderEvent) -> News:
        """Say what an event means by what Stripe has now.

        Raises:
            ProviderUnreachable: it could not be asked, or its answer could not be read.
        """
        client, hidden = self._client()
        money = CustomerMoneyReader(client, hidden)
        readers: dict[str, Callable[[str], News]] = {
            "charge.refunded": money.charge,
            "charge.refund.updated": money.refund,
            "refund": money.refund,
            "charge.dispute": money.dispute,
            "customer.subscription.deleted": money.subscription,
            "invoice.paid": money.invoice,
        }
        reader = readers.get(event.type) or readers.get(event.type.rpartition(".")[0])
        try:
            if event.type == "payout.failed":
                return self._payout(event)
            if reader is None:
                return _without_reading(event)
            if event.account is not None:
                return Ignored(f"it is about customers of {event.account}, not of the platform")
            return reader(event.subject)
        except NotThere as error:
            return Ignored(f"Stripe has no {event.subject}: {error}")

    def _payout(self, event: ProviderEvent) -> News:
        if event.account is None:
            return Noted("it is a payout of the platform's own account")
        client, hidden = self._client()
        with asking(hidden):
            options: stripe.RequestOptions = {**READ, "stripe_account": event.account}
            payout = client.v1.payouts.retrieve(event.subject, options=options).to_dict()
            if payout["status"] != "failed":
                return Noted(f"the payout {event.subject} is {payout['status']}")
            currency = payout["currency"].upper()
            money = Money(from_stripe(payout["amount"], currency), currency)
            why = payout.get("failure_message") or payout.get("failure_code") or "no reason given"
            return PayoutFailed(event.subject, event.account, money, str(why))

    def _client(self) -> tuple[stripe.StripeClient, str]:
        if self._connected is None:
            access = self._access()
            self._connected = connect(access), access.api_key
        return self._connected


def _without_reading(event: ProviderEvent) -> News:
    match event.type:
        case "transfer.reversed":
            return Noted(f"found by the reconciliation: {event.subject}")
        case "account.updated":
            return Noted("nothing is kept of accounts: each plan asks anew")
        case _:
            return Ignored("the program does not use events of this type")


def _event(raw: Mapping[str, Any], body: str) -> ProviderEvent:
    """Take what the inbox keeps out of an event.

    Raises:
        NotReadable: it is no snapshot event.
    """
    if raw.get("object") == _THIN:
        raise NotReadable(
            "this is a thin event (v2), which says nothing that could be kept: give the event "
            "destination at Stripe the payload style “snapshot”"
        )
    if raw.get("object") != "event":
        raise NotReadable("the body is no event of Stripe's")
    account = raw.get("account")
    return ProviderEvent(
        id=_word(raw["id"]),
        type=_word(raw["type"]),
        account=_word(account) if account else None,
        created_at=datetime.fromtimestamp(raw["created"], UTC),
        subject=_word(raw["data"]["object"].get("id") or "none"),
        body=body,
    )


def _word(value: object) -> str:
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise NotReadable(f"{str(value)[:60]!r} is no name that Stripe gives")
    return value
