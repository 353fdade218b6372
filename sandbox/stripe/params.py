"""Reading and checking the parameters of a request, as Stripe does.

A body and a query string are form-encoded, nested with brackets: `metadata[payout]=p1`,
`created[gte]=1700000000`, `expand[]=destination`, `items[0][id]=x`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from sandbox.stripe import errors

# The ISO 4217 codes, in lowercase, that Stripe supports.
CURRENCIES = frozenset(
    "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp "
    "byn bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip "
    "gmd gnf gtq gyd hkd hnl hrk htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd "
    "kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mro mur mvr mwk mxn myr mzn nad ngn nio "
    "nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle "
    "sll sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xof "
    "xpf yer zar zmw".split()
)
_THREE_DECIMALS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
_WHOLE_PAYOUTS = frozenset({"huf", "isk", "twd", "ugx"})
MAX_AMOUNT = 99_999_999
# https://docs.stripe.com/api/metadata
MAX_METADATA_KEYS = 50
MAX_METADATA_KEY = 40
MAX_METADATA_VALUE = 500
MAX_STRING = 5000
_RANGE = ("gt", "gte", "lt", "lte")
_PART = re.compile(r"\[([^\[\]]*)\]")

Read = Callable[[str, Any], Any]


@dataclass(frozen=True)
class Param:
    """One parameter of an endpoint: how its raw value is read, and whether it must be there."""

    read: Read
    required: bool = False


def decode(encoded: str) -> dict[str, Any]:
    """The nested parameters of a form-encoded text.

    Objects become dicts, `name[]` and `name[0]` lists; every leaf stays a string.

    Raises:
        ParameterError: a name whose brackets do not nest.
    """
    root: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        head, bracket, rest = name.partition("[")
        parts = _PART.findall(bracket + rest)
        if not head or "".join(f"[{part}]" for part in parts) != bracket + rest:
            raise errors.wrong(name, f"Invalid parameter name: {name}")
        _put(root, [head, *parts], value, name)
    return {name: _lists(value) for name, value in root.items()}


def _put(node: dict[str, Any], path: list[str], value: str, name: str) -> None:
    for part in path[:-1]:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            raise errors.wrong(name, f"Invalid parameter name: {name}")
    leaf = path[-1] or str(len(node))
    if isinstance(node.get(leaf), dict):
        raise errors.wrong(name, f"Invalid parameter name: {name}")
    node[leaf] = value


def _lists(node: Any) -> Any:
    """Turn what was numbered 0, 1, 2, … into lists, all the way down."""
    if not isinstance(node, dict):
        return node
    if list(node) == [str(number) for number in range(len(node))]:
        return [_lists(value) for value in node.values()]
    return {name: _lists(value) for name, value in node.items()}


def check(raw: Mapping[str, Any], spec: Mapping[str, Param]) -> dict[str, Any]:
    """The parameters of one request, read by the endpoint's own list of them.

    Raises:
        ParameterError: one is unknown, missing, or not what its reader takes.
    """
    for name in raw:
        if name not in spec and name != "expand":
            raise errors.unknown(name)
    for name, param in spec.items():
        if param.required and name not in raw:
            raise errors.missing(name)
    return {name: spec[name].read(name, raw[name]) for name in raw if name in spec}


def string(name: str, value: Any) -> str | None:
    """A string up to 5,000 characters; an empty one unsets."""
    if not isinstance(value, str):
        raise errors.wrong(name, f"Invalid string: {value}")
    if len(value) > MAX_STRING:
        raise errors.too_long(name, len(value), MAX_STRING)
    return value or None


def identifier(name: str, value: Any) -> str:
    """A string that may not be empty."""
    text = string(name, value)
    if text is None:
        raise errors.empty(name)
    return text


def integer(name: str, value: Any) -> int:
    """A whole number, as digits."""
    if value == "":
        raise errors.empty(name)
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]+", value, re.ASCII):
        raise errors.invalid_integer(name, value)
    return int(value)


def amount(name: str, value: Any) -> int:
    """An amount in minor units, from 1 to 99,999,999."""
    number = integer(name, value)
    if number < 1:
        raise errors.wrong(
            name, "This value must be greater than or equal to 1.", "amount_too_small"
        )
    return _not_too_large(name, number)


def signed_amount(name: str, value: Any) -> int:
    """An amount in minor units that may be negative, up to 99,999,999 either way."""
    return _not_too_large(name, integer(name, value))


def _not_too_large(name: str, number: int) -> int:
    if abs(number) > MAX_AMOUNT:
        raise errors.wrong(
            name, f"This value must be less than or equal to {MAX_AMOUNT}.", "amount_too_large"
        )
    return number


def limit(name: str, value: Any) -> int:
    """The size of a page, 1 to 100."""
    number = integer(name, value)
    for broken, message in (
        (number < 1, "This value must be greater than or equal to 1."),
        (number > 100, "This value must be less than or equal to 100."),  # noqa: PLR2004 - Stripe's
    ):
        if broken:
            raise errors.wrong(name, message, "parameter_invalid_integer")
    return number


def boolean(name: str, value: Any) -> bool:
    """`true` or `false`."""
    if value not in ("true", "false"):
        raise errors.wrong(name, f"Invalid boolean: {value}")
    return bool(value == "true")


def currency(name: str, value: Any) -> str:
    """A supported currency, in lowercase whatever the request's case."""
    code = identifier(name, value).lower()
    if code not in CURRENCIES:
        supported = ", ".join(sorted(CURRENCIES))
        raise errors.wrong(
            name,
            f"Invalid currency: {code}. Stripe currently supports these currencies: {supported}",
        )
    return code


