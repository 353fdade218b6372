"""The mirror: pages saved in any order and twice, wins dated, another organisation refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from goodword.actions import opportunities
from goodword.db.queries import opportunities as queries
from goodword.db.session import Database
from goodword.rules import crm
from goodword.rules.crm_policy import CrmPolicy
from goodword.rules.crm_reading import read_account, read_opportunity
from tests import factories as make

ID = "006000000000000AAA"
HOME = crm.Conventions("USD", CrmPolicy())


def account(name: str, *, minutes: int = 0) -> crm.Account:
    record: dict[str, Any] = dict.fromkeys(crm.Account.__dataclass_fields__)
    record |= {"crm_id": "001000000000000AAA", "name": name, "is_deleted": False}
    record |= {"website": "https://www.Acme.co.uk/", "modified_at": at(minutes=minutes)}
    return crm.Account(**record)


def at(**later: float) -> datetime:
    return make.NOW + timedelta(**later)


def save(tx: Connection, *records: crm.Account, unreadable: Any = ()) -> dict[str, int]:
    return opportunities.save_page(tx, crm.CrmObject.ACCOUNT, records, unreadable)


def test_a_page_saved_twice_changes_nothing(database: Database) -> None:
    with database.transaction() as tx:
        assert save(tx, account("Acme, Inc.")) == {"new": 1}
        forms = make.value(tx, "SELECT (name_key, domain)::text FROM accounts")
        assert forms == "(acme,acme.co.uk)"
        before = make.everything(tx)
        assert save(tx, account("Acme, Inc.")) == {"same": 1}
        assert make.everything(tx) == before


def test_an_older_stamp_never_overwrites_a_newer(database: Database) -> None:
    with database.transaction() as tx:
        save(tx, account("Newer", minutes=5))
        assert save(tx, account("Older")) == {"same": 1}
        assert make.value(tx, "SELECT name FROM accounts") == "Newer"
        assert save(tx, account("Newest", minutes=6)) == {"changed": 1}


def test_of_one_record_twice_in_a_page_the_newest_counts(database: Database) -> None:
    with database.transaction() as tx:
        save(tx, account("Newest", minutes=6), account("Older"))
        assert make.value(tx, "SELECT name FROM accounts") == "Newest"


def test_poison_is_set_aside_and_the_good_is_kept_and_taken_up_later(database: Database) -> None:
    raw = {"Id": "001000000000000AAA", "Name": "A\0cme \ud800", "SystemModstamp": "2026-06-30"}
    bad = read_account(raw, HOME)
    assert isinstance(bad, crm.Unreadable)
    with database.transaction() as tx:
        other = make.account(tx)
        assert save(tx, unreadable=[bad]) == {"quarantined": 1}
        assert save(tx, unreadable=[bad]) == {}
        assert save(tx, account("Acme")) == {"new": 1, "taken up": 1}
        assert make.value(tx, "SELECT count(*) FROM accounts") == 2
        assert other


def test_every_impossible_deal_is_a_sentence_and_none_stops_the_page(database: Database) -> None:
    good: dict[str, object] = {
        "Id": ID,
        "Name": "Deal",
        "StageName": "Closed Won",
        "Amount": 10,
        "CloseDate": "2026-06-20",
        "CreatedDate": "2026-06-01T00:00:00.000+0000",
        "SystemModstamp": "2026-06-20T00:00:00.000+0000",
        "IsClosed": True,
        "IsWon": True,
        "IsDeleted": False,
    }
    poison: tuple[dict[str, object], ...] = (
        {"Amount": -5},
        {"Amount": None},
        {"CloseDate": "30 June"},
        {"CloseDate": None},
        {"Name": "\0"},
        {"StageName": ""},
        {"CreatedDate": "soon"},
        {"IsWon": "yes"},
        {"AccountId": "nobody"},
    )
    read = [read_opportunity({**good, **bad}, HOME) for bad in poison]
    unreadable = [found for found in read if isinstance(found, crm.Unreadable)]
    assert len(unreadable) == len(poison)
    whole = read_opportunity(good, HOME)
    assert isinstance(whole, crm.Opportunity)
    with database.transaction() as tx:
        for bad in unreadable:
            opportunities.save_page(tx, crm.CrmObject.OPPORTUNITY, [], [bad])
            assert make.value(tx, "SELECT reason FROM quarantine") == bad.reason
        counts = opportunities.save_page(tx, crm.CrmObject.OPPORTUNITY, [whole], [])
        assert counts == {"new": 1, "taken up": 1}


# Wins -------------------------------------------------------------------------------------------


def won_at(tx: Connection, deal: str, zone: str = "UTC") -> datetime | None:
    opportunities.date_wins(tx, [deal], zone)
    found: datetime | None = make.value(tx, "SELECT won_at FROM opportunities")
    return found


def stage(tx: Connection, deal: str, name: str, changed_at: datetime, **other: object) -> None:
    number = make.value(tx, "SELECT count(*) FROM stage_changes")
    record: dict[str, Any] = dict.fromkeys(crm.StageChange.__dataclass_fields__)
    record |= {"crm_id": f"008{number:015}", "opportunity_crm_id": deal, "stage": name}
    record |= {"currency": "USD", "changed_at": changed_at, "is_deleted": False}
    change = crm.StageChange(**(record | {"modified_at": changed_at} | other))
    opportunities.save_page(tx, crm.CrmObject.STAGE_CHANGE, [change], [])


def test_a_win_without_history_is_dated_by_the_close_date_at_noon(database: Database) -> None:
    with database.transaction() as tx:
        deal = make.deal(tx, close_on=make.TODAY)
        assert won_at(tx, deal) == datetime(2026, 6, 30, 12, tzinfo=UTC)
        assert won_at(tx, deal, "Asia/Tokyo") == datetime(2026, 6, 30, 3, tzinfo=UTC)


def test_a_win_is_dated_when_the_deal_last_came_to_the_stage_it_stands_in(
    database: Database,
) -> None:
    with database.transaction() as tx:
        deal = make.deal(tx)
        for hour, name in enumerate(["Won", "Closed Won", "Lost", "Closed Won", "Closed Won"]):
            stage(tx, deal, name, at(hours=hour))
        stage(tx, deal, "Lost", at(hours=3, minutes=30), is_deleted=True)
        assert won_at(tx, deal) == at(hours=3)


@pytest.mark.parametrize(
    "other", [{"is_deleted": True}, {"is_won": False}, {"is_won": False, "is_closed": False}]
)
def test_a_deal_that_does_not_stand_won_has_no_date(
    database: Database, other: dict[str, object]
) -> None:
    with database.transaction() as tx:
        deal = make.deal(tx)
        assert won_at(tx, deal)
        make.deal(tx, crm_id=deal, modified_at=at(hours=1), **other)
        assert won_at(tx, deal) is None


# The frame of a sync ----------------------------------------------------------------------------


def test_the_watermark_never_moves_back(database: Database) -> None:
    with database.transaction() as tx:
        assert queries.watermark(tx, crm.CrmObject.USER) is None
        for high in (make.NOW, at(hours=-3), at(hours=1)):
            opportunities.move_watermark(tx, crm.CrmObject.USER, high)
        assert queries.watermark(tx, crm.CrmObject.USER) == at(hours=1)
        assert queries.watermark(tx, crm.CrmObject.ACCOUNT) is None


def test_another_organisation_is_refused_with_both_names(database: Database) -> None:
    with database.transaction() as tx:
        opportunities.adopt_organisation(tx, "00D000000000000AAA")
        opportunities.adopt_organisation(tx, "00D000000000000AAA")
        with pytest.raises(
            opportunities.AnotherOrganisation,
            match="mirrors the CRM organisation 00D000000000000AAA, but 00D000000000000BBB",
        ):
            opportunities.adopt_organisation(tx, "00D000000000000BBB")
