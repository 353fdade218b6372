"""Doctor: what is set, what answers, and what to do about the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from goodword.wiring import Wiring


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what was found or must be done."""

    what: str
    ok: bool
    said: str


def examine(wired: Wiring) -> list[Finding]:
    """Look at the settings, the program, the database and every outside system."""
    used = wired.settings.sandbox
    stand_ins = f"the sandbox at {used.base_url}" if used else "as the environment says"
    settings = Finding("settings", ok=True, said=stand_ins)
    missing = [Finding("settings", ok=False, said=said) for said in wired.settings.missing()]
    looks = (
        ("program file", _program),
        ("database", _database),
        ("Salesforce", _crm),
        ("Stripe", _provider),
        ("mail", _mail),
    )
    return [settings, *missing, *(_look(what, look, wired) for what, look in looks)]


def _look(what: str, look: Callable[[Wiring], str], wired: Wiring) -> Finding:
    try:
        return Finding(what, ok=True, said=look(wired))
    except Exception as error:  # noqa: BLE001 - whatever it is, this is the place that tells it
        return Finding(what, ok=False, said=str(error).strip() or type(error).__name__)


def _program(wired: Wiring) -> str:
    from goodword.program import load_program  # noqa: PLC0415 - only here

    program, _ = load_program(wired.settings.program)
    return f"{wired.settings.program}: {program.name}, in force from {program.effective_on}"


def _database(wired: Wiring) -> str:
    database = wired.ready_database
    where = "the configured one" if wired.settings.database_url else "the embedded PostgreSQL"
    with database.transaction() as tx:
        version = tx.exec_driver_sql("SHOW server_version").scalar_one()
    return f"{where}, version {version}, up to date"


def _crm(wired: Wiring) -> str:
    from goodword.program import load_program  # noqa: PLC0415 - only here

    program, _ = load_program(wired.settings.program)
    crm = wired.crm(program.currency)
    org = crm.identity()
    crm.check_fields()
    fields = (
        "and shows protection"
        if crm.has_own_fields
        else (
            "but has no fields for protection: create Goodword_Partner__c (text 255) and "
            "Goodword_Protected_Until__c (date) on Account and Opportunity"
        )
    )
    return f"organisation {org} answers {fields}"


def _provider(wired: Wiring) -> str:
    return f"answers in {wired.provider.reach()} mode"


def _mail(wired: Wiring) -> str:
    wired.mailbox().reach()
    return "takes mail"
