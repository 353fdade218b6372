"""What each definite no of Stripe means, in a sentence, and what the operator does about it.

Source of the codes: docs.stripe.com/error-codes.
"""

from __future__ import annotations

from goodword.rules.payouts import Refused

_RERUN = ", then rerun: goodword payouts rerun"
_ACCOUNT = "Ask the participant for another account and import it (stripe_account)" + _RERUN
_DESTINATION = "Correct the participant's Stripe destination by an import" + _RERUN
_CURRENCY = (
    "The currency is not accepted",
    "Change the participant's currency or payout method to one that is taken" + _RERUN,
)
_WORDS = {
    "account_closed": ("The receiving account is closed", _ACCOUNT),
    "account_invalid": (
        "The receiving account is closed, disconnected from the platform, or mistyped",
        _ACCOUNT,
    ),
    "insufficient_capabilities_for_transfer": (
        "The receiving account is restricted: it cannot receive transfers",
        "Ask the participant to finish Stripe's onboarding (capability transfers)" + _RERUN,
    ),
    "transfers_not_allowed": (
        "Stripe does not let this platform pay that account, often for its country",
        "Choose another payout method for the participant" + _RERUN,
    ),
    "currency_not_supported": _CURRENCY,
    "invalid_currency": _CURRENCY,
    "resource_missing": (
        "Stripe knows no such account, customer or subscription, or it was deleted",
        "Correct stripe_account, stripe_customer or stripe_subscription by an import" + _RERUN,
    ),
    "livemode_mismatch": (
        "The destination belongs to the other mode of Stripe than the API key, test or live",
        _DESTINATION,
    ),
    "subscription_ended": (
        "No bill is to come that a coupon could lower",
        "Import the participant's present stripe_subscription" + _RERUN,
    ),
    "amount_too_small": (
        "The amount is too small for Stripe",
        "Let more rewards come together: raise the minimum payout in the program",
    ),
    "amount_too_large": (
        "The amount is too large for Stripe",
        "Split the reward, or pay it outside Goodword",
    ),
}
_OTHERWISE = ("Stripe refuses it", "Correct what the reason names" + _RERUN)


def refused(code: str, said: str) -> Refused:
    """Put a refusal into words; `code` is Stripe's, or empty, and `said` its own sentence."""
    sentence, step = _WORDS.get(code, _OTHERWISE)
    return Refused(code or "refused", f"{sentence}: {said}", step)
