"""What people do about payouts: settle, confirm, decline, take back, adopt, close."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cli import local
from goodword.actions import payouts, reconciliations, reruns, reversals, staff
from goodword.db.queries import reconciliations as reconciliation_queries
from goodword.rules.payouts import HandedOver, Held, Paid, Rail, Refused
from goodword.rules.reconciliations import DifferenceKind, Disagreement, Returned
from sandbox.server import Sandbox
from tests import factories as make
from tests.cli.conftest import Said, goodword, settings
from tests.flows.small_company import Firm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from goodword.db.session import Database
    from goodword.rules.payouts import Answer

ANN = ("--as", "ann", "--reason", "seen by ann", "--date", "2026-06-30")


@pytest.fixture
def company(database: Database, tmp_path: Path) -> Iterator[Database]:
    url = database.engine.url.render_as_string(hide_password=False)
    with settings(GOODWORD_HOME=str(tmp_path), GOODWORD_DATABASE_URL=url):
        yield database


def sent(tx: Connection, answer: Answer, rail: Rail = Rail.STRIPE_TRANSFER) -> int:
    """Send a payout of 40.00 to a participant of its own, which is answered so."""
    number = make.reserved(tx, make.approved(tx, make.participant(tx), 4_000), rail=rail)
    make.settle(tx, make.submit(tx, number), answer)
    return number


def words(text: str) -> str:
    """Return what was said without the line breaks of the window."""
    return " ".join(text.split())


def refused(said: Said) -> str:
    """Return the sentence of a refusal, which is all that is said."""
    assert (said.code, said.out) == (1, "")
    assert said.err.count("\n") == 1
    return said.err.rstrip()


def state(database: Database, number: int) -> str:
    with database.transaction() as tx:
        return make.state(tx, "payouts", number)


# What is held or was handed over ----------------------------------------------------------------


def test_a_held_payout_is_settled_by_what_was_found(company: Database) -> None:
    with company.transaction() as tx:
        first, second = (sent(tx, Held("two movements")) for _ in range(2))
    said = goodword("payouts", "settle", str(first), "--paid", "tr_7", *ANN)
    assert (said.code, said.err) == (0, "")
    assert said.out == f"Payout {first} is paid. The next letters tell the participants.\n"
    shown = goodword("payouts", "show", str(first), "--json").document
    assert (shown["state"], shown["external_id"]) == ("paid", "tr_7")
    said = goodword("payouts", "settle", str(second), "--not-made", *ANN)
    assert words(said.out) == (
        f"Payout {second} is not made, and the rewards are free. To pay them by a new payout: "
        f"goodword payouts rerun {second} --as NAME"
    )
    assert state(company, second) == "refused"
    again = refused(goodword("payouts", "settle", str(first), "--not-made", *ANN))
    assert again.startswith(f"payout {first} is paid; only one that is held or handed over")


def test_one_movement_settles_one_payout_only(company: Database) -> None:
    with company.transaction() as tx:
        paid = sent(tx, Paid("tr_7"))
        held, other = (sent(tx, Held("two movements")) for _ in range(2))
    said = refused(goodword("payouts", "settle", str(held), "--paid", "tr_7", *ANN))
    assert said == (
        f"tr_7 is what payout {paid} was made as: one movement settles one payout. Look at the "
        f"provider again, or settle payout {held} with --not-made"
    )
    goodword("payouts", "settle", str(other), "--paid", "tr_8", *ANN)
    said = refused(goodword("payouts", "settle", str(held), "--paid", "tr_8", *ANN))
    assert said.startswith(f"tr_8 is what payout {other} was made as")
    assert state(company, held) == "held"


def test_one_payout_is_shown_with_amounts_and_in_words(company: Database) -> None:
    with company.transaction() as tx:
        bank = sent(tx, HandedOver("a person gives it"), Rail.BANK_FILE)
        paid = sent(tx, Paid("tr_8"))
        reference = make.payout(tx, paid).reference
        (found,) = reconciliation_queries.compared(tx, [reference], make.NOW, make.NOW)
        reversals.record(tx, [Returned(found, 1_500)], make.TODAY)
    shown = words(goodword("payouts", "show", str(bank)).out)
    assert "amount 40.00 USD state handed over" in shown
    assert "reversed" not in shown
    assert "minor" not in shown
    shown = words(goodword("payouts", "show", str(paid)).out)
    assert "reversed 15.00 USD" in shown
    listed = goodword("payouts", "list", "--state", "handed_over")
    assert listed.out.startswith("Payouts, handed over")


def test_what_was_found_is_said_once_and_with_a_reason(company: Database) -> None:
    with company.transaction() as tx:
        number = str(sent(tx, Held("two movements")))
    for wrong in (
        ("settle", number, *ANN),
        ("settle", number, "--paid", "tr_7", "--not-made", *ANN),
        ("settle", number, "--not-made", "--as", "ann"),
        ("confirm", number, "--as", "ann"),
        ("decline", number, "--as", "ann"),
        ("confirm", *ANN),
    ):
        said = goodword("payouts", *wrong)
        assert (said.code, said.out) == (2, "")
    assert state(company, int(number)) == "held"


def test_several_that_were_handed_over_are_confirmed_at_once_or_not_at_all(
    company: Database,
) -> None:
    with company.transaction() as tx:
        shirt = sent(tx, HandedOver("an operator gives it: a shirt"), Rail.PERK)
        perk = sent(tx, HandedOver("an operator gives it: a mug"), Rail.PERK)
        refused_ = sent(tx, Refused("account_closed", "it is closed", "Ask for another."))
    both = (str(shirt), str(perk))
    sentence = refused(goodword("payouts", "confirm", *both, str(refused_), *ANN))
    assert sentence.startswith(f"payout {refused_} is refused; only one that is held or handed")
    assert state(company, shirt) == state(company, perk) == "handed_over"
    said = goodword("payouts", "confirm", *both, *ANN, "--json")
    assert said.document == {"ids": [shirt, perk], "state": "paid"}
    with company.transaction() as tx:
        assert {f"payout:{number}:paid" for number in (shirt, perk)} <= set(make.facts(tx))


def test_a_line_that_never_reached_the_bank_is_not_confirmed(company: Database) -> None:
    with company.transaction() as tx:
        number = sent(tx, HandedOver("it goes into the next bank file"), Rail.BANK_FILE)
    assert refused(goodword("payouts", "confirm", str(number), *ANN)) == (
        f"payout {number} is in no bank file yet: the bank cannot have paid it "
        "(`goodword bank-files list`, then `export`)"
    )
    assert state(company, number) == "handed_over"


def test_what_was_not_made_is_declined_and_its_rewards_are_free(company: Database) -> None:
    with company.transaction() as tx:
        bank = sent(tx, HandedOver("it goes into the next bank file"), Rail.BANK_FILE)
        perk = sent(tx, HandedOver("an operator gives it: a mug"), Rail.PERK)
    said = goodword("payouts", "decline", str(bank), str(perk), *ANN)
    assert words(said.out) == (
        f"Payouts {bank}, {perk} are not made, and the rewards are free. To pay them by a new "
        f"payout: goodword payouts rerun {bank} {perk} --as NAME"
    )
    with company.transaction() as tx:
        assert make.value(tx, "SELECT count(*) FROM rewards WHERE state = 'approved'") == 2
    said = goodword("payouts", "decline", "99", *ANN)
    assert refused(said).startswith("payout 99 does not exist; only one that is held or handed")


def test_a_transfer_is_not_confirmed_without_the_name_it_has_at_the_provider(
    company: Database,
) -> None:
    with company.transaction() as tx:
        number = sent(tx, Held("two movements"))
    assert refused(goodword("payouts", "confirm", str(number), *ANN)) == (
        f"payout {number} went by stripe_transfer, where what moved has a name: "
        f"`goodword payouts settle {number} --paid ID`"
    )
    assert state(company, number) == "held"


def test_what_waits_is_listed_with_what_to_do_about_it(company: Database) -> None:
    assert goodword("payouts", "list", "--failed").out == "Payouts that wait: none\n"
    with company.transaction() as tx:
        sent(tx, HandedOver("it goes into the next bank file"), Rail.BANK_FILE)
    said = goodword("payouts", "list", "--failed")
    assert "handed over" in said.out
    assert "goodword payouts confirm ID" in said.out
    assert "rerun" not in said.out
    with company.transaction() as tx:
        reward = make.approved(tx, make.participant(tx), 4_000)
        perk = replace(make.planned(tx, reward, rail=Rail.PERK), benefit={"perk": "A mug"})
        (mug,) = payouts.reserve(tx, [perk], make.TODAY)
        make.settle(tx, make.submit(tx, mug), HandedOver("an operator gives it: A mug"))
        sent(tx, Refused("account_closed", "it is closed", "Ask for another."))
        sent(tx, Held("two movements"))
        short = make.reserved(tx, make.approved(tx, make.participant(tx), 4_000))
        payouts.keep_back(tx, [short], "balance_insufficient", "top up 40.00 USD")
        sent(tx, Paid("tr_1"))
    said = goodword("payouts", "list", "--failed")
    assert "A mug (worth 40.00 USD)" in said.out
    assert "it is closed. Ask for another." in said.out
    assert "top up 40.00 USD" in said.out
    assert "goodword payouts rerun --failed --as NAME" in words(said.out)
    assert "goodword payouts settle ID" in said.out
    assert max(map(len, said.out.splitlines())) <= 140
    rows = goodword("payouts", "list", "--failed", "--json").document
    assert [row["state"] for row in rows] == [
        "handed_over",
        "handed_over",
        "refused",
        "held",
        "planned",
    ]


# What the ledger cannot explain -----------------------------------------------------------------


def found(tx: Connection, number: int = 9) -> int:
    """Let reconciliation find 40.00 to acct_9 that the ledger does not know."""
    name = f"tr_{number}"
    strange = Disagreement(
        DifferenceKind.NOT_IN_LEDGER, None, name, f"ref-{number}", "acct_9", "USD", 0, 4_000,
        f"ref-{number}: 40.00 USD at the provider ({name}) is unknown here",
    )  # fmt: skip
    reconciliations.record(tx, [strange], reconciliations.Examined((), (name,)), make.TODAY)
    return int(make.value(tx, "SELECT max(id) FROM differences"))


def test_a_difference_is_listed_with_both_sides_and_both_ways_out(company: Database) -> None:
    assert goodword("payouts", "differences").out == "Differences with the provider: none\n"
    with company.transaction() as tx:
        number = found(tx)
    said = goodword("payouts", "differences")
    assert "0.00 USD / 40.00 USD" in said.out
    assert "ref-9: 40.00 USD at the provider (tr_9) is unknown here" in words(said.out)
    assert "goodword payouts adopt ID --rewards 12,13" in said.out
    assert "goodword payouts close ID" in said.out
    (row,) = goodword("payouts", "differences", "--json").document
    assert (row["id"], row["external_id"], row["provider_minor"]) == (number, "tr_9", 4_000)


def test_a_movement_becomes_the_payout_of_the_rewards_that_a_person_names(
    company: Database,
) -> None:
    with company.transaction() as tx:
        ada = make.participant(tx)
        rewards = [make.approved(tx, ada, minor) for minor in (1_500, 2_500, 99)]
        number = str(found(tx))
    adopt = ("payouts", "adopt", number, *ANN, "--rewards")
    for given, sentence in {
        str(rewards[0]): "40.00 USD moved, and these rewards are 15.00 USD together",
        "7777": "there is no reward 7777",
    }.items():
        assert refused(goodword(*adopt, given)) == sentence
    assert goodword(*adopt, "1,x").code == 2
    said = goodword(*adopt, f"{rewards[0]},{rewards[1]}")
    (payout,) = goodword("payouts", "list", "--json").document
    assert (said.code, said.out) == (
        0,
        f"Difference {number} is closed: its movement is payout {payout['id']}, which is paid.\n",
    )
    assert (payout["state"], payout["external_id"]) == ("paid", "tr_9")
    assert payout["rewards"] == rewards[:2]
    assert refused(goodword(*adopt, "1")).startswith(f"there is no open difference {number}: `")


def test_a_difference_that_is_explained_otherwise_is_closed_with_the_reason(
    company: Database,
) -> None:
    with company.transaction() as tx:
        make.program(tx)
        first, second = found(tx), found(tx, 10)
    said = goodword("payouts", "close", str(first), *ANN)
    assert said.out == f"Difference {first} is closed. It keeps nothing from acct_9 any more.\n"
    assert goodword("payouts", "close", str(second), *ANN, "--json").document == {"closed": second}
    assert goodword("payouts", "differences").out == "Differences with the provider: none\n"
    assert refused(goodword("payouts", "close", str(first), *ANN)) == (
        f"there is no open difference {first}: `goodword payouts differences` lists them"
    )


# Taken back, through to Stripe ------------------------------------------------------------------


@pytest.fixture
def stripe(company: Database, tmp_path: Path, prefect_server: str) -> Iterator[Sandbox]:
    assert company
    assert prefect_server
    firm = Firm()
    firm.participant("ada", "reseller")
    with Sandbox(firm.company(make.TODAY)) as sandbox:
        local.record_sandbox(tmp_path, sandbox.base_url, sandbox.smtp_port)
        yield sandbox


def transferred(company: Database) -> tuple[int, int]:
    """Pay 40.00 by a transfer of the sandbox; returns the payout and its reward."""
    with company.transaction() as tx:
        person = make.participant(tx, "ada", stripe_account="acct_1ada")
        reward = make.approved(tx, person, 4_000)
    assert goodword("night", "--only", "pay").code == 0
    (payout,) = goodword("payouts", "list", "--json").document
    assert payout["state"] == "paid", payout
    return payout["id"], reward


@pytest.mark.prefect
def test_a_transfer_comes_back_for_what_was_clawed_back_and_once(
    company: Database, stripe: Sandbox
) -> None:
    number, reward = transferred(company)
    reverse = ("payouts", "reverse", str(number), "--as", "ann", "--reason", "they agreed")
    assert refused(goodword(*reverse)).startswith(f"no reward of payout {number} has an open claw")
    with company.transaction() as tx:
        make.cancel(tx, reward)
        make.judge(tx, 0)
    said = goodword(*reverse)
    (transfer,) = stripe.world.stripe.transfers.newest_first()
    (back,) = transfer["reversals"]["data"]
    assert transfer["amount_reversed"] == 4_000
    assert said.code == 0, said
    assert said.out == (
        f"40.00 USD of payout {number} came back: payout {number + 1}, {back['id']}.\n"
    )
    with company.transaction() as tx:
        assert f"payout:{number + 1}:taken_back" in make.facts(tx)
    assert refused(goodword(*reverse)).startswith(f"no reward of payout {number} has an open claw")
    assert refused(goodword("payouts", "reverse", "99", *ANN)) == "there is no payout 99"


@pytest.mark.prefect
def test_what_does_not_come_back_is_said_and_ends_with_one(
    company: Database, stripe: Sandbox
) -> None:
    number, reward = transferred(company)
    with company.transaction() as tx:
        make.cancel(tx, reward)
        make.judge(tx, 0)
    with stripe.world.stripe.lock:
        stripe.world.stripe.held["acct_1ada"].clear()
    said = goodword("payouts", "reverse", str(number), "--as", "ann", "--reason", "they agreed")
    sentence = refused(said)
    reversal = number + 1
    assert sentence.startswith(
        f"40.00 USD of payout {number} did not come back yet: payout {reversal} is refused. "
    )
    assert sentence.endswith("until then it is netted against later rewards")
    assert "Refused: nothing came back" in goodword("explain", "payout", str(reversal)).out


# Asked for in the console -----------------------------------------------------------------------


@pytest.mark.prefect
def test_a_rerun_that_was_asked_for_is_paid_once_and_who_was_reset_is_told(
    company: Database, stripe: Sandbox
) -> None:
    from flows.take_up_reruns import take_up_reruns  # noqa: PLC0415 - Prefect, once its server is up

    with company.transaction() as tx:
        make.program(tx)
        ada = make.participant(tx, stripe_account="acct_1ada")
        number = make.reserved(tx, make.approved(tx, ada, 4_000))
        make.settle(tx, make.submit(tx, number), Refused("restricted", "restricted", "Repair it."))
        reruns.ask(tx, [number], "ann")
        make.insert(tx, "staff", name="ann", email="ann@example.com", roles=["operator"])
        staff.reset(tx, "ann", "ann", datetime.now(UTC))
    done = {"planned": 1, "paid": 1, "letters sent": 1}
    assert take_up_reruns(today=make.TODAY) == done
    assert take_up_reruns(today=make.TODAY) == {}
    (transfer,) = stripe.world.stripe.transfers.newest_first()
    assert transfer["amount"] == 4_000
    assert (state(company, number), state(company, number + 1)) == ("refused", "paid")
