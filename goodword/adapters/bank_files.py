"""Bank files: SEPA credit transfers as ISO 20022 pain.001.001.09, which a person hands to the bank.

Only euro goes this way. The library writes the service level SEPA, which is euro by its rules, and
two decimals; without that level a file of another currency does agree with the schema, but then it
is for the bank to say what else it needs, and an amount in JPY or KWD would be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException
from text_unidecode import unidecode  # type: ignore[import-untyped] # it has no stubs

from goodword.adapters.payments import NotPayable, NotReady, Payment
from goodword.money import Money
from goodword.phrases import because
from goodword.rules.bank_files import BankFile, Line, short_name
from goodword.rules.payouts import HandedOver, NotAnswered, Refused

SCHEMA = "pain.001.001.09"
CURRENCY = "EUR"
LARGEST_MINOR = 99_999_999_999
"""Cents: a SEPA credit transfer is of at most 999,999,999.99 euro (EPC125-05, AT-04)."""

_LONGEST_PARTY = 70
_LONGEST_TEXT = 140
# The characters that every bank of the area takes (EPC217-08), and what stands for some others.
_NOT_SEPA = re.compile(r"[^A-Za-z0-9/?:().,'+ -]")
_INSTEAD = str.maketrans({"&": "+", "_": "-", '"': "'", "`": "'", ";": ",", "@": "(at)"})

_NO_ACCOUNT = (
    "there is no bank account to pay from: set GOODWORD_BANK_NAME, GOODWORD_BANK_IBAN and "
    "GOODWORD_BANK_BIC"
)


class NoBankAccount(RuntimeError):
    """A bank file is needed, and the account that pays is not set."""

    def __init__(self) -> None:
        super().__init__(f"No bank file can be made: {_NO_ACCOUNT}.")


class NotWritable(ValueError):
    """Something in a file that no bank could carry out; nothing of the file is made."""


@dataclass(frozen=True, slots=True)
class Debtor:
    """The account that pays: whose it is, its IBAN and its bank's BIC."""

    name: str
    iban: str
    bic: str


class BankTransfers:
    """The rail of bank files. Nothing is sent: a payout is handed over, and a file collects it."""

    def __init__(self, debtor: Debtor | None) -> None:
        self._debtor = debtor

    def readiness(
        self, destinations: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], NotReady | NotAnswered | None]:
        """Say of each IBAN and currency whether a file can pay it.

        While no account is set to pay from, the answer is that nobody can say.
        """
        if self._debtor is None:
            return dict.fromkeys(destinations, NotAnswered(_NO_ACCOUNT))
        return {(iban, currency): _not_ready(iban, currency) for iban, currency in destinations}

    def request(self, payment: Payment) -> dict[str, Any]:
        """Return what will stand in the file: names and text in the characters that banks take.

        Raises:
            NotPayable: currency, amount, IBAN, BIC or name cannot stand in a file.
        """
        line = _line(payment)
        return {
            "end_to_end_id": line.end_to_end_id,
            "name": line.name,
            "iban": line.iban,
            "bic": line.bic,
            "amount": line.money.minor,
            "currency": line.money.currency,
            "text": line.text,
        }

    def send(self, _request: Mapping[str, Any]) -> HandedOver:
        """Hand a payout over; sending it again changes nothing, since only a file ever pays it."""
        return HandedOver(because("it goes into the next bank file"))

    def write(self, file: BankFile) -> bytes:
        """Write a file from the account that is set; see `build`.

        Raises:
            NoBankAccount: none is set.
            NotWritable: as `build` says.
        """
        if self._debtor is None:
            raise NoBankAccount
        return build(file, self._debtor)


def build(file: BankFile, debtor: Debtor) -> bytes:
    """Return a file as XML that agrees with the schema: the same bytes for the same file.

    Raises:
        NotWritable: it has no line, two of one name, or one that no bank could carry out.
    """
    from sepaxml import SepaTransfer  # type: ignore[import-untyped] # noqa: PLC0415 - no stubs; slow
    from sepaxml.validation import try_valid_xml  # type: ignore[import-untyped] # noqa: PLC0415

    lines = [_writable(line) for line in file.lines]
    if not lines or len({line.end_to_end_id for line in lines}) < len(lines):
        raise NotWritable(f"{file.message_id} has no payment, or two of one name")
    account = _checked_debtor(debtor)
    paying = {"name": account.name, "IBAN": account.iban, "BIC": account.bic}
    document = SepaTransfer(
        {**paying, "currency": CURRENCY, "batch": True}, schema=SCHEMA, clean=False
    )
    for line in lines:
        document.add_payment(_as_the_library_takes_it(line, file))
    # The library takes these three from the clock and from chance.
    xml = document.export(validate=False)
    xml = _put(xml, "MsgId", file.message_id)
    xml = _put(xml, "CreDtTm", datetime.combine(file.made_on, time()).isoformat())
    xml = _put(xml, "PmtInfId", file.message_id)
    try_valid_xml(xml, SCHEMA)
    return xml


