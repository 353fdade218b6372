"""What each definite no of Stripe means, in a sentence, and what the operator does about it.

Source of the codes: docs.stripe.com/error-codes.
"""

from __future__ import annotations

from goodword.phrases import because
from goodword.rules.payouts import Refused


def _and_rerun(step: str) -> str:
    return because("{step}, then rerun: goodword payouts rerun", step=step)


_ACCOUNT = _and_rerun(
    because("Ask the participant for another account and import it (stripe_account)")
)
_DESTINATION = _and_rerun(because("Correct the participant's Stripe destination by an import"))
_CURRENCY = (
    because("The currency is not accepted"),
    _and_rerun(because("Change the participant's currency or payout method to one that is taken")),
)
_WORDS = {
    "account_closed": (because("The receiving account is closed"), _ACCOUNT),
    "account_invalid": (
        because("The receiving account is closed, disconnected from the platform, or mistyped"),
        _ACCOUNT,
    ),
    "insufficient_capabilities_for_transfer": (
        because("The receiving account is restricted: it cannot receive transfers"),
        _and_rerun(
            because("Ask the participant to finish Stripe's onboarding (capability transfers)")
        ),
    ),
    "transfers_not_allowed": (
        because("Stripe does not let this platform pay that account, often for its country"),
        _and_rerun(because("Choose another payout method for the participant")),
    ),
    "currency_not_supported": _CURRENCY,
    "invalid_currency": _CURRENCY,
    "resource_missing": (
        because("Stripe knows no such account, customer or subscription, or it was deleted"),
        _and_rerun(
            because("Correct stripe_account, stripe_customer or stripe_subscription by an import")
        ),
    ),
    "livemode_mismatch": (
        because(
            "The destination belongs to the other mode of Stripe than the API key, test or live"
        ),
        _DESTINATION,
    ),
    "subscription_ended": (
        because("No bill is to come that a coupon could lower"),
        _and_rerun(because("Import the participant's present stripe_subscription")),
    ),
    "amount_too_small": (
        because("The amount is too small for Stripe"),
        because("Let more rewards come together: raise the minimum payout in the program"),
    ),
    "amount_too_large": (
        because("The amount is too large for Stripe"),
        because("Split the reward, or pay it outside Goodword"),
    ),
}
_OTHERWISE = (because("Stripe refuses it"), _and_rerun(because("Correct what the reason names")))


def refused(code: str, said: str) -> Refused:
    """Put a refusal into words; `code` is Stripe's, or empty, and `said` its own sentence."""
    sentence, step = _WORDS.get(code, _OTHERWISE)
    return Refused(code or "refused", because("{reason}: {said}", reason=sentence, said=said), step)
