"""Every error of a program file is told, with its key, what was found and what is allowed."""

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodword.program import ProgramError, ProgramRefused, describe, load_program, read_program
from goodword.rules.amounts import Fixed, Percent
from goodword.rules.disputes import DisputePolicy
from goodword.rules.incentives import Cap, Pay
from goodword.rules.programs import Program
from goodword.rules.registrations import RegistrationPolicy
from goodword.rules.windows import Period

SMALL = """
[program]
name = "Referrals"
company = "Example"
support_email = "help@example.com"
staff_email = "staff@example.com"
time_zone = "Asia/Tokyo"
currency = "JPY"
effective_on = 2026-01-01
[stages]
order = ["New", "Open", "Won"]
qualified_from = "Open"
[approvals]
auto_below = ["500.00 USD", "75000 JPY"]
two_approvers_from = ["5000.00 USD", "750000 JPY"]
[payouts]
minimum = []
[[incentives]]
name = "One"
kinds = ["customer"]
on = "converted"
pay = "cash"
amount = ["200.00 USD"]
[[incentives]]
name = "Two"
kinds = ["reseller", "service"]
on = "converted"
pay = "cash"
amount = "20%"
"""
SAMPLE = (Path(__file__).parents[1] / "config" / "program.toml").read_text(encoding="utf-8")


def read(text: str) -> Program:
    return read_program(text, "p.toml")


def errors(text: str) -> list[str]:
    """Return what is told of each error, without the name of the rule that it lies in."""
    with pytest.raises(ProgramRefused) as refused:
        read(text)
    return [str(replace(error, called="")) for error in refused.value.errors]


def edited(old: str, new: str) -> str:
    assert SMALL.count(old) == 1, old
    return SMALL.replace(old, new)


def test_what_a_file_leaves_out_has_its_default() -> None:
    program = read(SMALL)
    assert program.registrations == RegistrationPolicy()
    assert program.rewards.hold_days == 3
    assert program.disputes == DisputePolicy()
    assert program.payouts.minimum == {}
    assert describe(program)[-1] == "Every amount is paid out, however small."


def refusals() -> list[tuple[str, str, str]]:
    """Read the table beside this file: what is taken out, what is put in, what is said."""
    table = Path(__file__).with_name("program_refusals.txt").read_text(encoding="utf-8")
    cases = []
    for block in table.strip().split("\n\n")[1:]:
        lines = block.split("\n")
        assert {line[:2] for line in lines} <= {"- ", "+ ", "! "}, block
        old, new, said = (
            "\n".join(line[2:] for line in lines if line[0] == mark) for mark in "-+!"
        )
        cases.append((old, new, said))
    return cases


@pytest.mark.parametrize(("old", "new", "said"), refusals())
def test_each_error_is_told_in_one_sentence(old: str, new: str, said: str) -> None:
    assert errors(edited(old, new)) == [f"p.toml: {line}" for line in said.split("\n")]


def test_a_number_of_any_size_is_refused() -> None:
    text = edited("[stages]", f"[registrations]\nwindow_days = 0x{'f' * 1_900}\n[stages]")
    (line,) = errors(text)
    assert line.startswith("p.toml: registrations.window_days: found a whole number too large to ")


