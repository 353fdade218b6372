import csv
import io
import os
import subprocess
import sys
from collections import Counter
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from sandbox.company import SCENARIOS, sample
from sandbox.company.countries import COUNTRIES
from sandbox.company.draft import rng_of
from sandbox.company.names import Namer
from sandbox.world import Company, Row

NEW_YORK = ZoneInfo("America/New_York")
FIRST_NIGHT = date(2026, 6, 30)
NOBODY = {"reseller-nobody", "customer-nobody"}
DIGEST = """
import hashlib, json
from sandbox.company import sample
company = sample(7, 200)
everything = [company.name, company.org_id, company.tables, company.imports,
              company.stripe_accounts, company.stripe_customers, str(company.business_date)]
print(hashlib.sha256(json.dumps(everything).encode()).hexdigest())
"""


@cache
def company(opportunities: int = 2000) -> Company:
    return sample(7, opportunities)


def rows(kind: str, opportunities: int = 2000) -> dict[str, dict[str, str]]:
    text = company(opportunities).imports[kind]
    return {row["key"]: row for row in csv.DictReader(io.StringIO(text))}


def table(name: str) -> dict[str, Row]:
    return {str(row["Id"]): row for row in company().tables[name]}


def submitted_on(row: dict[str, str]) -> date:
    return datetime.fromisoformat(row["submitted_at"]).astimezone(NEW_YORK).date()


def moved_on(opportunity_id: str) -> date:
    """Day of the last stage change in New York."""
    history = company().tables["OpportunityHistory"]
    stamps = [row["CreatedDate"] for row in history if row["OpportunityId"] == opportunity_id]
    return datetime.fromisoformat(max(map(str, stamps))).astimezone(NEW_YORK).date()


def claims_of(name: str) -> list[dict[str, str]]:
    return [rows("registrations")[key] for key in SCENARIOS[name].keys().registrations]


