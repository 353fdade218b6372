"""Nights: the stages of one, by name and in order."""

from __future__ import annotations

from enum import StrEnum


class StageName(StrEnum):
    """The nine stages, as people ask for one; flows/stages.py says which flow each is."""

    SYNC = "sync"
    REVIEW = "review"
    DETECT = "detect"
    COMPUTE = "compute"
    APPROVE = "approve"
    PAY = "pay"
    RECONCILE = "reconcile"
    SEND = "send"
    MEASURE = "measure"
