"""The bank file commands: what is there, what a file pays, and taking it to the bank once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from goodword.actions import bank_files, payouts
from goodword.adapters.bank_files import BankTransfers, Debtor
from goodword.adapters.payments import Payment
from goodword.db.session import Database
from goodword.money import Money
from goodword.rules.payout_plans import Planned
from goodword.rules.payouts import Rail
from tests import factories as make
from tests.cli.conftest import goodword, settings

BANK = BankTransfers(Debtor("Harbour Software", "DE89370400440532013000", "COBADEFFXXX"))
IBAN = "NL91ABNA0417164300"


@pytest.fixture
def company(database: Database, tmp_path: Path) -> Iterator[Database]:
    url = database.engine.url.render_as_string(hide_password=False)
    with settings(GOODWORD_HOME=str(tmp_path), GOODWORD_DATABASE_URL=url):
        yield database


def make_file(database: Database) -> int:
    with database.transaction() as tx:
        person = make.participant(tx, "ada", currency="EUR", payout_method="bank_file", iban=IBAN)
        money = Money(12_345, "EUR")
        reward = make.approved(tx, person, money.minor, "EUR")
        planned = Planned(person, money, Rail.BANK_FILE, IBAN, (reward,))
        (number,) = payouts.reserve(tx, [planned], make.TODAY)
        sending = make.payout(tx, number)
        request = BANK.request(
            Payment(sending.reference, Rail.BANK_FILE, money, IBAN, "Rewards", receiver="Ada")
        )
        submission = payouts.Submission(sending, request, payouts.key_of(sending))
        payouts.submit(tx, [submission], make.NOW, make.TODAY)
        make.settle(tx, sending, BANK.send(request))
        (made,) = bank_files.collect(tx, make.TODAY, BANK.write)
    return made.number


def test_a_file_is_listed_shown_and_exported_once(company: Database, tmp_path: Path) -> None:
    assert goodword("bank-files", "list").out == "Bank files: none\n"
    number = str(make_file(company))
    listed = goodword("bank-files", "list").out
    assert "123.45 EUR" in listed
    assert "not yet" in listed
    (document,) = goodword("bank-files", "list", "--json").document
    assert (document["payouts"], document["unconfirmed"]) == (1, 1)
    shown = goodword("bank-files", "show", number)
    assert IBAN in shown.out
    path = tmp_path / "to-the-bank.xml"
    export = ("bank-files", "export", number, "--to", str(path), "--as", "ann")
    first = goodword(*export)
    assert first.code == 0
    assert f"is bank file {number}: 1 payout, 123.45 EUR" in first.out.replace("\n", " ")
    assert "exported before" not in first.out
    again = goodword(*export, "--json").document
    assert again["exported_before_by"] == "ann"
    assert "exported before, by ann" in goodword(*export).out.replace("\n", " ")
    body = goodword("bank-files", "show", number, "--json").document["body"]
    assert path.read_text() == body


def test_what_cannot_be_exported_is_said_in_a_sentence(company: Database, tmp_path: Path) -> None:
    missing = goodword("bank-files", "export", "7", "--to", str(tmp_path), "--as", "ann")
    assert missing.code == 1
    assert "There is no bank file 7: `goodword bank-files list`" in missing.err.replace("\n", " ")
    assert goodword("bank-files", "show", "7").code == 1
    number = str(make_file(company))
    other = tmp_path / "other"
    other.write_text("mine")
    refused = goodword("bank-files", "export", number, "--to", str(other), "--as", "ann")
    assert refused.code == 1
    assert "is another file" in refused.err
    nowhere = goodword("bank-files", "export", number, "--to", "/no/such/place", "--as", "ann")
    assert nowhere.code == 1
    assert "No such file or directory" in nowhere.err
    (document,) = goodword("bank-files", "list", "--json").document
    assert document["exported_at"] is None