def metadata(name: str, value: Any) -> dict[str, str]:
    """Keys and values; an empty value unsets its key, '' in place of all unsets every key."""
    if value == "":
        return {}
    if isinstance(value, list):  # keys 0, 1, 2, … look like a list on the wire
        value = {str(number): item for number, item in enumerate(value)}
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise errors.wrong(name, "Invalid hash: metadata takes keys and values that are strings")
    if len(value) > MAX_METADATA_KEYS:
        raise errors.wrong(name, f"Metadata can have at most {MAX_METADATA_KEYS} keys.")
    for key, text in value.items():
        if len(key) > MAX_METADATA_KEY:
            raise errors.too_long(f"{name}[{key}]", len(key), MAX_METADATA_KEY)
        if len(text) > MAX_METADATA_VALUE:
            raise errors.too_long(f"{name}[{key}]", len(text), MAX_METADATA_VALUE)
    return value


def created(name: str, value: Any) -> dict[str, int]:
    """A range of Unix times, such as `{"gte": 1700000000}`; one time alone is a range of one."""
    if not isinstance(value, dict):
        instant = integer(name, value)
        return {"gte": instant, "lte": instant}
    for bound in value:
        if bound not in _RANGE:
            raise errors.unknown(f"{name}[{bound}]")
    return {bound: integer(f"{name}[{bound}]", value[bound]) for bound in value}


def strings(name: str, value: Any) -> list[str]:
    """A list of strings."""
    if not isinstance(value, list):
        raise errors.wrong(name, "Invalid array")
    return [identifier(name, item) for item in value]


def mapping(name: str, value: Any) -> dict[str, Any]:
    """An object whose contents the endpoint reads itself."""
    if not isinstance(value, dict):
        raise errors.wrong(name, "Invalid object")
    return value


def choice(*allowed: str) -> Read:
    """One of a few words."""

    def read(name: str, value: Any) -> str:
        if value not in allowed:
            words = ", ".join(allowed[:-1])
            one_of = f"one of {words}, or {allowed[-1]}" if words else allowed[0]
            raise errors.wrong(name, f"Invalid {name}: must be {one_of}")
        return str(value)

    return read


def check_divisible(currency_code: str, number: int, *, payout: bool = False) -> None:
    """Check that an amount has no part that its currency cannot pay.

    https://docs.stripe.com/currencies: three-decimal amounts end in 0; payouts in HUF, TWD, ISK
    and UGX, though written with two decimals, are whole.

    Raises:
        ParameterError: it has one.
    """
    if currency_code in _THREE_DECIMALS:
        step = 10
    else:
        step = 100 if payout and currency_code in _WHOLE_PAYOUTS else 1
    if number % step:
        raise errors.wrong(
            "amount",
            f"Invalid amount: amounts in {currency_code} must be evenly divisible by {step}.",
        )


PAGE = {
    "limit": Param(limit),
    "starting_after": Param(identifier),
    "ending_before": Param(identifier),
}
