"""Whether Stripe would pay a destination now, read from what it says of it.

Source: docs.stripe.com/connect/account-capabilities; `charges_enabled` is not needed to be paid.
A connected account is refused for no currency: Stripe converts what it holds no balance in
(docs.stripe.com/connect/currencies), and says itself which countries a platform cannot pay
(`transfers_not_allowed`), which it also settles one by one with its larger customers.
"""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from goodword.adapters import stripe_subscriptions as subscriptions
from goodword.adapters.payments import NotReady, ProviderUnreachable
from goodword.adapters.stripe_answers import NotThere, asking
from goodword.adapters.stripe_client import READ
from goodword.phrases import because, in_a_row
from goodword.rules.payouts import NotAnswered, Rail, Refused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from goodword.adapters.stripe_rails import StripeApi

    Ready = NotReady | NotAnswered | None

_ASKED_AT_ONCE = 32  # enough to fill 80 calls a second when each takes 0.4 s

_WORDS = {
    Rail.STRIPE_TRANSFER: (because("Stripe account"), "unknown_account"),
    Rail.STRIPE_CREDIT: (because("Stripe customer"), "unknown_customer"),
    Rail.STRIPE_COUPON: (because("Stripe subscription"), "unknown_subscription"),
}


def no_destination(rail: Rail) -> Refused:
    """Say that the participant has no such thing on record."""
    if rail is Rail.STRIPE_REVERSAL:
        return Refused(
            "no_destination",
            because("The transfer that comes back is not on record"),
            because("Name a payout that was paid"),
        )
    thing, _ = _WORDS[rail]
    field = thing.lower().replace(" ", "_")
    return Refused(
        "no_destination",
        because("The participant has no {thing} on record", thing=thing),
        because("Import the participant with {field} filled in", field=field),
    )


def ask(
    api: StripeApi,
    rail: Rail,
    destinations: Collection[tuple[str, str]],
) -> dict[tuple[str, str], Ready]:
    """Ask for each destination once, many at a time, and judge it for each of its currencies."""
    currencies: dict[str, list[str]] = defaultdict(list)
    for destination, currency in dict.fromkeys(destinations):
        currencies[destination].append(currency)

    def one(destination: str) -> Iterable[tuple[tuple[str, str], Ready]]:
        found = _read(api, rail, destination)
        for currency in currencies[destination]:
            known = _judge(rail, found, currency) if isinstance(found, dict) else found
            yield (destination, currency), known

    with ThreadPoolExecutor(max_workers=_ASKED_AT_ONCE) as pool:
        return dict(
            pair for pairs in pool.map(lambda d: list(one(d)), currencies) for pair in pairs
        )


def _read(api: StripeApi, rail: Rail, name: str) -> dict[str, Any] | NotReady | NotAnswered:
    _, unknown = _WORDS[rail]
    if not name:
        return NotReady("no_destination", no_destination(rail).reason)
    try:
        with asking(api.key):
            if rail is Rail.STRIPE_TRANSFER:
                return api.client.v1.accounts.retrieve(name, options=READ).to_dict()
            if rail is Rail.STRIPE_CREDIT:
                return api.client.v1.customers.retrieve(name, options=READ).to_dict()
            return subscriptions.read(api, name)
    except NotThere as error:
        return NotReady(unknown, _not_there(rail, name, str(error)))
    except ProviderUnreachable as error:
        return NotAnswered(str(error))


def _not_there(rail: Rail, name: str, said: str) -> str:
    if rail is Rail.STRIPE_TRANSFER:
        return because("Stripe account {account} is not there: {said}", account=name, said=said)
    if rail is Rail.STRIPE_CREDIT:
        return because("Stripe customer {account} is not there: {said}", account=name, said=said)
    return because("Stripe subscription {account} is not there: {said}", account=name, said=said)


def _judge(rail: Rail, found: Mapping[str, Any], currency: str) -> NotReady | None:
    if rail is Rail.STRIPE_TRANSFER:
        return _account(found)
    return _customer(found, currency) if rail is Rail.STRIPE_CREDIT else _subscription(found)


def _account(found: Mapping[str, Any]) -> NotReady | None:
    """Read a connected account: transfers active and payouts enabled, or what is missing."""
    name = found["id"]
    due = (found.get("requirements") or {}).get("currently_due") or []
    asked = [because("Stripe still asks for {fields}", fields=in_a_row(due))] if due else []
    transfers = (found.get("capabilities") or {}).get("transfers") or "not requested"
    if transfers != "active":
        inactive = because(
            "Stripe account {account} cannot receive transfers: the capability is {status}",
            account=name,
            status=transfers,
        )
        return NotReady("transfers_inactive", "; ".join((inactive, *asked)))
    if not found.get("payouts_enabled"):
        disabled = because(
            "Stripe account {account} cannot pay out to its bank: payouts are not enabled",
            account=name,
        )
        return NotReady("payouts_disabled", "; ".join((disabled, *asked)))
    return None


def _customer(found: Mapping[str, Any], currency: str) -> NotReady | None:
    """Read a customer: one who is not deleted can be given credit in the currency of the bills."""
    if found.get("deleted"):
        gone = because("Stripe customer {account} was deleted", account=found["id"])
        return NotReady("unknown_customer", gone)
    billed = (found.get("currency") or currency).upper()
    if billed != currency:
        return NotReady(
            "currency_not_accepted",
            because(
                "Stripe customer {account} is billed in {billed}, and takes no credit in "
                "{currency}",
                account=found["id"],
                billed=billed,
                currency=currency,
            ),
        )
    return None


def _subscription(found: Mapping[str, Any]) -> NotReady | None:
    """Read a subscription: a bill is to come, of somebody who is there, and it is not free."""
    customer = found["customer"]
    if not isinstance(customer, str) and customer.get("deleted"):
        gone = because(
            "Stripe customer {account} of subscription {subscription} was deleted",
            account=customer["id"],
            subscription=found["id"],
        )
        return NotReady("unknown_customer", gone)
    if said := subscriptions.ended(found):
        return NotReady("subscription_ended", said)
    if said := subscriptions.already_free(found):
        return NotReady("bill_already_free", said)
    return None
