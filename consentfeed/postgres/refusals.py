"""What PostgreSQL refuses: its own words where they hold no value, what they mean here, and what to do."""

from collections.abc import Mapping
from typing import Final

from consentfeed.errors import DatabaseAway, NotAdmitted, ReadOnly, StatementFailed, Unguarded

MIGRATE: Final = "run `consentfeed migrate` as the owner"
PG_HBA: Final = (
    "pg_hba.conf on the server has no line that lets in this role, to this database, from this address: add one, or"
    " change what it asks for (where it asks for TLS: sslmode=require or better in the database URL)"
)
# By SQLSTATE.
_ADVICE: Final[Mapping[str, str]] = {
    "08P01": "what stands between, such as PgBouncer, refuses it: let the URL lead to PostgreSQL itself, or leave out"
    " `options`",
    "28P01": "the password in the database URL (CONSENTFEED_DATABASE_URL) is missing or wrong",
    "28000": "the role in the database URL may not log in: ALTER ROLE consentfeed_app LOGIN PASSWORD …",
    "3D000": "there is no such database: check the name in the database URL (CONSENTFEED_DATABASE_URL)",
    "3F000": f"the schema is not installed: {MIGRATE}",
    "42P01": f"the schema is not installed: {MIGRATE}",
    "42883": f"the schema is older than this code: {MIGRATE}",
    "42501": "the role in the database URL may not do this: connect as consentfeed_app, after `consentfeed migrate`;"
    " where it may not even connect, GRANT CONNECT ON DATABASE … TO consentfeed_app",
    "53300": "a limit of connections is reached: raise it (ALTER ROLE … CONNECTION LIMIT, ALTER DATABASE … CONNECTION"
    " LIMIT, max_connections, or the pooler's), or lower CONSENTFEED_POOL_SIZE",
    "53100": "a disk of the server is full: make room there",
    "55000": "the database lets nobody in: ALTER DATABASE … ALLOW_CONNECTIONS true",
}
# Classes whose messages name roles, tables, files and settings, never what is in a row: connection, transaction, login,
# database, schema, missing object or right, resources, state, operator, system, damaged files.
_WITHOUT_VALUES: Final = ("08", "25", "28", "3D", "3F", "42", "53", "55", "57", "58", "XX001", "XX002")
_CHECK_URL: Final = "check the database URL (CONSENTFEED_DATABASE_URL), the network, and that it runs"
READ_ONLY: Final = (
    "where a provider has made it read-only, make room on the disk; else ALTER DATABASE … RESET"
    " default_transaction_read_only, and ALTER ROLE consentfeed_app likewise"
)
_UNGUARDED: Final = "a superuser takes it back: ALTER DATABASE … RESET session_replication_role, ALTER ROLE … likewise"


def message_of(sqlstate: str, message: str) -> str:
    """PostgreSQL's primary message where it holds no value, else nothing."""
    return message if sqlstate.startswith(_WITHOUT_VALUES) else ""


def reason(error: StatementFailed | DatabaseAway) -> str:
    """What happened, in PostgreSQL's words."""
    match error:
        case StatementFailed() | NotAdmitted():
            return f"PostgreSQL says: {error}"
        case ReadOnly():
            return f"PostgreSQL takes no writes ({error})"
        case Unguarded():
            return str(error)
        case _:
            return f"PostgreSQL cannot be reached ({error})"


def advice(error: StatementFailed | DatabaseAway) -> str:
    """What to do about it."""
    if "pg_hba.conf" in str(error):  # it says so in each language
        return PG_HBA
    match error:
        case StatementFailed() | NotAdmitted():
            return _ADVICE.get(error.sqlstate, "look into PostgreSQL's log")
        case ReadOnly():
            return READ_ONLY
        case Unguarded():
            return _UNGUARDED
        case _:
            return _CHECK_URL


def explained(error: StatementFailed | DatabaseAway) -> str:
    """Both in one line."""
    return f"{reason(error)}: {advice(error)}"
