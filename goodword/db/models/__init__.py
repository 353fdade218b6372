"""The data dictionary: every table, what a row stands for, and what the database itself forbids.

Suffixes: `_minor` an amount in the smallest unit of the row's `currency`; `_on` a date in the
program's time zone; `_at` an instant (UTC). Rows of the CRM are known by the CRM's own 18-character
id, everything else by a number. Append-only tables and frozen columns are kept so by triggers
(migrations/versions), not only by the code.
"""

from goodword.db.models.base import Base
from goodword.db.models.claims import Conversion, Event, Referral, Registration, Share, Touch
from goodword.db.models.crm import (
    Account,
    CrmUser,
    Lead,
    Opportunity,
    Quarantined,
    StageChange,
    Watermark,
)
from goodword.db.models.decisions import DecisionCode
from goodword.db.models.money import (
    Approval,
    BankFile,
    Delegation,
    Difference,
    Entry,
    Payout,
    PayoutReward,
    Posting,
    Reward,
)
from goodword.db.models.operations import AuditEvent, Figure, Message, Night, Notice, StageRun
from goodword.db.models.payments import Pace, PaidInvoice, ProviderEvent, Refund
from goodword.db.models.people import Installation, Participant, ProgramVersion, TierChange
from goodword.db.models.registrations import (
    AccountQuestion,
    Dispute,
    DisputeRuling,
    DisputeStatement,
    ExtensionRequest,
    Matching,
    Routing,
)
from goodword.db.models.staff import Session, SignInAttempt, Staff

__all__ = [
    "Account",
    "AccountQuestion",
    "Approval",
    "AuditEvent",
    "BankFile",
    "Base",
    "Conversion",
    "CrmUser",
    "DecisionCode",
    "Delegation",
    "Difference",
    "Dispute",
    "DisputeRuling",
    "DisputeStatement",
    "Entry",
    "Event",
    "ExtensionRequest",
    "Figure",
    "Installation",
    "Lead",
    "Matching",
    "Message",
    "Night",
    "Notice",
    "Opportunity",
    "Pace",
    "PaidInvoice",
    "Participant",
    "Payout",
    "PayoutReward",
    "Posting",
    "ProgramVersion",
    "ProviderEvent",
    "Quarantined",
    "Referral",
    "Refund",
    "Registration",
    "Reward",
    "Routing",
    "Session",
    "Share",
    "SignInAttempt",
    "Staff",
    "StageChange",
    "StageRun",
    "TierChange",
    "Touch",
    "Watermark",
]
