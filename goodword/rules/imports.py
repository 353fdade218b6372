"""Imports: what a row of each kind of file says, and what a file may change of what is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum, StrEnum
from zoneinfo import ZoneInfo

from goodword.rules import import_cells as cells
from goodword.rules import import_values as values
from goodword.rules.crm_values import Impossible
from goodword.rules.import_cells import Given, Reader, filled
from goodword.rules.import_values import Evidence
from goodword.rules.incentives import Pay
from goodword.rules.participants import KINDS, STATUSES
from goodword.rules.payouts import PAYOUT_METHODS
from goodword.rules.tiers import TIERS


class Kind(StrEnum):
    """What a file holds, and the table that it goes to."""

    PARTICIPANTS = "participants"
    REFERRALS = "referrals"
    REGISTRATIONS = "registrations"
    TOUCHES = "touches"
    EVENTS = "events"

    @property
    def noun(self) -> str:
        """The word for one of them."""
        return "touch" if self is Kind.TOUCHES else self.value.removesuffix("s")


class NotGiven(Enum):
    """Stands for a column that the file does not have: what is recorded stays as it is."""

    NOT_GIVEN = "not given"


# What a row says: each field is a column of the kind's table ------------------------------------


@dataclass(frozen=True, slots=True)
class ParticipantRow:
    """One participant."""

    key: str
    kind: str
    name: str
    email: str
    locale: str
    country: str
    currency: str
    tier: str
    payout_method: str | None
    stripe_account: str | None
    stripe_customer: str | None
    company_domain: str | None
    status: str
    stripe_subscription: str | NotGiven | None
    iban: str | NotGiven | None
    bic: str | NotGiven | None
    crm_user_id: str | NotGiven | None
    prefers: str | NotGiven | None
    account_crm_id: str | NotGiven | None
    company_key: str | NotGiven | None


@dataclass(frozen=True, slots=True)
class ReferralRow:
    """One referral; `submitted_at` in UTC."""

    key: str
    participant_id: int
    company: str
    name_key: str
    domain: str | None
    contact_name: str | None
    contact_email: str | None
    submitted_at: datetime
    channel: str
    opportunity_crm_id: str | None


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    """One claim; `submitted_at` in UTC, the expected amount in minor units of `currency`."""

    key: str
    participant_id: int
    company: str
    name_key: str
    domain: str | None
    division: str
    opportunity_crm_id: str | None
    submitted_at: datetime
    evidence: tuple[Evidence, ...]
    expected_amount_minor: int | None
    currency: str | None
    expected_close_on: date | NotGiven | None


@dataclass(frozen=True, slots=True)
class TouchRow:
    """One touch; `at` in UTC."""

    key: str
    opportunity_crm_id: str | None
    domain: str | None
    contact_email: str | None
    at: datetime
    source: str
    participant_id: int | None
    campaign: str | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event; `at` in UTC."""

    key: str
    kind: str
    participant_id: int
    at: datetime
    value: str | None


ImportedRow = ParticipantRow | ReferralRow | RegistrationRow | TouchRow | EventRow


# How it is read: for each field its column and its reader ---------------------------------------


@dataclass(frozen=True, slots=True)
class _Shape:
    """One kind of file.

    Attributes:
        row: what a row becomes.
        fields: for each field its column and its reader.
        correctable: the fields that a later file may change.
        optional: the columns that a file may leave out.
    """

    row: Callable[..., ImportedRow]
    fields: Mapping[str, tuple[str, Reader]]
    correctable: frozenset[str]
    optional: frozenset[str] = frozenset()


_EVENT_KINDS = ("nps", "win", "renewal", "support_solved", "milestone", "purchase")
_SOURCES = ("referral", "partner", "marketing", "direct")

_PARTICIPANT: Mapping[str, tuple[str, Reader]] = {
    "key": ("key", cells.needed),
    "kind": ("kind", filled(cells.word(*KINDS))),
    "name": ("name", cells.needed),
    "email": ("email", filled(values.email)),
    "locale": ("locale", filled(values.locale)),
    "country": ("country", filled(cells.shaped("[A-Z]{2}", "US, the country's two letters"))),
    "currency": ("currency", filled(values.currency)),
    "tier": ("tier", filled(cells.word(*TIERS))),
    "payout_method": ("payout_method", cells.word(*PAYOUT_METHODS)),
    "stripe_account": ("stripe_account", cells.shaped("acct_[0-9A-Za-z_]+", "acct_1032D82eZvKY")),
    "stripe_customer": ("stripe_customer", cells.shaped("cus_[0-9A-Za-z_]+", "cus_NffrFeUfNV2H")),
    "company_domain": ("company_domain", values.domain),
    "status": ("status", filled(cells.word(*STATUSES))),
    "stripe_subscription": (
        "stripe_subscription",
        cells.shaped("sub_[0-9A-Za-z_]+", "sub_1MowQVLkdIwHu7ixeRlqHVzs"),
    ),
    "iban": ("iban", values.iban),
    "bic": ("bic", values.bic),
    "crm_user_id": ("crm_user_id", values.crm_id),
    "prefers": ("prefers", cells.word(*Pay)),
    "account_crm_id": ("crm_account", values.crm_id),
    "company_key": ("company", cells.optional),
}

_CLAIM: Mapping[str, tuple[str, Reader]] = {
    "key": ("key", cells.needed),
    "participant_id": ("participant", filled(values.participant)),
    "company": ("company", values.company),
    "name_key": ("company", values.company_key),
    "domain": ("domain", values.domain),
    "opportunity_crm_id": ("opportunity_id", values.crm_id),
    "submitted_at": ("submitted_at", filled(cells.instant)),
}

