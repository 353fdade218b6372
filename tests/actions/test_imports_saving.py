"""Rows of files into the database: once, set-based, with their mails and audit events."""

from __future__ import annotations

import csv
from datetime import date
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from goodword.actions import audit, import_files, imports
from goodword.actions.imports import ImportReport, Kind, RefusedRow
from goodword.rules.imports import columns
from sandbox.company import sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from goodword.db.session import Database

TODAY = date(2026, 6, 30)
NEW_YORK = ZoneInfo("America/New_York")

PARTICIPANT = {
    "key": "ada",
    "kind": "reseller",
    "name": "Ada Lim",
    "email": "ada@acme.example",
    "locale": "ms",
    "country": "MY",
    "currency": "USD",
    "tier": "basic",
    "payout_method": "stripe_transfer",
    "stripe_account": "acct_1032D82eZvKYlo2C",
    "company_domain": "acme.example",
    "status": "active",
}
REFERRAL = {
    "key": "ref-1",
    "participant": "ada",
    "company": "Zenith Ltd",
    "submitted_at": "2026-06-30T09:00:00-04:00",
    "channel": "link",
}
REGISTRATION = {
    "key": "reg-1",
    "participant": "ada",
    "company": "Zenith Ltd",
    "submitted_at": "2026-06-30T23:30:00-04:00",
    "evidence": "meeting=2026-06-01;budget",
    "expected_amount": "1200",
    "currency": "JPY",
}


