"""The section [suspicion]: how it is read, and what it means in words."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.money import in_percent
from goodword.program.tables import record
from goodword.program.values import flag, percent_bps, whole
from goodword.rules.suspicions import SuspicionPolicy

read_suspicion = record(
    SuspicionPolicy,
    {
        "own_company": flag,
        "existing_customer": flag,
        "shared_identity": flag,
        "disposable_domain": flag,
        "burst_referrals": whole(1, 10_000, "referrals"),
        "burst_days": whole(1, 30, "days"),
        "refund_rate": percent_bps,
        "refund_rate_of": whole(1, 1_000, "deals"),
    },
    renamed={"refund_rate": "refund_rate_bps"},
)


def describe_suspicion(policy: SuspicionPolicy) -> Iterator[str]:
    """Say what the section means, one rule a sentence."""
    if policy.own_company:
        yield (
            "A person looks at a reward of who referred their own company (by its domain or that "
            "of their address, unless it is a free mail provider's) or their own mailbox."
        )
    if policy.existing_customer:
        yield "A person looks at a reward for a company that had bought before it was referred."
    yield "A person looks at a reward for a referral as such of a company that had been referred."
    if policy.shared_identity:
        yield (
            "A person looks at the rewards of participants who share a mailbox, a Stripe account, "
            "a Stripe customer or an IBAN."
        )
    if policy.disposable_domain:
        yield (
            "A person looks at a reward of whose participant or contact the address is a "
            "disposable one, by the domain's name."
        )
    days = "24 hours" if policy.burst_days == 1 else f"{policy.burst_days} days"
    yield (
        f"A person looks at rewards for referrals of which a participant made more than "
        f"{policy.burst_referrals} within {days}, and at those of participants of whose deals, if "
        f"they have {policy.refund_rate_of} or more, {in_percent(policy.refund_rate_bps)} or more "
        "were refunded or cancelled."
    )
