"""The night's tasks one by one, as the program runs them, on a database of each test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from goodword.db import checks
from goodword.wiring import close, wiring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from goodword.db.session import Database

SET = {
    "GOODWORD_SMTP_URL": "smtp://127.0.0.1:9",  # of one's own: no sandbox stands in
    "GOODWORD_BANK_NAME": "Harbour Software",
    "GOODWORD_BANK_IBAN": "DE89370400440532013000",
    "GOODWORD_BANK_BIC": "COBADEFFXXX",
}


@pytest.fixture
def joined(
    database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Database]:
    """Point the program at the test's database; it has a bank account, and no Stripe.

    Whatever the tasks did, every check of the database holds afterwards.
    """
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("GOODWORD_DATABASE_URL", url)
    monkeypatch.setenv("GOODWORD_HOME", str(tmp_path))
    for name, value in SET.items():
        monkeypatch.setenv(name, value)
    wiring.cache_clear()
    yield database
    with database.transaction() as tx:
        assert [violation.sentence for violation in checks.violations(tx)] == []
    close()
