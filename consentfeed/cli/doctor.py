"""`consentfeed doctor`: looks at a deployment from where it is run, and says what is wrong and what to do."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

import click
import msgspec

from consentfeed.cli import deployment
from consentfeed.cli.deployment import DATA_DIR
from consentfeed.doctor.database import DatabaseChecks
from consentfeed.doctor.finding import Finding, problem
from consentfeed.doctor.url import UrlChecks
from consentfeed.errors import ConsentfeedError, DatabaseAway, NotAdmitted, StatementFailed
from consentfeed.identity import tokens
from consentfeed.permissions import READ_FEED
from consentfeed.postgres.database import Database
from consentfeed.postgres.fit import advice
from consentfeed.settings import Settings

# In the order in which they are made; what each looks at is its docstring.
OF_THE_DATABASE: Final[Mapping[str, Callable[[DatabaseChecks], Awaitable[Finding]]]] = {
    "connection": DatabaseChecks.connection,
    "version": DatabaseChecks.version,
    "standby": DatabaseChecks.standby,
    "clock": DatabaseChecks.clock,
    "schema": DatabaseChecks.schema,
    "rights": DatabaseChecks.rights,
    "durability": DatabaseChecks.durability,
    "idle": DatabaseChecks.idle,
    "connections": DatabaseChecks.connections,
    "notifications": DatabaseChecks.notifications,
    "listen": DatabaseChecks.listen,
    "chain": DatabaseChecks.chain,
    "partitions": DatabaseChecks.partitions,
    "transactions": DatabaseChecks.transactions,
}
OF_THE_URL: Final[Mapping[str, Callable[[UrlChecks], Awaitable[Finding]]]] = {
    "ready": UrlChecks.ready,
    "stream": UrlChecks.stream,
}
_NOBODY: Final = "doctor@token.invalid"


@click.command()
@click.option("--url", help="Where clients find the service, such as https://consents.example.com.")
@click.option(
    "--token",
    help="A bearer token for the stream, or CONSENTFEED_TOKEN; else one is made with the secret.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@DATA_DIR
def doctor(url: str | None, token: str | None, as_json: bool, data_dir: str | None) -> None:
    """Looks for what is wrong with a deployment, and says what to do; exit status 1 where there is a problem."""
    settings = deployment.load(data_dir, "database_url")
    found = asyncio.run(examine(settings, UrlChecks(url or settings.public_url, _token(token, settings))))
    click.echo(_as_json(found) if as_json else _as_text(found))
    sys.exit(0 if _healthy(found) else 1)


def _token(given: str | None, settings: Settings) -> str | None:
    """The token given, or one for a minute."""
    if given or settings.token or settings.secret is None:
        return given or settings.token
    return tokens.make_token(
        settings.secret, subject=tokens.subject_of("service", _NOBODY), email=_NOBODY, role="service",
        lifetime=timedelta(minutes=1), scopes=(READ_FEED,),
    )  # fmt: skip


async def examine(settings: Settings, outside: UrlChecks) -> dict[str, Finding]:
    """What each check has found; where the database lets nobody in, nothing more of it is looked at."""
    url = settings.database_url or ""
    database = Database(url, 1)
    found = {}
    try:
        await database.open()
        inside = DatabaseChecks(database, url, settings.pool_size)
        for name, check in OF_THE_DATABASE.items():
            found[name] = await _look(check(inside))
            if name == "connection" and found[name].severity == "problem":
                break
    finally:
        await database.close()
    for name, ask in OF_THE_URL.items():
        found[name] = await ask(outside)
    return found


async def _look(check: Awaitable[Finding]) -> Finding:
    try:
        return await check
    except (StatementFailed, NotAdmitted) as error:
        cure = advice(error, "look into PostgreSQL's log")
        return problem(f"PostgreSQL says {error.sqlstate}", cure[:1].upper() + cure[1:] + ".")
    except DatabaseAway as error:
        return problem(f"PostgreSQL cannot be reached ({error})", _away(str(error)))
    except ConsentfeedError as error:
        return problem(f"could not be looked at ({type(error).__name__})", "Try again; look into PostgreSQL's log.")


def _away(why: str) -> str:
    if why == "ProtocolViolationError":
        return "Something between takes no startup parameters, as PgBouncer does: connect to PostgreSQL itself."
    return "Check CONSENTFEED_DATABASE_URL, the network, and that PostgreSQL runs."


def _healthy(found: Mapping[str, Finding]) -> bool:
    return all(finding.severity != "problem" for finding in found.values())


def _as_json(found: Mapping[str, Finding]) -> str:
    findings = [{"check": name, **msgspec.structs.asdict(finding)} for name, finding in found.items()]
    return json.dumps({"healthy": _healthy(found), "findings": findings}, ensure_ascii=False)


def _as_text(found: Mapping[str, Finding]) -> str:
    lines = []
    for name, finding in found.items():
        lines.append(f"{finding.severity:<8} {name:<14} {finding.seen}")
        if finding.cure:
            lines.append(f"{'':<23} → {finding.cure}")
    counts = [
        f"{sum(finding.severity == kind for finding in found.values())} {kind}s" for kind in ("problem", "warning")
    ]
    return "\n".join([*lines, ", ".join(counts)])
