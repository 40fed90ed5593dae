"""Whether a database fits this code: its schema, and the role that connects; and where it does not, what to do."""

from collections.abc import Mapping
from typing import Final

from consentfeed.errors import ConsentfeedError, EmptyLog, NotAdmitted, StatementFailed
from consentfeed.postgres import migrations
from consentfeed.postgres.damages import cures, in_words
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


async def _damage(database: Database) -> str | None:
    """What makes silent changes possible, or hides the log; None where a node can serve.

    Raises EmptyLog, and StatementFailed where it is not damage that the log cannot be read.
    """
    damages = await database.operations.damages()
    try:
        await database.log.log_head()
    except (EmptyLog, StatementFailed):
        if not damages:
            raise
    else:
        damages = [damage for damage in damages if damage.is_silent]
    return f"the database is damaged: {in_words(damages)}. {cures(damages)}" if damages else None


async def check(database: Database) -> None:
    """Raises Unfit where a node cannot serve from this database, and DatabaseAway."""
    try:
        why = await misfit(database.operations) or await _damage(database)
    except EmptyLog as error:
        raise Unfit(str(error)) from None
    except (StatementFailed, NotAdmitted) as error:
        raise Unfit(advice(error, f"PostgreSQL refused with SQLSTATE {error.sqlstate}")) from None
    if why:
        raise Unfit(why)
