"""What a catalogue must have, read out of the program: its phrases, its reasons and its words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from sqlalchemy import CheckConstraint

from goodword.actions import ledger
from goodword.adapters.languages import REASON, WORD
from goodword.db.models import Base
from goodword.db.queries.suspicions import _SHARED
from goodword.rules import registrations, tiers
from goodword.rules.attribution import Model
from goodword.rules.conversions import ClaimKind
from goodword.rules.explanations import Kind
from goodword.rules.outcomes import Outcome
from goodword.rules.windows import Period

ROOT = Path(__file__).parents[2]
FOLDERS = ("goodword", "tasks")

_ENUMERATIONS: tuple[type[StrEnum], ...] = (Model, ClaimKind, Kind, Outcome, Period, ledger.Kind)
_LISTS = (registrations.EVIDENCE, registrations.REQUIRABLE, tiers.TIERS, ("night", "policy"))
_COLUMNS = {
    "participants": {"kind", "status"},
    "touches": {"source"},
    "dispute_rulings": {"outcome"},
    "referrals": {"state"},
    "registrations": {"state"},
    "conversions": {"state"},
    "rewards": {"state"},
    "payouts": {"state"},
    "messages": {"state"},
    "disputes": {"state"},
}
"""The columns of which an explanation shows the words themselves."""

Entry = tuple[str | None, str]
"""A catalogue's entry: its context, and the English."""


def entries() -> dict[Entry, str]:
    """Return every entry that a catalogue must have, with the file that it is from."""
    found: dict[Entry, str] = {}
    for path in _modules():
        for function, phrase in _phrases(ast.parse(path.read_text(encoding="utf-8"))):
            context = REASON if function == "because" else None
            found.setdefault((context, phrase), str(path.relative_to(ROOT)))
    for word in sorted({word.replace("_", " ") for word in _words()}):
        found[WORD, word] = ""
    return found


def _modules() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "goodword.phrases" in path.read_text(encoding="utf-8") or path.stem == "phrases":
                yield path


def _phrases(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield what `say` and `because` are called with; it must be literal, or nobody finds it."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if isinstance(call.func, ast.Name) and call.func.id in {"say", "because"}:
            phrase = call.args[0]
            assert isinstance(phrase, ast.Constant), ast.unparse(call)
            assert isinstance(phrase.value, str)
            yield call.func.id, phrase.value


def _words() -> Iterator[str]:
    for enumeration in _ENUMERATIONS:
        yield from (member.value for member in enumeration)
    for words in _LISTS:
        yield from words
    for table, columns in _COLUMNS.items():
        for constraint in Base.metadata.tables[table].constraints:
            if isinstance(constraint, CheckConstraint):
                column, _, listed = str(constraint.sqltext).partition(" IN ")
                if column in columns:
                    yield from re.findall(r"'(\w+)'", listed)
    yield from (path.parent.parent.name for path in ROOT.glob("templates/email/*/en/body.txt"))
    yield from re.findall(r"\('([\w ]+)', \d", _SHARED)  # what two participants may share
    yield from _actions()
    yield from _ABOUT


_ABOUT = {kind.value for kind in Kind} | {"touch", "dispute"}


def _actions() -> Iterator[str]:
    """Yield what the audit trail says was done to what an explanation tells of."""
    for path in (ROOT / "goodword/actions").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for action, subject in _events(function):
                if _is_told(subject):
                    yield from _done(action, function, tree)


def _is_told(subject: ast.expr) -> bool:
    """Tell whether an explanation may tell of it; a constant names what none tells of: staff."""
    if isinstance(subject, ast.Constant):
        return subject.value in _ABOUT
    return not (isinstance(subject, ast.Name) and subject.id.isupper())


def _events(function: ast.FunctionDef) -> Iterator[tuple[ast.expr, ast.expr]]:
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "audit.Event":
            yield call.args[1], call.args[2]


def _done(action: ast.expr, function: ast.FunctionDef, tree: ast.Module) -> Iterator[str]:
    """Yield the words of an action; where it is given a name, what is assigned or passed to it.

    Where it is a part of what the function is given, its words are given where that is made.
    """
    prefix, called = "", function.name
    if isinstance(action, ast.JoinedStr):
        first, name = action.values
        prefix, action = first.value, name.value
    if isinstance(action, ast.Attribute) and isinstance(action.value, ast.Name):
        kinds = {
            each.arg: ast.unparse(each.annotation) for each in function.args.args if each.annotation
        }
        if action.value.id in kinds:
            called, action = kinds[action.value.id], ast.Name(action.attr)
    if not isinstance(action, ast.Name):
        yield from _constants(action)
        return
    given = [
        argument
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == called
        for argument in call.args
    ]
    assigned = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _names(node.targets[0], action.id)
    ]
    for node in (*given, *assigned):
        yield from (prefix + each for each in _constants(node))


def _names(target: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(target))


def _constants(node: ast.expr) -> Iterator[str]:
    for inner in ast.walk(node):
        text = inner.value if isinstance(inner, ast.Constant) else None
        if isinstance(text, str) and re.fullmatch("[a-z]+( [a-z]+)*", text):
            yield text