AS_TOML = (
    'allowed: key = value, one a line: "text" in straight quotation marks, 90, true, 2026-01-31, '
    '["a", "list"]; a comment begins with # (toml.io)'
)
UNCLOSED = "Expected ']' at the end of a table declaration"
EACH_ONCE = (
    "allowed: each [section] once, and each key once in it; every rule begins with [[incentives]] "
    "(toml.io)"
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "[program\n",
            f"line 1, column 9: found `[program`, which cannot be read ({UNCLOSED}); {AS_TOML}",
        ),
        (
            "a = 1\n  b = “x”\x1b",
            f"line 2, column 7: found `b = “x”`, which cannot be read (Invalid value); {AS_TOML}",
        ),
        ("a =", f"end of document: found what cannot be read (Invalid value); {AS_TOML}"),
        (
            "a = 1\na = 2",
            f"end of document: found what cannot be read (Cannot overwrite a value); {EACH_ONCE}",
        ),
        (
            "\n" + ".".join("a" * 100_000) + " = 1",
            "line 2: found 200,003 characters; allowed: lines of up to 2,000 characters",
        ),
        ("a = " + "[\n" * 100_000, "found tables or lists too deep to read; allowed: TOML"),
        (
            "#" * 1_000_001,
            "found more than 1,000,000 bytes; allowed: a file of up to 1,000,000 bytes",
        ),
        ("# \ud800", "found half a character; allowed: text in UTF-8"),
    ],
)
def test_what_is_no_toml_is_refused_with_its_place(text: str, sentence: str) -> None:
    assert errors(text)[0].removeprefix("p.toml: ") == sentence


def test_an_empty_file_is_told_everything_that_it_needs() -> None:
    keys = [line.split(": ")[1] for line in errors("")]
    assert keys == [
        *(
            f"program.{key}"
            for key in (
                "name company support_email staff_email time_zone currency effective_on"
            ).split()
        ),
        "stages.order",
        "stages.qualified_from",
        "approvals.auto_below",
        "approvals.two_approvers_from",
        "payouts.minimum",
        "incentives",
    ]


def test_all_errors_of_a_file_are_told_together() -> None:
    text = (
        SMALL.replace('"JPY"\n', '"yen"\n')
        .replace("Asia/Tokyo", "Tokyo")
        .replace('"20%"', '"120%"')
        .replace('"500.00 USD"', "500")
        .replace('qualified_from = "Open"', 'qualified_from = "Later"')
        .replace('pay = "cash"', 'pay = "cheque"')
    )
    assert [line.split(": ")[1] for line in errors(text)] == [
        "program.time_zone",
        "program.currency",
        "stages.qualified_from",
        "approvals.auto_below[1]",
        "incentives[1].pay",
        "incentives[2].pay",
        "incentives[2].amount",
    ]


def test_a_refusal_reads_well_on_a_terminal() -> None:
    with pytest.raises(ProgramRefused) as refused:
        read(edited("2026-01-01", "2026").replace('"20%"', '"2%%"'))
    assert str(refused.value) == (
        "The program file has 2 errors and was not used (lists are counted from 1):\n"
        "  p.toml: program.effective_on: found 2026; allowed: a date without quotes, as "
        "2026-01-01\n"
        '  p.toml: incentives[2].amount ("Two"): found "2%%"; allowed: a percentage above 0% and '
        'up to 100%, as "20%" or "2.9%"'
    )
    many = ProgramRefused((ProgramError("p.toml", "a", "b", "c"),) * 60)
    assert len(str(many).splitlines()) == 52
    assert str(many).endswith("  and 10 more")


def test_a_rule_and_a_contract_with_an_error_are_called_by_their_names() -> None:
    contract = (
        '[[contracts]]\nparticipant = "acme"\nfrom = 2026-01-01\n{}[[contracts.incentives]]\n'
        'name = "Margin"\nkinds = ["reseller"]\non = "converted"\npay = "cash"\namount = {}\n'
    )
    for text, where in {
        edited('"20%"', "20"): 'incentives[2].amount ("Two")',
        SMALL + contract.format("", '"25%"'): 'contracts[1].document ("acme")',
        SMALL + contract.format('document = "1"\n', "25"): (
            'contracts[1].incentives[1].amount ("Margin")'
        ),
        edited('name = "One"', "name = 1"): "incentives[1].name",
        'participant = "acme"\n' + SMALL: "participant",
        edited('company = "Example"', "company = 1"): "program.company",
    }.items():
        with pytest.raises(ProgramRefused) as refused:
            read(text)
        assert str(refused.value.errors[0]).startswith(f"p.toml: {where}: found ")


def test_a_long_or_dangerous_value_is_shown_short_and_safe() -> None:
    (line,) = errors(edited('"Referrals"', '"' + r"\u001b]0;\u202e" + "x" * 5_000 + '"'))
    assert line.isprintable()
    assert len(line) < 250


