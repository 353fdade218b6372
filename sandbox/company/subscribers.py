"""Who pays the company every month: Stripe's customers and their subscriptions.

Some participants are customers with a subscription of their own, on which a free month can be
given. Buyers of a few won deals pay too; their subscription names its deal in the metadata
`opportunity_id`, so that a refund can be traced to the deal.
"""

import hashlib
from collections.abc import Iterable
from typing import Any, Final

from sandbox.company.scenarios import SCENARIOS
from sandbox.world import Row

# Every so many of the participants who are Stripe customers has a subscription of their own.
_SUBSCRIBED_EVERY: Final = 5
# The scenarios whose deals have begun to be paid for.
_BOUGHT: Final = ("won_customer_250", "won_affiliate_below_500")
# Prices a month, in minor units.
_MONTHLY: Final = {"jpy": 15_000}
_MONTHLY_USUAL: Final = 9_900


def own_subscriptions(customers: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The subscriptions of participants who are customers: `sub_` and the rest of the `cus_` id.

    Args:
        customers: the participants', as `Company.stripe_customers` has them.
    """
    subscribed = [customer for customer in customers if customer["currency"]]
    return [
        {
            "id": f"sub_{customer['id'].removeprefix('cus_')}",
            "customer": customer["id"],
            "price": _MONTHLY.get(customer["currency"], _MONTHLY_USUAL),
            "currency": customer["currency"],
        }
        for customer in subscribed[::_SUBSCRIBED_EVERY]
    ]


def buyers(
    deals: Iterable[Row], opportunities: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The Stripe customers who bought a few won deals, and their subscriptions.

    Args:
        deals: rows of the Opportunity object.
        opportunities: the size of the company.
    """
    bought = {key for name in _BOUGHT for key in SCENARIOS[name].keys(opportunities).opportunities}
    customers, subscriptions = [], []
    for deal in deals:
        if deal["Id"] not in bought:
            continue
        currency = str(deal["CurrencyIsoCode"]).lower()
        digest = hashlib.sha256(str(deal["Id"]).encode()).hexdigest()[:14]
        customers.append({"id": f"cus_{digest}", "currency": currency, "name": deal["Name"]})
        subscriptions.append(
            {
                "id": f"sub_{digest}",
                "customer": f"cus_{digest}",
                "price": _MONTHLY.get(currency, _MONTHLY_USUAL),
                "currency": currency,
                "metadata": {"opportunity_id": deal["Id"]},
            }
        )
    return customers, subscriptions
