"""How tasks are tried again: where that can help, with back-off and jitter; where not, not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task, exponential_backoff
from sqlalchemy.exc import OperationalError

from goodword.adapters.crm import CrmUnreachable
from goodword.adapters.mail import MailUnreachable
from goodword.adapters.payments import ProviderUnreachable
from goodword.wiring import wiring

_P = ParamSpec("_P")
_R = TypeVar("_R")

PASSING = (CrmUnreachable, MailUnreachable, ProviderUnreachable, OperationalError)
"""What may be over in a moment. Everything else would fail the same way again."""


def may_pass(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Tell Prefect whether trying a failed task again can help."""
    try:
        state.result()
    except PASSING:
        return True
    except Exception:  # noqa: BLE001 - whatever else it was, it is reported by the flow
        return False
    return False


# Safe to run again, so nothing is cached: a cached effect would be an effect silently left out.
# Both give back the plain signature: a flow calls a task as it would call the function.


def effect(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Make a task of work in the database: trying it again at once would not help."""
    return cast("Callable[_P, _R]", task(cache_policy=NO_CACHE)(function))


def network(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Make a task of work that asks an outside system: tried again when that may help."""
    made = task(
        cache_policy=NO_CACHE,
        retries=3,
        retry_delay_seconds=exponential_backoff(backoff_factor=wiring().settings.first_wait),
        retry_jitter_factor=0.5,
        retry_condition_fn=may_pass,
    )(function)
    return cast("Callable[_P, _R]", made)
