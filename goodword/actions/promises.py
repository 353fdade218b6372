"""Promises: letters by which participants hear that a reward is theirs, or does not stand.

Only what is owed is promised: nobody is told of a reward that nobody approved, or of its end.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import Connection

from goodword.actions import messages
from goodword.db.queries import promises as queries
from goodword.db.queries.promises import Promise


def tell_owed(tx: Connection, reward_ids: Collection[int], today: date) -> int:
    """Tell of rewards that are owed from now on, and of negative ones that take from others.

    Returns:
        How many letters were new. A reward for a qualified lead is told of with the lead, one for a
        paid invoice with its payment.
    """
    letters = []
    for promise in queries.promises(tx, reward_ids):
        if promise.amount.minor < 0:
            if _is_news(promise, promise.outcome_on, today):
                letters.append(_taken_back(promise, today))
        elif promise.outcome == "converted":
            letters.append(_earned(promise))
    return messages.queue(tx, letters, today)


def tell_void(tx: Connection, fell_on: Mapping[int, date | None], today: date) -> int:
    """Tell of rewards that were owed and are void now; returns how many letters were new.

    Args:
        tx: the transaction that voids them.
        fell_on: the day on which their outcome fell, by the reward's number; None: not known.
        today: the business date.
    """
    if not fell_on:
        return 0
    found = queries.promises(tx, fell_on)
    news = [one for one in found if _is_news(one, fell_on[one.reward_id], today)]
    return messages.queue(tx, [_taken_back(one, today) for one in news], today)


def _is_news(promise: Promise, fell_on: date | None, today: date) -> bool:
    """Tell whether the end of a promise is to be written about.

    What a night before this one promised stands in a letter: that it ends is news whatever the day
    of its cause, which for a lost dispute lies months back. The other rewards are of deals whose
    whole history is read in one night.
    """
    if promise.promised_on < today or fell_on is None:
        return True
    return messages.is_news(fell_on, today)


def _earned(promise: Promise) -> messages.Letter:
    context = {
        "company": promise.company,
        "amount": {"minor": promise.amount.minor, "currency": promise.amount.currency},
        "benefit": promise.benefit,
    }
    fact = f"reward:{promise.reward_id}:earned"
    return messages.Letter(fact, "reward_earned", promise.participant_id, context)


def _taken_back(promise: Promise, today: date) -> messages.Letter:
    """Say what is taken back, and from what: nothing, while no payout has the reward.

    A benefit in kind is never netted: one that is taken back in part is given all the same, and
    that part of its worth comes off money.
    """
    is_negative = promise.amount.minor < 0
    context = {
        "company": promise.company,
        "amount": {"minor": abs(promise.amount.minor), "currency": promise.amount.currency},
        "benefit": promise.benefit,
        "was_paid": promise.is_paid or (is_negative and promise.benefit is not None),
        "taken_on": today.isoformat(),
    }
    fact = f"reward:{promise.reward_id}:{'taken_back' if is_negative else 'void'}"
    return messages.Letter(fact, "reward_taken_back", promise.participant_id, context)
