"""Doctor: what is set, what answers, and what to do about the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli.arguments import newest_program
from goodword.rules.crm import PROTECTED, CrmObject
from goodword.rules.crm_policy import CrmPolicy, Intake
from goodword.rules.rights import Role
from goodword.wiring import NotSetUp, Wiring

if TYPE_CHECKING:
    from goodword.adapters.crm import Crm
    from goodword.rules.programs import Program


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what was found or must be done.

    `ok` is None for what works and should be looked at all the same.
    """

    what: str
    ok: bool | None
    said: str

    @property
    def state(self) -> str:
        """How it stands, for a table."""
        return "look" if self.ok is None else "ok" if self.ok else "NOT OK"


def examine(wired: Wiring) -> list[Finding]:
    """Look at the settings, the program, the database and every outside system."""
    used = wired.settings.sandbox
    stand_ins = f"the sandbox at {used.base_url}" if used else "as the environment says"
    settings = Finding("settings", ok=True, said=stand_ins)
    looks = (
        ("program file", _program),
        ("database", _database),
        ("published program", _published),
        ("stages", _stages),
        ("staff", _staff),
        ("identity provider", _identity),
        ("Salesforce", _crm),
        ("deal registrations", _intake),
        ("Stripe", _provider),
        ("mail", _mail),
        ("chat", _chat),
    )
    return [settings, *(_look(what, look, wired) for what, look in looks)]


class WorthALook(Exception):
    """Something works, and is probably not what was meant."""


def _look(what: str, look: Callable[[Wiring], str], wired: Wiring) -> Finding:
    try:
        return Finding(what, ok=True, said=look(wired))
    except WorthALook as found:
        return Finding(what, ok=None, said=str(found))
    except NotSetUp as error:
        return Finding(what, ok=False, said=" ".join(error.missing))
    except Exception as error:  # noqa: BLE001 - whatever it is, this is the place that tells it
        return Finding(what, ok=False, said=" ".join(str(error).split()) or type(error).__name__)


def _program(wired: Wiring) -> str:
    program = _own_program(wired)
    return f"{wired.settings.program}: {program.name}, in force from {program.effective_on}"


def _database(wired: Wiring) -> str:
    database = wired.ready_database
    where = "the configured one" if wired.settings.database_url else "the embedded PostgreSQL"
    with database.transaction() as tx:
        version = tx.exec_driver_sql("SHOW server_version").scalar_one()
    return f"{where}, version {version}, up to date"


def _published(wired: Wiring) -> str:
    from goodword.db.queries import programs as queries

    program = _own_program(wired)
    with wired.ready_database.transaction() as tx:
        newest = queries.require_newest(tx)
    if wired.program(newest.source) != program:
        raise WorthALook(
            f"version {newest.number} is in force from {newest.effective_on}, and "
            f"{wired.settings.program} says something else: publish it with "
            f"`goodword program publish {wired.settings.program} --as NAME`"
        )
    return f"version {newest.number}, as in {wired.settings.program}"


def _stages(wired: Wiring) -> str:
    """Compare the stages of the mirrored deals with those that the program puts in order."""
    from goodword.db.queries import opportunities as queries

    program, _ = newest_program(None)
    with wired.ready_database.transaction() as tx:
        found = queries.stages(tx)
    if not found:
        return "no deal is mirrored yet; the first night does that"
    known = program.stages.order
    unknown = [f"{stage} ({deals:,} deals)" for stage, deals in found if stage not in known]
    if unknown:
        raise WorthALook(
            f"the CRM has stages that the program does not know: {', '.join(unknown)}. On them no "
            "referral qualifies and no claim counts as moving forward: name them, in order, under "
            "[stages] in the program file, and publish it"
        )
    return f"the program knows all {len(found)} stages of the mirrored deals"


