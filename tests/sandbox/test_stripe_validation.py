"""What is refused, in Stripe's words."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
import stripe

from sandbox.server import Sandbox

US = "acct_1UsPartner"
GOOD = {"amount": 100, "currency": "usd", "destination": US}


def good(**changed: Any) -> Any:
    return {**GOOD, **changed}


@pytest.mark.parametrize(
    ("changed", "code", "param"),
    [
        ({"amount": None}, "parameter_missing", "amount"),
        ({"currency": None}, "parameter_missing", "currency"),
        ({"destination": None}, "parameter_missing", "destination"),
        ({"amout": 5}, "parameter_unknown", "amout"),
        ({"amount": "12.5"}, "parameter_invalid_integer", "amount"),
        ({"amount": 99.0}, "parameter_invalid_integer", "amount"),
        ({"amount": "true"}, "parameter_invalid_integer", "amount"),
        ({"amount": ""}, "parameter_invalid_empty", "amount"),
        ({"amount": 0}, "amount_too_small", "amount"),
        ({"amount": -5}, "amount_too_small", "amount"),
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({"currency": "xyz"}, None, "currency"),
        ({"destination": "acct_none"}, "resource_missing", "destination"),
        ({"source_type": "gold"}, None, "source_type"),
        (
            {"metadata": {"k" * 41: "v"}},
            "parameter_invalid_string_too_long",
            f"metadata[{'k' * 41}]",
        ),
        ({"metadata": {"k": "v" * 501}}, "parameter_invalid_string_too_long", "metadata[k]"),
    ],
)
def test_a_wrong_transfer_is_refused_with_its_code_and_parameter(
    client: stripe.StripeClient, changed: dict[str, Any], code: str | None, param: str
) -> None:
    params = {name: v for name, v in {**GOOD, **changed}.items() if v is not None}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.transfers.create(params=params)  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.param) == (code, param)
    assert refused.value.http_status == 400
    assert client.v1.transfers.list().data == []


@pytest.mark.parametrize("currency", ["bhd", "tnd"])
def test_a_currency_of_three_decimals_takes_no_last_digit(
    client: stripe.StripeClient, currency: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="divisible by 10"):
        client.v1.transfers.create(params=good(currency=currency, amount=1001))
    assert client.v1.transfers.create(params=good(currency=currency, amount=1010)).id


def test_the_second_version_of_the_api_is_not_there(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        client.v2.core.events.list(params={"object_id": "x"})


def test_a_currency_in_capitals_is_taken(client: stripe.StripeClient) -> None:
    assert client.v1.transfers.create(params=good(currency="USD")).currency == "usd"


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_has_1_to_100_objects(client: stripe.StripeClient, limit: int) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.transfers.list(params={"limit": limit})
    assert refused.value.param == "limit"


@pytest.mark.parametrize("params", [{"amount": "5"}, {"created[around]": "5"}, {"status": "paid"}])
def test_an_unknown_filter_is_refused_and_not_ignored(
    sandbox: Sandbox, params: dict[str, str]
) -> None:
    answer = _get(sandbox, "/v1/transfers", params)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "parameter_unknown"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/charges"),
        ("GET", "/v1/transfers/"),
        ("DELETE", "/v1/transfers"),
        ("POST", "/v1/events"),
        ("GET", "/v1/transfers/tr_1/unknown"),
    ],
)
def test_an_unknown_path_is_refused(sandbox: Sandbox, method: str, path: str) -> None:
    answer = requests.request(
        method, sandbox.base_url + path, headers=_key("sk_test_1"), timeout=60
    )
    assert answer.status_code == 404
    assert answer.json()["error"]["message"].startswith(
        f"Unrecognized request URL ({method}: {path})."
    )


def test_what_is_not_there_is_404(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such transfer: 'tr_none'") as refused:
        client.v1.transfers.retrieve("tr_none")
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError) as cursor:
        client.v1.transfers.list(params={"starting_after": "tr_none"})
    assert (cursor.value.http_status, cursor.value.param) == (400, "starting_after")


@pytest.mark.parametrize("key", ["", "wrong", "sk_live_1"])
def test_only_a_test_key_is_let_in(sandbox: Sandbox, key: str) -> None:
    answer = requests.get(sandbox.base_url + "/v1/balance", headers=_key(key), timeout=60)
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_basic_authentication_is_taken_too(sandbox: Sandbox) -> None:
    answer = requests.get(sandbox.base_url + "/v1/balance", auth=("sk_test_1", ""), timeout=60)
    assert answer.status_code == 200


def test_every_answer_names_its_request_and_echoes_the_version(sandbox: Sandbox) -> None:
    for path in ("/v1/balance", "/v1/none"):
        headers = {**_key("sk_test_1"), "Stripe-Version": "2025-01-27.acacia"}
        answer = requests.get(sandbox.base_url + path, headers=headers, timeout=60)
        assert answer.headers["Request-Id"].startswith("req_")
        assert answer.headers["Stripe-Version"] == "2025-01-27.acacia"


def test_a_call_for_another_account_is_refused_where_it_is_not_served(
    client: stripe.StripeClient,
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Stripe-Account"):
        client.v1.transfers.list(options={"stripe_account": US})


def test_names_that_do_not_nest_are_refused(sandbox: Sandbox) -> None:
    for name in ("created[gte", "created]", "[created]", "created[gte]x"):
        assert _get(sandbox, "/v1/transfers", {name: "5"}).status_code == 400
    answer = requests.get(
        f"{sandbox.base_url}/v1/transfers?created=5&created[gte]=5",
        headers=_key("sk_test_1"),
        timeout=60,
    )
    assert answer.status_code == 400


def test_more_calls_a_second_than_allowed_are_refused_and_counted(
    client: stripe.StripeClient, control: Callable[..., Any]
) -> None:
    control("POST", "stripe/rate", {"per_second": 3})

    def call_again_and_again() -> None:
        for _ in range(1000):  # four, unless the machine takes a second for them
            client.v1.balance.retrieve()

    with pytest.raises(stripe.RateLimitError) as refused:
        call_again_and_again()
    assert refused.value.headers is not None
    assert refused.value.headers["Stripe-Rate-Limited-Reason"] == "global-rate"
    report = control("GET", "stripe/rate")
    assert report == {"per_second": 3, "refused": 1, "most_in_a_second": 4}
    control("POST", "stripe/rate", {"per_second": None})
    assert client.v1.balance.retrieve().available


def _get(sandbox: Sandbox, path: str, params: dict[str, str]) -> requests.Response:
    return requests.get(
        sandbox.base_url + path, params=params, headers=_key("sk_test_1"), timeout=60
    )


def _key(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}
