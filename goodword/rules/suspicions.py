"""Suspicions: reasons to have a person look at a reward before it is paid. None drops a reward."""

from __future__ import annotations

from dataclasses import dataclass

_DOTS_DO_NOT_COUNT = frozenset({"gmail.com", "googlemail.com"})


@dataclass(frozen=True, slots=True)
class Introduction:
    """Who introduced whom: the referrals that one reward rests on, and the participant.

    `had_bought_before`: the company had won deals in the CRM before it was referred. `came_back`:
    it is no new reward, but money that was paid and that the provider took back.
    """

    participant_email: str
    participant_domain: str | None
    contact_emails: tuple[str, ...] = ()
    company_domains: tuple[str, ...] = ()
    had_bought_before: bool = False
    came_back: bool = False


def suspicions(introduction: Introduction) -> tuple[str, ...]:
    """Return every reason why a person should look, in words; none for most."""
    own = introduction.participant_domain
    reasons = []
    if own and own in introduction.company_domains:
        reasons.append(f"the participant's own company ({own}) was referred")
    if same_mailbox(introduction.participant_email) in {
        same_mailbox(email) for email in introduction.contact_emails
    }:
        reasons.append("the contact's mailbox is the participant's own")
    if introduction.had_bought_before:
        reasons.append("the company was a customer before it was referred")
    if introduction.came_back:
        reasons.append("it was paid, and the provider took it back: shall it be paid again?")
    return tuple(reasons)


def same_mailbox(email: str) -> str:
    """Return the mailbox that an address reaches: a+b@x is a@x, and dots do not count at Gmail."""
    name, _, domain = email.strip().casefold().rpartition("@")
    name = name.partition("+")[0]
    if domain in _DOTS_DO_NOT_COUNT:
        name = name.replace(".", "")
    return f"{name}@{domain}"
