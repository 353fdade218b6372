"""Bank files: each payout in at most one, kept byte for byte, exported by a person who is noted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sepaxml.validation import try_valid_xml  # type: ignore[import-untyped] # it has no stubs
from sqlalchemy import Connection

from goodword.actions import bank_files, payouts, settlements
from goodword.actions.bank_files import AlreadySettled, FileThere, NoSuchFile
from goodword.adapters.bank_files import SCHEMA, BankTransfers, Debtor, NoBankAccount
from goodword.adapters.payments import Payment
from goodword.db.queries import bank_files as queries
from goodword.db.session import Database
from goodword.money import Money
from goodword.rules.payout_plans import Planned
from goodword.rules.payouts import HandedOver, Rail, Refused
from tests import factories as make

BANK = BankTransfers(Debtor("Harbour Software", "DE89370400440532013000", "COBADEFFXXX"))
IBAN = "NL91ABNA0417164300"
ANN = "ann@harbour.example"


@pytest.fixture
def tx(database: Database) -> Iterator[Connection]:
    with database.transaction() as tx:
        yield tx


def handed_over(tx: Connection, minor: int = 12_345, key: str = "") -> int:
    """Make a payout of one reward that goes by bank file, and hand it over."""
    person = make.participant(tx, key, currency="EUR", payout_method="bank_file", iban=IBAN)
    reward = make.approved(tx, person, minor, "EUR")
    money = Money(minor, "EUR")
    planned = Planned(person, money, Rail.BANK_FILE, IBAN, (reward,))
    (number,) = payouts.reserve(tx, [planned], make.TODAY)
    sending = make.payout(tx, number)
    request = BANK.request(
        Payment(sending.reference, Rail.BANK_FILE, money, IBAN, "Rewards", receiver="Ada Lim")
    )
    submission = payouts.Submission(sending, request, payouts.key_of(sending))
    assert payouts.submit(tx, [submission], make.NOW, make.TODAY) == {number}
    make.settle(tx, sending, BANK.send(request))
    assert make.state(tx, "payouts", number) == "handed_over"
    return number


def collected(tx: Connection, today: date = make.TODAY) -> int:
    (made,) = bank_files.collect(tx, today, BANK.write)
    return made.number


def kept(tx: Connection, number: int) -> queries.Kept:
    found = queries.locked(tx, number)
    assert found
    return found


def test_what_was_handed_over_goes_into_one_file_a_night_and_only_once(tx: Connection) -> None:
    first, second = handed_over(tx, 12_345), handed_over(tx, 1)
    (made,) = bank_files.collect(tx, make.TODAY, BANK.write)
    assert (made.payouts, made.total) == (2, Money(12_346, "EUR"))
    assert bank_files.collect(tx, make.TODAY, BANK.write) == []
    assert make.told(tx, "bank_file", made.number) == ["made"]
    for number in (first, second):
        assert make.told(tx, "payout", number)[-1] == "put into a file"
    third = handed_over(tx, 700)
    (later,) = bank_files.collect(tx, make.TOMORROW, BANK.write)
    assert (later.payouts, later.total) == (1, Money(700, "EUR"))
    assert later.message_id != made.message_id
    of = "SELECT bank_file_id FROM payouts WHERE id = :id"
    assert make.value(tx, of, id=first) == make.value(tx, of, id=second) == made.number
    assert make.value(tx, of, id=third) == later.number


def test_what_is_in_a_file_says_in_which(tx: Connection) -> None:
    payout_id = handed_over(tx)
    number = collected(tx)
    said = make.value(tx, "SELECT reason FROM payouts WHERE id = :id", id=payout_id)
    assert said == f"it is in bank file {number}: `goodword bank-files export {number}`"


def test_the_file_is_what_the_bank_reads(tx: Connection) -> None:
    payout = make.payout(tx, handed_over(tx))
    body = kept(tx, collected(tx)).body
    try_valid_xml(body.encode(), SCHEMA)
    assert f"<EndToEndId>{payout.reference}</EndToEndId>" in body
    assert '<InstdAmt Ccy="EUR">123.45</InstdAmt>' in body
    assert "<Nm>Ada Lim</Nm>" in body
    assert "<ReqdExctnDt><Dt>2026-07-01</Dt></ReqdExctnDt>" in body


def test_only_what_is_handed_over_by_file_is_collected(tx: Connection) -> None:
    make.submit(tx, make.reserved(tx, make.approved(tx, make.participant(tx), 100)))
    person = make.participant(tx)
    perk = make.reserved(tx, make.approved(tx, person, 100), rail=Rail.PERK)
    make.settle(tx, make.submit(tx, perk), HandedOver("an operator gives it"))
    assert bank_files.collect(tx, make.TODAY, BANK.write) == []


def test_without_an_account_to_pay_from_nothing_is_collected_and_a_later_night_does_it(
    tx: Connection,
) -> None:
    nobody = BankTransfers(None)
    assert bank_files.collect(tx, make.TODAY, nobody.write) == []
    handed_over(tx)
    with pytest.raises(NoBankAccount):
        bank_files.collect(tx, make.TODAY, nobody.write)
    assert collected(tx, make.TOMORROW)


# Exported ---------------------------------------------------------------------------------------


def test_a_file_is_exported_with_who_and_when_and_the_same_bytes_again(
    tx: Connection, tmp_path: Path
) -> None:
    handed_over(tx)
    number = collected(tx)
    first = bank_files.export(tx, number, ANN)
    path = bank_files.write(first, tmp_path)
    assert path == tmp_path / f"{first.made.message_id}.xml"
    assert path.read_bytes() == first.body == kept(tx, number).body.encode()
    assert path.stat().st_mode & 0o077 == 0
    assert first.before is None
    again = bank_files.export(tx, number, "bo")
    assert again.body == first.body
    assert again.before
    assert again.before == (kept(tx, number).exported_at, ANN)
    assert bank_files.write(again, path) == path
    assert make.told(tx, "bank_file", number) == ["made", "exported", "exported again"]
    assert list(tmp_path.iterdir()) == [path]


def test_another_file_at_the_path_is_left_alone(tx: Connection, tmp_path: Path) -> None:
    handed_over(tx)
    other = tmp_path / "other.xml"
    other.write_text("mine")
    exported = bank_files.export(tx, collected(tx), ANN)
    with pytest.raises(FileThere, match="give another path"):
        bank_files.write(exported, other)
    assert other.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [other]


def test_a_file_of_which_something_is_settled_never_goes_to_the_bank(tx: Connection) -> None:
    """Declined, it would be paid nevertheless; confirmed, it would be paid again."""
    declined, paid = handed_over(tx), handed_over(tx)
    number = collected(tx)
    assert bank_files.export(tx, number, ANN)
    finding = settlements.Finding(declined, None, ANN, "the bank gave it back")
    settlements.settle_by_hand(tx, [finding], make.TODAY)
    with pytest.raises(AlreadySettled, match=f"payout {declined} is refused"):
        bank_files.export(tx, number, ANN)
    finding = settlements.Finding(paid, settlements.BY_HAND, ANN, "on the statement")
    settlements.settle_by_hand(tx, [finding], make.TODAY)
    with pytest.raises(AlreadySettled, match=f"payout {paid} is paid"):
        bank_files.export(tx, number, ANN)


def test_what_was_declined_is_never_collected_again(tx: Connection) -> None:
    declined = handed_over(tx, key="ada")
    collected(tx)
    finding = settlements.Finding(declined, None, ANN, "the account is closed")
    settlements.settle_by_hand(tx, [finding], make.TODAY)
    assert bank_files.collect(tx, make.TOMORROW, BANK.write) == []
    assert make.payout(tx, declined).state == "refused"


def test_there_is_no_file_of_a_number_that_was_never_given(tx: Connection) -> None:
    with pytest.raises(NoSuchFile, match="There is no bank file 7"):
        bank_files.export(tx, 7, ANN)


def test_a_refused_payout_is_in_no_file(tx: Connection) -> None:
    sent = make.submit(tx, make.reserved(tx, make.approved(tx, make.participant(tx), 100)))
    make.settle(tx, sent, Refused("iban_invalid", "no IBAN", "correct it"))
    assert bank_files.collect(tx, make.TODAY, BANK.write) == []
    assert queries.newest(tx, 10) == []
