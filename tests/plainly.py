"""Flows and tasks as the functions that they are: what they do, without Prefect's bookkeeping.

A night on a Prefect server takes seconds of it, most of a night of a small company; what the night
decides, moves and writes is the same. tests/flows has nights of both kinds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pytest

_TOLD = frozenset({"create_table_artifact", "emit_event"})
"""What flows tell the orchestrator about themselves."""


@contextmanager
def without_prefect(*, once: bool = False) -> Iterator[pytest.MonkeyPatch]:
    """Let flows call their stages and tasks as functions.

    Args:
        once: no task is tried again; else each is as often as it asks for.
    """
    from prefect import Flow, Task  # noqa: PLC0415 - two seconds, and only once its server is up

    import flows.nightly  # noqa: F401, PLC0415 - as above; it imports every stage and task
    from flows.stages import STAGES  # noqa: PLC0415 - as above

    with pytest.MonkeyPatch.context() as ours:
        for module in [m for name, m in sys.modules.items() if name.startswith("tasks.")]:
            for name, found in vars(module).copy().items():
                if isinstance(found, Task):
                    ours.setattr(module, name, found.fn if once else _tried_again(found))
                elif name in _TOLD:
                    ours.setattr(module, name, lambda *_, **__: None)
        for name, stage in STAGES.items():
            if isinstance(stage, Flow):
                ours.setitem(STAGES, name, stage.fn)
        yield ours


def _tried_again(task: Any) -> Callable[..., Any]:
    from tasks.retries import PASSING  # noqa: PLC0415 - Prefect, once its server is up

    @wraps(task.fn)
    def run(*given: Any, **named: Any) -> Any:
        for _ in range(task.retries):
            try:
                return task.fn(*given, **named)
            except PASSING:
                continue
        return task.fn(*given, **named)

    return run
