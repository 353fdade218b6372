"""A story: sections of sentences, and the sections that every story ends with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from goodword.phrases import Stored, Word, say, word
from goodword.rules.explanations import words
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Entry
from goodword.rules.languages import Language


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

    def written(self, language: Language) -> Story:
        """Return the same story in another language."""
        return Story(
            language.write(self.title),
            tuple(
                Section(language.write(each.heading), tuple(map(language.write, each.sentences)))
                for each in self.sections
            ),
            self.recomputed,
        )


def sections(*pairs: tuple[str, Iterable[str]]) -> tuple[Section, ...]:
    """Make sections of headings and sentences; one without sentences is left out."""
    made = (Section(heading, tuple(sentences)) for heading, sentences in pairs)
    return tuple(section for section in made if section.sentences)


def records(context: Context) -> tuple[tuple[str, list[str]], ...]:
    """Return the last sections of every story: ledger, messages, audit trail."""
    return (
        (say("Ledger"), ledger(context)),
        (say("Messages"), messages(context)),
        (say("Audit trail"), audit_trail(context)),
    )


def ledger(context: Context) -> list[str]:
    """Say what was posted, one posting a sentence."""
    postings = groupby(context.case.entries, key=lambda entry: entry.posting_id)
    return [_posting(list(entries)) for _, entries in postings]


def _posting(entries: list[Entry]) -> str:
    first = entries[0]
    if first.reward_id:
        subject = say("reward {reward}", reward=first.reward_id)
    else:
        subject = say("payout {payout}", payout=first.payout_id)
    return say(
        "{on} {kind}, {subject}: {legs}.",
        on=first.posted_on,
        kind=word(first.kind),
        subject=subject,
        legs=words.in_a_row(_leg(entry) for entry in entries),
    )


def _leg(entry: Entry) -> str:
    amount = words.amount(abs(entry.amount_minor), entry.currency)
    if entry.amount_minor > 0:
        return say("debit {account} {amount}", account=entry.account, amount=amount)
    return say("credit {account} {amount}", account=entry.account, amount=amount)


def messages(context: Context) -> list[str]:
    """Say which letters were written, and what became of each."""
    sentences = []
    for letter in context.case.letters:
        became: str = word(letter.state)
        if letter.sent_at:
            became = say("sent {at}", at=words.instant(letter.sent_at))
        told = say(
            "{on} {letter} ({locale}): {became}",
            on=letter.queued_on,
            letter=word(letter.template),
            locale=letter.locale,
            became=became,
        )
        sentences.append(words.sentence(told, Stored(letter.reason or "")))
    return sentences


def audit_trail(context: Context) -> list[str]:
    """Say who did what, and when it was written down."""
    return [
        words.sentence(
            say(
                "{at} {who}: {did} {subject} {number}",
                at=words.instant(event.at),
                who=words.actor(event.actor),
                did=word(event.action),
                subject=word(event.subject),
                number=event.subject_id,
            ),
            Stored(event.reason),
        )
        for event in context.case.events
        if event.subject != "participant"
    ]


def participant(context: Context, participant_id: int) -> str:
    """Say who a participant is."""
    person = context.people[participant_id]
    if person.payout_method:
        rail = RAILS[person.payout_method]
        method = say("paid in {currency} by {rail}", currency=person.currency, rail=rail)
    else:
        method = say(
            "to be paid in {currency}, with no payout method chosen yet", currency=person.currency
        )
    return say(
        "{name} ({key}) is {kind} of tier {tier}, {status}, {method}.",
        name=person.name,
        key=person.key,
        kind=words.a(person.kind),
        tier=Word(person.tier),
        status=word(person.status),
        method=method,
    )


RAILS = {
    "stripe_transfer": say("transfer to a Stripe account"),
    "stripe_credit": say("credit on a Stripe customer's balance"),
    "stripe_coupon": say("coupon on a Stripe subscription"),
    "bank_file": say("bank file to an account"),
    "perk": say("the hand of an operator"),
    "stripe_reversal": say("reversal of a Stripe transfer"),
}
"""What each rail is, in words."""
