"""What the program asks of a payment provider: the words, and nothing of any one provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from goodword.money import Money
    from goodword.rules.payouts import (
        Answer,
        LookedUp,
        Movement,
        NotAnswered,
        Rail,
        Refused,
    )


@dataclass(frozen=True, slots=True)
class Payment:
    """One payout as the program sees it, before it is put into a provider's words.

    `reference` is the payout's own name, unique for ever, up to 200 characters: everything that
    looks the payment up later finds it by this. `destination` is the provider's name of the
    receiving account (acct_…), customer (cus_…) or subscription (sub_…), or of the transfer (tr_…)
    that a negative amount takes back. `description` is shown to the receiver. `benefit` is what a
    coupon gives, {"months": 1} or {"percent_off": "20"}; the amount is then only its worth.
    `receiver` and `bic` are for bank files: whose account it is, and its bank where that is known.
    """

    reference: str
    rail: Rail
    amount: Money
    destination: str
    description: str
    benefit: Mapping[str, Any] | None = None
    receiver: str = ""
    bic: str | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """Whose account a provider's key belongs to, and its mode, "live" or "test"."""

    account: str
    mode: str

    def __str__(self) -> str:
        return f"{self.account} ({self.mode})"


@dataclass(frozen=True, slots=True)
class NotReady:
    """A destination that cannot be paid now. `code` picks the words that its owner is told.

    One of `no_destination`, `unknown_account`, `unknown_customer`, `transfers_inactive`,
    `payouts_disabled`, `currency_not_accepted`, `unknown_subscription`, `subscription_ended`,
    `bill_already_free`; `reason` is the sentence for the operator.
    """

    code: str
    reason: str


class NotPayable(ValueError):
    """A payment that the provider can never take; `refused` says why and what to do."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(f"{refused.reason}. {refused.next_step}")
        self.refused = refused


class UnsafeCall(ValueError):
    """A call that could pay twice or pay a wrong amount: a mistake in the program, never sent."""


class ProviderUnreachable(RuntimeError):
    """The provider could not be asked; nothing follows from it, and asking again is safe."""


class PaymentProvider(Protocol):
    """One provider of payments. Every method may be called from several threads at once."""

    def reach(self) -> Reached:
        """Ask whose account this is.

        Raises:
            ProviderUnreachable: no answer, or the key is not accepted.
        """

    def balance(self) -> Mapping[str, int]:
        """Return what can be paid out now, in minor units by currency.

        Raises:
            ProviderUnreachable: no answer, or the key is not accepted.
        """

    def request(self, payment: Payment) -> dict[str, Any]:
        """Put a payment into the exact parameters to be stored, and later sent as they are.

        Raises:
            NotPayable: amount, currency or destination can never be paid on this rail.
        """

    def send(self, rail: Rail, request: Mapping[str, Any], idempotency_key: str) -> Answer:
        """Send a stored request once, and say what the answer means for the money.

        Never raises for what the provider or the network does.

        Raises:
            UnsafeCall: the key is missing or too long, or an amount is no whole number.
        """

    def look_up(self, rail: Rail, request: Mapping[str, Any]) -> LookedUp | NotAnswered:
        """Find every movement that carries the reference of a stored request, of any age."""

    def movements(
        self,
        since: datetime,
        until: datetime,
        customers: Collection[str] = (),
    ) -> Iterator[Movement]:
        """List the program's own movements of `since <= instant < until`, and what came back.

        A transfer is listed when it was made in the window or something of it came back in it.

        Args:
            since: first instant of the window, with a time zone.
            until: first instant after it.
            customers: whose credits are listed; providers have no list of all credits. Coupons are
                listed by their own reference.

        Raises:
            ProviderUnreachable: the list could not be read to its end.
        """

    def readiness(
        self,
        rail: Rail,
        destinations: Collection[tuple[str, str]],
    ) -> dict[tuple[str, str], NotReady | NotAnswered | None]:
        """Say of each destination and currency whether it can be paid now.

        Returns:
            By destination and currency: None when it is ready; what is missing when it is not;
            `NotAnswered` when the provider could not be asked, which says nothing about it.
        """