def test_a_thousand_incentives_are_read_and_one_more_is_refused() -> None:
    one = (
        '[[incentives]]\nname = "N{}"\nkinds = ["affiliate"]\non = "converted"\npay = "cash"\n'
        'also = true\namount = "1%"\n'
    )
    body = "".join(one.format(i) for i in range(998))
    assert len(read(SMALL + body).incentives) == 1_000
    (line,) = errors(SMALL + body + one.format("x"))
    assert line.startswith("p.toml: incentives: found 1,001 of them; allowed: a list of 1 to 1,000")


def test_a_rule_may_follow_a_wider_one_when_it_pays_beside_it_or_elsewhere() -> None:
    beside = (
        '[[incentives]]\nname = "Beside"\nkinds = ["customer"]\non = "converted"\n'
        'pay = "billing_credit"\nalso = true\nhold_days = 0\namount = "2.9%"\n'
        'cap = { count = 3, amount = ["10.00 USD"], per = "month" }\n'
    )
    above = (
        '[[incentives]]\nname = "Above"\nkinds = ["employee"]\non = "converted"\npay = "cash"\n'
        'amount.by_deal_size.USD = ["from 9.00 pay 5.00"]\n'
    )
    below = above.replace("Above", "Below").replace("9.00", "8.00")
    elsewhere = (
        '[[incentives]]\nname = "Elsewhere"\nkinds = ["customer"]\non = "converted"\n'
        'pay = "cash"\namount = ["5 JPY"]\n'
    )
    *_, first, second = read(SMALL + above + below + beside + elsewhere).incentives
    assert "a rule that never pays" in errors(SMALL + below + above)[0]
    assert (first.pay, first.also, first.hold_days) == (Pay.BILLING_CREDIT, True, 0)
    assert first.amount == Percent(290)
    assert first.cap == Cap(Period.MONTH, 3, {"USD": 1000})
    assert second.amount == Fixed({"JPY": 5})
    (said,) = (line for line in describe(read(SMALL + beside)) if line.startswith("Beside: "))
    assert said == (
        "Beside: when a deal they brought is won, customers earn as a credit on their own bill, "
        "beside what other rules pay: 2.9% of what they are credited with. It may be paid at once."
        " Each of them gets at most 3 rewards and 10.00 USD a month."
    )


IN_KIND = """
[[incentives]]
name = "Free months"
kinds = ["customer"]
on = "converted"
pay = "free_months"
months = 2
also = true
amount = ["98.00 USD", "90.00 EUR"]
cap = { count = 12, per = "year" }
[[incentives]]
name = "Cheaper renewal"
kinds = ["affiliate"]
on = "converted"
pay = "renewal_discount"
percent_off = "12.50%"
amount = ["60.00 USD"]
[[incentives]]
name = "Ticket"
kinds = ["technology"]
on = "qualified"
pay = "perk"
perk = "Conference ticket"
hold_days = 0
amount = ["400.00 USD"]
"""


def test_what_is_given_in_kind_has_a_benefit_and_is_said_with_its_worth() -> None:
    program = read(SMALL + IN_KIND)
    months, renewal, ticket = program.incentives[2:]
    assert (months.pay, months.benefit) == (Pay.FREE_MONTHS, {"months": 2})
    assert (renewal.pay, renewal.benefit) == (Pay.RENEWAL_DISCOUNT, {"percent_off": "12.5"})
    assert (ticket.pay, ticket.benefit) == (Pay.PERK, {"perk": "Conference ticket"})
    assert months.amount == Fixed({"USD": 98_00, "EUR": 90_00})
    said = {line.partition(":")[0]: line for line in describe(program)}
    assert said["Free months"].endswith(
        "customers earn 2 free months (worth 98.00 USD or 90.00 EUR), beside what other rules pay. "
        "It may be paid 3 days later. Each of them gets at most 12 rewards a year."
    )
    assert (
        "affiliates earn 12.5% off the next renewal (worth 60.00 USD)." in said["Cheaper renewal"]
    )
    assert "technology partners earn Conference ticket (worth 400.00 USD)." in said["Ticket"]


