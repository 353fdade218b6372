# ruff: noqa: INP001 - a script beside the pictures that it makes, no package
"""Take pictures of every page of the console, on a desk and on a telephone, light and dark.

    make screenshots

It works in a home of its own, `build/screenshots`, which it empties first, runs the sample company
there for a summer, signs somebody in who has every role, and stops what it started. All pictures
are in `build/console`; those that documents show are in docs/img. Needs Chromium, and about five
minutes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from fastapi.routing import APIRoute
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import text

from benchmarks.served import serving, signed_in
from docs.img.summer import BANK, live_through
from goodword.wiring import close, wiring
from web.console.pages import PAGES

HERE = Path(__file__).parent
HOME = Path("build") / "screenshots"
PICTURES = Path("build") / "console"
SIZES = {
    "desk": (1280, 900),
    "phone": (390, 844),
    "desk-dark": (1280, 900),
    "phone-dark": (390, 844),
}
SHOWN = {
    "home-desk": "console-home",
    "figures-desk-dark": "console-figures",
    "approvals-desk": "console-approvals",
    "rewards-number-desk": "console-reward",
    "approvals-phone": "console-approvals-phone",
}
"""Those that documents show, and their names there."""

NUMBERS = {
    "rewards": (
        "SELECT id FROM rewards WHERE state = 'waiting'"
        " ORDER BY approvals_needed DESC, amount_minor DESC LIMIT 1"
    ),
    "payouts": "SELECT max(id) FROM payouts",
    "registrations": "SELECT min(id) FROM registrations WHERE state = 'conflicting'",
    "disputes": "SELECT min(id) FROM disputes",
    "quarantine": "SELECT min(id) FROM quarantine",
    "reconciliation": "SELECT min(id) FROM differences WHERE kind = 'not in the ledger'",
    "bank-files": (
        "SELECT f.id FROM bank_files f JOIN payouts y ON y.bank_file_id = f.id"
        " WHERE y.state = 'handed_over' AND f.exported_at IS NOT NULL"
        " ORDER BY f.payouts DESC, f.id DESC LIMIT 1"
    ),
}
"""Which one of a noun is shown; of the others number 1."""


def goodword(*words: str) -> None:
    """Run a command of the program in this home."""
    command = [str(Path(sys.executable).with_name("goodword")), *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own commands


def addresses() -> dict[str, str]:
    """Return every page that can be read: what its picture is called, and its address."""
    found = {
        "search": "/console/search?q=alder",
        "approvals": "/console/rewards?currency=USD",  # Japanese names need a font of their own
    }
    for page in PAGES:
        number = _number_of(page.path.removeprefix("/"))
        for route in page.router.routes:
            if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
                path = (page.address + route.path).replace("{kind}", "reward")
                name = re.sub(r"[^a-z]+", "-", path.removeprefix("/console").lower()).strip("-")
                found.setdefault(name or "home", re.sub(r"\{[^}]*\}", str(number), path))
    return found


def _number_of(noun: str) -> int:
    with wiring().database.transaction() as tx:
        return int(tx.execute(text(NUMBERS.get(noun, "SELECT 1"))).scalar_one() or 1)


def take(browser: Browser, address: str, token: str, size: str) -> None:
    """Take every page in one size and light; only the first screen of it is for documents."""
    width, height = SIZES[size]
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": height},
        has_touch=size.startswith("phone"),
        color_scheme="dark" if size.endswith("dark") else "light",
    )
    context.add_cookies([{"name": "goodword", "value": token, "url": address}])
    tab = context.new_page()
    for name, path in addresses().items():
        answer = tab.goto(path)
        if answer is None or not answer.ok:
            print(f"{path}: {answer and answer.status}")  # noqa: T201 - a script says what it met
            continue
        whole = f"{name}-{size}"
        tab.screenshot(path=PICTURES / f"{whole}.png", full_page=True)
        if whole in SHOWN:
            tab.screenshot(path=HERE / f"{SHOWN[whole]}.png")
    context.close()


def main() -> None:
    """Make every picture."""
    shutil.rmtree(HOME, ignore_errors=True)
    PICTURES.mkdir(parents=True, exist_ok=True)
    os.environ |= {"GOODWORD_HOME": str(HOME), **BANK}
    chromium = os.environ.get("GOODWORD_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is missing: apt install chromium (Debian), or set GOODWORD_CHROMIUM.")
    try:
        goodword("sample")
        with serving(live_through()) as address, sync_playwright() as playwright:
            # As root, in a container, it has no sandbox of its own; it sees nothing but our pages.
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            token = signed_in("pictures")
            for size in SIZES:
                take(browser, address, token, size)
            browser.close()
    finally:
        close()
        goodword("stop")


if __name__ == "__main__":
    main()
