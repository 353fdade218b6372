"""Settings: what the environment says, checked once, in one frozen object.

A missing setting is no error here: each command needs others, and `goodword doctor` lists what is
missing. A setting that cannot be right is refused at once. No secret is ever printed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from goodword.rules.rights import Role
from goodword.settings import checks
from goodword.settings.checks import SettingsError

_OUTSIDE = ("GOODWORD_SALESFORCE_", "GOODWORD_STRIPE_", "GOODWORD_SMTP_")
_STRIPE_PER_SECOND = 20  # Stripe allows 25 in test mode and 100 live, shared with other uses
_SANDBOX_PER_SECOND = 100
_FIRST_WAIT_SECONDS = 1.0


class Secret:
    """A text that shows itself only when asked to."""

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text, to hand it to a library. Never log, print or store it."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "********" if self._text else "(not set)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a Secret is not pickled: it would end up in a task's parameters")


@dataclass(frozen=True, slots=True)
class SandboxInfo:
    """A running sandbox, as `goodword sandbox` records it in `home/sandbox.json`."""

    base_url: str
    smtp_port: int
    pid: int

    @classmethod
    def read(cls, home: Path) -> SandboxInfo | None:
        """Return the sandbox recorded in `home`, if its process is alive."""
        try:
            raw = json.loads((home / "sandbox.json").read_text())
            info = cls(str(raw["base_url"]), int(raw["smtp_port"]), int(raw["pid"]))
            born_at = psutil.Process(info.pid).create_time()
        except (OSError, ValueError, TypeError, KeyError, psutil.NoSuchProcess):
            return None
        # Another process may have the number by now.
        return info if abs(born_at - float(raw.get("born_at", 0))) < 1 else None


@dataclass(frozen=True, slots=True)
class SalesforceSettings:
    """How to reach Salesforce: client credentials, or a user with a private key (JWT)."""

    domain: str = ""
    """The My Domain without .salesforce.com, such as "acme.my"."""
    api_base: str = ""
    """Origin of a stand-in; empty for Salesforce itself, found through `domain`."""
    consumer_key: str = ""
    consumer_secret: Secret = field(default_factory=Secret)
    username: str = ""
    private_key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class StripeSettings:
    """How to reach Stripe, and how fast it may be called."""

    api_key: Secret = field(default_factory=Secret)
    api_base: str = ""
    """Origin of a stand-in; empty for Stripe itself."""
    webhook_secret: Secret = field(default_factory=Secret)
    max_per_second: int = _STRIPE_PER_SECOND


@dataclass(frozen=True, slots=True)
class BankSettings:
    """The account that bank files pay from; needed only where somebody is paid by one."""

    name: str = ""
    iban: str = ""
    bic: str = ""


@dataclass(frozen=True, slots=True)
class MailSettings:
    """How mail leaves: `smtp://user:password@host:port`, or `smtps://` for TLS from the start."""

    smtp_url: Secret = field(default_factory=Secret)
    sender: str = ""


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """Where a chat tool takes notices of nights; an address that anybody who has it may post to."""

    url: Secret = field(default_factory=Secret)
    """Empty: nobody is told in chat."""
    secrets: tuple[Secret, ...] = ()
    """What each notice is signed with: one, or for a while an old one and a new one."""
    style: str = "signed"
    """`signed`: our own JSON with its signature. `slack`: what Slack's incoming webhooks take."""


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """The identity provider by which staff signs in; none unless all of the first three are set."""

    issuer: str = ""
    client_id: str = ""
    client_secret: Secret = field(default_factory=Secret)
    roles_claim: str = "roles"
    roles: Mapping[Role, frozenset[str]] = field(default_factory=dict)
    """Which values of the claim give which role; a value that is a role's name gives it anyway."""

    @property
    def is_set(self) -> bool:
        """Whether staff can sign in by it."""
        return bool(self.issuer and self.client_id and self.client_secret)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the environment decides."""

    home: Path = Path(".goodword")
    program: Path = Path("config/program.toml")
    database_url: Secret = field(default_factory=Secret)
    """Empty: the embedded PostgreSQL below `home`."""
    base_url: str = "http://127.0.0.1:8000"
    secret_key: Secret = field(default_factory=Secret)
    salesforce: SalesforceSettings = field(default_factory=SalesforceSettings)
    stripe: StripeSettings = field(default_factory=StripeSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    bank: BankSettings = field(default_factory=BankSettings)
    notices: NoticeSettings = field(default_factory=NoticeSettings)
    oidc: OidcSettings = field(default_factory=OidcSettings)
    first_wait: float = _FIRST_WAIT_SECONDS
    """Seconds until what may pass is tried again for the first time; each further wait doubles."""
    sandbox: SandboxInfo | None = None
    """The stand-ins that the three outside systems are, when none of them was configured."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read and check every GOODWORD_ variable; an empty one counts as not set.

        Raises:
            SettingsError: A value cannot be right, or a variable is misspelt.
        """
        ours = {
            key: value.strip()
            for key, value in environ.items()
            if key.startswith("GOODWORD_") and value.strip()
        }
        checks.refuse_unknown(ours)
        home = Path(ours.get("GOODWORD_HOME", ".goodword")).expanduser()
        sandbox = None
        if not any(key.startswith(_OUTSIDE) for key in ours):
            sandbox = SandboxInfo.read(home)
        if sandbox:
            ours = _sandbox_values(sandbox) | ours
        read = _Reader(ours)
        return cls(
            home=home,
            program=Path(ours.get("GOODWORD_PROGRAM", "config/program.toml")).expanduser(),
            database_url=_database_url(read),
            base_url=read.text("GOODWORD_BASE_URL", checks.origin) or "http://127.0.0.1:8000",
            secret_key=read.secret("GOODWORD_SECRET_KEY", checks.secret_key),
            salesforce=_salesforce(read),
            stripe=_stripe(read),
            mail=MailSettings(
                smtp_url=read.secret("GOODWORD_SMTP_URL", checks.smtp_url),
                sender=read.text("GOODWORD_MAIL_FROM", checks.sender),
            ),
            bank=BankSettings(
                name=read.text("GOODWORD_BANK_NAME"),
                iban=read.text("GOODWORD_BANK_IBAN", checks.iban),
                bic=read.text("GOODWORD_BANK_BIC", checks.bic),
            ),
            notices=_notices(read),
            oidc=_oidc(read),
            first_wait=float(
                read.text("GOODWORD_FIRST_WAIT", checks.seconds) or _FIRST_WAIT_SECONDS
            ),
            sandbox=sandbox,
        )

    def missing(self) -> list[str]:
        """Return one sentence for each thing that must be set before a night can run."""
        return [*_missing_salesforce(self.salesforce), *_missing_stripe(self), *_missing_mail(self)]


def _missing_salesforce(crm: SalesforceSettings) -> list[str]:
    sentences = []
    if not crm.domain:
        sentences.append(
            "GOODWORD_SALESFORCE_DOMAIN is not set: give the My Domain, "
            "such as acme.my.salesforce.com (Setup, My Domain)."
        )
    if not crm.consumer_key:
        sentences.append(
            "GOODWORD_SALESFORCE_CONSUMER_KEY is not set: give the consumer key of the connected "
            "app (Setup, App Manager, View, Manage Consumer Details)."
        )
    if not crm.consumer_secret and not (crm.username and crm.private_key_file):
        sentences.append(
            "Salesforce has no way to log in: set GOODWORD_SALESFORCE_CONSUMER_SECRET, or "
            "GOODWORD_SALESFORCE_USERNAME with GOODWORD_SALESFORCE_PRIVATE_KEY_FILE."
        )
    return sentences


def _missing_stripe(settings: Settings) -> list[str]:
    if settings.stripe.api_key:
        return []
    sentence = (
        "GOODWORD_STRIPE_API_KEY is not set: give a restricted key that may write transfers and "
        "customer balances (Stripe Dashboard, Developers, API keys)."
    )
    return [sentence]


def _missing_mail(settings: Settings) -> list[str]:
    sentences = []
    if not settings.mail.smtp_url:
        sentences.append(
            "GOODWORD_SMTP_URL is not set: give smtp://user:password@host:587, "
            "or smtps://…:465 for TLS from the start."
        )
    if not settings.mail.sender:
        sentences.append(
            "GOODWORD_MAIL_FROM is not set: give the sender of every message, "
            "such as Partner Team <partners@example.com>."
        )
    return sentences


# Reading ----------------------------------------------------------------------------------------

Check = Callable[[str, str], None]
"""Takes a variable's name and value; raises SettingsError."""


