"""What `make mutate` runs the tests with: no time limits, fewer examples, the same every time."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "mutation",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=30,
    database=None,
    derandomize=True,
)
settings.load_profile("mutation")
