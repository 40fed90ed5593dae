"""Whether a database fits this code: its schema, and the role that connects; and where it does not, what to do."""

from collections.abc import Mapping
from typing import Final

from consentfeed.errors import ConsentfeedError, NotAdmitted, StatementFailed
from consentfeed.postgres import migrations
from consentfeed.postgres.database import Database
from consentfeed.postgres.operations import OperationQueries

_MIGRATE: Final = "run `consentfeed migrate` as the owner"
# What PostgreSQL's refusals (SQLSTATE) mean here, and what to do.
REFUSALS: Final[Mapping[str, str]] = {
    "28P01": "the password in the database URL (CONSENTFEED_DATABASE_URL) is wrong",
    "28000": "the role in the database URL may not log in: ALTER ROLE consentfeed_app LOGIN PASSWORD …",
    "3D000": "there is no such database: check the name in the database URL (CONSENTFEED_DATABASE_URL)",
    "3F000": f"the schema is not installed: {_MIGRATE}",
    "42P01": f"the schema is not installed: {_MIGRATE}",
    "42883": f"the schema is older than this code: {_MIGRATE}",
    "42501": "the role in the database URL may not do this: connect as consentfeed_app, after `consentfeed migrate`",
}


class Unfit(ConsentfeedError):
    """The service cannot start; the message says why, and what to do."""


def advice(error: StatementFailed | NotAdmitted, otherwise: str) -> str:
    """What a refusal of PostgreSQL means, and what to do."""
    return REFUSALS.get(error.sqlstate, otherwise)


async def misfit(operations: OperationQueries) -> str | None:
    """Why schema or role do not fit, and what to do, with ": " between; None where they do. Raises ConsentfeedError."""
    if why := migrations.misfit(set(await operations.migrations())):
        return why
    if missing := await operations.not_callable(migrations.called()):
        return f"this role cannot call {', '.join(missing)}: {_MIGRATE}"
    return None


async def check(database: Database) -> None:
    """Raises Unfit where a node cannot serve from this database, and DatabaseAway."""
    try:
        why = await misfit(database.operations)
    except (StatementFailed, NotAdmitted) as error:
        raise Unfit(advice(error, f"PostgreSQL refused with SQLSTATE {error.sqlstate}")) from None
    if why:
        raise Unfit(why)