def test_two_processes_draw_the_same_bytes() -> None:
    digests = {
        subprocess.run(  # noqa: S603  # this interpreter, and the text above
            [sys.executable, "-c", DIGEST],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(digests) == 1


def test_another_seed_draws_another_company_with_the_same_scenarios() -> None:
    other = sample(8, 2000)
    assert other.org_id != company().org_id
    assert other.tables["Account"] != company().tables["Account"]
    keys = [line.split(",")[0] for line in other.imports["registrations"].splitlines()]
    assert set(keys[1:]) == set(rows("registrations"))


def test_the_usual_company_has_its_counts() -> None:
    counts = {name: len(content) for name, content in company().tables.items()}
    imports = {kind: len(rows(kind)) for kind in company().imports}
    assert counts["Opportunity"] == 2000
    assert (counts["User"], counts["Account"], counts["Contact"], counts["Lead"]) == (
        10,
        420,
        100,
        51,
    )
    assert counts["OpportunityHistory"] > 5000
    assert imports == {
        "participants": 120,
        "referrals": 190,
        "registrations": 153,
        "touches": 400,
        "events": 100,
    }


@pytest.mark.parametrize("opportunities", [100, 1000])
def test_a_company_of_another_size_keeps_every_scenario(opportunities: int) -> None:
    drawn = company(opportunities)
    ids = {row["Id"] for row in drawn.tables["Opportunity"]}
    assert len(ids) == len(drawn.tables["Opportunity"]) == opportunities
    for scenario in SCENARIOS.values():
        keys = scenario.keys(opportunities)
        assert any(asdict(keys).values()), scenario.name
        assert ids.issuperset(keys.opportunities)
        for kind in ("registrations", "referrals", "touches", "events", "participants"):
            assert rows(kind, opportunities).keys() >= set(getattr(keys, kind)), scenario.name


def test_the_imports_have_the_columns_of_the_import_command() -> None:
    headers = {kind: text.partition("\n")[0] for kind, text in company().imports.items()}
    assert headers == {
        "participants": "key,kind,name,email,locale,country,currency,tier,payout_method,"
        "stripe_account,stripe_customer,company_domain,status",
        "referrals": "key,participant,company,domain,contact_name,contact_email,submitted_at,"
        "channel,opportunity_id",
        "registrations": "key,participant,company,domain,division,opportunity_id,submitted_at,"
        "evidence,expected_amount,currency",
        "touches": "key,opportunity_id,domain,contact_email,at,source,participant,campaign",
        "events": "key,kind,participant,at,value",
    }


def test_nothing_is_stamped_after_the_first_night_begins() -> None:
    midnight = datetime(2026, 6, 30, tzinfo=NEW_YORK)
    stamps = [
        str(row[name])
        for content in company().tables.values()
        for row in content
        for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp")
        if name in row
    ]
    stamps += [row["submitted_at"] for row in rows("referrals").values()]
    stamps += [row["at"] for kind in ("touches", "events") for row in rows(kind).values()]
    assert max(datetime.fromisoformat(stamp) for stamp in set(stamps)) < midnight
    active = [str(row["LastActivityDate"]) for row in company().tables["Opportunity"]]
    assert max(active) < "2026-06-30"


def test_every_reference_inside_the_crm_resolves() -> None:
    accounts, deals, users = table("Account"), table("Opportunity"), table("User")
    assert all(row["AccountId"] in accounts or not row["AccountId"] for row in deals.values())
    assert all(row["OwnerId"] in users for row in (*deals.values(), *accounts.values()))
    assert all(row["ParentId"] in accounts or not row["ParentId"] for row in accounts.values())
    history = company().tables["OpportunityHistory"]
    assert {row["OpportunityId"] for row in history} == deals.keys()
    assert all(row["AccountId"] in accounts for row in company().tables["Contact"])
    losers = [row for row in accounts.values() if row["MasterRecordId"]]
    assert len(losers) == 2
    assert all(row["MasterRecordId"] in accounts and row["IsDeleted"] == "true" for row in losers)


def test_every_claim_names_a_participant_and_deal_that_exist_except_on_purpose() -> None:
    participants, deals = rows("participants").keys(), table("Opportunity").keys()
    for kind in ("registrations", "referrals", "touches", "events"):
        named = {row["participant"] for row in rows(kind).values()}
        assert named - participants <= NOBODY | {""}
        linked = {row.get("opportunity_id", "") for row in rows(kind).values()}
        assert linked - deals <= {""}


def test_payout_methods_point_to_stripe_objects_that_exist() -> None:
    accounts = {account["id"]: account for account in company().stripe_accounts}
    customers = {customer["id"]: customer for customer in company().stripe_customers}
    for row in rows("participants").values():
        assert (row["payout_method"] == "stripe_transfer") == (row["stripe_account"] in accounts)
        assert (row["payout_method"] == "stripe_credit") == (row["stripe_customer"] in customers)
    restricted = rows("participants")["affiliate-restricted"]["stripe_account"]
    assert accounts[restricted]["transfers"] == "inactive"
    unset = rows("participants")["customer-no-currency"]["stripe_customer"]
    assert customers[unset]["currency"] is None


def test_all_six_kinds_three_tiers_and_three_locales_take_part() -> None:
    people = rows("participants").values()
    assert {"customer", "employee", "reseller", "affiliate", "technology", "service"} < {
        row["kind"] for row in people
    }
    assert {row["tier"] for row in people} == {"basic", "premium", "top"}
    assert {row["locale"] for row in people} == {"en", "ja", "ms"}
    assert len({row["email"] for row in people}) == len(people)


def test_no_two_companies_share_a_domain_by_accident() -> None:
    sites = Counter(
        str(row["Website"]).rstrip("/").rpartition("/")[2].removeprefix("www.")
        for row in company().tables["Account"]
    )
    assert max(sites.values()) == 1
    assert all(site.endswith(".example") for site in sites)


def test_names_do_not_run_out_in_a_company_of_any_size() -> None:
    namer = Namer(rng_of(7, "names"))
    names = [namer.company(COUNTRIES["JP"]) for _ in range(5000)]
    assert len({name.domain for name in names}) == len({name.bare for name in names}) == 5000


def test_three_currencies_are_sold_and_yen_have_no_decimals_except_on_purpose() -> None:
    deals = table("Opportunity").values()
    shares = Counter(row["CurrencyIsoCode"] for row in deals)
    assert 1300 < shares["USD"] < 1550
    assert 330 < shares["EUR"] < 470
    assert 150 < shares["JPY"] < 250
    odd = [
        row["Id"] for row in deals if row["CurrencyIsoCode"] == "JPY" and "." in f"{row['Amount']}"
    ]
    assert odd == list(SCENARIOS["crm_yen_with_decimals"].keys().opportunities)


def test_a_mass_update_left_many_equal_stamps() -> None:
    stamps = Counter(row["SystemModstamp"] for row in company().tables["Opportunity"])
    assert stamps.most_common(1)[0][1] > 500


def test_about_45_claimed_deals_have_a_hold_that_is_over() -> None:
    claimed = {
        str(row["Id"])
        for name, scenario in SCENARIOS.items()
        if name.startswith(("won_", "self_", "reopened", "referred_existing"))
        for row in map(table("Opportunity").get, scenario.keys().opportunities)
        if row and row["IsWon"] == "true"
    }
    days = [(FIRST_NIGHT - moved_on(key)).days for key in claimed]
    assert 40 <= sum(3 <= ago <= 30 for ago in days) <= 55
    assert sum(ago < 3 for ago in days) >= 4


@pytest.mark.parametrize(
    ("name", "soonest", "latest"),
    [
        ("extended_by_stage", -30, -1),
        ("extended_by_activity", -30, -1),
        ("expired_no_progress", -30, -1),
        ("last_day", 0, 0),
        ("warned_3_days", 1, 3),
        ("warned_14_days", 4, 14),
        ("approved_meeting", 30, 90),
        ("won_after_window", -60, -30),
    ],
)
def test_windows_of_90_days_end_where_the_scenario_says(
    name: str, soonest: int, latest: int
) -> None:
    for claim in claims_of(name):
        left = (submitted_on(claim) + timedelta(days=90) - FIRST_NIGHT).days
        assert soonest <= left <= latest


def test_progress_is_there_where_claims_are_extended_and_missing_where_they_expire() -> None:
    extended = SCENARIOS["extended_by_stage"].keys().opportunities
    for claim, key in zip(claims_of("extended_by_stage"), extended, strict=True):
        last_day = submitted_on(claim) + timedelta(days=90)
        assert max(last_day, FIRST_NIGHT) - timedelta(days=30) <= moved_on(key) <= last_day
    for key in SCENARIOS["expired_no_progress"].keys().opportunities:
        assert (FIRST_NIGHT - moved_on(key)).days > 60
        assert table("Opportunity")[key]["LastActivityDate"] == ""


@pytest.mark.parametrize(
    ("name", "shortest", "longest"),
    [("staff_direct_activity", 0, 60), ("approved_activity_too_old", 61, 365)],
)
def test_own_sales_were_as_active_before_the_claim_as_the_scenario_says(
    name: str, shortest: int, longest: int
) -> None:
    for claim, key in zip(claims_of(name), SCENARIOS[name].keys().opportunities, strict=True):
        active = date.fromisoformat(str(table("Opportunity")[key]["LastActivityDate"]))
        assert shortest <= (submitted_on(claim) - active).days <= longest
        assert table("Opportunity")[key]["LeadSource"] != "Partner Referral"


@pytest.mark.parametrize("name", [n for n in SCENARIOS if n.startswith("conflict_")])
def test_conflicting_claims_come_from_two_partners_in_order(name: str) -> None:
    claims = claims_of(name)
    for first, second in zip(claims[::2], claims[1::2], strict=True):
        assert first["participant"] != second["participant"]
        earlier, later = (datetime.fromisoformat(row["submitted_at"]) for row in (first, second))
        assert earlier == later if name == "conflict_same_instant" else earlier < later


def test_another_spelling_is_another_text() -> None:
    claims = claims_of("conflict_other_spelling")
    for first, second in zip(claims[::2], claims[1::2], strict=True):
        assert first["company"] != second["company"]
        assert not second["domain"]


def test_a_doubtful_name_is_the_name_of_two_accounts() -> None:
    keys = SCENARIOS["staff_doubtful_name"].keys()
    names = [str(table("Account")[key]["Name"]) for key in keys.accounts]
    for claim, first, second in zip(
        claims_of("staff_doubtful_name"), names[::2], names[1::2], strict=True
    ):
        assert claim["company"] == first != second
        assert not claim["domain"]


def test_only_the_busy_partner_has_more_than_25_claims() -> None:
    counts = Counter(row["participant"] for row in rows("registrations").values())
    assert counts.pop("reseller-busy") == 27
    assert max(counts.values()) <= 25


def test_claims_that_win_a_deal_were_still_protected_on_that_day() -> None:
    for name, scenario in SCENARIOS.items():
        keys = scenario.keys()
        if "won" in name and name != "won_after_window" and keys.registrations:
            for claim, deal in zip(claims_of(name), keys.opportunities, strict=True):
                assert 0 <= (moved_on(deal) - submitted_on(claim)).days <= 90, name


def test_self_referrals_are_recognisable_by_domain_and_by_alias() -> None:
    people, referrals = rows("participants"), rows("referrals")
    by_domain = referrals[SCENARIOS["self_referral_domain"].keys().referrals[0]]
    assert by_domain["domain"] == people["affiliate-self"]["company_domain"]
    by_alias = referrals[SCENARIOS["self_referral_alias"].keys().referrals[0]]
    mailbox, _, domain = by_alias["contact_email"].partition("@")
    assert f"{mailbox.partition('+')[0]}@{domain}" == people["customer-alias"]["email"]


def test_contacts_are_at_the_referred_company_except_on_purpose() -> None:
    aliases = set(SCENARIOS["self_referral_alias"].keys().referrals)
    for key, row in rows("referrals").items():
        if key not in aliases and row["domain"]:
            assert row["contact_email"].endswith(f"@{row['domain']}")


def test_twelve_crm_records_are_wrong_in_twelve_ways() -> None:
    wrong = [scenario for name, scenario in SCENARIOS.items() if name.startswith("crm_")]
    assert len(wrong) == 12
    for scenario in wrong:
        (sketch,) = scenario.deals
        for key in scenario.keys().opportunities:
            assert table("Opportunity")[key].items() >= dict(sketch.spoil).items()
