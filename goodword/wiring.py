"""Wiring: builds the database and the adapters from the settings, once a process."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager, suppress
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from goodword.actions import paces
from goodword.adapters.pace import NotPaced
from goodword.db import embedded, schema
from goodword.db.session import Database
from goodword.program import read_program
from goodword.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from goodword.actions.credentials import Vault
    from goodword.adapters.bank_files import BankTransfers
    from goodword.adapters.chat import Chat
    from goodword.adapters.crm import Crm
    from goodword.adapters.identity import IdentityProvider
    from goodword.adapters.letters import Letters
    from goodword.adapters.mail import Mailbox
    from goodword.adapters.news import ProviderNews
    from goodword.adapters.payments import PaymentProvider
    from goodword.adapters.stripe_client import StripeAccess
    from goodword.rules.crm_policy import CrmPolicy
    from goodword.rules.languages import Language
    from goodword.rules.paces import Lease
    from goodword.rules.programs import Program

TEMPLATES = Path(__file__).parents[1] / "templates" / "email"
PHRASES = Path(__file__).parents[1] / "templates" / "explanations"


class NotSetUp(Exception):
    """Something must be set or started before this command can work."""

    def __init__(self, missing: list[str]) -> None:
        self.missing = missing
        listed = "\n".join(f"  {sentence}" for sentence in missing)
        super().__init__(
            f"{listed}\n  Or start the stand-ins with `goodword sandbox`: without these settings "
            "the commands use them."
        )


class Pace:
    """A provider's pace as all processes share it: in the database, whatever they do there else.

    A call without a slot could be one too many: when the database cannot be reached, none is made.
    """

    def __init__(self, database: Database, provider: str, per_second: int) -> None:
        self._database = database
        self._whose = provider, per_second

    def lease(self, slots: int) -> Lease:
        """Take the next free slots, or some of them; raises NotPaced."""
        with self._apart() as tx:
            provider, per_second = self._whose
            return paces.lease(tx, provider, slots, per_second)

    def slow_down(self) -> None:
        """Halve the rate for everybody; raises NotPaced."""
        with self._apart() as tx:
            paces.slow_down(tx, *self._whose)

    @contextmanager
    def _apart(self) -> Iterator[Connection]:
        try:
            with self._database.apart() as tx:
                yield tx
        except SQLAlchemyError as error:
            raise NotPaced(self._whose[0], type(error).__name__) from error


class Wiring:
    """What a process works with. Everything is built when it is first asked for.

    `rehearsing` is set for a dry run: the database rolls everything back, and whoever would reach
    outside asks here first.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.rehearsing = False
        self._programs: dict[str, Program] = {}
        self._crms: dict[tuple[str, CrmPolicy], Crm] = {}

    @cached_property
    def database(self) -> Database:
        """The database; the embedded one is started when none is configured."""
        url = self.settings.database_url.reveal() or embedded.start(self.settings.home)
        return Database(url)

    @cached_property
    def ready_database(self) -> Database:
        """The database, with tables of this program's version.

        Raises:
            SchemaDiffers: `goodword init` has not been run on it.
        """
        schema.require(self.database)
        return self.database

    def program(self, source: str) -> Program:
        """Read a published program's text, each text once."""
        if source not in self._programs:
            self._programs[source] = read_program(source, "the published program")
        return self._programs[source]

    def crm(self, home_currency: str, policy: CrmPolicy) -> Crm:
        """Return Salesforce, as a program speaks of it.

        Args:
            home_currency: that of amounts whose record names none.
            policy: what the program's own fields are called, and which records are claims.
        """
        key = home_currency, policy
        if key not in self._crms:
            self._crms[key] = self._connect_crm(*key)
        return self._crms[key]

    def _connect_crm(self, home_currency: str, policy: CrmPolicy) -> Crm:
        from goodword.adapters.salesforce import Salesforce  # noqa: PLC0415 - half a second
        from goodword.adapters.salesforce_access import (  # noqa: PLC0415 - as above
            Patience,
            SalesforceAccess,
        )

        given = self.settings.salesforce
        self._require("GOODWORD_SALESFORCE", "Salesforce")
        return Salesforce(
            SalesforceAccess(
                domain=given.domain,
                consumer_key=given.consumer_key,
                home_currency=home_currency,
                consumer_secret=given.consumer_secret.reveal() or None,
                username=given.username or None,
                private_key_file=given.private_key_file,
                api_base=given.api_base or None,
            ),
            Patience(first_wait=self.settings.first_wait),
            policy,
        )

    @cached_property
    def vault(self) -> Vault:
        """What seals second factors: with the key that is set, or one made below home."""
        from goodword.actions.credentials import Vault  # noqa: PLC0415 - only who signs in needs it

        return Vault(self.settings.secret_key.reveal() or own_key(self.settings.home))

    @cached_property
    def identity(self) -> IdentityProvider | None:
        """By whom staff signs in; None: with passwords only."""
        given = self.settings.oidc
        if not given.is_set:
            return None
        from goodword.adapters.identity import (  # noqa: PLC0415 - only who signs in needs it
            IdentityAccess,
            IdentityProvider,
        )

        return IdentityProvider(
            IdentityAccess(
                given.issuer,
                given.client_id,
                given.client_secret.reveal(),
                f"{self.settings.base_url.rstrip('/')}/console/sign-in/answer",
                given.roles_claim,
            )
        )

    @cached_property
    def provider(self) -> PaymentProvider:
        """Every rail; Stripe is needed only when one of its own is used."""
        from goodword.adapters.perks import Perks  # noqa: PLC0415 - as the adapters it is with
        from goodword.adapters.rails import ByHand, Rails  # noqa: PLC0415 - as above
        from goodword.rules.payouts import Rail  # noqa: PLC0415 - as above

        by_hand: dict[Rail, ByHand] = {Rail.BANK_FILE: self.bank, Rail.PERK: Perks()}
        return Rails(lambda: self._stripe, by_hand)

    @cached_property
    def bank(self) -> BankTransfers:
        """The bank files, from the account that is set; they say so when none is."""
        from goodword.adapters.bank_files import BankTransfers, Debtor  # noqa: PLC0415 - schwifty

        given = self.settings.bank
        complete = given.name and given.iban and given.bic
        return BankTransfers(Debtor(given.name, given.iban, given.bic) if complete else None)

    @cached_property
    def _stripe(self) -> PaymentProvider:
        from goodword.adapters.stripe import StripePayouts  # noqa: PLC0415 - half a second

        return StripePayouts(self._stripe_access())

    @cached_property
    def news(self) -> ProviderNews:
        """What Stripe tells; checking a webhook needs no API key."""
        from goodword.adapters.stripe_events import StripeNews  # noqa: PLC0415 - half a second

        secrets = self.settings.stripe.webhook_secret.reveal().replace(",", " ").split()
        return StripeNews(secrets, self._stripe_access)

    def _stripe_access(self) -> StripeAccess:
        from goodword.adapters.stripe_client import StripeAccess  # noqa: PLC0415 - as above

        given = self.settings.stripe
        self._require("GOODWORD_STRIPE")
        key = given.api_key.reveal()
        pace = Pace(self.ready_database, "stripe", given.max_per_second)
        if given.api_base:
            return StripeAccess(key, pace, given.api_base)
        return StripeAccess(key, pace)

    @cached_property
    def letters(self) -> Letters:
        """The e-mail templates."""
        from goodword.adapters.letters import Letters  # noqa: PLC0415 - Babel and Jinja

        return Letters(TEMPLATES, PHRASES)

    def language(self, locale: str) -> Language | None:
        """Return the language of a locale; None: English, which phrases are written in.

        Raises:
            UnknownLanguage: there is no catalogue for it.
        """
        from goodword.adapters import languages  # noqa: PLC0415 - Babel

        return languages.read(PHRASES, locale)

    def mailbox(self, reply_to: str | None = None) -> Mailbox:
        """Return the mail server, with the address that answers go to."""
        from goodword.adapters.mail import Mailbox  # noqa: PLC0415 - as above
        from goodword.adapters.mail_access import MailAccess  # noqa: PLC0415 - as above

        given = self.settings.mail
        self._require("GOODWORD_SMTP", "GOODWORD_MAIL")
        return Mailbox(MailAccess.from_url(given.smtp_url.reveal(), given.sender, reply_to))

    @cached_property
    def chat(self) -> Chat | None:
        """The chat tool that is told of nights; None: none is set."""
        from goodword.adapters.chat import Chat  # noqa: PLC0415 - as above

        given = self.settings.notices
        if not given.url:
            return None
        return Chat(
            given.url.reveal(),
            [secret.reveal() for secret in given.secrets],
            is_slack=given.style == "slack",
            first_wait=self.settings.first_wait,
        )

    def _require(self, *names: str) -> None:
        missing = [s for s in self.settings.missing() if s.startswith(names)]
        if missing:
            raise NotSetUp(missing)


def own_key(home: Path) -> str:
    """Return this installation's own key, made the first time; nobody else on the machine reads it.

    Of two processes that make one at once, both return the one that is there in the end.
    """
    path = home / "secret.key"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        draft = home / f"secret.key.{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48), encoding="utf-8")
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text(encoding="utf-8")


@cache
def wiring() -> Wiring:
    """Return this process's wiring, made from its environment."""
    return Wiring(Settings.from_environment(os.environ))


def close() -> None:
    """Close what this process's wiring opened, and forget it: the next call makes a new one."""
    if wiring.cache_info().currsize and "database" in vars(wiring()):
        wiring().database.dispose()
    wiring.cache_clear()
