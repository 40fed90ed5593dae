"""What holds in each of our sessions, whatever a database or a role has set: one list, for both drivers.

On it is what changes the meaning of a statement, the form of a value, or whether a statement may end. What changes
how fast one is (work_mem, plan_cache_mode, enable_…) or where things lie (default_tablespace) is the DBA's.

It is made by a statement: a pooler refuses parameters of the startup that it does not know, or loses them.
"""

from collections.abc import Mapping
from typing import Final

SETTINGS: Final[Mapping[str, str]] = {
    "search_path": "pg_catalog, pg_temp",
    "standard_conforming_strings": "on",
    "backslash_quote": "safe_encoding",
    "transform_null_equals": "off",
    "array_nulls": "on",
    "quote_all_identifiers": "off",
    "row_security": "on",
    "check_function_bodies": "on",
    "gin_fuzzy_search_limit": "0",
    "plpgsql.extra_errors": "none",
    # Where the planner takes a statement of a millisecond for a dear one, compiling it takes a second.
    "jit": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    "client_encoding": "UTF8",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "xmlbinary": "base64",
    "xmloption": "content",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "transaction_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
}
LOCK_SECONDS: Final = 4
# The service has a limit of its own for each statement. Waiting for a lock ends sooner, so that who waits is told that,
# and not that PostgreSQL is away; a transaction that it forgot would hold consents.
OF_THE_SERVICE: Final[Mapping[str, str]] = {
    **SETTINGS,
    "lock_timeout": f"{LOCK_SECONDS}s",
    "idle_in_transaction_session_timeout": "10s",
}
# What is asked of a new session. default_transaction_read_only is not overruled: a provider sets it where a disk is
# full, and a DBA where nothing may be written any more. session_replication_role is a superuser's.
STATE: Final = (
    "SELECT pg_catalog.pg_is_in_recovery() AS is_standby,"
    " pg_catalog.current_setting('transaction_read_only') AS read_only,"
    " pg_catalog.current_setting('session_replication_role') AS replication_role"
)
STANDBY: Final = "it is a standby"
READ_ONLY: Final = "default_transaction_read_only is on for the database, the role or the server"
UNGUARDED: Final = "session_replication_role is {role}: triggers do not fire, and changes would make no event"


def statement(settings: Mapping[str, str]) -> str:
    """Makes these settings, those apart that this version of PostgreSQL does not have."""
    rows = ", ".join(f"('{name}', '{value}')" for name, value in settings.items())
    return (
        "SELECT pg_catalog.set_config(wanted.name, wanted.setting, false)"  # noqa: S608 - all of it stands above
        f" FROM (VALUES {rows}) AS wanted (name, setting)"
        " WHERE pg_catalog.current_setting(wanted.name, true) IS NOT NULL"
    )


def why_read_only(is_standby: bool, read_only: str) -> str:
    """Why a session takes no writes, or nothing."""
    if is_standby:
        return STANDBY
    return READ_ONLY if read_only == "on" else ""