def _staff(wired: Wiring) -> str:
    """Say who may decide, and warn where nobody may, or anybody."""
    from goodword.db.queries import staff as queries

    with wired.ready_database.transaction() as tx:
        active = [member for member in queries.everyone(tx) if member.is_active]
    if not active:
        raise WorthALook(
            "nobody is on the staff: whoever runs a command may say to be anybody (--as), and "
            "nobody can sign in to the console. Begin with `goodword staff add NAME --email "
            "ADDRESS --role administrator`"
        )
    counts = {role: sum(role in member.roles for member in active) for role in Role}
    said = ", ".join(f"{role} {count}" for role, count in counts.items())
    if not counts[Role.APPROVER]:
        raise WorthALook(f"{len(active)} active ({said}): nobody may decide on rewards")
    return f"{len(active)} active ({said}); --as must name one of them"


def _identity(wired: Wiring) -> str:
    if wired.identity is None:
        return "none is set up (GOODWORD_OIDC_ISSUER): staff signs in with passwords"
    wired.identity.reach()
    return f"{wired.identity.issuer} answers"


def _crm(wired: Wiring) -> str:
    policy, crm = _own_program(wired).crm, _connected(wired)
    org = crm.identity()
    crm.check_fields()
    lacking = {kind: lacks for kind in PROTECTED if (lacks := crm.lacks(kind))}
    if not lacking:
        return f"organisation {org} answers and shows protection"
    shown = "but not all protection can be shown" if crm.has_own_fields else "but shows none"
    unrouted = ""
    if crm.has_own_fields and CrmObject.LEAD in lacking:
        unrouted = ". Until then leads of protected accounts do not reach their partners"
    hidden = "" if crm.can_read(CrmObject.LEAD) else " (which are hidden from the integration user)"
    raise WorthALook(
        f"organisation {org} answers, {shown}: create {_to_create(policy, lacking)}{hidden}, "
        "and let the integration user edit them. `goodword doctor --metadata DIR` writes fields "
        "and a permission set into a folder, which `sf project deploy start --metadata-dir DIR` "
        f"puts into the org{unrouted}"
    )


def _to_create(policy: CrmPolicy, lacking: Mapping[CrmObject, Sequence[str]]) -> str:
    """List the fields that an administrator must create, each with its type and its objects."""
    types = {policy.partner_field: "Text(255)", policy.protected_until_field: "Date"}
    places = {name: [kind for kind, lacks in lacking.items() if name in lacks] for name in types}
    return " and ".join(
        f"{name} ({types[name]}) on {', '.join(kinds)}" for name, kinds in places.items() if kinds
    )


def _intake(wired: Wiring) -> str:
    policy = _own_program(wired).crm
    if policy.intake is Intake.NONE:
        return "none are taken from the CRM: [crm] intake of the program is none"
    crm = _connected(wired)
    crm.check_fields()
    if policy.intake is Intake.OBJECT:
        return f"records of {policy.object} are taken in"
    if policy.lead_record_type not in crm.lead_record_types():
        raise WorthALook(
            f"leads have no record type {policy.lead_record_type}: only those with LeadSource "
            f"{policy.lead_source} are taken in. Create the record type, or correct its developer "
            "name under [crm] in the program file"
        )
    return f"leads of {policy.lead_record_type} or from {policy.lead_source} are taken in"


def _connected(wired: Wiring) -> Crm:
    program = _own_program(wired)
    return wired.crm(program.currency, program.crm)


def _own_program(wired: Wiring) -> Program:
    from goodword.program import load_program

    program, _ = load_program(wired.settings.program)
    return program


def write_metadata(wired: Wiring, folder: Path) -> list[Path]:
    """Write what the org needs into a folder, ready to be deployed; returns the files."""
    from goodword.adapters.salesforce_metadata import metadata

    written = []
    for name, text in metadata(_own_program(wired).crm).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _provider(wired: Wiring) -> str:
    reached = wired.provider.reach()
    return f"answers as {reached.account} in {reached.mode} mode"


def _mail(wired: Wiring) -> str:
    wired.mailbox().reach()
    return "takes mail"


def _chat(wired: Wiring) -> str:
    given = wired.settings.notices
    if not given.url:
        return "no chat tool is told of nights (GOODWORD_NOTICES_URL)"
    return f"is told of nights ({given.style}); `goodword notices test` tries it out"
