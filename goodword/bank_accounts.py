"""Bank accounts: what an IBAN and a BIC are, by the published registries of both."""

from __future__ import annotations


class NotAnIban(ValueError):
    """A text that is no IBAN; the sentence goes on after "is" and does not repeat it."""


class NotABic(ValueError):
    """A text that is no BIC; the sentence goes on after "is" and does not repeat it."""


def iban(text: str) -> str:
    """Return an IBAN as it is sent: in capitals, without spaces.

    Country, length, shape and check digits are looked at (ISO 13616); whether there is such an
    account only its bank knows.

    Raises:
        NotAnIban: it cannot be one.
    """
    from schwifty import IBAN, exceptions  # noqa: PLC0415 - a tenth of a second, and rarely used

    try:
        return IBAN(text).compact
    except exceptions.InvalidChecksumDigits:
        why = (
            "no IBAN: its check digits do not fit, so that a figure is mistaken or two are swapped"
        )
    except exceptions.InvalidCountryCode:
        why = "no IBAN: its first two letters are no country that uses them"
    except exceptions.InvalidLength:
        why = "no IBAN: its country's are longer or shorter"
    except ValueError:
        why = "no IBAN, such as DE89 3704 0044 0532 0130 00"
    raise NotAnIban(why)


def bic(text: str) -> str:
    """Return a BIC as it is sent: 8 or 11 capitals and figures.

    Raises:
        NotABic: it cannot be one.
    """
    from schwifty import BIC, exceptions  # noqa: PLC0415 - as above

    try:
        return BIC(text).compact
    except exceptions.InvalidCountryCode:
        why = "no BIC: its fifth and sixth letter are no country"
    except ValueError:
        why = "no BIC, such as COBADEFF or COBADEFFXXX"
    raise NotABic(why)
