"""The story of one referral: received, qualified, converted, rewarded."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.rules.explanations import claims, conversions, stories
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Referral
from goodword.rules.explanations.rewards import won


def tell(context: Context) -> stories.Story:
    """Tell the story of one referral."""
    referral = next(r for r in context.case.referrals if r.id == context.case.number)
    who = context.name(referral.participant_id)
    return stories.Story(
        f"Referral {referral.id}: {referral.company}, introduced by {who}, {referral.state}",
        stories.sections(
            ("Participant", [stories.participant(context, referral.participant_id)]),
            ("Referral", [claims.describe(context, referral), account(referral.account_crm_id)]),
            ("Deals", _deals(context, referral)),
            ("Conversion", _conversion(context, referral)),
            ("Rewards", conversions.rewards(context)),
            *stories.records(context),
        ),
    )


def account(account_crm_id: str | None) -> str:
    """Say to which account of the CRM a claim is connected."""
    if account_crm_id is None:
        return (
            "It is connected to no account of the CRM yet: none goes by its domain or name alone."
        )
    return f"It is connected to the account {account_crm_id} of the CRM."


def _deals(context: Context, referral: Referral) -> Iterator[str]:
    if not context.case.deals:
        yield "There is no deal of it in the CRM yet."
    for deal in context.case.deals:
        yield from claims.deal(context, deal.crm_id)
        if deal.crm_id == referral.qualified_by:
            yield f"This deal made it a qualified lead on {referral.qualified_on}."


def _conversion(context: Context, referral: Referral) -> Iterator[str]:
    conversion = context.conversions.get(referral.conversion_id or 0)
    if conversion is None:
        yield "It is no conversion: no deal of it was won since, within the time that counts."
        return
    yield won(context, conversion)
    yield from claims.credit(context, conversion)