def test_a_program_may_grant_nothing_to_the_claim_that_loses() -> None:
    section = '[disputes]\nmost_share = "0%"\ndeciders = ["olivia", "pavel"]\n[payouts]'
    program = read(edited("[payouts]", section))
    assert program.disputes == DisputePolicy(most_share_bps=0, deciders=("olivia", "pavel"))
    said = describe(program)
    assert "A ruling grants nothing to the claim that loses." in said
    assert any(line.startswith("Who holds a claim may be contested: olivia or") for line in said)


def test_the_examples_of_what_is_not_money_in_the_sample_file_can_be_used() -> None:
    examples = SAMPLE.partition("# For example:\n")[2]
    program = read(SAMPLE + "\n".join(line.removeprefix("# ") for line in examples.split("\n")))
    assert {incentive.pay for incentive in program.incentives} == set(Pay)


def test_a_currency_without_thresholds_may_be_paid() -> None:
    assert read(edited('["200.00 USD"]', '["180.00 EUR"]')).incentives[0].amount == Fixed(
        {"EUR": 180_00}
    )


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    def refusal(path: Path) -> str:
        with pytest.raises(ProgramRefused) as refused:
            load_program(path)
        return str(refused.value.errors[0]).removeprefix(f"{path}: ")

    latin, large = tmp_path / "latin.toml", tmp_path / "large.toml"
    latin.write_bytes(b"# caf\xe9\n")
    large.write_bytes(b"#" * 1_000_001)
    a_file = "allowed: a TOML file; GOODWORD_PROGRAM says where the program's own is"
    missing = f"found no file to read (No such file or directory); {a_file}"
    assert refusal(tmp_path / "none.toml") == missing
    assert refusal(tmp_path) == f"found no file to read (Is a directory); {a_file}"
    assert refusal(latin) == "found a byte that is not UTF-8, at byte 6; allowed: text in UTF-8"
    assert refusal(large).startswith("found more than 1,000,000 bytes; allowed: ")


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "program.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    program, source = load_program(path)
    assert program == read(SMALL)
    assert read(source) == program
    assert program.effective_on == date(2026, 1, 1)


@given(st.text())
def test_no_text_raises_anything_else(text: str) -> None:
    refused_or_read(text)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, len(SAMPLE)),
    st.integers(0, 40),
    st.text(alphabet='abcé0123456789.-%+"[]{}=, \n\x1b', max_size=8),
)
def test_no_edit_of_the_sample_raises_anything_else(at: int, cut: int, put: str) -> None:
    refused_or_read(SAMPLE[:at] + put + SAMPLE[at + cut :])


VALUES = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["20%", "1.00 USD", "from 0 pay 1", "cash", "converted", "America"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["USD", "by_deal_size", "per"]), inner, max_size=2)
    ),
    max_leaves=6,
)
PLACES = [
    (section, key)
    for section, table in tomllib.loads(SAMPLE).items()
    for key in (table[0] if isinstance(table, list) else table)
]


@given(st.sampled_from(PLACES), VALUES)
def test_no_value_anywhere_raises_anything_else(place: tuple[str, str], value: Any) -> None:
    section, key = place
    document = tomllib.loads(SAMPLE)
    table = document[section]
    (table[0] if isinstance(table, list) else table)[key] = value
    refused_or_read("\n".join(f"{name} = {toml(part)}" for name, part in document.items()))


def refused_or_read(text: str) -> None:
    refused: tuple[ProgramError, ...] = ()
    try:
        assert describe(read(text))
    except ProgramRefused as refusal:
        refused = refusal.errors
        assert refused
    assert all(str(error).isprintable() for error in refused)


def toml(value: Any) -> str:
    """Write a value as TOML, on one line."""
    if isinstance(value, dict):
        pairs = (f"{toml(key)} = {toml(item)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(char):08x}" for char in value) + '"'
    return str(value)