def written(kind: Kind, rows: Iterable[Mapping[str, str]]) -> bytes:
    out = StringIO()
    writer = csv.DictWriter(out, columns(kind), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def take_in(database: Database, kind: Kind, file: bytes, size: int = 5000) -> ImportReport:
    batch = imports.Batch(kind, TODAY, NEW_YORK, "ops@harbour.example")
    report = ImportReport()
    for chunk in import_files.read_csv(BytesIO(file), kind, size):
        with database.transaction() as tx:
            report += imports.save(tx, batch, chunk)
    return report


def put(database: Database, kind: Kind, *rows: Mapping[str, str], size: int = 5000) -> ImportReport:
    return take_in(database, kind, written(kind, rows), size)


def found(database: Database, sql: str) -> list[Any]:
    with database.transaction() as tx:
        return [row[0] if len(row) == 1 else tuple(row) for row in tx.execute(text(sql))]


@pytest.fixture
def staffed(database: Database) -> Database:
    assert put(database, Kind.PARTICIPANTS, PARTICIPANT, PARTICIPANT | {"key": "bo"}).new == 2
    return database


def test_a_claim_is_kept_as_the_night_reads_it(staffed: Database) -> None:
    assert put(staffed, Kind.REGISTRATIONS, REGISTRATION) == ImportReport(new=1)
    (row,) = found(
        staffed,
        "SELECT p.key, r.company, r.name_key, r.domain, r.division, r.claim_key,"
        " r.submitted_at::text, r.evidence, r.expected_amount_minor, r.currency, r.state"
        " FROM registrations r JOIN participants p ON p.id = r.participant_id",
    )
    assert row == (
        "ada",
        "Zenith Ltd",
        "zenith",
        None,
        "",
        "name:zenith",
        "2026-07-01 03:30:00+00",
        [{"kind": "meeting", "on": "2026-06-01"}, {"kind": "budget", "on": None}],
        1200,
        "JPY",
        "submitted",
    )


def test_a_fresh_claim_is_confirmed_in_the_partners_language_and_history_is_not(
    staffed: Database,
) -> None:
    old = {"submitted_at": "2026-06-29T23:59:59-04:00"}
    put(staffed, Kind.REFERRALS, REFERRAL, REFERRAL | old | {"key": "ref-2"})
    put(staffed, Kind.REGISTRATIONS, REGISTRATION, REGISTRATION | old | {"key": "reg-2"})
    sent = found(
        staffed, "SELECT fact, template, locale, context, queued_on FROM messages ORDER BY fact"
    )
    context = {
        "company": "Zenith Ltd",
        "submitted_on": "2026-06-30",
        "participant": {"name": "Ada Lim", "kind": "reseller"},
    }
    assert sent == [
        ("referral:1:received", "referral_received", "ms", context, TODAY),
        ("registration:1:received", "registration_received", "ms", context, TODAY),
    ]


BANK = {"payout_method": "bank_file", "iban": "NL91 ABNA 0417 1643 00", "bic": "abnanl2a"}
BANK_COLUMNS = "SELECT payout_method, iban, bic, stripe_subscription FROM participants ORDER BY key"


def test_a_wrong_bank_account_is_told_with_its_line_and_the_others_are_kept(
    database: Database,
) -> None:
    rows = [
        PARTICIPANT | BANK,
        PARTICIPANT | BANK | {"key": "bo", "iban": "NL91 ABNA 0417 1643 01"},
        PARTICIPANT | {"key": "cy", "stripe_subscription": "sub_1M"},
        PARTICIPANT | BANK | {"key": "di", "bic": "ABNA"},
    ]
    assert put(database, Kind.PARTICIPANTS, *rows) == ImportReport(
        new=2,
        refused=(
            RefusedRow(
                3,
                "bo",
                "iban is 'NL91 ABNA 0417 1643 01', which is no IBAN: its check digits do not fit, "
                "so that a figure is mistaken or two are swapped",
            ),
            RefusedRow(5, "di", "bic is 'ABNA', which is no BIC, such as COBADEFF or COBADEFFXXX"),
        ),
    )
    assert found(database, BANK_COLUMNS) == [
        ("bank_file", "NL91ABNA0417164300", "ABNANL2A", None),
        ("stripe_transfer", None, None, "sub_1M"),
    ]


def test_a_file_without_the_newer_columns_leaves_what_they_hold(database: Database) -> None:
    put(database, Kind.PARTICIPANTS, PARTICIPANT | BANK)
    row = PARTICIPANT | {"payout_method": "bank_file", "tier": "top", "stripe_customer": ""}
    older = f"{','.join(row)}\n{','.join(row.values())}\n"
    assert take_in(database, Kind.PARTICIPANTS, older.encode()).changed == 1
    assert found(database, BANK_COLUMNS) == [("bank_file", "NL91ABNA0417164300", "ABNANL2A", None)]
    assert found(database, "SELECT tier FROM participants") == ["top"]


def test_the_same_file_twice_changes_nothing(staffed: Database) -> None:
    everything = "SELECT (SELECT count(*) FROM audit_events), (SELECT count(*) FROM messages)"
    put(staffed, Kind.REFERRALS, REFERRAL)
    before = found(staffed, everything)
    assert put(staffed, Kind.REFERRALS, REFERRAL) == ImportReport(same=1)
    assert put(staffed, Kind.PARTICIPANTS, PARTICIPANT) == ImportReport(same=1)
    assert found(staffed, everything) == before


def test_a_changed_participant_is_updated_and_the_trail_says_what_changed(
    staffed: Database,
) -> None:
    changed = PARTICIPANT | {"tier": "top", "stripe_account": "acct_2"}
    assert put(staffed, Kind.PARTICIPANTS, changed) == ImportReport(changed=1)
    assert found(staffed, "SELECT key, tier, stripe_account FROM participants ORDER BY key") == [
        ("ada", "top", "acct_2"),
        ("bo", "basic", "acct_1032D82eZvKYlo2C"),
    ]
    (last,) = found(
        staffed,
        "SELECT actor, action, subject, reason, facts FROM audit_events ORDER BY id DESC LIMIT 1",
    )
    assert last == (
        "ops@harbour.example",
        "changed",
        "participant",
        "an imported file changed tier, stripe_account",
        {
            "tier": {"before": "basic", "after": "top"},
            "stripe_account": {"before": "acct_1032D82eZvKYlo2C", "after": "acct_2"},
        },
    )
    with staffed.transaction() as tx:
        assert audit.first_broken(tx) is None


def test_every_new_row_has_its_audit_event(staffed: Database) -> None:
    put(staffed, Kind.REFERRALS, REFERRAL, REFERRAL | {"key": "ref-2"})
    assert found(
        staffed, "SELECT action, subject, facts FROM audit_events WHERE subject = 'referral'"
    ) == [
        ("imported", "referral", {"key": "ref-1", "line": 2}),
        ("imported", "referral", {"key": "ref-2", "line": 3}),
    ]


def test_a_recorded_claim_never_changes_hands(staffed: Database) -> None:
    put(staffed, Kind.REFERRALS, REFERRAL)
    report = put(staffed, Kind.REFERRALS, REFERRAL | {"participant": "bo", "company": "Other"})
    assert report == ImportReport(
        refused=(
            RefusedRow(
                2,
                "ref-1",
                "this referral is recorded with another participant and company, which never "
                "changes: give a new one a key of its own",
            ),
        )
    )
    assert found(staffed, "SELECT company FROM referrals") == ["Zenith Ltd"]


def test_what_does_not_count_of_a_claim_is_corrected(staffed: Database) -> None:
    put(staffed, Kind.REFERRALS, REFERRAL)
    put(staffed, Kind.REGISTRATIONS, REGISTRATION)
    spelled = {"company": "ZENITH"}
    assert put(staffed, Kind.REFERRALS, REFERRAL | spelled).changed == 1
    more = spelled | {"expected_amount": "1300"}
    assert put(staffed, Kind.REGISTRATIONS, REGISTRATION | more).changed == 1
    assert found(
        staffed,
        "SELECT f.company, r.company, r.expected_amount_minor FROM referrals f, registrations r",
    ) == [("ZENITH", "ZENITH", 1300)]


def test_a_deal_that_the_night_found_survives_the_next_import(staffed: Database) -> None:
    put(staffed, Kind.REGISTRATIONS, REGISTRATION)
    with staffed.transaction() as tx:
        tx.execute(text("UPDATE registrations SET opportunity_crm_id = '006f4000002NAbGAAW'"))
    assert put(staffed, Kind.REGISTRATIONS, REGISTRATION) == ImportReport(same=1)
    assert put(staffed, Kind.REGISTRATIONS, REGISTRATION | {"expected_amount": "7"}).changed == 1
    kept = found(staffed, "SELECT opportunity_crm_id FROM registrations")
    assert kept == ["006f4000002NAbGAAW"]


@pytest.mark.parametrize("size", [1, 5000])
def test_of_one_key_in_a_file_the_first_good_row_wins(staffed: Database, size: int) -> None:
    report = put(
        staffed,
        Kind.REFERRALS,
        REFERRAL | {"submitted_at": "soon"},
        REFERRAL,
        REFERRAL,
        REFERRAL | {"contact_name": "Jo"},
        size=size,
    )
    assert (report.new, report.changed, report.same) == (1, 0, 1)
    assert [(row.line, row.reason) for row in report.refused][1:] == [
        (5, "key is that of line 3, which says something else")
    ]


def test_a_bad_row_says_all_its_reasons_and_its_lines_and_costs_no_other(
    staffed: Database,
) -> None:
    bad = {"key": "ref\x1b[2J", "participant": "eve", "company": "Two\nlines"}
    report = put(staffed, Kind.REFERRALS, bad, REFERRAL)
    assert report.new == 1
    (refused,) = report.refused
    assert (refused.line, refused.key) == (2, r"'ref\x1b[2J'")
    assert refused.reason == (
        "key has the control character U+001B in it: take it out; "
        "participant is 'eve', which is nobody's key: import them first; "
        "company has a line break in it: write it on one line; "
        "submitted_at is empty: fill it in; channel is empty: fill it in "
        "(the row goes from line 2 to line 3)"
    )


@pytest.mark.parametrize("key", ["林\u3000恵美", "a\u200db", "x'; --"])
def test_any_key_that_a_participant_can_have_is_found_again(database: Database, key: str) -> None:
    put(database, Kind.PARTICIPANTS, PARTICIPANT | {"key": key})
    assert put(database, Kind.REFERRALS, REFERRAL | {"participant": key}).new == 1


def test_the_number_of_statements_does_not_grow_with_the_rows(staffed: Database) -> None:
    statements: list[str] = []

    def count(*given: Any) -> None:
        statements.append(given[2])

    counts = []
    event.listen(staffed.engine, "before_cursor_execute", count)
    try:
        for size in (10, 1000):
            rows = [REFERRAL | {"key": f"{size}-{n}", "company": f"Z{n}"} for n in range(size)]
            assert put(staffed, Kind.REFERRALS, *rows).new == size
            counts.append(len(statements))
            statements.clear()
    finally:
        event.remove(staffed.engine, "before_cursor_execute", count)
    assert counts[0] == counts[1] < 12


def test_a_dry_run_writes_nothing(database: Database) -> None:
    with database.rehearsal():
        assert put(database, Kind.PARTICIPANTS, PARTICIPANT).new == 1
        assert put(database, Kind.REFERRALS, REFERRAL).new == 1
    assert found(database, "SELECT count(*) FROM participants") == [0]


BAD_ROWS = {
    Kind.PARTICIPANTS: {"participant-no-email": "email", "participant-unknown-kind": "kind"},
    Kind.REFERRALS: {"ref-bad-referral-unknown-participant-1": "participant"},
    Kind.REGISTRATIONS: {
        "reg-bad-row-unknown-partner-1": "participant",
        "reg-bad-row-date-1": "submitted_at",
        "reg-bad-row-no-company-1": "company",
        "reg-bad-row-evidence-1": "evidence",
        "reg-bad-row-amount-1": "expected_amount",
    },
    Kind.TOUCHES: {"touch-bad-touch-source-1": "source"},
    Kind.EVENTS: {"event-bad-event-kind-1": "kind"},
}


def test_of_the_sample_company_only_the_deliberate_bad_rows_are_refused_and_twice_is_once(
    database: Database,
) -> None:
    files = sample().imports
    for kind in Kind:
        lines = files[kind].splitlines()
        report = take_in(database, kind, files[kind].encode())
        assert {row.key: row.reason.split()[0] for row in report.refused} == BAD_ROWS[kind]
        assert all(lines[row.line - 1].startswith(f"{row.key},") for row in report.refused)
        assert report.new == len(lines) - 1 - len(BAD_ROWS[kind])
        assert found(database, f"SELECT count(*) FROM {kind}") == [report.new]
        again = take_in(database, kind, files[kind].encode(), size=50)
        assert again == ImportReport(same=report.new, refused=report.refused)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    kind=st.sampled_from(list(Kind)),
    file=st.lists(
        st.binary(max_size=12) | st.sampled_from([b"ada", b",", b'"', b"\n", b"2026-06-01", b"\0"])
    ).map(b"".join),
)
def test_no_bytes_break_an_import(database: Database, kind: Kind, file: bytes) -> None:
    header = ",".join(columns(kind)).encode()
    cells = header.count(b",") + 1
    row = b",".join([file.replace(b'"', b"").replace(b",", b"")] * cells)
    report = take_in(database, kind, header + b"\n" + file + b"\n" + row)
    assert all(refused.reason.isprintable() for refused in report.refused)
