"""Runs the tests that have just failed once more, one after another and with nothing beside them.

A browser that gets no processor for seconds fails a test that is right. Whoever passes alone is named all the same: it
waits for a time, or not for the right thing, and is to be mended. There is no second try for many, nor for what breaks
things on purpose: there chance finds faults of the product.
"""

import json
import subprocess
import sys
from collections.abc import Collection
from typing import Final

from tests.support.process import ROOT

_FAILED: Final = ROOT / ".pytest_cache/v/cache/lastfailed"
MOST: Final = 5
ONCE: Final = ("tests/oracle/", "tests/faults/", "tests/sql/", "tests/stream/", "tests/feed/")


def why_not(failed: Collection[str]) -> str:
    """Why there is no second try for these tests; empty where there is one."""
    if not failed:
        return "no test is known to have failed"
    if len(failed) > MOST:
        return f"{len(failed)} tests have failed, more than {MOST}"
    if once := sorted(test for test in failed if test.startswith(ONCE)):
        return f"{', '.join(once)}: what fails there by chance is a fault"
    return ""


def main() -> int:
    """The exit status."""
    failed: list[str] = sorted(json.loads(_FAILED.read_text())) if _FAILED.exists() else []
    if why := why_not(failed):
        print(f"No second try: {why}.", flush=True)
        return 1
    print("Once more, alone:", *failed, sep="\n  ", flush=True)
    return subprocess.run([sys.executable, "-m", "pytest", *failed], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
