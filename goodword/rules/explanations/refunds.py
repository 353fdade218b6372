"""What customers got back, and how each clawback follows from it."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.phrases import Said, Stored, say
from goodword.rules import refunds
from goodword.rules.explanations import words
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Conversion, Refund, Reward
from goodword.rules.rewards import EarnedReward, TakeBack


def told(context: Context, conversion: Conversion | None) -> Iterator[str]:
    """Say what the customer got back of a deal, or disputes, and what of it counts."""
    if conversion is None:
        return
    for refund in _of(context, conversion):
        yield words.sentence(_described(refund), _counts(refund, conversion), _linked(refund))
    part = refunds.part_of(_losses(context, conversion), conversion.value_minor)
    if part:
        yield say(
            "Of the {value} that the deal was won for, {part} did not stay.",
            value=words.amount(conversion.value_minor, conversion.currency),
            part=words.weight(part),
        )


def _of(context: Context, conversion: Conversion) -> list[Refund]:
    return [found for found in context.case.refunds if found.conversion_id == conversion.id]


def _losses(context: Context, conversion: Conversion) -> list[refunds.Loss]:
    cancelled = (
        refunds.Cancelled(conversion.cancelled_on, conversion.cancel_reason or "")
        if conversion.cancelled_on
        else None
    )
    return refunds.losses(_of(context, conversion), conversion.currency, cancelled)


def _described(refund: Refund) -> Said:
    if refund.is_whole:
        return say(
            "{on}: {reason}, which takes back all of it",
            on=refund.refunded_on,
            reason=Stored(refund.reason),
        )
    if refund.dispute:
        return say(
            "{on}: the customer disputes {amount} ({refund})",
            on=refund.disputed_on,
            amount=words.amount(refund.disputed_minor, refund.currency),
            refund=refund.id,
        )
    return say(
        "{on}: {amount} was refunded ({refund})",
        on=refund.refunded_on,
        amount=words.amount(refund.refunded_minor, refund.currency),
        refund=refund.id,
    )


def _counts(refund: Refund, conversion: Conversion) -> Said | None:
    if refund.dispute == refunds.OPEN:
        return say("it is not decided: rewards that no payout has reserved wait for it")
    if refund.dispute == refunds.WON:
        return say("it took nothing in the end")
    if not (refund.is_whole or refund.refunded_minor or refund.dispute):
        return say("it failed: it takes nothing, and gives nothing back by itself")
    if refund.currency != conversion.currency and not refund.is_whole:
        return say(
            "the deal is in {currency}, so a person says what it is worth",
            currency=conversion.currency,
        )
    return say("it was lost") if refund.dispute else None


def _linked(refund: Refund) -> Said | None:
    if not refund.linked_by:
        return None
    return say("{who} said that it is about this deal", who=refund.linked_by)


def taken_back(context: Context, reward: Reward, earned: Reward) -> Iterator[str]:
    """Say what was taken back of a reward, and whether it still comes out the same."""
    backs = [back for back in context.case.rewards if back.reverses_id == earned.id]
    backs.sort(key=lambda back: back.base_minor)
    for back in backs:
        yield say(
            "Reward {reward} takes back {amount} of reward {earned}: {reason}.",
            reward=back.id,
            amount=words.amount(-back.amount_minor, back.currency),
            earned=earned.id,
            reason=Stored(back.reason),
        )
        yield from _recomputed(context, back, earned, is_last=back is backs[-1])
    if reward.state == "void":
        for event in context.events_of("reward", reward.id):
            if event.action == "void":
                void = say("It is void, since it was not paid yet")
                yield words.sentence(void, Stored(event.reason))


def _recomputed(context: Context, back: Reward, earned: Reward, *, is_last: bool) -> Iterator[str]:
    """Work out again how much was to be taken back in all; the last clawback must agree with it.

    The window is that of the version that the reward goes by. What customers got back may have
    changed since: more is taken back by the next night, and less is never given back by itself.
    """
    found, lost, value_minor = _of_reward(context, earned)
    before = _before(context, back)
    if back.base_minor != before - back.amount_minor:
        yield words.differs(
            [
                say(
                    "in all {recorded} in the record, {again} by its clawbacks",
                    recorded=words.amount(back.base_minor, back.currency),
                    again=words.amount(before - back.amount_minor, back.currency),
                )
            ]
        )
    elif not (lost or found):
        yield words.differs([say("nothing that was cancelled or refunded explains it")])
    elif is_last:
        policy = context.versions[earned.program_version_id].program.rewards
        fresh = EarnedReward(earned.amount_minor, 0, is_paid=True, outcome_on=earned.outcome_on)
        verdict = refunds.judge(fresh, lost, value_minor, policy).verdict
        due = verdict.minor if isinstance(verdict, TakeBack) else 0
        yield from _compared(back, due, may_change=bool(found))


def _of_reward(context: Context, earned: Reward) -> tuple[list[Refund], list[refunds.Loss], int]:
    """Return what customers got back of what a reward is for, what that took, and of how much."""
    conversion = context.conversions.get(earned.conversion_id or 0)
    invoice = context.invoices.get(earned.invoice_id or "")
    if invoice is not None:
        found = [each for each in context.case.refunds if each.invoice == invoice.id]
        return found, refunds.losses(found, invoice.currency), invoice.paid_minor
    if conversion is None:
        return [], [], 0
    return _of(context, conversion), _losses(context, conversion), conversion.value_minor


def _before(context: Context, back: Reward) -> int:
    return -sum(
        other.amount_minor
        for other in context.case.rewards
        if other.reverses_id == back.reverses_id and other.base_minor < back.base_minor
    )


def _compared(back: Reward, due: int, *, may_change: bool) -> Iterator[str]:
    if due == back.base_minor:
        return
    recorded, again = (words.amount(minor, back.currency) for minor in (back.base_minor, due))
    if not may_change:
        yield words.differs([words.differs_in(say("taken back"), recorded, again)])
    elif due < back.base_minor:
        yield say(
            "By what the customer has by now it would be {again} in all and not {recorded}: what "
            "was taken back is not given back by itself.",
            again=again,
            recorded=recorded,
        )
    else:
        yield say(
            "By what the customer has by now it is {again} in all: a night takes the rest.",
            again=again,
        )
