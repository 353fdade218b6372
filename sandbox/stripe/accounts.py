"""Connected accounts: those to whom the platform transfers money."""

from __future__ import annotations

from typing import Any

from sandbox.stripe import errors
from sandbox.stripe import params as p
from sandbox.stripe.collections import StripeObject
from sandbox.stripe.endpoints import Call, Endpoint
from sandbox.stripe.ids import new_id
from sandbox.stripe.params import Param

_CURRENCY_OF = {
    "AU": "aud",
    "CA": "cad",
    "CH": "chf",
    "DK": "dkk",
    "GB": "gbp",
    "JP": "jpy",
    "NO": "nok",
    "SE": "sek",
    "SG": "sgd",
    "US": "usd",
}


PLATFORM = "acct_sandboxplatform"


def platform(identifier: str, now: int) -> StripeObject:
    """The platform's own account: whose secret key the requests carry."""
    facts = {
        "id": identifier,
        "type": "standard",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "payouts_enabled": True,
    }
    return _account(facts, now)


def loaded(row: dict[str, Any], now: int) -> StripeObject:
    """An account as a Company describes it: id, country, default_currency, transfers."""
    return _account(
        {
            "id": row["id"],
            "country": row.get("country", "US"),
            "default_currency": row.get("default_currency"),
            "email": row.get("email"),
            "capabilities": {"transfers": row.get("transfers", "active")},
            "payouts_enabled": row.get("payouts_enabled", True),
        },
        now,
    )


def _account(facts: dict[str, Any], now: int) -> StripeObject:
    country = facts.get("country") or "US"
    return {
        "id": facts.get("id") or new_id("acct")[:21],
        "object": "account",
        "business_profile": None,
        "business_type": facts.get("business_type"),
        "capabilities": facts.get("capabilities", {}),
        "charges_enabled": facts.get("charges_enabled", False),
        "country": country,
        "created": now,
        "default_currency": facts.get("default_currency") or _CURRENCY_OF.get(country, "eur"),
        "details_submitted": facts.get("payouts_enabled", False),
        "email": facts.get("email"),
        "external_accounts": None,
        "metadata": facts.get("metadata", {}),
        "payouts_enabled": facts.get("payouts_enabled", False),
        "requirements": _requirements(satisfied=facts.get("payouts_enabled", False)),
        "settings": None,
        "tos_acceptance": None,
        "type": facts.get("type") or "express",
    }


def _requirements(*, satisfied: bool) -> dict[str, Any]:
    due = [] if satisfied else ["external_account", "tos_acceptance.date"]
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": due,
        "disabled_reason": None if satisfied else "requirements.past_due",
        "errors": [],
        "eventually_due": due,
        "past_due": due,
        "pending_verification": [],
    }


def create(call: Call) -> StripeObject:
    """Connect a new account; what it asks for is inactive until the control plane activates it."""
    asked = call.params.get("capabilities", {})
    account = _account(
        {**call.params, "capabilities": dict.fromkeys(asked, "inactive")}, call.state.now()
    )
    return call.state.accounts.add(account)


def retrieve(call: Call) -> StripeObject:
    """One account.

    Raises:
        StripeError: 403 account_invalid, when it is closed or never was there.
    """
    if call.ids["id"] == call.state.platform["id"]:
        return call.state.platform
    account = call.state.accounts.find(call.ids["id"])
    if account is None:
        raise errors.account_invalid(call.api_key, call.ids["id"])
    return account


def retrieve_current(call: Call) -> StripeObject:
    """The platform's own account, or the connected account that the request is made for."""
    if call.account is None:
        return call.state.platform
    return call.state.accounts.get(call.account)


def list_all(call: Call) -> StripeObject:
    """Every account, newest first."""
    return call.state.accounts.page("/v1/accounts", call.params)


def change(call: Call, wanted: dict[str, Any]) -> StripeObject:
    """Change an account as its owner, or Stripe, would; for the control plane.

    Args:
        call: with the account's id.
        wanted: any of `transfers` ("active", "inactive", "pending"), `payouts_enabled`,
            `charges_enabled`, and `closed` (true: the account is no longer connected).
    """
    account = retrieve(call)
    call = Call(call.state, call.request_id, account=account["id"])
    if wanted.get("closed"):
        call.state.accounts.remove(account["id"])
        call.state.emit(
            call, "account.application.deauthorized", {"id": new_id("ca"), "object": "application"}
        )
        return account
    previous: dict[str, Any] = {}
    if "transfers" in wanted:
        previous["capabilities"] = dict(account["capabilities"])
        account["capabilities"]["transfers"] = wanted["transfers"]
    for name in ("payouts_enabled", "charges_enabled"):
        if name in wanted:
            previous[name], account[name] = account[name], wanted[name]
    account["requirements"] = _requirements(satisfied=account["payouts_enabled"])
    call.state.emit(call, "account.updated", account, previous)
    return account


ENDPOINTS = [
    Endpoint(
        "POST",
        "/v1/accounts",
        create,
        {
            "type": Param(p.choice("express", "standard", "custom")),
            "country": Param(p.identifier),
            "email": Param(p.string),
            "business_type": Param(
                p.choice("company", "government_entity", "individual", "non_profit")
            ),
            "default_currency": Param(p.currency),
            "capabilities": Param(p.mapping),
            "controller": Param(p.mapping),
            "metadata": Param(p.metadata),
        },
    ),
    Endpoint("GET", "/v1/accounts", list_all, {**p.PAGE, "created": Param(p.created)}),
    Endpoint("GET", "/v1/accounts/{id}", retrieve),
    Endpoint("GET", "/v1/account", retrieve_current, on_account=True),
]