@dataclass(frozen=True, slots=True)
class _Reader:
    values: Mapping[str, str]

    def text(self, name: str, check: Check | None = None) -> str:
        value = self.values.get(name, "")
        if value and check:
            check(name, value)
        return value

    def secret(self, name: str, check: Check | None = None) -> Secret:
        return Secret(self.text(name, check))


def _database_url(read: _Reader) -> Secret:
    value = read.text("GOODWORD_DATABASE_URL", checks.database_url)
    return Secret(value.replace("postgresql://", "postgresql+psycopg://", 1))


def _salesforce(read: _Reader) -> SalesforceSettings:
    key_file = read.text("GOODWORD_SALESFORCE_PRIVATE_KEY_FILE", checks.readable_file)
    return SalesforceSettings(
        domain=checks.my_domain(read.text("GOODWORD_SALESFORCE_DOMAIN")),
        api_base=read.text("GOODWORD_SALESFORCE_API_BASE", checks.stand_in),
        consumer_key=read.text("GOODWORD_SALESFORCE_CONSUMER_KEY"),
        consumer_secret=read.secret("GOODWORD_SALESFORCE_CONSUMER_SECRET"),
        username=read.text("GOODWORD_SALESFORCE_USERNAME"),
        private_key_file=Path(key_file).expanduser() if key_file else None,
    )


