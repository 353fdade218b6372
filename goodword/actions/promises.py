"""Promises: letters by which participants hear that a reward is theirs, or does not stand.

Only what is owed is promised: nobody is told of a reward that nobody approved, or of its end.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import Connection

from goodword.actions import messages
from goodword.db.queries import promises as queries
from goodword.db.queries.promises import Looked, Promise


def tell_owed(tx: Connection, reward_ids: Collection[int], today: date) -> int:
    """Tell of rewards that are owed from now on, and of negative ones that take from others.

    Returns:
        How many letters were new. A reward for a qualified lead is told of with the lead, one for a
        paid invoice with its payment; a customer, of whatever it gets.
    """
    letters = []
    for promise in queries.promises(tx, reward_ids):
        if promise.amount.minor < 0:
            if _is_news(promise, promise.outcome_on, today):
                letters.append(_taken_back(promise, today))
        elif promise.side == "customer" or promise.outcome in {"converted", "renewed"}:
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


def tell_refused(tx: Connection, reasons: Mapping[int, str], today: date) -> int:
    """Tell of rewards that somebody refused, and why; returns how many letters were new.

    Args:
        tx: the transaction that refuses them.
        reasons: what the participant may read, by the reward's number.
        today: the business date.
    """
    if not reasons:
        return 0
    letters = [
        messages.Letter(
            _refused(one.reward_id),
            "reward_refused",
            one.participant_id,
            {**_about(one), "reason": reasons[one.reward_id]},
        )
        for one in queries.looked_at(tx, reasons)
    ]
    return messages.queue(tx, letters, today)


def unsay(tx: Connection, approval_id: int, reward_id: int, today: date) -> None:
    """Take back what the participant was to hear of a decision that somebody takes back.

    A letter that has not left does not. Who has read that a reward is theirs is told that it is
    looked at again.

    Args:
        tx: the transaction that takes the decision back.
        approval_id: the decision's number.
        reward_id: of which reward.
        today: the business date.
    """
    if messages.take_back(tx, [_refused(reward_id)]):
        return
    earned = [
        _fact_of_earned(promise.reward_id, times)
        for promise in queries.promises(tx, [reward_id])
        for times in range(1, promise.times + 1)
    ]
    taken = messages.take_back(tx, earned[-1:])
    if taken or not messages.were_told(tx, earned[-1:]):
        return
    letters = [
        messages.Letter(
            f"reward:{reward_id}:again:{approval_id}",
            "reward_in_review",
            one.participant_id,
            _about(one),
        )
        for one in queries.looked_at(tx, [reward_id])
    ]
    messages.queue(tx, letters, today)


def _refused(reward_id: int) -> str:
    return f"reward:{reward_id}:refused"


def _about(one: Looked | Promise) -> dict[str, object]:
    return {"company": one.company, "amount": one.amount.to_dict(), "benefit": one.benefit}


def _fact_of_earned(reward_id: int, times: int) -> str:
    again = f":{times}" if times > 1 else ""
    return f"reward:{reward_id}:earned{again}"


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
    context = _about(promise)
    fact = _fact_of_earned(promise.reward_id, promise.times)
    if promise.side == "customer":
        return messages.Letter(fact, "customer_rewarded", promise.participant_id, context)
    context["is_renewal"] = promise.outcome == "renewed"
    return messages.Letter(fact, "reward_earned", promise.participant_id, context)


def _taken_back(promise: Promise, today: date) -> messages.Letter:
    """Say what is taken back, and from what: nothing, while no payout has the reward.

    A benefit in kind is never netted: one that is taken back in part is given all the same, and
    that part of its worth comes off money.
    """
    is_negative = promise.amount.minor < 0
    amount = -promise.amount if is_negative else promise.amount
    context = {
        **_about(promise),
        "amount": amount.to_dict(),
        "was_paid": promise.is_paid or (is_negative and promise.benefit is not None),
        "taken_on": today.isoformat(),
    }
    fact = f"reward:{promise.reward_id}:{'taken_back' if is_negative else 'void'}"
    return messages.Letter(fact, "reward_taken_back", promise.participant_id, context)
