"""Rows of import files: what each column may hold, and the sentence when it does not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.bank_accounts import bic, iban
from goodword.companies import name_key, of_one_company, registrable_domain
from goodword.rules import imports
from goodword.rules.import_cells import Given, Surroundings
from goodword.rules.import_values import Evidence
from goodword.rules.imports import Correction, Frozen, Kind, Refused
from sandbox.company.draft import COLUMNS

NEW_YORK = ZoneInfo("America/New_York")
AROUND = Surroundings(
    date(2026, 6, 30),
    NEW_YORK,
    {"ada": 1, "bo": 2},
    registrable_domain,
    of_one_company,
    name_key,
    iban,
    bic,
)

PARTICIPANT = {
    "key": "ada",
    "kind": "reseller",
    "name": "Ada Lim",
    "email": "ada@acme.example",
    "locale": "en",
    "country": "US",
    "currency": "USD",
    "tier": "basic",
    "payout_method": "stripe_transfer",
    "stripe_account": "acct_1032D82eZvKYlo2C",
    "stripe_customer": "",
    "company_domain": "acme.example",
    "status": "active",
}
REFERRAL = {
    "key": "ref-1",
    "participant": "ada",
    "company": "Acme, S.A. de C.V.",
    "domain": "https://www.acme.example/about",
    "contact_name": "Jo Tan",
    "contact_email": "jo@acme.example",
    "submitted_at": "2026-06-30T14:00:00-04:00",
    "channel": "link",
    "opportunity_id": "",
}
REGISTRATION = {
    "key": "reg-1",
    "participant": "bo",
    "company": "Acme",
    "domain": "acme.example",
    "division": "",
    "opportunity_id": "",
    "submitted_at": "2026-06-29",
    "evidence": "meeting=2026-06-01;budget",
    "expected_amount": "12500.50",
    "currency": "USD",
}
TOUCH = {
    "key": "touch-1",
    "opportunity_id": "",
    "domain": "acme.example",
    "contact_email": "",
    "at": "2026-06-01T10:00:00Z",
    "source": "partner",
    "participant": "bo",
    "campaign": "",
}
EVENT = {
    "key": "event-1",
    "kind": "nps",
    "participant": "ada",
    "at": "2026-06-01T10:00:00Z",
    "value": "9",
}
GOOD = {
    Kind.PARTICIPANTS: PARTICIPANT,
    Kind.REFERRALS: REFERRAL,
    Kind.REGISTRATIONS: REGISTRATION,
    Kind.TOUCHES: TOUCH,
    Kind.EVENTS: EVENT,
}


def read(kind: Kind, /, **cells: str) -> Any:
    return imports.read(kind, Given(GOOD[kind] | cells, AROUND))


def reasons(kind: Kind, /, **cells: str) -> tuple[str, ...]:
    row = read(kind, **cells)
    assert isinstance(row, Refused), row
    return row.reasons


@pytest.mark.parametrize("kind", list(Kind))
def test_a_file_has_the_columns_that_people_rely_on(kind: Kind) -> None:
    needed = set(imports.columns(kind)) - imports.optional_columns(kind)
    assert sorted(needed) == sorted(COLUMNS[kind]) == sorted(GOOD[kind])


def test_a_file_from_before_has_no_columns_for_subscription_and_bank_account() -> None:
    assert imports.optional_columns(Kind.PARTICIPANTS) == {
        *("stripe_subscription", "iban", "bic", "crm_user_id", "prefers"),
        *("crm_account", "company"),
    }
    told = imports.stored(Kind.PARTICIPANTS, read(Kind.PARTICIPANTS))
    assert told.keys() == PARTICIPANT.keys()


def test_a_claim_is_read_into_the_values_that_its_table_has() -> None:
    assert imports.stored(Kind.REGISTRATIONS, read(Kind.REGISTRATIONS)) == {
        "key": "reg-1",
        "participant_id": 2,
        "company": "Acme",
        "name_key": "acme",
        "domain": "acme.example",
        "division": "",
        "opportunity_crm_id": None,
        "submitted_at": datetime(2026, 6, 29, 4, tzinfo=UTC),
        "evidence": [{"kind": "meeting", "on": "2026-06-01"}, {"kind": "budget", "on": None}],
        "expected_amount_minor": 1250050,
        "currency": "USD",
    }


def test_names_and_web_addresses_are_brought_to_their_normal_form() -> None:
    row = read(Kind.REFERRALS)
    assert (row.company, row.name_key, row.domain) == ("Acme, S.A. de C.V.", "acme", "acme.example")


def test_every_reason_of_a_row_is_told() -> None:
    assert reasons(Kind.REGISTRATIONS, participant="eve", submitted_at="2026-13-45", key="") == (
        "key is empty: fill it in",
        "participant is 'eve', which is nobody's key: import them first",
        "submitted_at is '2026-13-45', which is no instant such as 2026-06-30T14:00:00-04:00",
    )


@pytest.mark.parametrize(
    ("kind", "column", "value"),
    [
        (Kind.PARTICIPANTS, "kind", "friend"),
        (Kind.PARTICIPANTS, "name", ""),
        (Kind.PARTICIPANTS, "name", "Ada\x07Lim"),
        (Kind.PARTICIPANTS, "name", "Ada\nLim"),
        (Kind.PARTICIPANTS, "name", "Ada\u202emiL"),
        (Kind.PARTICIPANTS, "name", "Ada\0"),
        (Kind.PARTICIPANTS, "name", "J\udce9r\udcf4me"),
        (Kind.PARTICIPANTS, "name", "x" * 256),
        (Kind.PARTICIPANTS, "email", ""),
        (Kind.PARTICIPANTS, "email", "not an address"),
        (Kind.PARTICIPANTS, "email", "a@b@acme.example"),
        (Kind.PARTICIPANTS, "email", "a@acme.example\r\nBcc: all@acme.example"),
        (Kind.PARTICIPANTS, "email", "a@acme.example,b@acme.example"),
        (Kind.PARTICIPANTS, "email", "<a@acme.example>"),
        (Kind.PARTICIPANTS, "email", "a@localhost"),
        (Kind.PARTICIPANTS, "locale", "english please"),
        (Kind.PARTICIPANTS, "country", "USA"),
        (Kind.PARTICIPANTS, "country", "us"),
        (Kind.PARTICIPANTS, "currency", "XXQ"),
        (Kind.PARTICIPANTS, "currency", ""),
        (Kind.PARTICIPANTS, "tier", "gold"),
        (Kind.PARTICIPANTS, "payout_method", "cheque"),
        (Kind.PARTICIPANTS, "stripe_account", "1032D82eZvKYlo2C"),
        (Kind.PARTICIPANTS, "stripe_customer", "acct_1032D82eZvKYlo2C"),
        (Kind.PARTICIPANTS, "stripe_subscription", "cus_NffrFeUfNV2H"),
        (Kind.PARTICIPANTS, "iban", "DE89370400440532013001"),
        (Kind.PARTICIPANTS, "iban", "DE8937040044053201300"),
        (Kind.PARTICIPANTS, "iban", "US64SVBKUS6S3300958879"),
        (Kind.PARTICIPANTS, "iban", "1234567"),
        (Kind.PARTICIPANTS, "bic", "COBADEF"),
        (Kind.PARTICIPANTS, "bic", "COBAXXFF"),
        (Kind.PARTICIPANTS, "company_domain", "co.uk"),
        (Kind.PARTICIPANTS, "company_domain", "10.0.0.1"),
        (Kind.PARTICIPANTS, "status", "asleep"),
        (Kind.REFERRALS, "participant", ""),
        (Kind.REFERRALS, "company", "株式会社"),
        (Kind.REFERRALS, "company", "\ufdfa" * 255),
        (Kind.REFERRALS, "contact_email", "jo"),
        (Kind.REFERRALS, "channel", ""),
        (Kind.REFERRALS, "channel", "word of mouth"),
        (Kind.REFERRALS, "opportunity_id", "1C1I7A6R"),
        (Kind.REFERRALS, "opportunity_id", "006f4000002nabgaaw"),
        (Kind.REFERRALS, "submitted_at", ""),
        (Kind.REFERRALS, "submitted_at", "20260630"),
        (Kind.REFERRALS, "submitted_at", "2026-W27-2"),
        (Kind.REFERRALS, "submitted_at", "2026-06-30T25:00:00Z"),
        (Kind.REFERRALS, "submitted_at", "2026-07-02T00:00:00-04:00"),
        (Kind.REFERRALS, "submitted_at", "9999-12-31T23:59:59-23:59"),
        (Kind.REFERRALS, "submitted_at", "0001-01-01T00:00:00+23:59"),
        (Kind.REGISTRATIONS, "evidence", "horoscope"),
        (Kind.REGISTRATIONS, "evidence", "meeting=2026-02-31"),
        (Kind.REGISTRATIONS, "evidence", "meeting="),
        (Kind.REGISTRATIONS, "evidence", "meeting=2026-07-02"),
        (Kind.REGISTRATIONS, "expected_amount", "abc"),
        (Kind.REGISTRATIONS, "expected_amount", "-1"),
        (Kind.REGISTRATIONS, "expected_amount", "1.005"),
        (Kind.REGISTRATIONS, "currency", ""),
        (Kind.REGISTRATIONS, "currency", "usd"),
        (Kind.TOUCHES, "source", "television"),
        (Kind.TOUCHES, "domain", ""),
        (Kind.EVENTS, "kind", "birthday"),
        (Kind.EVENTS, "participant", "nobody"),
        (Kind.EVENTS, "value", "11"),
        (Kind.EVENTS, "value", ""),
        (Kind.EVENTS, "value", "²"),
    ],
)
def test_a_cell_that_cannot_be_is_refused_with_one_sentence_about_it(
    kind: Kind, column: str, value: str
) -> None:
    (reason,) = reasons(kind, **{column: value})
    assert reason.startswith((f"{column} is ", f"{column} has ", f"{column} cannot be read: "))
    assert reason.isprintable()


@pytest.mark.parametrize(
    ("kind", "field", "cells", "value"),
    [
        (Kind.PARTICIPANTS, "locale", {"locale": "zh_Hant_TW"}, "zh-Hant-TW"),
        (Kind.PARTICIPANTS, "payout_method", {"payout_method": ""}, None),
        (Kind.PARTICIPANTS, "stripe_account", {"stripe_account": ""}, None),
        (Kind.PARTICIPANTS, "name", {"name": "\u3000林\u3000恵美 "}, "林\u3000恵美"),
        (Kind.PARTICIPANTS, "company_domain", {"company_domain": "info@acme.co.uk"}, "acme.co.uk"),
        (Kind.PARTICIPANTS, "payout_method", {"payout_method": "bank_file"}, "bank_file"),
        (Kind.PARTICIPANTS, "iban", {"iban": "nl91 abna 0417 1643 00"}, "NL91ABNA0417164300"),
        (Kind.PARTICIPANTS, "iban", {"iban": " "}, None),
        (Kind.PARTICIPANTS, "bic", {"bic": "cobadeffxxx"}, "COBADEFFXXX"),
        (Kind.PARTICIPANTS, "stripe_subscription", {"stripe_subscription": "sub_1M"}, "sub_1M"),
        (Kind.REFERRALS, "channel", {"channel": "Slack"}, "slack"),
        (
            Kind.REFERRALS,
            "opportunity_crm_id",
            {"opportunity_id": "006f4000002NAbG"},
            "006f4000002NAbGAAW",
        ),
        (Kind.REFERRALS, "company", {"company": ""}, "https://www.acme.example/about"),
        (Kind.REFERRALS, "company", {"company": "", "domain": ""}, "jo@acme.example"),
        (Kind.REGISTRATIONS, "division", {"division": "  Asia   Pacific "}, "Asia Pacific"),
        (Kind.REGISTRATIONS, "evidence", {"evidence": ""}, ()),
        (
            Kind.REGISTRATIONS,
            "evidence",
            {"evidence": "need; need ;"},
            (Evidence("need", None),),
        ),
        (
            Kind.REGISTRATIONS,
            "expected_amount_minor",
            {"expected_amount": "980000", "currency": "JPY"},
            980000,
        ),
        (
            Kind.REGISTRATIONS,
            "currency",
            {"expected_amount": "", "currency": ""},
            None,
        ),
        (Kind.TOUCHES, "participant_id", {"source": "marketing", "participant": ""}, None),
        (Kind.TOUCHES, "domain", {"domain": "", "contact_email": "jo@acme.example"}, None),
        (Kind.EVENTS, "value", {"kind": "win", "value": "We won.\r\nTwice."}, "We won.\nTwice."),
    ],
)
def test_what_can_be_meant_only_one_way_is_understood(
    kind: Kind, field: str, cells: dict[str, str], value: object
) -> None:
    assert getattr(read(kind, **cells), field) == value


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-06-30T10:00:00Z", datetime(2026, 6, 30, 10, tzinfo=UTC)),
        ("2026-06-30T10:00:00.123456+0000", datetime(2026, 6, 30, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2026-06-30 10:00+09:00", datetime(2026, 6, 30, 1, tzinfo=UTC)),
        ("2026-06-30T10:00:00", datetime(2026, 6, 30, 14, tzinfo=UTC)),
        ("2026-06-30", datetime(2026, 6, 30, 4, tzinfo=UTC)),
        ("2026-01-15", datetime(2026, 1, 15, 5, tzinfo=UTC)),
        ("2026-07-01T23:59:59-04:00", datetime(2026, 7, 2, 3, 59, 59, tzinfo=UTC)),
    ],
)
def test_instants_come_to_utc_by_their_offset_or_the_programs_zone(
    written: str, at: datetime
) -> None:
    assert read(Kind.EVENTS, at=written).at == at


def test_a_claim_about_nobody_is_refused() -> None:
    assert reasons(Kind.REGISTRATIONS, company="", domain="") == (
        "company is empty, and so are domain and opportunity_id: say whom it is about",
    )


def test_a_marketing_touch_is_nobodys() -> None:
    assert reasons(Kind.TOUCHES, source="marketing") == (
        "participant is named, but a marketing touch is nobody's: leave it empty",
    )


@given(
    st.sampled_from(list(Kind)),
    st.lists(st.text(st.characters(codec=None) | st.sampled_from("=;@.\0\udce9")), min_size=13),
)
def test_no_text_at_all_breaks_the_reading(kind: Kind, texts: list[str]) -> None:
    columns = imports.columns(kind)
    row = imports.read(kind, Given(dict(zip(columns, texts, strict=False)), AROUND))
    if isinstance(row, Refused):
        assert row.reasons
        "".join(row.reasons).encode()


# Again ------------------------------------------------------------------------------------------


def kept(kind: Kind, /, **columns: object) -> dict[str, object]:
    return {"id": 17, "state": "approved", **imports.stored(kind, read(kind)), **columns}


@pytest.mark.parametrize("kind", list(Kind))
def test_a_row_that_says_the_same_corrects_nothing(kind: Kind) -> None:
    assert imports.corrections(kind, kept(kind), read(kind)) == {}


def test_a_participant_may_change_in_everything() -> None:
    row = read(Kind.PARTICIPANTS, tier="top", stripe_account="")
    assert imports.corrections(Kind.PARTICIPANTS, kept(Kind.PARTICIPANTS), row) == {
        "tier": Correction("basic", "top"),
        "stripe_account": Correction("acct_1032D82eZvKYlo2C", None),
    }


def test_what_a_file_has_no_column_for_stays_as_it_is_recorded() -> None:
    recorded = kept(Kind.PARTICIPANTS, iban="NL91ABNA0417164300", bic=None)
    assert imports.corrections(Kind.PARTICIPANTS, recorded, read(Kind.PARTICIPANTS)) == {}
    assert imports.corrections(Kind.PARTICIPANTS, recorded, read(Kind.PARTICIPANTS, iban="")) == {
        "iban": Correction("NL91ABNA0417164300", None)
    }


@pytest.mark.parametrize(
    ("kind", "column", "value"),
    [
        (Kind.REFERRALS, "participant", "bo"),
        (Kind.REFERRALS, "company", "Zenith"),
        (Kind.REFERRALS, "domain", "zenith.example"),
        (Kind.REFERRALS, "submitted_at", "2026-06-30T13:59:59-04:00"),
        (Kind.REFERRALS, "opportunity_id", "006f4000002NAbGAAW"),
        (Kind.REGISTRATIONS, "division", "Europe"),
        (Kind.REGISTRATIONS, "evidence", "meeting=2026-06-02"),
        (Kind.TOUCHES, "at", "2026-06-02T10:00:00Z"),
        (Kind.EVENTS, "value", "10"),
    ],
)
def test_what_counts_of_a_claim_touch_or_event_is_frozen(
    kind: Kind, column: str, value: str
) -> None:
    with pytest.raises(Frozen) as refused:
        imports.corrections(kind, kept(kind), read(kind, **{column: value}))
    assert refused.value.columns == (column,)
    assert f"this {kind.noun} is recorded with another {column}" in str(refused.value)


def test_the_spelling_of_a_company_may_be_corrected() -> None:
    row = read(Kind.REFERRALS, company="ACME")
    assert imports.corrections(Kind.REFERRALS, kept(Kind.REFERRALS), row) == {
        "company": Correction("Acme, S.A. de C.V.", "ACME")
    }


def test_a_deal_that_the_program_found_needs_none_in_the_file() -> None:
    recorded = kept(Kind.REGISTRATIONS, opportunity_crm_id="006f4000002NAbGAAW")
    assert imports.corrections(Kind.REGISTRATIONS, recorded, read(Kind.REGISTRATIONS)) == {}


@pytest.mark.parametrize(
    ("at", "fresh"),
    [
        (datetime(2026, 6, 30, 3, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 6, 30, 4, tzinfo=UTC), True),
        (datetime(2026, 7, 1, 12, tzinfo=UTC), True),
    ],
)
def test_news_is_of_the_24_hours_before_the_end_of_today(at: datetime, *, fresh: bool) -> None:
    assert imports.is_fresh(at, date(2026, 6, 30), NEW_YORK) is fresh


@pytest.mark.parametrize("kind", Kind)
def test_the_page_on_files_names_every_column_and_says_which_may_be_left_out(kind: Kind) -> None:
    page = (Path(__file__).parents[2] / "docs" / "imports.md").read_text(encoding="utf-8")
    part = page.partition(f"\n## {kind}\n")[2].partition("\n## ")[0]
    cells = [line.split("|")[1:3] for line in part.splitlines() if line.startswith("| `")]
    told = {column.strip(" `"): needed.strip() for column, needed in cells}
    assert tuple(told) == imports.columns(kind)
    left_out = {column for column, needed in told.items() if needed == "may be left out"}
    assert left_out == imports.optional_columns(kind)
