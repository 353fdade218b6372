"""Perks: what no machine can give. A payout is handed to an operator, who gives it and says so."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from goodword.adapters.payments import NotPayable, NotReady, Payment
from goodword.phrases import because
from goodword.rules.payouts import HandedOver, NotAnswered, Refused


class Perks:
    """The rail of perks. The destination is the participant's key, so that anybody can get one."""

    def readiness(
        self, destinations: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], NotReady | NotAnswered | None]:
        """Say that each of them can be given a perk."""
        return dict.fromkeys(destinations)

    def request(self, payment: Payment) -> dict[str, Any]:
        """Return the task: what is given to whom, and its worth.

        Raises:
            NotPayable: the payout does not say which perk.
        """
        perk = (payment.benefit or {}).get("perk")
        if not perk:
            why = f"{payment.reference} does not say which perk it is"
            step = "Settle it with the participant outside Goodword"
            raise NotPayable(Refused("benefit_unknown", why, step))
        return {
            "perk": perk,
            "participant": payment.destination,
            "worth": payment.amount.minor,
            "currency": payment.amount.currency,
        }

    def send(self, request: Mapping[str, Any]) -> HandedOver:
        """Hand the task over; sending it again changes nothing, since only a person acts."""
        return HandedOver(because("an operator gives it: {perk}", perk=request["perk"]))
