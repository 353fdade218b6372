"""The story of one conversion: the deal, every claim on it, the shares, the rewards."""

from __future__ import annotations

from goodword.rules.explanations import claims, refunds, stories, words
from goodword.rules.explanations.checks import recompute, recompute_shares
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Reward
from goodword.rules.explanations.rewards import document, won


def tell(context: Context) -> stories.Story:
    """Tell the story of one conversion."""
    conversion = context.conversions[context.case.number]
    name = context.deal_name(conversion.opportunity_crm_id)
    value = words.amount(conversion.value_minor, conversion.currency)
    found = claims.claims(context, conversion)
    earned = [r for r in context.case.rewards if r.conversion_id and not r.reverses_id]
    return stories.Story(
        f"Conversion {conversion.id}: {name}, {value}, {conversion.state}",
        stories.sections(
            (
                "Deal",
                [*claims.deal(context, conversion.opportunity_crm_id), won(context, conversion)],
            ),
            ("Claims", [claims.describe(context, claim) for _, claim in found]),
            ("Credit", claims.credit(context, conversion)),
            ("Rewards", rewards(context)),
            ("Refunds and disputes", refunds.told(context, conversion)),
            *stories.records(context),
        ),
        {
            "version": conversion.program_version_id,
            "model": conversion.model,
            "differences": list(recompute_shares(context, conversion)),
            "rewards": [document(reward, recompute(context, reward)) for reward in earned],
        },
    )


def rewards(context: Context) -> list[str]:
    """Say what was earned by it, one reward a sentence."""
    if not context.case.rewards:
        return ["Nothing was earned by it yet, or no rule pays for it."]
    return [_reward(context, reward) for reward in context.case.rewards]


def _reward(context: Context, reward: Reward) -> str:
    amount = words.amount(reward.amount_minor, reward.currency)
    what = f"takes back reward {reward.reverses_id}" if reward.reverses_id else reward.incentive
    who = context.name(reward.participant_id)
    return f"Reward {reward.id}: {amount} to {who}, {what} ({reward.reason}); it is {reward.state}."
