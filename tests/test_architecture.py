"""The architecture, kept: sizes, who may do what, and that nothing is left half done.

What imports may say is kept by import-linter (pyproject.toml), which `make check` runs.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAM = ("goodword", "flows", "tasks", "cli", "web", "sandbox", "benchmarks")
FUNCTION_LINES = 70
MODULE_LINES = 400
TEST_LINES = 500  # a table of cases may be long
FLOW_LINES = 40
ARGUMENTS = 5
LETTER = {"subject.txt", "body.txt", "body.html"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def place(path: Path, node: ast.stmt | ast.expr | ast.excepthandler) -> str:
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def imported(path: Path, *, lazily: bool) -> set[str]:
    """Return the top packages imported at all, or only those imported while the module loads."""
    found = set()
    for node in ast.walk(tree(path)) if lazily else loading(tree(path).body):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def loading(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Walk the statements that run when a module is imported."""
    for node in body:
        yield node
        if isinstance(node, ast.If):
            if "TYPE_CHECKING" not in ast.unparse(node.test):
                yield from loading(node.body)
            yield from loading(node.orelse)
        elif isinstance(node, ast.Try):
            yield from loading([*node.body, *node.orelse, *node.finalbody])


def test_no_function_is_longer_than_70_lines() -> None:
    long = [
        f"{place(path, node)} {node.name} has {lines} lines"
        for path in modules(*PROGRAM, "migrations", "tests")
        for node in functions(path)
        if (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES
        and not (node.name in {"upgrade", "downgrade"} and "versions" in path.parts)
    ]
    assert long == []


def test_no_module_is_longer_than_400_lines_and_no_flow_file_than_40() -> None:
    limits = dict.fromkeys(modules(*PROGRAM), MODULE_LINES)
    limits |= dict.fromkeys(modules("tests"), TEST_LINES)
    limits |= {path: FLOW_LINES for path in modules("flows") if "@flow" in path.read_text()}
    long = [
        f"{path.relative_to(ROOT)} has {lines} lines, {limit} allowed"
        for path, limit in limits.items()
        if (lines := len(path.read_text().splitlines())) > limit
    ]
    assert long == []


def test_no_function_takes_more_than_five_arguments() -> None:
    # A command's arguments are its options, a fixture's its needs: both arrive by name.
    wide = [
        f"{place(path, node)} {node.name} takes {count}"
        for path in modules("goodword", "flows", "tasks", "web", "sandbox")
        for node in functions(path)
        if (count := positional(node)) > ARGUMENTS
    ]
    assert wide == []


def positional(function: Function) -> int:
    given = [*function.args.posonlyargs, *function.args.args]
    return len(given) - (bool(given) and given[0].arg in {"self", "cls"})


def test_no_error_is_swallowed_in_silence() -> None:
    silent = [
        place(path, node)
        for path in modules(*PROGRAM)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and is_broad(node)
        and all(isinstance(statement, ast.Pass) for statement in node.body)
    ]
    assert silent == []


def is_broad(handler: ast.ExceptHandler) -> bool:
    names = ast.unparse(handler.type) if handler.type else "BaseException"
    return bool(re.search(r"\b(Base)?Exception\b", names))


def test_nothing_but_the_session_commits() -> None:
    commits = re.compile(r"\.commit\(|\bsessionmaker\b|\.begin\(\)|\.begin_nested\(")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in modules("goodword", "flows", "tasks", "cli", "web", "migrations")
        if path != ROOT / "goodword/db/session.py"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if commits.search(line)
    ]
    assert found == []


def test_prefect_is_imported_by_flows_and_tasks_and_only_lazily_by_commands() -> None:
    anywhere = modules("goodword", "web", "sandbox")
    assert [str(path) for path in anywhere if "prefect" in imported(path, lazily=True)] == []
    commands = modules("cli")
    slow = [
        str(path)
        for path in commands
        if imported(path, lazily=False) & {"prefect", "flows", "tasks"}
    ]
    assert slow == []


def test_rules_and_money_know_the_standard_library_only() -> None:
    allowed = sys.stdlib_module_names | {"goodword"}
    foreign = [
        f"{path.relative_to(ROOT)}: {sorted(names)}"
        for path in [*modules("goodword/rules"), ROOT / "goodword/money.py"]
        if (names := imported(path, lazily=True) - allowed)
    ]
    assert foreign == []


def test_rules_read_no_clock_no_environment_and_no_chance() -> None:
    impure = re.compile(r"\b(now|today|utcnow)\(\)|\bos\.environ\b|\brandom\.|\btime\.time\(")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in modules("goodword/rules")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if impure.search(line)
    ]
    assert found == []


def test_every_letter_is_whole_in_every_language() -> None:
    letters = [
        folder
        for folder in (ROOT / "templates/email").iterdir()
        if folder.is_dir() and not folder.name.startswith("_")  # _layout is what they share
    ]
    locales = {locale.name for letter in letters for locale in letter.iterdir()}
    missing = [
        f"templates/email/{letter.name}/{locale}/{part}"
        for letter in letters
        for locale in sorted(locales)
        for part in sorted(LETTER)
        if not (letter / locale / part).is_file()
    ]
    assert missing == []


def test_no_file_names_a_machine() -> None:
    """Addresses of package indexes and folders of one machine stay out of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - the git of whoever runs the tests
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    machine = re.compile(r"--(extra-)?index-url|--find-links|--trusted-host|file:///|/root/")
    named = [
        name
        for name in listed.stdout.split("\0")
        if name.endswith((".txt", ".toml", ".yaml", ".ini", ".cfg", "Makefile", "run"))
        and (ROOT / name).is_file()
        and machine.search((ROOT / name).read_text())
    ]
    assert named == []


def test_every_deployment_names_a_flow_that_exists() -> None:
    entrypoints = re.findall(r"entrypoint: (\S+):(\S+)", (ROOT / "prefect.yaml").read_text())
    missing = [
        f"{file}:{name}"
        for file, name in entrypoints
        if not (ROOT / file).is_file()
        or name not in {function.name for function in functions(ROOT / file)}
    ]
    assert entrypoints
    assert missing == []
