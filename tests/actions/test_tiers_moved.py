"""Tiers moved by the night, on a real database: who, by what, told once, and kept."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from goodword.actions import imports, tiers
from goodword.actions.import_files import RawRow
from goodword.db.queries import status
from goodword.db.queries import tiers as queries
from goodword.db.session import Database
from goodword.rules.imports import columns
from goodword.rules.tiers import Results, TierChange, TierPolicy, move
from tests import factories as make

POLICY = TierPolicy(frozenset({"reseller"}), window_days=20, premium_from=2, top_from=4)


def moved(tx: Connection) -> dict[int, TierChange]:
    return {
        each.participant_id: change
        for each in queries.standings(tx, POLICY, make.TODAY)
        if (change := move(each.tier, each.results, POLICY, make.TODAY))
    }


def test_deals_of_the_window_count_and_those_of_today_do_not(database: Database) -> None:
    days = (0, 1, 20, 21)
    with database.transaction() as tx:
        ann = make.participant(tx, "ann", tier="basic")
        make.participant(tx, "bob", tier="basic", kind="customer")
        make.participant(tx, "eve", tier="top", status="suspended")
        for ago in days:
            make.conversion(tx, ann, close_on=make.TODAY - timedelta(days=ago))
        (found,) = queries.standings(tx, POLICY, make.TODAY)
    assert found == queries.Standing(ann, "basic", Results(2, {"USD": 200_000}))


def test_the_status_counts_active_participants_by_tier_from_the_lowest(database: Database) -> None:
    with database.transaction() as tx:
        for number, tier in enumerate(("top", "basic", "basic", "premium")):
            make.participant(tx, f"p{number}", tier=tier)
        make.participant(tx, "eve", tier="top", status="suspended")
        counted = status.by_state(tx)["participants"]
    assert list(counted.items()) == [("basic", 2), ("premium", 1), ("top", 1)]


def test_who_is_moved_is_told_once_and_the_change_is_kept(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx, "ann", tier="basic")
        eve = make.participant(tx, "eve", tier="top")
        for _ in range(2):
            make.conversion(tx, ann)
        assert tiers.move(tx, moved(tx)) == {"rose a tier": 1, "fell a tier": 1}
        assert moved(tx) == {}
        assert tiers.move(tx, {ann: TierChange(make.TODAY, "basic", "top", "late")}) == {}
        up, down = "2 deals won, 2 or more", "less than premium asks for: 0 deals won"
        assert queries.changes(tx, [ann, eve]) == {
            ann: [TierChange(make.TODAY, "basic", "premium", f"{up} in the last 20 days")],
            eve: [TierChange(make.TODAY, "top", "basic", f"{down} in the last 20 days")],
        }
        letters = tx.execute(
            text(
                "SELECT participant_id, context ->> 'rose' FROM messages"
                " WHERE template = 'tier_changed' ORDER BY 1"
            )
        ).all()
        assert [tuple(row) for row in letters] == [(ann, "true"), (eve, "false")]
        assert [row["participant"] for row in queries.listed(tx, "eve", 10)] == ["eve"]


def test_a_file_says_the_tier_of_new_participants_only_where_the_night_moves_it(
    database: Database,
) -> None:
    cells = dict.fromkeys(columns(imports.Kind.PARTICIPANTS), "")
    cells |= {"key": "ann", "kind": "reseller", "name": "Ann", "email": "ann@x.example"}
    cells |= {"locale": "en", "country": "US", "currency": "USD", "status": "active"}
    tiers_now = []
    with database.transaction() as tx:
        for tier, name in (("premium", "Ann"), ("basic", "Anna")):
            batch = imports.Batch(
                imports.Kind.PARTICIPANTS,
                make.TODAY,
                ZoneInfo("UTC"),
                "ops",
                moved_kinds=POLICY.kinds,
            )
            row = RawRow(2, 2, cells | {"tier": tier, "name": name})
            imports.save(tx, batch, [row])
            found = tx.execute(text("SELECT name, tier FROM participants")).one()
            tiers_now.append(tuple(found))
    assert tiers_now == [("Ann", "premium"), ("Anna", "premium")]