def _stripe(read: _Reader) -> StripeSettings:
    return StripeSettings(
        api_key=read.secret("GOODWORD_STRIPE_API_KEY", checks.stripe_key),
        api_base=read.text("GOODWORD_STRIPE_API_BASE", checks.stand_in),
        webhook_secret=read.secret("GOODWORD_STRIPE_WEBHOOK_SECRET"),
        max_per_second=_rate(read, "GOODWORD_STRIPE_MAX_PER_SECOND"),
    )


def _notices(read: _Reader) -> NoticeSettings:
    style = read.text("GOODWORD_NOTICES_STYLE", checks.style) or "signed"
    url = read.secret("GOODWORD_NOTICES_URL", checks.webhook_url)
    given = read.text("GOODWORD_NOTICES_SECRET")
    secrets = [each for each in given.replace(",", " ").split() if each]
    for each in secrets:
        checks.secret_key("GOODWORD_NOTICES_SECRET", each)
    if url and style == "signed" and not secrets:
        raise SettingsError(
            "GOODWORD_NOTICES_SECRET",
            "is not set",
            "Who is told must be able to check that it was us; for Slack set "
            "GOODWORD_NOTICES_STYLE=slack.",
        )
    return NoticeSettings(url, tuple(map(Secret, secrets)), style)


def _oidc(read: _Reader) -> OidcSettings:
    given: dict[Role, frozenset[str]] = {}
    for pair in filter(None, read.text("GOODWORD_OIDC_ROLES", checks.roles).split(",")):
        role, _, group = (part.strip() for part in pair.partition("="))
        given[Role(role)] = given.get(Role(role), frozenset()) | {group}
    return OidcSettings(
        issuer=read.text("GOODWORD_OIDC_ISSUER", checks.issuer),
        client_id=read.text("GOODWORD_OIDC_CLIENT_ID"),
        client_secret=read.secret("GOODWORD_OIDC_CLIENT_SECRET"),
        roles_claim=read.text("GOODWORD_OIDC_ROLES_CLAIM") or "roles",
        roles=given,
    )


def _rate(read: _Reader, name: str) -> int:
    value = read.text(name)
    if not value:
        return _STRIPE_PER_SECOND
    if not (value.isdecimal() and 1 <= int(value) <= checks.MOST_PER_SECOND):
        raise SettingsError(
            name,
            f"is no whole number from 1 to {checks.MOST_PER_SECOND}",
            f"Give calls a second, such as {_STRIPE_PER_SECOND}.",
        )
    return int(value)


def _sandbox_values(sandbox: SandboxInfo) -> dict[str, str]:
    """Return what a person would set to reach the sandbox. Its keys are no secrets."""
    return {
        "GOODWORD_SALESFORCE_DOMAIN": "sandbox.my",
        "GOODWORD_SALESFORCE_API_BASE": sandbox.base_url,
        "GOODWORD_SALESFORCE_CONSUMER_KEY": "sandbox",
        "GOODWORD_SALESFORCE_CONSUMER_SECRET": "sandbox",
        "GOODWORD_STRIPE_API_BASE": sandbox.base_url,
        "GOODWORD_STRIPE_API_KEY": "sk_test_sandbox",
        "GOODWORD_STRIPE_WEBHOOK_SECRET": "whsec_sandbox",
        "GOODWORD_STRIPE_MAX_PER_SECOND": str(_SANDBOX_PER_SECOND),
        "GOODWORD_SMTP_URL": f"smtp://127.0.0.1:{sandbox.smtp_port}",
        "GOODWORD_MAIL_FROM": "Goodword <partners@goodword.example>",
        "GOODWORD_BANK_NAME": "Goodword Sandbox",
        "GOODWORD_BANK_IBAN": "DE89370400440532013000",  # the example of the IBAN registry
        "GOODWORD_BANK_BIC": "COBADEFFXXX",
    }
