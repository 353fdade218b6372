"""`expand[]`: objects in the place of their ids.

https://docs.stripe.com/expand
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.stripe import errors
from sandbox.stripe.params import strings

if TYPE_CHECKING:
    from sandbox.stripe.state import StripeState


def expanded(state: StripeState, answer: Any, parameters: Mapping[str, Any]) -> Any:
    """A copy of an answer, with what the request asks to expand.

    A copy in any case: an answer that is kept under an idempotency key must not change when its
    object does.

    Raises:
        StripeError: a property that is no id of an object the sandbox keeps.
    """
    copied = copy(answer)
    for path in strings("expand", parameters.get("expand", [])):
        _expand(state, copied, path.split("."), path)
    return copied


def copy(value: Any) -> Any:
    """A deep copy of a JSON value."""
    if isinstance(value, dict):
        return {name: copy(item) for name, item in value.items()}
    return [copy(item) for item in value] if isinstance(value, list) else value


def _expand(state: StripeState, node: Any, path: list[str], whole: str) -> None:
    if isinstance(node, list):
        for item in node:
            _expand(state, item, path, whole)
        return
    name, *rest = path
    if not isinstance(node, dict) or name not in node:
        raise errors.wrong("expand", f"This property cannot be expanded ({whole}).")
    if node[name] is None:
        return  # there is nothing to put in its place
    value = node[name]
    if isinstance(value, list):
        node[name] = [_object(state, name, item, whole) for item in value]
    else:
        node[name] = _object(state, name, value, whole)
    if rest:
        _expand(state, node[name], rest, whole)


def _object(state: StripeState, name: str, value: Any, whole: str) -> Any:
    """The object that an id stands for; what is an object already stays."""
    if isinstance(value, (dict, list)):
        return value
    for collection in state.expandable.get(name, ()):
        found = collection.find(value)
        if found is not None:
            return copy(found)
    raise errors.wrong("expand", f"This property cannot be expanded ({whole}).")