def _writable(line: Line) -> Line:
    try:
        return _checked(line)
    except _CannotStand as found:
        raise NotWritable(f"{line.end_to_end_id} cannot be paid by a file: {found}") from None


def _as_the_library_takes_it(line: Line, file: BankFile) -> dict[str, Any]:
    payment = {
        "name": line.name,
        "IBAN": line.iban,
        "amount": line.money.minor,
        "execution_date": file.execution_on,
        "description": line.text,
        "endtoend_id": line.end_to_end_id,
    }
    return payment | ({"BIC": line.bic} if line.bic else {})


def _put(xml: bytes, element: str, value: str) -> bytes:
    tag = element.encode()
    put, count = re.subn(
        b"<%b>[^<]*</%b>" % (tag, tag), b"<%b>%b</%b>" % (tag, value.encode(), tag), xml
    )
    assert count == 1, f"the library wrote {count} of {element}"
    return put


def _line(payment: Payment) -> Line:
    try:
        return _checked(
            Line(
                short_name(payment.reference),
                payment.receiver,
                payment.destination,
                payment.bic or None,
                payment.amount,
                payment.description,
            )
        )
    except _CannotStand as found:
        raise NotPayable(Refused(found.code, str(found), found.next_step)) from None


class _CannotStand(NotWritable):
    """A line that cannot stand in a file, with what an operator does about it."""

    def __init__(self, code: str, why: str, next_step: str) -> None:
        super().__init__(why)
        self.code = code
        self.next_step = next_step


def _checked(line: Line) -> Line:
    """Return a line as it stands in the file.

    Raises:
        _CannotStand: it cannot.
    """
    _check_amount(line.money)
    name = _written(line.name, _LONGEST_PARTY)
    text = _written(line.text, _LONGEST_TEXT)
    if not name:
        why = f"the name {line.name!r} has nothing in it that banks can write"
        raise _CannotStand("name_not_writable", why, "Import the participant with another name")
    iban, bic = _checked_account(line)
    return replace(line, name=name, text=text or line.end_to_end_id, iban=iban, bic=bic)


def _check_amount(money: Money) -> None:
    if money.currency != CURRENCY:
        why = f"bank files pay in {CURRENCY} only, this is {money}"
        raise _CannotStand("currency_not_accepted", why, "Choose another payout method")
    if not 0 < money.minor <= LARGEST_MINOR:
        most = Money(LARGEST_MINOR, CURRENCY)
        why = f"{money} is not above zero and up to {most}"
        raise _CannotStand("amount_too_large", why, "Pay it outside Goodword")


def _checked_account(line: Line) -> tuple[str, str | None]:
    repair = "Import the participant with the right {}"
    try:
        return _in_sepa(line.iban), _bic(line.bic) if line.bic else None
    except _NotAnIban as wrong:
        raise _CannotStand("iban_invalid", str(wrong), repair.format("iban")) from None
    except _NotABic as wrong:
        raise _CannotStand("bic_invalid", str(wrong), repair.format("bic")) from None


def _checked_debtor(debtor: Debtor) -> Debtor:
    name = _written(debtor.name, _LONGEST_PARTY)
    if not name:
        raise NotWritable(f"the name {debtor.name!r} has nothing in it that banks can write")
    return Debtor(name, _in_sepa(debtor.iban), _bic(debtor.bic))


class _NotAnIban(NotWritable):
    """A text that is no IBAN, or one that euro cannot be sent to."""


class _NotABic(NotWritable):
    """A text that is no BIC."""


def _in_sepa(text: str) -> str:
    """Return an IBAN of the Single Euro Payments Area, in capitals and without spaces."""
    try:
        iban = IBAN(text)
    except SchwiftyException as why:
        raise _NotAnIban(f"{text!r} is no IBAN ({why})") from None
    if not iban.in_sepa_zone:
        raise _NotAnIban(f"{iban.compact} is outside the Single Euro Payments Area")
    return iban.compact


def _bic(text: str) -> str:
    try:
        return BIC(text).compact
    except SchwiftyException as why:
        raise _NotABic(f"{text!r} is no BIC ({why})") from None


def _not_ready(iban: str, currency: str) -> NotReady | None:
    if currency != CURRENCY:
        why = f"bank files pay in {CURRENCY} only, not in {currency}"
        return NotReady("currency_not_accepted", why)
    try:
        _in_sepa(iban)
    except _NotAnIban as wrong:
        return NotReady("unknown_account", str(wrong))
    return None


def _written(text: str, longest: int) -> str:
    """Return a text in the characters that every bank takes, with each letter's nearest Latin one.

    Empty when there is no letter or figure in it: then it names nobody.
    """
    latin = unidecode(text.translate(_INSTEAD)).translate(_INSTEAD)
    plain = " ".join(_NOT_SEPA.sub(" ", latin).split())[:longest].strip(" /")
    return plain if any(character.isalnum() for character in plain) else ""
