# ruff: noqa: INP001 - a script beside the pictures that it makes, no package
"""Draw the terminal pictures of the README from what the commands really print.

    .venv/bin/python docs/img/terminal.py

It works in a home of its own, `build/pictures`, which it empties first, runs the sample company
there, and stops what it started. Needs about a minute.
"""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
HOME = Path("build") / "pictures"
COLUMNS = 116
PICTURES = {
    "make-night": ["sample"],
    "explain": ["explain", "reward", "69"],
}
SHOWN_AS = {"make-night": "make night", "explain": "goodword explain reward 69"}
LONGEST = {"make-night": 70, "explain": 44}
LEFT_OUT = "What became of partners' claims"
"""The table that a picture has three dots for: what stands below it matters more to a reader."""

# The font that Rich links to would be fetched from another host: every reader has some monospace.
_FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "Fira Code", "ui-monospace, SFMono-Regular, Menlo, Consolas"
)


def run(words: Sequence[str]) -> str:
    """Run a command of the program on a terminal of its own and return what it printed."""
    goodword = Path(sys.executable).with_name("goodword")
    size = {"COLUMNS": str(COLUMNS), "LINES": "60", "TERM": "xterm-256color"}
    environment = os.environ | size | {"GOODWORD_HOME": str(HOME)}
    ours, theirs = pty.openpty()
    with subprocess.Popen(  # noqa: S603 - our own commands
        [goodword, *words], stdout=theirs, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        os.close(theirs)
        printed = b""
        while more := _read(ours):
            printed += more
    os.close(ours)
    if process.returncode:
        sys.exit(f"goodword {' '.join(words)} ended with {process.returncode}")
    return printed.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux's way to say that the other end is closed
        return b""


def draw(name: str, printed: str) -> None:
    """Write one picture; a long output ends after its LONGEST lines."""
    paragraphs = printed.rstrip().split("\n\n")
    kept = ["…" if LEFT_OUT in part.partition("\n")[0] else part for part in paragraphs]
    lines = "\n\n".join(kept).splitlines()
    if len(lines) > LONGEST[name]:
        lines = [*lines[: LONGEST[name]], "…"]
    shown = SHOWN_AS[name]
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115 - not a path of ours
    console.print(Text(f"$ {shown}", style="bold"))
    console.print(Text.from_ansi("\n".join(lines)))
    console.save_svg(str(HERE / f"{name}.svg"), title=shown, code_format=_FORMAT, unique_id=name)


def main() -> None:
    """Make every picture."""
    shutil.rmtree(HOME, ignore_errors=True)
    try:
        for name, words in PICTURES.items():
            draw(name, run(words))
    finally:
        run(["stop"])


if __name__ == "__main__":
    main()
