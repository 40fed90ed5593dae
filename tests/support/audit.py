"""Looks up known vulnerabilities of all that is installed, and how old the lock is: `make audit`. Needs the network.

Status 1: there are some, or the lock is old; 2: a service could not be reached, so that nothing is known.
"""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support import lock

# Fixes that nobody reported as a vulnerability come with newer versions too.
OLD = timedelta(60)
WEB = Path(__file__).parent.parent / "web"


def python_packages() -> list[str] | None:
    """What is known about the installed Python packages; None where the service did not know any of them."""
    command = [sys.executable, "-m", "pip_audit", "--skip-editable", "--progress-spinner", "off", "--format", "json"]
    packages = (output(command) or {}).get("dependencies", [])
    known = [package for package in packages if "vulns" in package]
    found = [(package, one) for package in known for one in package["vulns"]]
    told = [
        f"{package['name']} {package['version']}: {one['id']}, fixed in {one['fix_versions']}" for package, one in found
    ]
    return told if known else None


def npm_packages() -> list[str] | None:
    """The same of the tools that test the pages."""
    npm = shutil.which("npm")
    found = output([npm, "audit", "--json", "--prefix", str(WEB)]) if npm else None
    if found is None or "vulnerabilities" not in found:
        return None
    return [f"{name}: {one['severity']}, {one['range']}" for name, one in found["vulnerabilities"].items()]


def lock_age(now: datetime) -> timedelta:
    """How long newer releases have not been looked at. `make test` never asks: it must pass in a year too."""
    return timedelta((now.date() - lock.day(lock.FOLDER / "dev.txt")).days)


def output(command: list[str]) -> dict[str, Any] | None:
    """The JSON that a command prints, whatever its status."""
    printed = subprocess.run(command, capture_output=True, check=False, timeout=300).stdout
    try:
        found: dict[str, Any] = json.loads(printed)
    except ValueError:
        return None
    return found


def main() -> int:
    """Prints what is known; the exit status."""
    status = 0
    for name, found in (("Python", python_packages()), ("npm", npm_packages())):
        if found is None:
            print(f"{name}: NOT looked up. Its service cannot be reached from here; try where there is a network.")
            status = status or 2
        else:
            print("\n".join([f"{name}: {len(found)} known vulnerabilities", *found]))
            status = 1 if found else status
    age = lock_age(datetime.now(UTC))
    print(
        f"Lock: {age.days} days old" + (f", more than {OLD.days}: run make lock, then make test" if age > OLD else "")
    )
    return 1 if age > OLD else status


if __name__ == "__main__":
    sys.exit(main())
