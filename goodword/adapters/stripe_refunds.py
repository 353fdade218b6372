"""What customers paid and got back at Stripe, as it stands now: invoices, refunds, disputes.

Which deal it is about is written in metadata (`opportunity_id`) on the charge, or else on its
invoice, its subscription or its customer. A charge does not name its invoice: an invoice payment
stands between them. Source: docs.stripe.com/api, the pages refunds, disputes, invoice-payment.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from goodword.adapters.stripe_amounts import from_stripe
from goodword.adapters.stripe_answers import NotThere, asking
from goodword.adapters.stripe_client import READ
from goodword.money import Money
from goodword.phrases import because
from goodword.rules.provider_events import CustomerMoney, GivenBack, InvoicePaid, News, Noted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import stripe
    from stripe.params import InvoicePaymentListParams, RefundListParams

OPPORTUNITY = "opportunity_id"
"""Metadata key that carries the CRM's id of the deal."""

_PAGE = 100
_CAME_TO_NOTHING = frozenset({"failed", "canceled"})
_ENDED = frozenset({"canceled", "incomplete_expired"})
# An inquiry (warning_…) may become a dispute; closed, or prevented, it took nothing.
_DISPUTE = {
    "lost": "lost",
    "won": "won",
    "warning_closed": "won",
    "prevented": "won",
}


