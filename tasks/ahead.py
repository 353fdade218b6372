"""Ahead: the next chunk is read and decided while the one before is written down.

Deciding keeps this process busy and writing the database, so that doing both at once takes as long
as the slower of the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")


def prepared(chunks: Iterable[_T], prepare: Callable[[_T], _R]) -> Iterator[_R]:
    """Prepare chunks one after the other in a thread of their own, one ahead of who takes them.

    Whoever does holds no transaction open while it asks for the next: in a dry run transactions
    follow one another.

    Args:
        chunks: what is to be done, in order.
        prepare: reads a chunk in a transaction of its own and decides it. What one before it gives
            may not be written down yet.
    """
    with ThreadPoolExecutor(1, "ahead") as thread:
        coming: Future[_R] | None = None
        for chunk in chunks:
            following = thread.submit(prepare, chunk)
            if coming:
                yield coming.result()
            coming = following
        if coming:
            yield coming.result()
