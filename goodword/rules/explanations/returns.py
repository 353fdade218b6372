"""What came back of a payout in sentences: by an operator's command, or by the provider itself."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.phrases import Stored, say, word
from goodword.rules.explanations import words
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Payout, Reward
from goodword.rules.payouts import Rail


def told(context: Context, payout: Payout) -> Iterator[str]:
    """Say what came back of a payout, at whose word, and what was asked; or what it took."""
    if payout.rail == Rail.STRIPE_REVERSAL:
        yield from _takes_from(context, payout)
        return
    yield from _by_command(context, payout)
    if payout.reversed_minor:
        yield say(
            "The provider took back {back} of its {whole}; by itself nothing is paid again.",
            back=words.amount(payout.reversed_minor, payout.currency),
            whole=words.amount(payout.amount_minor, payout.currency),
        )
        asked = (again for again in context.case.returns if again.returned_payout_id == payout.id)
        yield from map(_asked, asked)


def _takes_from(context: Context, reversal: Payout) -> Iterator[str]:
    for payout in (*context.case.payouts, *context.case.related):
        if payout.external_id == reversal.destination:
            yield say(
                "It takes back from payout {payout}, which paid {amount}.",
                payout=payout.id,
                amount=words.amount(payout.amount_minor, payout.currency),
            )


def _by_command(context: Context, payout: Payout) -> Iterator[str]:
    for event in context.events_of("payout", payout.id):
        if event.action == "asked to take back":
            at = words.instant(event.at)
            asked = say("{at} {who} asked to take it back", at=at, who=event.actor)
            yield words.sentence(asked, Stored(event.reason))
    for reversal in (*context.case.payouts, *context.case.related):
        if reversal.rail == Rail.STRIPE_REVERSAL and reversal.destination == payout.external_id:
            yield say(
                "Payout {payout} takes {amount} of it back; it is {state}.",
                payout=reversal.id,
                amount=words.amount(-reversal.amount_minor, reversal.currency),
                state=word(reversal.state),
            )


def _asked(again: Reward) -> str:
    question = say(
        "Reward {reward} of {on} is whether {amount} is paid again",
        reward=again.id,
        on=again.computed_on,
        amount=words.amount(again.amount_minor, again.currency),
    )
    if again.state == "computed":
        return say("{question}: the next night asks an approver.", question=question)
    if again.state == "waiting":
        return say(
            "{question}: `goodword rewards approve {reward}` or "
            "`goodword rewards reject {reward}`.",
            question=question,
            reward=again.id,
        )
    return say("{question}: it is {state}.", question=question, state=word(again.state))
