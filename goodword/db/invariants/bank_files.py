"""What must hold of bank files: they are what they were, and pay what is recorded."""

from __future__ import annotations

from goodword.db.invariants.base import Invariant

ADD_UP = Invariant(
    "bank_files_add_up",
    "A bank file is of exactly the payouts that are recorded in it, and of their sum.",
    """
SELECT f.id AS bank_file, f.payouts, f.total_minor, f.currency, count(y.id) AS found,
       format('bank file %s is of %s payouts and %s in %s; recorded in it are %s of %s in %s',
              f.id, f.payouts, f.total_minor, f.currency, count(y.id),
              COALESCE(sum(y.amount_minor), 0),
              COALESCE(string_agg(DISTINCT y.currency || ' by ' || y.rail, ', '), 'nothing')
       ) AS sentence
FROM bank_files f LEFT JOIN payouts y ON y.bank_file_id = f.id
GROUP BY f.id
HAVING count(y.id) <> f.payouts OR COALESCE(sum(y.amount_minor), 0) <> f.total_minor
    OR bool_or((y.currency, y.rail) <> (f.currency, 'bank_file'))
""",
)

WHOLE = Invariant(
    "bank_files_whole",
    "The bytes of a bank file are those of which the digest was taken.",
    """
SELECT id AS bank_file, digest,
       format('the bytes of bank file %s are not those of its digest', id) AS sentence
FROM bank_files WHERE digest <> encode(sha256(convert_to(body, 'UTF8')), 'hex')
""",
)

BANK_FILES = (ADD_UP, WHOLE)
