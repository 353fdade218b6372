"""Tasks and flows: nothing cached, nothing but plain values as parameters, retries where they help.

Prefect keeps and shows parameters, and skips a call whose result it has cached.
"""

from __future__ import annotations

import inspect
import typing
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.prefect

PLAIN = {date, datetime, timedelta, str, int, bool, type(None)}  # and words to choose from
NETWORK = {
    "check",
    "sync",
    "protect",
    "route",
    "take_in",
    "catch_up",
    "bind_account",
    "plan",
    "reconcile",
}


@pytest.fixture(scope="module")
def tasks(prefect_server: str) -> dict[str, Any]:
    assert prefect_server
    return dict(_found("tasks", "Task"))


@pytest.fixture(scope="module")
def flows(prefect_server: str) -> dict[str, Any]:
    assert prefect_server
    return dict(_found("flows", "Flow"))


def _found(package: str, kind: str) -> Iterator[tuple[str, Any]]:
    import importlib  # noqa: PLC0415 - as below
    import pkgutil  # noqa: PLC0415 - as below

    import prefect  # noqa: PLC0415 - two seconds, and only once its server is up

    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        loaded = importlib.import_module(f"{package}.{module.name}")
        for made in vars(loaded).values():
            if isinstance(made, getattr(prefect, kind)):
                yield f"{made.fn.__module__}.{made.fn.__name__}", made


def test_no_result_is_cached_or_kept(tasks: dict[str, Any]) -> None:
    from prefect.cache_policies import NO_CACHE  # noqa: PLC0415 - as above

    assert len(tasks) > 15
    cached = [name for name, task in tasks.items() if task.cache_policy is not NO_CACHE]
    kept = [name for name, task in tasks.items() if task.persist_result]
    assert cached == kept == []


def test_parameters_are_ids_dates_and_words(tasks: dict[str, Any], flows: dict[str, Any]) -> None:
    objects = [
        f"{name}({parameter}: {hint})"
        for name, made in (tasks | flows).items()
        for parameter, hint in typing.get_type_hints(made.fn).items()
        if parameter != "return" and not all(map(is_plain, leaves(hint)))
    ]
    assert objects == []


def is_plain(hint: Any) -> bool:
    return hint in PLAIN or (isinstance(hint, type) and issubclass(hint, StrEnum))


def leaves(hint: Any) -> set[Any]:
    arguments = typing.get_args(hint)
    return set().union(*map(leaves, arguments)) if arguments else {hint}


def test_what_asks_outside_is_tried_again_with_growing_waits_and_what_writes_is_not(
    tasks: dict[str, Any],
) -> None:
    retried = {name.rpartition(".")[2] for name, task in tasks.items() if task.retries}
    assert retried == NETWORK
    for task in tasks.values():
        if task.retries:
            waits = task.retry_delay_seconds
            assert waits == sorted(waits)
            assert task.retry_jitter_factor > 0


def test_every_flow_names_its_runs_and_takes_its_date(flows: dict[str, Any]) -> None:
    assert len(flows) == 17
    for name, made in flows.items():
        parameters = inspect.signature(made.fn).parameters
        assert callable(made.flow_run_name), name
        assert parameters["today"].default is None, name
