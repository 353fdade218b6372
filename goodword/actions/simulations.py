"""Simulations: another program tried on a company's past; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection

from goodword.db.queries import (
    invoices,
    past_referrals,
    programs,
    recipients,
    recorded_rewards,
    rewards,
    suspicions,
    tiers,
)
from goodword.db.queries import simulations as queries
from goodword.db.queries.simulations import Kept
from goodword.rules.books import CapBook
from goodword.rules.earnings import Rules
from goodword.rules.histories import Days, Outlook, PastLead, Person, Proceeds
from goodword.rules.outcomes import Outcome
from goodword.rules.outlooks import paid
from goodword.rules.programs import Program
from goodword.rules.simulations import Past, noting, run_up, simulate


@dataclass(frozen=True, slots=True)
class Tried:
    """What was really given in some days, and what another program would have given.

    `people` is every participant, by number; `in_force` the program of the last day.
    """

    people: Mapping[int, Person]
    in_force: Program
    before: Outlook
    after: Outlook


def attempt(tx: Connection, program: Program, days: Days, read: Callable[[str], Program]) -> Tried:
    """Try a program on a company's past.

    Args:
        tx: a transaction before its first statement: it can write nothing from then on.
        program: the one that is tried.
        days: those that are told.
        read: reads the text of a published program.

    Raises:
        NoProgram: none is published.
    """
    queries.read_only(tx)
    published = {each.number: read(each.source) for each in programs.versions(tx)}
    if not published:
        raise programs.NoProgram
    whole = Days(run_up(days.first, program), days.last)
    people, kept = queries.people(tx), queries.kept(tx, whole)
    past = Past(
        people,
        tuple(_leads(tx, program, published, whole, kept)),
        suspicions.introduced(tx, program.suspicion),
        {number: version.attribution for number, version in published.items()},
        tiers.changes(tx),
    )
    proceeds, unconverted = Proceeds(), dict[str, str]()
    asked = queries.Asked(whole, program.time_zone, program.renewals.deal_types)
    found = queries.deals(tx, asked, kept, invoices.past(tx, whole, kept))
    deals = noting(found, days, proceeds, unconverted)
    after = simulate(program, days, deals, _with_caps(tx, past, Rules.of(program)))
    in_force = read(programs.in_force(tx, days.last).source)
    before = Outlook(
        tuple(recorded_rewards.rewards(tx, days, people, kept)),
        *paid(recorded_rewards.dues(tx, whole), in_force.payouts, days),
        proceeds,
        unconverted,
        recorded_rewards.payments(tx, days),
    )
    return Tried(people, in_force, before, after)


def _leads(
    tx: Connection,
    program: Program,
    published: Mapping[int, Program],
    whole: Days,
    kept: Mapping[str, Kept],
) -> list[PastLead]:
    zone, stages = program.time_zone, program.stages
    if all(version.stages == stages for version in published.values()):
        leads = past_referrals.leads(tx, whole, kept)
    else:
        leads = past_referrals.leads_by(tx, whole, zone, stages, kept)
    if Outcome.REFERRED in Rules.of(program).outcomes:
        leads += past_referrals.received(tx, whole, zone, kept)
    return leads


def _with_caps(tx: Connection, past: Past, rules: Rules) -> Past:
    """Add what caps go by: what participants were billed themselves, and who customers are."""
    book = CapBook()
    if rules.go_by_bills:
        rewards.add_billed(tx, book, list(past.people))
    if not rules.caps_others:
        return replace(past, billed=book.billed)
    assigned = partial(recipients.assigned, tx, unknown={})
    return replace(past, billed=book.billed, recipients=assigned)
