"""Suspicions: reasons to have a person look at a reward before it is paid. None drops a reward."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from goodword.phrases import because

_DOTS_DO_NOT_COUNT = frozenset({"gmail.com", "googlemail.com"})


@dataclass(frozen=True, slots=True)
class SuspicionPolicy:
    """What a person looks at, whatever the amount.

    Attributes:
        own_company: a participant who referred their own company, or their own mailbox.
        existing_customer: a company that had bought before it was referred.
        shared_identity: a participant with the mailbox or the payout account of another one.
        disposable_domain: an address that is made to be thrown away, of the participant or of whom
            they referred.
        burst_referrals: more referrals of one participant than this within `burst_days`.
        burst_days: in periods of 24 hours.
        refund_rate_bps: such a part of a participant's deals, in basis points, or more of them
            was refunded or cancelled, …
        refund_rate_of: … of at least so many deals.
    """

    own_company: bool = True
    existing_customer: bool = True
    shared_identity: bool = True
    disposable_domain: bool = True
    burst_referrals: int = 20
    burst_days: int = 1
    refund_rate_bps: int = 2_500
    refund_rate_of: int = 4


USUAL = SuspicionPolicy()


@dataclass(frozen=True, slots=True)
class Shared:
    """What a participant has in common with others: "Stripe account", with the key of one."""

    what: str
    other: str
    others: int = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a participant beside the referral at hand.

    `deals` were credited to the participant, and `undone` of them refunded, at least in part, or
    cancelled. `disposable` is the domain of their address where it is made to be thrown away.
    """

    shared: tuple[Shared, ...] = ()
    deals: int = 0
    undone: int = 0
    disposable: str | None = None


@dataclass(frozen=True, slots=True)
class Introduced:
    """Whom one referral introduced.

    Attributes:
        contact_email: of the person, where one was named.
        domains: the registrable ones of the company and of that address, but no free mail's.
        had_bought_before: the company had won deals in the CRM before it was referred.
        in_burst: the participant made more referrals around it than the policy lets pass.
        disposable: the domain of that address where it is made to be thrown away.
        was_referred_before: an earlier referral, of whomever, is of the same company.
    """

    contact_email: str | None
    domains: tuple[str, ...]
    had_bought_before: bool
    in_burst: bool = False
    disposable: str | None = None
    was_referred_before: bool = False


@dataclass(frozen=True, slots=True)
class Introduction:
    """Who introduced whom: the participant, and the referrals that one reward rests on.

    Attributes:
        email: the participant's own address.
        domains: the registrable ones of the participant's company and address, but no free mail's.
        introduced: whom each referral introduced.
        standing: what else is known of the participant.
        came_back: it is no new reward, but money that was paid and that the provider took back.
        is_as_such: the reward is for the referral, whatever becomes of it: nobody has bought yet,
            and who is credited is not divided among those who referred the company.
    """

    email: str
    domains: tuple[str, ...] = ()
    introduced: tuple[Introduced, ...] = ()
    standing: Standing = field(default_factory=Standing)
    came_back: bool = False
    is_as_such: bool = False


def suspicions(introduction: Introduction, policy: SuspicionPolicy = USUAL) -> tuple[str, ...]:
    """Return every reason why a person should look, in words; none for most."""
    reasons = _own_company(introduction) if policy.own_company else []
    introduced = introduction.introduced
    if policy.existing_customer and any(one.had_bought_before for one in introduced):
        reasons.append(because("the company was a customer before it was referred"))
    if introduction.is_as_such and any(one.was_referred_before for one in introduced):
        reasons.append(because("the company had been referred before"))
    if policy.shared_identity:
        reasons += [_shared(each) for each in introduction.standing.shared]
    if policy.disposable_domain:
        reasons += _disposable(introduction)
    if any(one.in_burst for one in introduced):
        reasons.append(_burst(policy))
    reasons += _undone(introduction.standing, policy)
    if introduction.came_back:
        reasons.append(
            because("it was paid, and the provider took it back: shall it be paid again?")
        )
    return tuple(reasons)


def _burst(policy: SuspicionPolicy) -> str:
    number, days = policy.burst_referrals, policy.burst_days
    if days == 1:
        return because(
            "the participant made more than {number} referrals within 24 hours", number=number
        )
    return because(
        "the participant made more than {number} referrals within {days} days",
        number=number,
        days=days,
    )


def _own_company(introduction: Introduction) -> list[str]:
    """Compare the domains of companies, and mailboxes."""
    referred = {domain for one in introduction.introduced for domain in one.domains}
    same = {*introduction.domains} & referred
    reasons = [
        because("the participant's own company ({domain}) was referred", domain=domain)
        for domain in sorted(same)
    ]
    contacts = {
        same_mailbox(one.contact_email) for one in introduction.introduced if one.contact_email
    }
    if same_mailbox(introduction.email) in contacts:
        reasons.append(because("the contact's mailbox is the participant's own"))
    return reasons


def _shared(shared: Shared) -> str:
    if shared.others > 1:
        return because(
            "the participant's {what} is also that of {who} and {number} more",
            what=shared.what,
            who=shared.other,
            number=shared.others - 1,
        )
    return because(
        "the participant's {what} is also that of {who}", what=shared.what, who=shared.other
    )


def _disposable(introduction: Introduction) -> list[str]:
    reasons = []
    if own := introduction.standing.disposable:
        reasons.append(
            because("the participant's address is a disposable one ({domain})", domain=own)
        )
    contacts = {one.disposable for one in introduction.introduced if one.disposable}
    reasons += [
        because("the contact's address is a disposable one ({domain})", domain=domain)
        for domain in sorted(contacts)
    ]
    return reasons


def _undone(standing: Standing, policy: SuspicionPolicy) -> list[str]:
    if not standing.undone or standing.deals < policy.refund_rate_of:
        return []
    if Fraction(standing.undone, standing.deals) < Fraction(policy.refund_rate_bps, 10_000):
        return []
    undone, deals = standing.undone, standing.deals
    if undone == 1:
        return [
            because("1 of the participant's {deals} deals was refunded or cancelled", deals=deals)
        ]
    return [
        because(
            "{number} of the participant's {deals} deals were refunded or cancelled",
            number=undone,
            deals=deals,
        )
    ]


def same_mailbox(email: str) -> str:
    """Return the mailbox that an address reaches: a+b@x is a@x, and dots do not count at Gmail."""
    name, _, domain = email.strip().casefold().rpartition("@")
    name = name.partition("+")[0]
    if domain in _DOTS_DO_NOT_COUNT:
        name, domain = name.replace(".", ""), "gmail.com"
    return f"{name}@{domain}"
