"""Settings: what the environment may say, what is refused, and that no secret is ever shown."""

from __future__ import annotations

import json
import os
import pickle
import re
from pathlib import Path
from typing import Any

import psutil
import pytest

from goodword.settings import BankSettings, SandboxInfo, Secret, Settings, SettingsError

ROOT = Path(__file__).parents[1]
OF_OUR_OWN = {
    "GOODWORD_SALESFORCE_DOMAIN": "https://acme.my.salesforce.com/",
    "GOODWORD_SALESFORCE_CONSUMER_KEY": "3MVG9-key",
    "GOODWORD_SALESFORCE_CONSUMER_SECRET": "hush-crm",
    "GOODWORD_STRIPE_API_KEY": "rk_live_hush",
    "GOODWORD_STRIPE_WEBHOOK_SECRET": "whsec_hush",
    "GOODWORD_SMTP_URL": "smtps://me:hush@mail.example.com:465",
    "GOODWORD_MAIL_FROM": "Partner Team <partners@example.com>",
    "GOODWORD_DATABASE_URL": "postgresql://me:hush@db.example.com/goodword",
    "GOODWORD_SECRET_KEY": "hush" * 10,
}


def read(tmp_path: Path, **values: str) -> Settings:
    return Settings.from_environment({"GOODWORD_HOME": str(tmp_path), **values})


def record_sandbox(home: Path, **changes: Any) -> None:
    facts = {
        "base_url": "http://127.0.0.1:8080",
        "smtp_port": 2525,
        "pid": os.getpid(),
        "born_at": psutil.Process().create_time(),
    }
    (home / "sandbox.json").write_text(json.dumps(facts | changes))


def test_without_a_variable_the_defaults_stand() -> None:
    settings = Settings.from_environment({})
    assert settings.home == Path(".goodword")
    assert settings.program == Path("config/program.toml")
    assert not settings.database_url
    assert settings.stripe.max_per_second == 20


def test_the_first_wait_is_seconds_of_any_length_that_a_night_can_bear(tmp_path: Path) -> None:
    assert Settings.from_environment({}).first_wait == 1
    assert read(tmp_path, GOODWORD_FIRST_WAIT="0.25").first_wait == 0.25
    for wrong in ("soon", "-1", "61", "1e9", "nan"):
        with pytest.raises(SettingsError, match="GOODWORD_FIRST_WAIT is no number of seconds"):
            read(tmp_path, GOODWORD_FIRST_WAIT=wrong)


def test_everything_set_leaves_nothing_missing(tmp_path: Path) -> None:
    settings = read(tmp_path, **OF_OUR_OWN)
    assert settings.missing() == []
    assert settings.salesforce.domain == "acme.my"
    assert settings.database_url.reveal() == (
        "postgresql+psycopg://me:hush@db.example.com/goodword"
    )


def test_what_is_missing_is_said_with_its_variable_and_where_to_find_it(tmp_path: Path) -> None:
    sentences = "\n".join(read(tmp_path).missing())
    for variable in (
        "GOODWORD_SALESFORCE_DOMAIN",
        "GOODWORD_SALESFORCE_CONSUMER_KEY",
        "GOODWORD_SALESFORCE_PRIVATE_KEY_FILE",
        "GOODWORD_STRIPE_API_KEY",
        "GOODWORD_SMTP_URL",
        "GOODWORD_MAIL_FROM",
    ):
        assert variable in sentences


