"""A story: sections of sentences, and the sections that every story ends with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from goodword.rules.explanations import words
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Entry


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its sentences, in order."""

    heading: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """What there is to say. `recomputed` is what was worked out again, ready for JSON."""

    title: str
    sections: tuple[Section, ...]
    recomputed: Mapping[str, object] = field(default_factory=dict)


def sections(*pairs: tuple[str, Iterable[str]]) -> tuple[Section, ...]:
    """Make sections of headings and sentences; one without sentences is left out."""
    made = (Section(heading, tuple(sentences)) for heading, sentences in pairs)
    return tuple(section for section in made if section.sentences)


def records(context: Context) -> tuple[tuple[str, list[str]], ...]:
    """Return the last sections of every story: ledger, messages, audit trail."""
    return (
        ("Ledger", ledger(context)),
        ("Messages", messages(context)),
        ("Audit trail", audit_trail(context)),
    )


def ledger(context: Context) -> list[str]:
    """Say what was posted, one posting a sentence."""
    postings = groupby(context.case.entries, key=lambda entry: entry.posting_id)
    return [_posting(list(entries)) for _, entries in postings]


def _posting(entries: list[Entry]) -> str:
    first = entries[0]
    subject = f"reward {first.reward_id}" if first.reward_id else f"payout {first.payout_id}"
    legs = (
        f"{'debit' if entry.amount_minor > 0 else 'credit'} {entry.account} "
        f"{words.amount(abs(entry.amount_minor), entry.currency)}"
        for entry in entries
    )
    kind = first.kind.replace("_", " ")
    return f"{first.posted_on} {kind}, {subject}: {', '.join(legs)}."


def messages(context: Context) -> list[str]:
    """Say which letters were written, and what became of each."""
    sentences = []
    for letter in context.case.letters:
        became = letter.state
        if letter.sent_at:
            became = f"sent {words.instant(letter.sent_at)}"
        name = f"{letter.queued_on} {letter.template.replace('_', ' ')} ({letter.locale})"
        sentences.append(words.sentence(f"{name}: {became}", letter.reason))
    return sentences


def audit_trail(context: Context) -> list[str]:
    """Say who did what, and when it was written down."""
    return [
        words.sentence(
            f"{words.instant(event.at)} {event.actor}: {event.action} "
            f"{event.subject} {event.subject_id}",
            event.reason,
        )
        for event in context.case.events
        if event.subject != "participant"
    ]


def participant(context: Context, participant_id: int) -> str:
    """Say who a participant is."""
    person = context.people[participant_id]
    method = (
        f"paid in {person.currency} by {RAILS[person.payout_method]}"
        if person.payout_method
        else f"to be paid in {person.currency}, with no payout method chosen yet"
    )
    return (
        f"{person.name} ({person.key}) is {words.a(person.kind)} of tier {person.tier}, "
        f"{person.status}, {method}."
    )


RAILS = {
    "stripe_transfer": "transfer to a Stripe account",
    "stripe_credit": "credit on a Stripe customer's balance",
    "stripe_coupon": "coupon on a Stripe subscription",
    "bank_file": "bank file to an account",
    "perk": "the hand of an operator",
    "stripe_reversal": "reversal of a Stripe transfer",
}
"""What each rail is, in words."""
