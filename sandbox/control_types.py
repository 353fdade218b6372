"""What one control of the control plane is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from sandbox.world import World

# Takes the world, the request and its JSON body ({} when there is none); gives what is answered.
Control = Callable[[World, Request, Any], Any]


class ControlError(ValueError):
    """A control request that makes no sense; answered with 400 and the sentence."""
