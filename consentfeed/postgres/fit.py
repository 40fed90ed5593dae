"""Whether a database fits this code: its schema, and the role that connects; and where it does not, what to do."""

from consentfeed.errors import ConsentfeedError, DatabaseAway, EmptyLog, StatementFailed
from consentfeed.postgres import sql_files
from consentfeed.postgres.damages import cures, in_words
from consentfeed.postgres.database import Database
from consentfeed.postgres.operations import OperationQueries
from consentfeed.postgres.refusals import MIGRATE, explained


class Unfit(ConsentfeedError):
    """The service cannot start; the message says why, and what to do."""


async def misfit(operations: OperationQueries) -> str | None:
    """Why schema or role do not fit, and what to do, with ": " between; None where they do. Raises ConsentfeedError."""
    if why := sql_files.misfit(set(await operations.migrations())):
        return why
    if missing := await operations.not_callable(sql_files.called()):
        return f"this role cannot call {', '.join(missing)}: {MIGRATE}"
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
    """Raises Unfit where a node cannot serve from this database, and Busy."""
    try:
        why = await misfit(database.operations) or await _damage(database)
    except EmptyLog as error:
        raise Unfit(str(error)) from None
    except (StatementFailed, DatabaseAway) as error:
        raise Unfit(explained(error)) from None
    if why:
        raise Unfit(why)
