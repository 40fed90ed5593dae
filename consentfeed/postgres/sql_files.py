"""The files of sql/ as this code has them: their order, what they make, and whether a schema fits them."""

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

_PACKAGE = Path(__file__).parent.parent
# Where sql/ lies: inside the installed package, or beside it in a checkout.
SQL = next(folder for folder in (_PACKAGE / "sql", _PACKAGE.parent / "sql") if (folder / "install.sql").exists())
FUNCTIONS = "functions"
# The functions that look at all others. Each is looked at by its text, because it could say anything of itself.
INSTRUMENTS = ("present_objects", "differing_objects")
# A name that databases made before 0.1.0 have noted, and later ones never.
UNRELEASED = "0001_schema"
NO_UPGRADE = (
    "the schema was made before consentfeed 0.1.0, and there is no upgrade from then: make a new database"
    " (for `consentfeed dev` another --data-dir) and run `consentfeed migrate` there"
)
NO_ROWS = "the schema is here without its rows, as after a restore with --schema-only"


class File(NamedTuple):
    """One file of sql/, in the order of install.sql."""

    name: str
    text: str

    @property
    def migrates(self) -> bool:
        """Whether it is applied once, and never edited after."""
        return self.name.startswith("migrations/")

    @property
    def key(self) -> str:
        """Its name in consentfeed.migrations."""
        return Path(self.name).stem

    @property
    def checksum(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def files() -> list[File]:
    """All files, in the order of install.sql."""
    names = re.findall(r"^\\ir (\S+)$", (SQL / "install.sql").read_text(), re.MULTILINE)
    return [File(name, (SQL / name).read_text()) for name in names]


def functions_checksum() -> str:
    """SHA-256 of all files that are re-created at every migrate."""
    return hashlib.sha256("".join(file.checksum for file in files() if not file.migrates).encode()).hexdigest()


def expected() -> set[str]:
    """Names that consentfeed.migrations holds when the schema fits this code (functions only after migrate)."""
    return {file.key for file in files() if file.migrates}


def misfit(applied: set[str]) -> str | None:
    """Why a schema with these migrations does not fit this code, or None."""
    applied = applied - {FUNCTIONS}
    if not applied:
        return f"{NO_ROWS}: restore the rows as well"
    if UNRELEASED in applied:
        return NO_UPGRADE
    if missing := sorted(expected() - applied):
        return f"the schema lacks {', '.join(missing)}: run `consentfeed migrate` as the owner"
    if unknown := sorted(applied - expected()):
        return f"the schema is newer than this code (it has {', '.join(unknown)}): install a newer consentfeed"
    return None


def body(instrument: str) -> str:
    """The text of a function as PostgreSQL has it."""
    return instruments()[instrument].split("$$")[1]


def instruments() -> dict[str, str]:
    """Their files, by name."""
    return {name: (SQL / f"functions/operations/{name}.sql").read_text() for name in INSTRUMENTS}


def called() -> list[str]:
    """Signatures of the functions that grants.sql lets the service call."""
    return re.findall(r"^(consentfeed\.\w+\(.*?\)),?$", _grants(), re.MULTILINE)


def readable() -> list[str]:
    """The tables that grants.sql lets the service read, whole or in part."""
    granted = re.findall(r"^GRANT SELECT (?:\(.*?\) )?ON\s(.*?)\sTO consentfeed_app;$", _grants(), re.M | re.S)
    return [table for tables in granted for table in re.split(r",\s*", tables)]


def _grants() -> str:
    return (SQL / "grants.sql").read_text()
