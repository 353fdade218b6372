"""What came back of a payout in sentences: by an operator's command, or by the provider itself."""

from __future__ import annotations

from collections.abc import Iterator

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
        back = words.amount(payout.reversed_minor, payout.currency)
        whole = words.amount(payout.amount_minor, payout.currency)
        yield f"The provider took back {back} of its {whole}; by itself nothing is paid again."
        asked = (again for again in context.case.returns if again.returned_payout_id == payout.id)
        yield from map(_asked, asked)


def _takes_from(context: Context, reversal: Payout) -> Iterator[str]:
    for payout in (*context.case.payouts, *context.case.related):
        if payout.external_id == reversal.destination:
            paid = words.amount(payout.amount_minor, payout.currency)
            yield f"It takes back from payout {payout.id}, which paid {paid}."


def _by_command(context: Context, payout: Payout) -> Iterator[str]:
    for event in context.events_of("payout", payout.id):
        if event.action == "asked to take back":
            asked = f"{words.instant(event.at)} {event.actor} asked to take it back"
            yield words.sentence(asked, event.reason)
    for reversal in (*context.case.payouts, *context.case.related):
        if reversal.rail == Rail.STRIPE_REVERSAL and reversal.destination == payout.external_id:
            taken = words.amount(-reversal.amount_minor, reversal.currency)
            state = reversal.state.replace("_", " ")
            yield f"Payout {reversal.id} takes {taken} of it back; it is {state}."


def _asked(again: Reward) -> str:
    amount = words.amount(again.amount_minor, again.currency)
    question = f"Reward {again.id} of {again.computed_on} is whether {amount} is paid again"
    if again.state == "computed":
        return f"{question}: the next night asks an approver."
    if again.state == "waiting":
        decide = f"`goodword rewards approve {again.id}` or `goodword rewards reject {again.id}`"
        return f"{question}: {decide}."
    return f"{question}: it is {again.state}."
