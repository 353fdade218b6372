"""The story of one referral: received, qualified, converted, rewarded."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.phrases import say, word
from goodword.rules.explanations import claims, conversions, stories
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Referral
from goodword.rules.explanations.rewards import won


def tell(context: Context) -> stories.Story:
    """Tell the story of one referral."""
    referral = next(r for r in context.case.referrals if r.id == context.case.number)
    return stories.Story(
        say(
            "Referral {number}: {company}, introduced by {who}, {state}",
            number=referral.id,
            company=referral.company,
            who=context.name(referral.participant_id),
            state=word(referral.state),
        ),
        stories.sections(
            (say("Participant"), [stories.participant(context, referral.participant_id)]),
            (
                say("Referral"),
                [claims.describe(context, referral), account(referral.account_crm_id)],
            ),
            (say("Deals"), _deals(context, referral)),
            (say("Conversion"), _conversion(context, referral)),
            (say("Rewards"), conversions.rewards(context)),
            *stories.records(context),
        ),
    )


def account(account_crm_id: str | None) -> str:
    """Say to which account of the CRM a claim is connected."""
    if account_crm_id is None:
        return say(
            "It is connected to no account of the CRM yet: none goes by its domain or name alone."
        )
    return say("It is connected to the account {account} of the CRM.", account=account_crm_id)


def _deals(context: Context, referral: Referral) -> Iterator[str]:
    if not context.case.deals:
        yield say("There is no deal of it in the CRM yet.")
    for deal in context.case.deals:
        yield from claims.deal(context, deal.crm_id)
        if deal.crm_id == referral.qualified_by:
            yield say("This deal made it a qualified lead on {on}.", on=referral.qualified_on)


def _conversion(context: Context, referral: Referral) -> Iterator[str]:
    conversion = context.conversions.get(referral.conversion_id or 0)
    if conversion is None:
        yield say("It is no conversion: no deal of it was won since, within the time that counts.")
        return
    yield won(context, conversion)
    yield from claims.credit(context, conversion)
