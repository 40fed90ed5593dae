"""The browser of the tests: an installed Chromium, or one that is installed where that is allowed.

python tests/web/browser.py   installs one if there is none, and says what it did
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# First the one without windows, menus and all that costs time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# Quiet: no updates, no reports, no look-ups of its own.
ARGUMENTS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def find() -> str | None:
    """Path of CONSENTFEED_TEST_BROWSER, of an installed Chromium, or of Playwright's own."""
    if chosen := os.environ.get("CONSENTFEED_TEST_BROWSER"):
        return chosen
    installed = next((path for name in NAMES if (path := shutil.which(name))), None)
    return installed or _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> bool:
    """By the system's packages as root, else by Playwright's download; whether that worked."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        commands = [["apt-get", "update", "-qq"], ["apt-get", "install", "-qq", "-y", "chromium"]]
    else:
        commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    try:
        return all(subprocess.run(command, check=False, timeout=600).returncode == 0 for command in commands)
    except subprocess.TimeoutExpired:
        return False


if __name__ == "__main__":
    if not find() and not (install() and find()):
        print("No Chromium here, and none could be installed: the browser tests will be skipped.")
