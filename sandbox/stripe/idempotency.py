"""Idempotency keys, as Stripe keeps them.

https://docs.stripe.com/api/idempotent_requests: what an endpoint answered once it began to
execute is kept and replayed, a 400 and a 500 too; keys are pruned when 24 hours old.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.stripe import errors

KEPT_FOR = timedelta(hours=24)
MAX_KEY = 255


@dataclass(frozen=True)
class Answer:
    """What an endpoint answered: the status, the JSON body, and the id of its request."""

    status: int
    body: Any
    request_id: str
    headers: dict[str, str] = field(default_factory=dict)
    replayed: bool = False


@dataclass
class _Use:
    path: str
    parameters: Any
    first_at: datetime
    answer: Answer | None = None


class IdempotencyKeys:
    """The keys in use and the answers kept under them. The caller holds the state's lock."""

    def __init__(self) -> None:
        self._uses: dict[str, _Use] = {}

    def begin(self, key: str, path: str, parameters: Any, now: datetime) -> Answer | None:
        """Claim a key for a request, or give the answer that is kept under it.

        Raises:
            StripeError: the key is too long, in flight, or was used for another request.
        """
        if len(key) > MAX_KEY:
            raise errors.StripeError(
                f"Idempotency keys can be at most {MAX_KEY} characters long; this one has "
                f"{len(key)}.",
                kind="idempotency_error",
            )
        use = self._uses.get(key)
        if use is None or now - use.first_at >= KEPT_FOR:
            self._uses[key] = _Use(path, parameters, now)
            return None
        if use.path != path:
            raise errors.key_with_other_path(key, use.path, path)
        if use.parameters != parameters:
            raise errors.key_with_other_parameters(key)
        if use.answer is None:
            raise errors.key_in_use(key)
        return use.answer

    def finish(self, key: str, answer: Answer) -> None:
        """Keep what the request answered."""
        self._uses[key].answer = answer

    def forget(self) -> None:
        """Prune every key whose request has ended, however young."""
        self._uses = {key: use for key, use in self._uses.items() if use.answer is None}

    def release(self, key: str) -> None:
        """Forget a request that never began to execute."""
        self._uses.pop(key, None)