def test_no_secret_is_shown_pickled_or_repeated_in_a_refusal(tmp_path: Path) -> None:
    settings = read(tmp_path, **OF_OUR_OWN)
    assert "hush" not in f"{settings!r} {settings} {settings.missing()}"
    with pytest.raises(TypeError):
        pickle.dumps(settings)
    with pytest.raises(SettingsError) as refusal:
        read(tmp_path, GOODWORD_STRIPE_API_KEY="pk_live_hush")
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize(
    ("variable", "value", "wrong"),
    [
        ("GOODWORD_DATABASE_URL", "mysql://x/y", "does not begin with postgresql"),
        ("GOODWORD_DATABASE_URL", "postgresql://x:port/y", "is no address"),
        ("GOODWORD_DATABASE_URL", "postgresql://me:hu@sh@db/y", "write %40 for one"),
        ("GOODWORD_BASE_URL", "example.com", "is no origin"),
        ("GOODWORD_BASE_URL", "http://example.com", "plain http on another machine"),
        ("GOODWORD_SECRET_KEY", "short", "shorter than 32"),
        ("GOODWORD_STRIPE_API_KEY", "pk_test_1", "no secret or restricted key"),
        ("GOODWORD_STRIPE_API_BASE", "https://example.com", "for stand-ins on this machine"),
        ("GOODWORD_STRIPE_MAX_PER_SECOND", "0", "no whole number from 1"),
        ("GOODWORD_STRIPE_MAX_PER_SECOND", "fast", "no whole number from 1"),
        ("GOODWORD_SALESFORCE_DOMAIN", "acme my", "no host name"),
        ("GOODWORD_SALESFORCE_API_BASE", "http://10.0.0.1", "plain http on another machine"),
        ("GOODWORD_SALESFORCE_PRIVATE_KEY_FILE", "/no/such.pem", "names no file"),
        ("GOODWORD_SMTP_URL", "http://mail", "no mail server"),
        ("GOODWORD_MAIL_FROM", "Partner Team", "holds no mail address"),
        ("GOODWORD_BANK_IBAN", "DE89370400440532013001", "its check digits do not fit"),
        ("GOODWORD_BANK_BIC", "COBADEF", "is no BIC, such as"),
        ("GOODWORD_NOTICES_URL", "hooks.slack.example/T0", "is no web address"),
        ("GOODWORD_NOTICES_URL", "http://hooks.example/T0", "plain http on another machine"),
        ("GOODWORD_NOTICES_SECRET", "short", "shorter than 32"),
        ("GOODWORD_NOTICES_STYLE", "teams", "is no style"),
        ("GOODWORD_STRIPE_APIKEY", "x", "Did you mean GOODWORD_STRIPE_API_KEY"),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_variable(
    tmp_path: Path, variable: str, value: str, wrong: str
) -> None:
    with pytest.raises(SettingsError, match=wrong) as refusal:
        read(tmp_path, **{variable: value})
    assert refusal.value.variable == variable


def test_notices_are_signed_unless_slack_takes_them(tmp_path: Path) -> None:
    url = {"GOODWORD_NOTICES_URL": "https://hooks.slack.example/T0/hush"}
    with pytest.raises(SettingsError, match="GOODWORD_NOTICES_SECRET is not set"):
        read(tmp_path, **url)
    assert read(tmp_path, **url, GOODWORD_NOTICES_STYLE="slack").notices.secrets == ()
    both = read(tmp_path, **url, GOODWORD_NOTICES_SECRET=f"{'hush' * 10}, {'shhh' * 10}")
    assert len(both.notices.secrets) == 2
    assert "hush" not in repr(both)


def test_the_account_that_bank_files_pay_from_is_needed_by_nothing_else(tmp_path: Path) -> None:
    assert read(tmp_path, **OF_OUR_OWN).bank == BankSettings()
    given = {"NAME": "Acme GmbH", "IBAN": "DE89 3704 0044 0532 0130 00", "BIC": "COBADEFF"}
    bank = read(tmp_path, **{f"GOODWORD_BANK_{name}": value for name, value in given.items()}).bank
    assert bank == BankSettings(*given.values())


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    assert read(tmp_path, GOODWORD_STRIPE_API_KEY=" ") == read(tmp_path)


def test_a_running_sandbox_stands_in_for_everything_outside(tmp_path: Path) -> None:
    record_sandbox(tmp_path)
    settings = read(tmp_path)
    assert settings.missing() == []
    assert settings.sandbox == SandboxInfo("http://127.0.0.1:8080", 2525, os.getpid())
    assert settings.stripe.api_base == settings.salesforce.api_base == "http://127.0.0.1:8080"
    assert settings.stripe.max_per_second == 100
    assert settings.mail.smtp_url == Secret("smtp://127.0.0.1:2525")
    assert settings.bank.iban == "DE89370400440532013000"


def test_one_setting_of_ones_own_keeps_the_sandbox_out_altogether(tmp_path: Path) -> None:
    record_sandbox(tmp_path)
    settings = read(tmp_path, GOODWORD_STRIPE_API_KEY="sk_live_1")
    assert settings.sandbox is None
    assert settings.salesforce.api_base == ""


@pytest.mark.parametrize("changes", [{"pid": 2**22 + 1}, {"born_at": 1.0}, {"pid": None}])
def test_a_sandbox_whose_process_is_gone_is_not_believed(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    record_sandbox(tmp_path, **changes)
    assert read(tmp_path).sandbox is None


def test_the_example_names_every_variable_and_no_other() -> None:
    example = (ROOT / "config/.env.example").read_text()
    named = set(re.findall(r"^# (GOODWORD_\w+)=", example, re.MULTILINE))
    source = (ROOT / "goodword/settings/__init__.py").read_text()
    known = set(re.findall(r"\"(GOODWORD_[A-Z_]+[A-Z])\"", source))
    assert named == known
