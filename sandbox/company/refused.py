"""Scenarios of bad input: CRM records to quarantine, and rows that an import must refuse."""

from typing import Final

from sandbox.company.sketches import (
    DealSketch,
    EventSketch,
    Outcome,
    ReferralSketch,
    RegistrationSketch,
    Scenario,
    Spoil,
    TouchSketch,
)


def _spoiled(
    name: str,
    sentence: str,
    *cells: tuple[str, str],
    outcome: Outcome = "won",
    currency: str = "USD",
) -> Scenario:
    deal = DealSketch(outcome, (90, 60), (29, 5), (4_000, 30_000), activity=(40, 30), spoil=cells)
    return Scenario(name, sentence, currencies=(currency,), account="Prospect", deals=(deal,))


QUARANTINED: Final = (
    Scenario(
        "crm_amount_missing",
        "A won deal, which a customer referred, without an amount: quarantined until it has one.",
        deals=(DealSketch("won", (70, 45), (29, 5), activity=(40, 30), spoil=(("Amount", ""),)),),
        referrals=(ReferralSketch("customer", (110, 72)),),
    ),
    _spoiled("crm_amount_negative", "A won deal of -12,000: quarantined.", ("Amount", "-12000")),
    _spoiled("crm_amount_text", "A deal whose amount is n/a: quarantined.", ("Amount", "n/a")),
    _spoiled("crm_amount_nan", "A deal whose amount is NaN: quarantined.", ("Amount", "NaN")),
    _spoiled(
        "crm_amount_comma",
        "A deal whose amount is written 12,500.00: quarantined.",
        ("Amount", "12,500.00"),
        outcome="open",
    ),
    _spoiled(
        "crm_yen_with_decimals",
        "A deal of 980,000.50 yen, which has no decimals: quarantined.",
        ("Amount", "980000.50"),
        currency="JPY",
    ),
    _spoiled(
        "crm_currency_unknown",
        "A deal in XXQ, which is no currency: quarantined.",
        ("CurrencyIsoCode", "XXQ"),
    ),
    _spoiled(
        "crm_close_date_impossible",
        "A won deal that closed on 31 February: quarantined.",
        ("CloseDate", "2026-02-31"),
    ),
    _spoiled(
        "crm_close_date_missing", "A won deal without close date: quarantined.", ("CloseDate", "")
    ),
    _spoiled(
        "crm_stage_missing",
        "A deal without a stage: quarantined.",
        ("StageName", ""),
        outcome="open",
    ),
    _spoiled("crm_name_missing", "A won deal without a name: quarantined.", ("Name", "")),
    _spoiled("crm_won_unclear", "A deal that is won 'perhaps': quarantined.", ("IsWon", "perhaps")),
)


def _bad(name: str, sentence: str, *cells: tuple[str, str], who: str = "reseller") -> Scenario:
    claim = RegistrationSketch(who, (40, 5), spoil=cells)
    return Scenario(name, sentence, account="", registrations=(claim,))


_REGISTRATIONS: Final = (
    _bad(
        "bad_row_unknown_partner",
        "A claim by a partner key that no participant has: the row is refused.",
        ("participant", "reseller-nobody"),
    ),
    _bad(
        "bad_row_date",
        "A claim submitted on 2026-13-45: the row is refused.",
        ("submitted_at", "2026-13-45"),
    ),
    _bad(
        "bad_row_no_company",
        "A claim that names neither company, domain nor deal: the row is refused.",
        ("company", ""),
        ("domain", ""),
    ),
    _bad(
        "bad_row_evidence",
        "A claim with a kind of evidence that does not exist: the row is refused.",
        ("evidence", "horoscope=2026-05-04"),
    ),
    _bad(
        "bad_row_amount",
        "A claim that expects the amount abc: the row is refused.",
        ("expected_amount", "abc"),
    ),
)

_NO_PARTICIPANT: Final[Spoil] = (("participant", "customer-nobody"),)

_OTHERS: Final = (
    Scenario(
        "bad_participant_kind",
        "A participant of the kind friend: the row is refused.",
        fixed=True,
        account="",
        participants=("participant-unknown-kind",),
    ),
    Scenario(
        "bad_participant_email",
        "A participant whose e-mail is no address: the row is refused.",
        fixed=True,
        account="",
        participants=("participant-no-email",),
    ),
    Scenario(
        "bad_referral_unknown_participant",
        "A referral by a participant key that no participant has: the row is refused.",
        account="",
        referrals=(ReferralSketch("customer", (40, 5), spoil=_NO_PARTICIPANT),),
    ),
    Scenario(
        "bad_touch_source",
        "A touch whose source is television: the row is refused.",
        account="",
        touches=(
            TouchSketch((40, 5), "marketing", named="domain", spoil=(("source", "television"),)),
        ),
    ),
    Scenario(
        "bad_event_kind",
        "An event of the kind birthday: the row is refused.",
        account="",
        events=(EventSketch("nps", "customer", (40, 5), "9", spoil=(("kind", "birthday"),)),),
    ),
)

REFUSED: Final = (*QUARANTINED, *_REGISTRATIONS, *_OTHERS)
