"""How the owner connects, with psycopg: for migrations, and for what `consentfeed dev` sets up."""

from typing import Final

import psycopg

from consentfeed import database_url
from consentfeed.errors import ConsentfeedError, Unguarded
from consentfeed.postgres import session
from consentfeed.postgres.refusals import PG_HBA

_CHECK_URL: Final = "check the owner's URL (CONSENTFEED_OWNER_URL), and that PostgreSQL runs there"


class OwnerRefused(ConsentfeedError):
    """There is no connection as the owner; the message has PostgreSQL's own, and says what to do."""


def connect(url: str) -> psycopg.Connection:
    """A connection with our settings; transactions begin by themselves. Raises UrlError, OwnerRefused, Unguarded."""
    parameters = database_url.read(url).for_libpq("consentfeed migrate")
    try:
        connection = psycopg.connect(**parameters, autocommit=True)  # type: ignore[arg-type]
    except psycopg.Error as error:
        raise OwnerRefused(f"{said(error)}\n{PG_HBA if 'pg_hba.conf' in str(error) else _CHECK_URL}") from error
    try:
        connection.execute(session.statement(session.SETTINGS).encode())
        _, _, role = connection.execute(session.STATE.encode()).fetchone() or ("", "", "")
        if role != "origin":
            raise Unguarded(session.UNGUARDED.format(role=role))
    except BaseException:
        connection.close()
        raise
    connection.autocommit = False
    return connection


def said(error: psycopg.Error) -> str:
    """The message of PostgreSQL, or of libpq where there is no connection; details may hold what is in a row."""
    return error.diag.message_primary or str(error).strip() or type(error).__name__