class CustomerMoneyReader:
    """Reads refunds, disputes and subscriptions; `hidden` as in stripe_answers.asking."""

    def __init__(self, client: stripe.StripeClient, hidden: str) -> None:
        self._client = client
        self._hidden = hidden

    def charge(self, charge_id: str) -> News:
        """Return every refund of a charge.

        Raises:
            NotThere: Stripe knows no such charge.
            ProviderUnreachable: it could not be asked.
        """
        charge = self._charge(charge_id)
        params = cast("RefundListParams", {"charge": charge_id, "limit": _PAGE})
        with asking(self._hidden):
            page = self._client.v1.refunds.list(params, READ)
            refunds = [refund.to_dict() for refund in page.auto_paging_iter()]
        return CustomerMoney(tuple(self._refunded(refund, charge) for refund in refunds))

    def refund(self, refund_id: str) -> News:
        """Return one refund; raises as `charge`."""
        with asking(self._hidden):
            refund = self._client.v1.refunds.retrieve(refund_id, options=READ).to_dict()
        if not refund.get("charge"):
            return Noted(f"the refund {refund_id} is of no charge")
        return CustomerMoney((self._refunded(refund, self._charge(refund["charge"])),))

    def dispute(self, dispute_id: str) -> News:
        """Return one dispute; raises as `charge`."""
        with asking(self._hidden):
            dispute = self._client.v1.disputes.retrieve(dispute_id, options=READ).to_dict()
        charge = self._charge(dispute["charge"])
        with asking(self._hidden):
            found = GivenBack(
                id=dispute["id"],
                source="charge",
                currency=dispute["currency"].upper(),
                at=datetime.fromtimestamp(dispute["created"], UTC),
                reason=f"dispute of charge {charge['id']}: {dispute['reason']}, "
                f"{dispute['status']}".replace("_", " "),
                disputed_minor=from_stripe(dispute["amount"], dispute["currency"].upper()),
                dispute=_DISPUTE.get(dispute["status"], "open"),
                opportunity=charge["opportunity"],
                customer=charge["customer"],
                invoice=charge["invoice"],
            )
        return CustomerMoney((found,))

    def invoice(self, invoice_id: str) -> News:
        """Return what was paid by an invoice, without tax; raises as `charge`."""
        found = self._invoice(invoice_id)
        with asking(self._hidden):
            paid_at = (found.get("status_transitions") or {}).get("paid_at")
            if found["status"] != "paid" or not paid_at:
                return Noted(f"the invoice {invoice_id} is {found['status']}")
            currency = found["currency"].upper()
            billed = found.get("total_excluding_tax") or found["amount_paid"]
            paid = max(0, min(found["amount_paid"], billed))
            if billed <= 0:
                return Noted(f"nothing was paid by the invoice {invoice_id}")
            return InvoicePaid(
                invoice_id,
                Money(from_stripe(paid, currency), currency),
                datetime.fromtimestamp(paid_at, UTC),
                self._named_by(found) or self._of_customer(found.get("customer")),
                found.get("customer"),
                Money(from_stripe(billed, currency), currency),
            )

    def subscription(self, subscription_id: str) -> News:
        """Return one cancelled subscription; raises as `charge`."""
        with asking(self._hidden):
            found = self._client.v1.subscriptions.retrieve(subscription_id, options=READ).to_dict()
            if found["status"] not in _ENDED:
                return Noted(f"the subscription {subscription_id} is {found['status']}")
            cancelled_at = found["canceled_at"] or found["ended_at"]
            return CustomerMoney(
                (
                    GivenBack(
                        id=found["id"],
                        source="subscription",
                        currency=found["currency"].upper(),
                        at=datetime.fromtimestamp(cancelled_at, UTC),
                        reason=because(
                            "the subscription {subscription} was cancelled",
                            subscription=found["id"],
                        ),
                        is_whole=True,
                        opportunity=_named(found) or self._of_customer(found["customer"]),
                        customer=found["customer"],
                    ),
                )
            )

    def _charge(self, charge_id: str) -> dict[str, Any]:
        """Return a charge with the deal that it, or what stands behind it, names."""
        with asking(self._hidden):
            charge = self._client.v1.charges.retrieve(charge_id, options=READ).to_dict()
        invoice = self._invoice_of(charge.get("payment_intent"))
        named = (deal for place in self._places(charge, invoice) if (deal := place()))
        return {
            "id": charge["id"],
            "customer": charge.get("customer"),
            "opportunity": next(named, None),
            "invoice": invoice["id"] if invoice else None,
        }

    def _places(
        self, charge: Mapping[str, Any], invoice: Mapping[str, Any] | None
    ) -> Iterator[Callable[[], str | None]]:
        """Return where the deal of a charge may be written, the nearest first, each to be asked."""
        yield lambda: _named(charge)
        yield lambda: self._named_by(invoice) if invoice else None
        yield lambda: self._of_customer(charge.get("customer"))

    def _invoice(self, invoice_id: str) -> dict[str, Any]:
        with asking(self._hidden):
            return self._client.v1.invoices.retrieve(invoice_id, options=READ).to_dict()

    def _invoice_of(self, payment_intent: str | None) -> dict[str, Any] | None:
        """Return the invoice that a charge pays, or None."""
        if not payment_intent:
            return None
        paid_by = {"type": "payment_intent", "payment_intent": payment_intent}
        params = cast("InvoicePaymentListParams", {"payment": paid_by, "limit": 1})
        with asking(self._hidden):
            payments = self._client.v1.invoice_payments.list(params, READ).to_dict()["data"]
        return self._invoice(payments[0]["invoice"]) if payments else None

    def _named_by(self, invoice: Mapping[str, Any]) -> str | None:
        """Return the deal that an invoice names, or its subscription."""
        details = (invoice.get("parent") or {}).get("subscription_details") or {}
        return _named(invoice) or self._of_subscription(details.get("subscription"))

    def _of_subscription(self, subscription_id: str | None) -> str | None:
        if not subscription_id:
            return None
        try:
            with asking(self._hidden):
                found = self._client.v1.subscriptions.retrieve(subscription_id, options=READ)
                return _named(found.to_dict())
        except NotThere:
            return None

    def _of_customer(self, customer_id: str | None) -> str | None:
        if not customer_id:
            return None
        try:
            with asking(self._hidden):
                found = self._client.v1.customers.retrieve(customer_id, options=READ)
                return _named(found.to_dict())
        except NotThere:
            return None

    def _refunded(self, refund: Mapping[str, Any], charge: Mapping[str, Any]) -> GivenBack:
        with asking(self._hidden):
            currency = refund["currency"].upper()
            amount = from_stripe(refund["amount"], currency)
            failed = refund["status"] in _CAME_TO_NOTHING
            said = f"refund of {Money(amount, currency)} of charge {charge['id']}"
            return GivenBack(
                id=refund["id"],
                source="charge",
                currency=currency,
                at=datetime.fromtimestamp(refund["created"], UTC),
                reason=f"{said}, which {refund['status']}" if failed else said,
                refunded_minor=0 if failed else amount,
                opportunity=charge["opportunity"],
                customer=charge["customer"],
                invoice=charge["invoice"],
            )


def _named(found: Mapping[str, Any]) -> str | None:
    """Return the deal that an object's metadata names; a deleted object has none."""
    return (found.get("metadata") or {}).get(OPPORTUNITY) or None
