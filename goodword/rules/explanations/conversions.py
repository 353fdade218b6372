"""The story of one conversion: the deal, every claim on it, the shares, the rewards."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.phrases import Stored, say, word
from goodword.rules.explanations import claims, refunds, stories, words
from goodword.rules.explanations.checks import recompute, recompute_shares
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Reward
from goodword.rules.explanations.rewards import document, renews, won


def tell(context: Context) -> stories.Story:
    """Tell the story of one conversion."""
    conversion = context.conversions[context.case.number]
    found = claims.claims(context, conversion)
    return stories.Story(
        say(
            "Conversion {number}: {deal}, {value}, {state}",
            number=conversion.id,
            deal=context.deal_name(conversion.opportunity_crm_id),
            value=words.amount(conversion.value_minor, conversion.currency),
            state=word(conversion.state),
        ),
        stories.sections(
            (
                say("Deal"),
                [
                    *claims.deal(context, conversion.opportunity_crm_id),
                    won(context, conversion),
                    *renews(context, conversion),
                ],
            ),
            (say("Claims"), [claims.describe(context, claim) for _, claim in found]),
            (say("Credit"), claims.credit(context, conversion)),
            (say("Rewards"), rewards(context)),
            (say("Refunds and disputes"), refunds.told(context, conversion)),
            *stories.records(context),
        ),
        {
            "version": conversion.program_version_id,
            "model": conversion.model,
            "differences": list(recompute_shares(context, conversion)),
            "rewards": [
                document(reward, recompute(context, reward))
                for reward in context.case.rewards
                if _is_of_conversion(reward)
            ],
        },
    )


def _is_of_conversion(reward: Reward) -> bool:
    return bool(reward.conversion_id) and not reward.reverses_id


def rewards(context: Context) -> Iterator[str]:
    """Say what was earned by it, one reward a sentence, and what differs when worked out again."""
    if not context.case.rewards:
        yield say("Nothing was earned by it yet, or no rule pays for it.")
    for reward in context.case.rewards:
        yield _reward(context, reward)
        if _is_of_conversion(reward):
            again = recompute(context, reward)
            if again.differences:
                yield words.differs(again.differences)


def _reward(context: Context, reward: Reward) -> str:
    what: str = reward.incentive
    if reward.reverses_id:
        what = say("takes back reward {reward}", reward=reward.reverses_id)
    return say(
        "Reward {reward}: {amount} to {who}, {what} ({reason}); it is {state}.",
        reward=reward.id,
        amount=words.amount(reward.amount_minor, reward.currency),
        who=context.name(reward.participant_id),
        what=what,
        reason=Stored(reward.reason),
        state=word(reward.state),
    )
