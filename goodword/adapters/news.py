"""What the program asks of a payment provider that tells it things by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from goodword.rules.provider_events import News, ProviderEvent


class NotGenuine(ValueError):
    """A webhook that does not carry the provider's signature, or one that is too old."""


class NotReadable(ValueError):
    """A webhook that is no event this program can take."""


class ProviderNews(Protocol):
    """One provider's events. Every method may be called from several threads at once."""

    def genuine(self, body: bytes, signature: str | None) -> ProviderEvent:
        """Check a webhook's signature and read it. Calls nothing.

        Raises:
            NotGenuine: the signature is not the provider's, or too old.
            NotReadable: it is no event of the kind that this program takes.
        """

    def events(self, since: datetime, until: datetime) -> Iterator[ProviderEvent]:
        """List the events of `since <= instant < until` that the program uses, in any order.

        Raises:
            ProviderUnreachable: the list could not be read to its end.
        """

    def read(self, event: ProviderEvent) -> News:
        """Say what an event means by what the provider has now; nothing but its id is believed.

        Raises:
            ProviderUnreachable: it could not be asked, or its answer could not be read.
        """
