"""From a customer's refund at Stripe to what is taken back of the rewards for the deal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import text

from goodword.actions import approvals, conversions, refunds, rewards
from goodword.db.queries import explanations, status
from goodword.db.queries import refunds as queries
from goodword.db.session import instant
from goodword.money import Money
from goodword.program import read_program
from goodword.rules.explanations import Kind, Version, tell
from goodword.rules.payouts import Paid
from goodword.rules.provider_events import GivenBack
from sandbox.stripe.endpoints import Call
from tests import factories as make
from tests.waiting import PATIENT
from tests.web.conftest import CUSTOMER, Shop, plain

DEAL = "006000000000001AAA"


def rewarded(shop: Shop, minor: int = 100, currency: str = "USD", state: str = "paid") -> int:
    """Give a participant a reward for DEAL, worth 1,000.00 dollars (100000 of any currency)."""
    with shop.database.transaction() as tx:
        ann = make.participant(tx, currency=currency)
        number = make.conversion(tx, ann, crm_id=DEAL, currency=currency)
        earned = make.earned(tx, [number], Money(minor, currency))
        rewards.record_earned(tx, earned, make.TODAY)
        reward = int(make.value(tx, "SELECT max(id) FROM rewards"))
        if state == "computed":
            return reward
        make.judge(tx, 1 if state == "waiting" else 0, reward)
        if state in {"reserved", "paid"}:
            payout = make.reserved(tx, reward)
            if state == "paid":
                make.settle(tx, make.submit(tx, payout), Paid(f"tr_{payout}"))
        return reward


def state_of(shop: Shop, reward: int) -> str:
    with shop.database.transaction() as tx:
        return make.state(tx, "rewards", reward)


def told(shop: Shop, reward: int) -> list[str]:
    """Return what `goodword explain` says of a reward."""
    with shop.database.transaction() as tx:
        case = explanations.read(tx, Kind.REWARD, reward)
        found = tx.execute(text("SELECT id, effective_on, source FROM program_versions"))
        versions = {
            row.id: Version(row.id, row.effective_on, read_program(row.source, "the program"))
            for row in found
        }
    story = tell(case, versions)
    wanted = {"Refunds and disputes", "Taken back"}
    return [s for part in story.sections if part.heading in wanted for s in part.sentences]


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_forty_percent_and_then_the_rest_take_back_32_and_47_of_79(
    shop: Shop, currency: str
) -> None:
    rewarded(shop, 79, currency)
    charge = shop.pays_for(DEAL, 100_000, currency)
    shop.refund(charge, 40_000)
    shop.night()
    assert shop.taken() == [32]
    shop.refund(charge)
    shop.night()
    assert shop.taken() == [32, 47]
    assert shop.rows("SELECT base_minor FROM rewards WHERE amount_minor < 0 ORDER BY id") == [
        (32,),
        (79,),
    ]
    shop.night()
    shop.later(days=3)
    shop.night()
    assert shop.taken() == [32, 47]


@pytest.mark.parametrize("state", ["approved", "reserved", "paid"])
def test_a_refund_takes_back_its_part_however_far_the_payout_is(shop: Shop, state: str) -> None:
    reward = rewarded(shop, state=state)
    charge = shop.pays_for(DEAL, 100_000)
    shop.refund(charge, 25_000)
    shop.night()
    assert state_of(shop, reward) == state
    assert shop.taken() == [25]
    shop.refund(charge)
    shop.night()
    assert shop.taken() == [25, 75]
    assert state_of(shop, reward) == state


def test_a_refund_of_everything_before_the_reward_is_paid_voids_it(shop: Shop) -> None:
    reward = rewarded(shop, state="approved")
    shop.refund(shop.pays_for(DEAL, 100_000))
    shop.night()
    assert state_of(shop, reward) == "void"
    assert shop.taken() == []
    said = told(shop, reward)
    assert any(
        "It is void, since it was not paid yet; 1,000.00 USD was refunded" in s for s in said
    )


def test_a_reward_computed_in_the_same_night_is_approved_with_its_clawback(shop: Shop) -> None:
    rewarded(shop, state="computed")
    shop.refund(shop.pays_for(DEAL, 100_000), 40_000)
    shop.night()
    found = shop.rows("SELECT amount_minor, state FROM rewards ORDER BY id")
    assert found == [(100, "approved"), (-40, "approved")]


@pytest.mark.parametrize("approve", [True, False])
def test_a_reward_that_waits_for_a_person_is_taken_back_in_part_once_it_is_approved(
    shop: Shop,
    approve: bool,  # noqa: FBT001 - a parametrised argument
) -> None:
    reward = rewarded(shop, state="waiting")
    shop.refund(shop.pays_for(DEAL, 100_000), 40_000)
    shop.night()
    assert shop.taken() == []
    with shop.database.transaction() as tx:
        seen = Money(100, "USD")
        ruling = approvals.Ruling(reward, "ann", approve=approve, seen=seen, reason="as it is")
        approvals.decide(tx, ruling, shop.today)
    shop.night()
    assert shop.taken() == ([40] if approve else [])


def test_a_refund_after_the_ninety_days_lets_the_reward_stand(shop: Shop) -> None:
    rewarded(shop)
    charge = shop.pays_for(DEAL, 100_000)
    shop.later(days=80)  # won on 20 June: the last day is 18 September
    shop.refund(charge, 30_000)
    shop.later(days=1)
    shop.refund(charge)
    shop.night()
    assert shop.taken() == [30]


@pytest.mark.parametrize("place", ["charge", "invoice", "subscription", "customer"])
@pytest.mark.parametrize("written", [DEAL, DEAL[:15]])
def test_the_deal_may_be_named_on_charge_invoice_subscription_or_customer(
    shop: Shop, place: str, written: str
) -> None:
    rewarded(shop)
    named = {"opportunity_id": written}
    bill: dict[str, Any] = {"customer": CUSTOMER, "amount": 100_000, "currency": "usd"}
    if place in {"charge", "invoice"}:
        bill[f"{place}_metadata"] = named
    elif place == "customer":
        shop.client.v1.customers.update(CUSTOMER, {"metadata": named})
    else:
        price = {"customer": CUSTOMER, "price": 100_000, "currency": "usd", "metadata": named}
        answer = put(shop, "subscriptions/sub_named", price)
        bill = {"subscription": answer["id"]}
    shop.refund(shop.control("bills", **bill)["charge"]["id"])
    shop.night()
    assert shop.taken() == [100]


def put(shop: Shop, path: str, body: dict[str, Any]) -> dict[str, Any]:
    url = f"{shop.stripe.base_url}/sandbox/stripe/{path}"
    answer = requests.put(url, json=body, timeout=PATIENT)
    assert answer.ok, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_open_dispute_holds_a_lost_one_takes_back_and_a_won_one_does_neither(
    shop: Shop,
) -> None:
    reward = rewarded(shop, state="approved")
    first, second = shop.pays_for(DEAL, 40_000), shop.pays_for(DEAL, 60_000)
    won = shop.control("disputes", charge=first)["id"]
    shop.night()
    with shop.database.transaction() as tx:
        assert list(queries.disputed_conversions(tx).values()) == [won]
    assert any("rewards that no payout has reserved wait" in s for s in told(shop, reward))
    shop.control(f"disputes/{won}", status="won")
    lost = shop.control("disputes", charge=second)["id"]
    for _ in range(3):
        shop.later(days=25)
        shop.hear()
    shop.control(f"disputes/{lost}", status="lost")
    shop.later(days=10)  # the window is over, and the dispute was opened inside it
    shop.night()
    with shop.database.transaction() as tx:
        assert queries.disputed_conversions(tx) == {}
    assert shop.taken() == [60]
    said = told(shop, reward)
    assert f"2026-06-30: the customer disputes 400.00 USD ({won}); it took nothing in the end." in (
        said
    )
    assert f"2026-06-30: the customer disputes 600.00 USD ({lost}); it was lost." in said
    assert "Of the 1,000.00 USD that the deal was won for, 60.00% did not stay." in said
    assert not any("DIFFERS" in s for s in said)


def test_after_a_long_silence_every_open_dispute_is_read_again(shop: Shop) -> None:
    from tasks import provider_events  # noqa: PLC0415 - Prefect

    rewarded(shop)
    dispute = shop.control("disputes", charge=shop.pays_for(DEAL, 100_000))["id"]
    shop.hear()
    shop.control(f"disputes/{dispute}", status="lost")
    shop.later(days=40)
    shop.hear()
    assert shop.rows("SELECT dispute FROM refunds") == [("open",)]
    assert plain(provider_events.read_disputes)(shop.today) == {"refunds and disputes": 1}
    shop.night()
    assert shop.taken() == [100]


def test_a_cancelled_subscription_takes_all_of_it_back(shop: Shop) -> None:
    reward = rewarded(shop)
    price = {
        "customer": CUSTOMER,
        "price": 5_000,
        "currency": "usd",
        "metadata": {"opportunity_id": DEAL},
    }
    subscription = put(shop, "subscriptions/sub_left", price)["id"]
    shop.later(days=20)
    shop.control(f"subscriptions/{subscription}", status="canceled")
    shop.night()
    assert shop.taken() == [100]
    assert (
        "2026-07-20: the subscription sub_left was cancelled, which takes back all of it."
        in told(shop, reward)
    )


def test_a_refund_that_fails_later_gives_nothing_back_by_itself(shop: Shop) -> None:
    reward = rewarded(shop)
    refund = shop.refund(shop.pays_for(DEAL, 100_000), 40_000)
    shop.night()
    with shop.stripe.state.lock:
        shop.stripe.state.refunds.get(refund)["status"] = "failed"
        call = Call(shop.stripe.state, "req_bank")
        shop.stripe.state.emit(call, "refund.failed", shop.stripe.state.refunds.get(refund))
    shop.night()
    assert shop.taken() == [40]
    said = told(shop, reward)
    assert any("it failed: it takes nothing, and gives nothing back by itself" in s for s in said)
    assert any("what was taken back is not given back by itself" in s for s in said)


def test_a_refund_that_names_no_deal_waits_for_a_person(shop: Shop) -> None:
    rewarded(shop)
    refund = shop.refund(shop.pays(100_000), 10_000)
    shop.night()
    with shop.database.transaction() as tx:
        [waits] = queries.listed(tx, only_open=True, most=10)
        assert (waits["id"], waits["opportunity_crm_id"]) == (refund, None)
        assert ["refunds that a person must place", 1] in [
            [row.what, row.rows] for row in status.waiting_for_people(tx)
        ]
        refunds.link(tx, refund, DEAL[:15], "ann")
        assert queries.listed(tx, only_open=True, most=10) == []
    shop.night()
    assert shop.taken() == [10]


def test_a_refund_that_a_person_says_is_about_no_deal_is_settled(shop: Shop) -> None:
    rewarded(shop)
    charge = shop.pays_for(DEAL, 100_000)
    refund = shop.refund(charge, 10_000)
    shop.hear()
    with shop.database.transaction() as tx:
        refunds.link(tx, refund, None, "ann")
    shop.refund(charge, 5_000)  # Stripe says again what the charge names
    shop.night()
    with shop.database.transaction() as tx:
        assert queries.listed(tx, only_open=True, most=10) == []
    assert shop.taken() == [5]


def test_a_refund_heard_before_its_deal_is_known_counts_from_then_on(shop: Shop) -> None:
    shop.refund(shop.pays_for(DEAL, 100_000))
    shop.hear()
    with shop.database.transaction() as tx:
        [waits] = queries.listed(tx, only_open=True, most=10)
        assert (waits["opportunity_crm_id"], waits["deal_is_known"]) == (DEAL, False)
    reward = rewarded(shop, state="computed")
    shop.night()
    assert state_of(shop, reward) == "void"
    with shop.database.transaction() as tx:
        assert queries.listed(tx, only_open=True, most=10) == []


def test_a_refund_in_another_currency_is_settled_by_recording_it_in_the_deals(shop: Shop) -> None:
    reward = rewarded(shop)
    refund = shop.refund(shop.pays_for(DEAL, 9_000, "EUR"))
    shop.night()
    assert shop.taken() == []
    assert any("a person says what it is worth" in s for s in told(shop, reward))
    manual = refunds.Manual(DEAL, Money(10_000, "USD"), shop.today, "at the day's rate", refund)
    with shop.database.transaction() as tx:
        [waits] = queries.listed(tx, only_open=True, most=10)
        assert (waits["id"], waits["deal_currency"]) == (refund, "USD")
        assert refunds.record_manual(tx, manual, "ann", shop.today) == (f"manual:{refund}", True)
        assert refunds.record_manual(tx, manual, "ann", shop.today) == (f"manual:{refund}", False)
        assert queries.listed(tx, only_open=True, most=10) == []
    shop.night()
    assert shop.taken() == [10]


def test_what_a_person_records_is_refused_with_a_sentence_where_it_cannot_be(shop: Shop) -> None:
    rewarded(shop)
    good = refunds.Manual(DEAL, Money(10_000, "USD"), shop.today, "by bank", "note-1")
    cases = [
        (refunds.Manual("006", *_after_deal(good)), "is no deal that is known here"),
        (refunds.Manual(DEAL, Money(0, "USD"), shop.today, "by bank"), "give an amount above zero"),
        (refunds.Manual(DEAL, Money(1, "USD"), shop.today, " "), "needs a reason"),
        (refunds.Manual(DEAL, Money(1, "USD"), shop.today + timedelta(1), "x"), "is to come"),
        (refunds.Manual(DEAL, Money(1, "USD"), shop.today, "other", "note-1"), "another refund"),
    ]
    with shop.database.transaction() as tx:
        refunds.record_manual(tx, good, "ann", shop.today)
        for manual, said in cases:
            with pytest.raises(refunds.RefundRefused, match=said):
                refunds.record_manual(tx, manual, "ann", shop.today)
        with pytest.raises(refunds.NoSuchRefund, match="there is no refund re_x"):
            refunds.link(tx, "re_x", DEAL, "ann")


def _after_deal(manual: refunds.Manual) -> tuple[Any, ...]:
    return manual.money, manual.on, manual.reason, manual.key


def test_what_was_read_earlier_never_replaces_what_was_read_later(shop: Shop) -> None:
    def dispute(how: str) -> GivenBack:
        now = shop.stripe.clock.now()
        return GivenBack("du_1", "charge", "USD", now, how, disputed_minor=1, dispute=how)

    with shop.database.transaction() as tx:
        earlier = instant(tx)
    with shop.database.transaction() as tx:
        later = instant(tx)
        assert refunds.record_found(tx, [dispute("lost")], later, "UTC") == 1
        assert refunds.record_found(tx, [dispute("open")], earlier, "UTC") == 0
        assert refunds.record_found(tx, [dispute("lost")], later, "UTC") == 0
        assert make.value(tx, "SELECT dispute FROM refunds") == "lost"


def test_a_deal_that_is_won_again_does_not_pay_for_refunds_of_its_first_life(shop: Shop) -> None:
    first = rewarded(shop)
    shop.refund(shop.pays_for(DEAL, 100_000))
    with shop.database.transaction() as tx:
        make.cancel_conversion(tx, first)
    shop.night()
    assert shop.taken() == [100]
    shop.later(days=10)
    again = shop.stripe.clock.now()
    with shop.database.transaction() as tx:
        won_at = "UPDATE opportunities SET won_at = :at WHERE crm_id = :deal"
        tx.execute(text(won_at), {"at": again, "deal": DEAL})
        conversions.record(tx, [make.detected(*make.candidates(tx, DEAL))], shop.today)
        number = int(make.value(tx, "SELECT max(id) FROM conversions"))
        rewards.record_earned(tx, make.earned(tx, [number], Money(50, "USD")), shop.today)
    shop.night()
    assert shop.taken() == [100]
    charge = shop.pays_for(DEAL, 100_000)
    shop.refund(charge, 50_000)
    shop.night()
    assert shop.taken() == [100, 25]
