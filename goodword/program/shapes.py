"""Shapes: what each reader reads, as JSON Schema (2020-12), so that editors know a program file.

A reader says its shape beside its code, and those of tables and lists are made of the readers of
what they hold. What must hold between values is left to `goodword program check`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")
U = TypeVar("U")
R = TypeVar("R", bound=Callable[..., Any])
Shape: TypeAlias = dict[str, Any]

_SHAPES: WeakKeyDictionary[Callable[..., Any], Shape] = WeakKeyDictionary()


def shaped(shape: Shape) -> Callable[[R], R]:
    """Say what a reader reads."""

    def give(read: R) -> R:
        _SHAPES[read] = shape
        return read

    return give


def shape_of(read: Callable[[object], Any]) -> Shape:
    """Return what a reader reads; {} is anything, of a reader that does not say."""
    return _SHAPES.get(read, {})


def then(read: Callable[[object], T], build: Callable[[T], U]) -> Callable[[object], U]:
    """Make a reader that makes something else of what another one reads."""

    @shaped(shape_of(read))
    def read_and_build(value: object) -> U:
        return build(read(value))

    return read_and_build


def one_line(allowed: str, **more: Any) -> Shape:
    """Return the shape of a text, with what is allowed in words."""
    return {"type": "string", "description": allowed, **more}