_SHAPES: Mapping[Kind, _Shape] = {
    Kind.PARTICIPANTS: _Shape(
        ParticipantRow,
        _PARTICIPANT,
        frozenset(_PARTICIPANT),
        optional=frozenset(
            {"stripe_subscription", "iban", "bic", "crm_user_id", "prefers", "crm_account"}
            | {"company"}
        ),
    ),
    Kind.REFERRALS: _Shape(
        ReferralRow,
        {
            **_CLAIM,
            "contact_name": ("contact_name", cells.optional),
            "contact_email": ("contact_email", values.email),
            "channel": ("channel", filled(values.channel)),
        },
        frozenset({"company", "contact_name", "channel"}),
    ),
    Kind.REGISTRATIONS: _Shape(
        RegistrationRow,
        {
            **_CLAIM,
            "division": ("division", values.division),
            "evidence": ("evidence", values.evidence),
            "expected_amount_minor": ("expected_amount", values.amount_minor),
            "currency": ("currency", values.currency),
            "expected_close_on": ("expected_close_on", values.coming_day),
        },
        frozenset({"company", "expected_amount_minor", "currency", "expected_close_on"}),
        optional=frozenset({"expected_close_on"}),
    ),
    Kind.TOUCHES: _Shape(
        TouchRow,
        {
            "key": ("key", cells.needed),
            "opportunity_crm_id": ("opportunity_id", values.crm_id),
            "domain": ("domain", values.touched_domain),
            "contact_email": ("contact_email", values.email),
            "at": ("at", filled(cells.instant)),
            "source": ("source", filled(cells.word(*_SOURCES))),
            "participant_id": ("participant", values.touching_participant),
            "campaign": ("campaign", cells.optional),
        },
        frozenset({"campaign"}),
    ),
    Kind.EVENTS: _Shape(
        EventRow,
        {
            "key": ("key", cells.needed),
            "kind": ("kind", filled(cells.word(*_EVENT_KINDS))),
            "participant_id": ("participant", filled(values.participant)),
            "at": ("at", filled(cells.instant)),
            "value": ("value", values.event_value),
        },
        frozenset(),
    ),
}


def columns(kind: Kind) -> tuple[str, ...]:
    """Return the columns of a file of this kind, which it has in any order."""
    return tuple(dict.fromkeys(column for column, _ in _SHAPES[kind].fields.values()))


def optional_columns(kind: Kind) -> frozenset[str]:
    """Return the columns that a file of this kind may leave out."""
    return _SHAPES[kind].optional


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be taken in; every reason is a sentence about one column."""

    reasons: tuple[str, ...]


def read(kind: Kind, row: Given) -> ImportedRow | Refused:
    """Read one row, or say everything that is wrong with it."""
    shape = _SHAPES[kind]
    found: dict[str, object] = {}
    reasons: list[str] = []
    for field, (column, reader) in shape.fields.items():
        if column in shape.optional and column not in row.cells:
            found[field] = NotGiven.NOT_GIVEN
            continue
        try:
            found[field] = reader(row, column)
        except Impossible as error:
            reasons.append(str(error))
    # Two fields of one column say the same of it.
    return Refused(tuple(dict.fromkeys(reasons))) if reasons else shape.row(**found)


def stored(kind: Kind, row: ImportedRow) -> dict[str, object]:
    """Return a row's values as its table has them, by column; evidence as a JSON list.

    What the file has no column for is left out, in every row of it alike.
    """
    told = {field: getattr(row, field) for field in _SHAPES[kind].fields}
    values_of = {name: value for name, value in told.items() if not isinstance(value, NotGiven)}
    if isinstance(row, RegistrationRow):
        values_of["evidence"] = [_piece(piece) for piece in row.evidence]
    return values_of


def _piece(piece: Evidence) -> dict[str, object]:
    said: dict[str, object] = {"kind": piece.kind, "on": piece.on and piece.on.isoformat()}
    return said | {"note": piece.note} if piece.note else said


# Again ------------------------------------------------------------------------------------------


class Frozen(ValueError):
    """A row says something else than what is recorded and counts already."""

    def __init__(self, noun: str, columns: tuple[str, ...]) -> None:
        self.columns = columns
        super().__init__(
            f"this {noun} is recorded with another {' and '.join(columns)}, which never changes: "
            "give a new one a key of its own"
        )


@dataclass(frozen=True, slots=True)
class Correction:
    """One column's value before and after a file corrected it."""

    before: object
    after: object


def corrections(kind: Kind, kept: Mapping[str, object], row: ImportedRow) -> dict[str, Correction]:
    """Return what a row corrects of what is recorded under its key; nothing when it says the same.

    Participants change; what they did does not, but for a name's spelling and the like. A claim
    whose deal the program has found needs no deal in the file.

    Raises:
        Frozen: the row would change what counts.
    """
    shape = _SHAPES[kind]
    given = stored(kind, row)
    if given.get("opportunity_crm_id", "") is None:
        del given["opportunity_crm_id"]
    found = {
        field: Correction(kept[field], value)
        for field, value in given.items()
        if kept[field] != value
    }
    frozen = dict.fromkeys(shape.fields[f][0] for f in found if f not in shape.correctable)
    if frozen:
        raise Frozen(kind.noun, tuple(frozen))
    return found


def correctable(kind: Kind) -> frozenset[str]:
    """Return the fields that a later file may change."""
    return _SHAPES[kind].correctable - {"key"}


def is_fresh(submitted_at: datetime, today: date, zone: ZoneInfo) -> bool:
    """Tell news from history: submitted within the 24 hours before the end of today, or later."""
    end = datetime.combine(today + timedelta(days=1), time(), zone)
    return submitted_at.timestamp() >= end.timestamp() - timedelta(days=1).total_seconds()
