"""Which company is meant: names and domains as people write them, against known accounts.

Pure functions over plain data; no database, no network. In use:

    index = Index.of(Account(id, name, domain, country, parent_id) for … in accounts)
    found = match(Asked("Akzo Nobel N.V., Arnhem", domain="akzonobel.com"), index)
    found.answer      # Answer.SAME, Answer.ASK or Answer.DIFFERENT
    found.account_id  # the account's id when SAME, else None
    found.reason      # in words: "same registrable domain akzonobel.com"
    found.candidates  # what a person chooses from: account_id, answer, score, reason

An index is made once for many questions (100,000 accounts take some seconds). A merged account is
given under the id of the one that survived, so that its name and domain still lead there.
"""

from __future__ import annotations

from goodword.companies.comparing import Answer
from goodword.companies.domains import registrable_domain
from goodword.companies.index import Account, Asked, Index
from goodword.companies.matching import Candidate, Match, match
from goodword.companies.names import name_key
from goodword.companies.shared_domains import disposable_domain, is_free_mail, of_one_company

__all__ = [
    "Account",
    "Answer",
    "Asked",
    "Candidate",
    "Index",
    "Match",
    "disposable_domain",
    "is_free_mail",
    "match",
    "name_key",
    "of_one_company",
    "registrable_domain",
]
