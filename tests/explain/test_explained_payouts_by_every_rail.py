"""What a payout tells of itself on each rail and in each state that people have a part in."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from goodword.actions import adoptions, bank_files, payouts, reconciliations, reversals, settlements
from goodword.db.queries import explanations as queries
from goodword.db.queries import payouts as payout_queries
from goodword.db.queries import reconciliations as reconciliation_queries
from goodword.program import read_program
from goodword.rules import explanations
from goodword.rules.explanations import Kind, Version
from goodword.rules.payouts import HandedOver, Held, Paid, Rail, Refused, TryLater
from goodword.rules.reconciliations import DifferenceKind, Disagreement, Returned
from tests import factories as make
from tests.explain.conftest import SAMPLE, Told

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from goodword.db.session import Database


def tell(tx: Connection, number: int, kind: Kind = Kind.PAYOUT) -> Told:
    case = queries.read(tx, kind, number)
    versions = {1: Version(1, make.TODAY, read_program(SAMPLE, "the sample"))}
    return Told(case, explanations.tell(case, versions))


def course(tx: Connection, number: int) -> str:
    return tell(tx, number).said("Attempts and answer")


def planned(tx: Connection, rail: Rail = Rail.STRIPE_TRANSFER, minor: int = 4_000) -> int:
    person = make.participant(tx, "ada")
    return make.reserved(tx, make.approved(tx, person, minor), rail=rail)


def paid(tx: Connection) -> int:
    number = planned(tx)
    make.settle(tx, make.submit(tx, number), Paid("tr_1"))
    return number


def handed_over(tx: Connection, rail: Rail, said: str) -> int:
    number = planned(tx, rail)
    make.settle(tx, make.submit(tx, number), HandedOver(said))
    return number


# Where a person acts ----------------------------------------------------------------------------


def test_a_perk_says_what_is_given_and_how_an_operator_says_so(database: Database) -> None:
    benefit = {"perk": "Conference ticket"}
    with database.transaction() as tx:
        reward = make.approved(tx, make.participant(tx, "ada"), 4_000)
        plan = replace(make.planned(tx, reward, rail=Rail.PERK), benefit=benefit)
        (number,) = payouts.reserve(tx, [plan], make.TODAY)
        make.settle(tx, make.submit(tx, number), HandedOver("an operator gives it"))
        story = tell(tx, number)
        assert story.title == (
            f"Payout {number}: Conference ticket (worth 40.00 USD) to Ada, handed over"
        )
        assert "with the reference goodword-" in story.said("Payout")
        assert "by the hand of an operator" in story.said("Payout")
        assert "this is what a person is given:" in story.said("Request")
        said = story.said("Attempts and answer")
        assert "Handed over 2026-06-30 02:00 UTC." in said
        assert "An operator gives it to Ada, and then says so." in said
        assert f"`goodword payouts confirm {number}`" in said
        assert f"`goodword payouts decline {number}`" in said
        assert " key " not in said


def test_a_bank_transfer_says_in_which_file_it_is_and_who_took_it_to_the_bank(
    database: Database,
) -> None:
    with database.transaction() as tx:
        number = handed_over(tx, Rail.BANK_FILE, "it goes into the next bank file")
        assert "It waits for the next bank file" in course(tx, number)
        file = make.insert(
            tx, "bank_files", message_id="GW-1", currency="USD", payouts=1, total_minor=4_000,
            body="<x/>", digest=sha256(b"<x/>").hexdigest(), made_on=make.TODAY,
        )  # fmt: skip
        make.value(
            tx, "UPDATE payouts SET bank_file_id = :f WHERE id = :id RETURNING id",
            f=file, id=number,
        )  # fmt: skip
        said = course(tx, number)
        assert f"It is in bank file {file} (GW-1), made on 2026-06-30." in said
        assert f"`goodword bank-files export {file} --to PATH`" in said
        bank_files.export(tx, file, "ann")
        assert "which ann exported 20" in course(tx, number)


def test_what_a_person_settled_by_hand_has_their_name_and_words(database: Database) -> None:
    with database.transaction() as tx:
        number = handed_over(tx, Rail.PERK, "an operator gives it: a mug")
        finding = settlements.Finding(number, settlements.BY_HAND, "ann", "given at the fair")
        settlements.settle_by_hand(tx, [finding], make.TODAY)
        said = course(tx, number)
        assert "ann settled it by hand as paid" in said
        assert "given at the fair" in said
        assert "Paid on 2026-06-30, as a person said." in said


def test_a_declined_payout_tells_the_reason_once(database: Database) -> None:
    with database.transaction() as tx:
        number = handed_over(tx, Rail.BANK_FILE, "it goes into the next bank file")
        finding = settlements.Finding(number, None, "ann", "the bank sent it back")
        settlements.settle_by_hand(tx, [finding], make.TODAY)
        said = course(tx, number)
        assert said.count("the bank sent it back") == 1
        assert f"`goodword payouts rerun {number}`" in said


def test_a_held_payout_says_how_it_is_settled(database: Database) -> None:
    with database.transaction() as tx:
        number = planned(tx)
        make.settle(tx, make.submit(tx, number), Held("two movements"))
        assert f"`goodword payouts settle {number} --paid ID` or `--not-made`" in course(tx, number)


# What waits -------------------------------------------------------------------------------------


def test_what_the_balance_does_not_pay_for_says_what_to_top_up(database: Database) -> None:
    with database.transaction() as tx:
        number = planned(tx)
        payouts.keep_back(tx, [number], "balance_insufficient", "top up 40.00 USD")
        said = course(tx, number)
        assert "Kept back: top up 40.00 USD (balance_insufficient)." in said
        assert "the next night does" in said
        assert "answer" not in said


def test_a_no_that_is_not_its_own_fault_makes_the_next_try_another_attempt(
    database: Database,
) -> None:
    with database.transaction() as tx:
        number = planned(tx)
        make.settle(tx, make.submit(tx, number), TryLater("discounts_changed", "others did"))
        said = course(tx, number)
        assert "Attempt 2 has not been sent yet. It has a new key" in said
        assert "The last answer: others did (discounts_changed)." in said


def test_what_was_given_back_was_not_refused_by_anybody(database: Database) -> None:
    with database.transaction() as tx:
        number = planned(tx)
        (waiting,) = payout_queries.waiting(tx, None)
        overtaken = settlements.Overtaken(waiting, "the participant is suspended")
        settlements.give_back(tx, [overtaken], make.TODAY)
        said = course(tx, number)
        assert "Given back before anything was sent: the participant is suspended." in said
        assert "operator" not in said


# What came back ---------------------------------------------------------------------------------


def test_a_reversal_by_command_is_told_on_both_sides(database: Database) -> None:
    with database.transaction() as tx:
        number = paid(tx)
        make.cancel(tx, 1)
        make.judge(tx, 0)
        reversal = reversals.ask(tx, reversals.Wanted(number, "olivia", "they agreed"), make.TODAY)
        whole = course(tx, number)
        assert "olivia asked to take it back; they agreed." in whole
        assert f"Payout {reversal} takes 40.00 USD of it back; it is planned." in whole
        story = tell(tx, reversal)
        assert story.title == f"Payout {reversal}: 40.00 USD taken back from Ada, planned"
        assert "planned on 2026-06-30 since olivia asked for it." in story.said("Payout")
        assert f"It takes back from payout {number}, which paid 40.00 USD." in course(tx, reversal)
        sent = make.submit(tx, reversal)
        make.settle(tx, sent, Refused("no_funds", "their balance is empty", "Net it."))
        assert "Refused: nothing came back. What it covered is netted" in course(tx, reversal)
        again = reversals.ask(tx, reversals.Wanted(number, "olivia", "once more"), make.TODAY)
        make.settle(tx, make.submit(tx, again), Paid("trr_1"))
        assert "Taken back on 2026-06-30; the provider calls it trr_1." in course(tx, again)
        assert f"Payout {again} takes 40.00 USD of it back; it is paid." in course(tx, number)


def test_what_the_provider_took_back_says_how_much_and_where_a_person_decides(
    database: Database,
) -> None:
    with database.transaction() as tx:
        number = paid(tx)
        came_back(tx, number, 1_500)
        said = course(tx, number)
        assert "Paid on 2026-06-30; the provider calls it tr_1." in said
        assert "The provider took back 15.00 USD of its 40.00 USD" in said
        asks = "Reward 2 of 2026-06-30 is whether 15.00 USD is paid again: "
        assert f"{asks}the next night asks an approver." in said
        make.judge(tx, 1, 2)
        assert f"{asks}`goodword rewards approve 2` or" in course(tx, number)
        came_back(tx, number, 4_000)
        said = course(tx, number)
        assert "Paid on 2026-06-30 as tr_1, and all of it came back." in said
        assert "The provider took back 40.00 USD of its 40.00 USD" in said
        assert "Reward 3 of 2026-06-30 is whether 25.00 USD is paid again" in said


def test_the_reward_that_asks_to_pay_again_tells_of_the_payout_that_came_back(
    database: Database,
) -> None:
    with database.transaction() as tx:
        number = paid(tx)
        came_back(tx, number, 1_500)
        make.judge(tx, 1)
        story = tell(tx, 2, Kind.REWARD)
        assert story.title == "Reward 2: 15.00 USD to Ada that came back, waiting"
        assert f"Payout {number}, known to the provider as" in story.said("Why it is asked")
        assert "It waits for 1 person: `goodword rewards approve 2`." in story.said("Approval")


def came_back(tx: Connection, number: int, in_all: int) -> None:
    reference = make.payout(tx, number).reference
    (found,) = reconciliation_queries.compared(tx, [reference], make.NOW, make.NOW)
    reversals.record(tx, [Returned(found, in_all)], make.TODAY)


# What was found ---------------------------------------------------------------------------------


def test_an_adopted_payout_says_that_nothing_was_sent_and_who_found_it(database: Database) -> None:
    strange = Disagreement(
        DifferenceKind.NOT_IN_LEDGER, None, "tr_9", "ref-9", "acct_9", "USD", 0, 4_000,
        "ref-9: 40.00 USD at the provider (tr_9) is unknown here",
    )  # fmt: skip
    with database.transaction() as tx:
        reward = make.approved(tx, make.participant(tx, "ada"), 4_000)
        reconciliations.record(tx, [strange], reconciliations.Examined((), ("tr_9",)), make.TODAY)
        closing = reconciliations.Closing(1, "olivia", "an old copy was restored")
        number = adoptions.adopt(tx, closing, [reward], make.NOW, make.TODAY)
        story = tell(tx, number)
        assert "since olivia found that the provider had moved it already." in story.said("Payout")
        assert "Nothing was sent for it: tr_9 was at the provider already (difference 1)." in (
            story.said("Request")
        )
        assert "Attempt" not in story.said("Attempts and answer")
        assert story.said("Reconciliation") == (
            "2026-06-30 ref-9: 40.00 USD at the provider (tr_9) is unknown here; "
            "olivia closed it on 2026-06-30: an old copy was restored."
        )
