"""How an explanation writes amounts, dates and lists, the same on every page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from goodword.money import Money, decimals
from goodword.phrases import Percent, Said, Stored, Unrounded, Word, joined, say, word
from goodword.rules.benefits import Benefit, in_words

_FINER = 4
"""Decimals that a basis point adds to an amount."""


def amount(minor: int, currency: str) -> Money:
    """Take an amount in minor units: (240000, "USD") is written "2,400.00 USD"."""
    return Money(minor, currency)


def given(minor: int, currency: str, benefit: Benefit | None) -> Said | Money:
    """Write what a reward gives: "49.00 USD", or "one free month (worth 49.00 USD)"."""
    worth = amount(minor, currency)
    if not benefit:
        return worth
    return say("{benefit} (worth {worth})", benefit=Stored(in_words(benefit)), worth=worth)


def part_in_full(minor: int, bps: int, currency: str) -> Unrounded:
    """Write basis points of an amount (zero or more) unrounded: 2.9% of 5.00 USD is "0.145 USD"."""
    places = decimals(currency)
    whole, finer = divmod(minor * bps, 10 ** (places + _FINER))
    digits = f"{finer:0{places + _FINER}}"
    shown = digits[:places] + digits[places:].rstrip("0")
    return Unrounded(Decimal(f"{whole}.{shown}" if shown else whole), currency)


def percent(bps: int) -> Percent:
    """Write basis points: 2000 is "20%", 290 is "2.9%"."""
    return Percent(Decimal(bps) / 100)


def weight(part: Decimal | Fraction) -> Percent:
    """Write a part of a whole: 0.4 is "40.00%"."""
    return Percent.parse(f"{float(part):.2%}")


def a(noun: str) -> Said:
    """Write a noun with its article: "a reseller", "an employee"."""
    if noun[0] in "aeiou":
        return say("an {noun}", noun=word(noun))
    return say("a {noun}", noun=word(noun))


_ENDS = (".", "?", "!", ".”", "?”", "!”")


def actor(name: str) -> str:
    """Write who did something; the night and the policy are no persons' names."""
    return Word(name) if name in {"night", "policy"} else name


def listed(words: Iterable[object]) -> object:
    """Write words as a sentence does: "a, b and c"."""
    *first, last = words
    if not first:
        return last
    return say("{most} and {last}", most=in_a_row(first), last=last)


def in_a_row(words: Iterable[object]) -> object:
    """Write words one after the other: "a, b, c"."""
    row, *rest = words
    for other in rest:
        row = say("{one}, {other}", one=row, other=other)
    return row


def days(number: int) -> Said:
    """Write a number of days."""
    return say("1 day") if number == 1 else say("{number} days", number=number)


def deals(number: int) -> Said:
    """Write a number of deals."""
    return say("1 deal") if number == 1 else say("{number} deals", number=number)


def rewards(number: int) -> Said:
    """Write a number of rewards."""
    return say("1 reward") if number == 1 else say("{number} rewards", number=number)


def extensions(number: int) -> Said:
    """Write a number of extensions."""
    return say("1 extension") if number == 1 else say("{number} extensions", number=number)


def instant(at: datetime) -> Said:
    """Write an instant: "2026-04-06 06:00 UTC"."""
    utc = at.astimezone(UTC)
    return say("{on} {time} UTC", on=utc.date(), time=f"{utc:%H:%M}")


def evidence(pieces: Sequence[Mapping[str, str | None]]) -> object:
    """Write what a claim rests on: "meeting of 2026-03-10 and budget", or "no evidence"."""
    if not pieces:
        return say("no evidence")
    return listed(_piece(piece) for piece in pieces)


def _piece(piece: Mapping[str, str | None]) -> str:
    kind = word(str(piece["kind"]))
    on = piece.get("on")
    return say("{evidence} of {on}", evidence=kind, on=date.fromisoformat(on)) if on else kind


def quoted(text: str | None) -> Said | None:
    """Quote what somebody wrote."""
    return say("“{words}”", words=text) if text else None


def sentence(*parts: str | None) -> str:
    """Join what is known of one thing with semicolons, and end it with a full stop."""
    text = joined(parts)
    return text if text.endswith(_ENDS) else say("{sentence}.", sentence=text)


def differs_in(what: str, recorded: object, again: object) -> Said:
    """Say in what a record differs from what comes out when it is worked out again."""
    return say(
        "{what}: {recorded} in the record, {again} recomputed",
        what=what,
        recorded=recorded,
        again=again,
    )


def differs(differences: Iterable[str]) -> Said:
    """Say that a record differs, so that nobody overlooks it."""
    return say(
        "THE RECORD DIFFERS when it is worked out again: {differences}.",
        differences=joined(differences),
    )
