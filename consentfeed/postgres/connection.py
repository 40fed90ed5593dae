"""How the service connects: to the hosts of its URL in turn, with our settings; where it cannot, with a reason."""

import asyncio
import ssl
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import asyncpg

from consentfeed.database_url import DatabaseUrl
from consentfeed.errors import DatabaseAway, NotAdmitted, Unguarded
from consentfeed.postgres import passfile, session

Record = asyncpg.Record
# What says that a connection is lost, or that there is none.
# InternalClientError: the driver has lost track of a connection that was cut at a bad moment.
LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
_SETTINGS: Final = session.statement(session.OF_THE_SERVICE)


if TYPE_CHECKING:  # generic in its stubs alone
    _Connection = asyncpg.Connection[Record]
else:
    _Connection = asyncpg.Connection


class Session(_Connection):
    """A connection; why_read_only: that it takes no writes, and why; else nothing."""

    why_read_only = ""


async def connect(url: DatabaseUrl, application: str, **options: Any) -> Session:
    """To the first host that will do; as with libpq, one that refuses us is the last that is tried.

    options: of asyncpg.connect. Raises DatabaseAway; NotAdmitted and Unguarded are two of it.
    """
    failures: list[str] = []
    for host, port in url.hosts:
        try:
            async with asyncio.timeout(url.connect_seconds):
                return await _session(url, host, port, application, options)
        except asyncpg.PostgresError as error:
            if _says_no(error):
                raise NotAdmitted(error.sqlstate or "", words(error)) from error
            failures.append(f"{host}:{port}: {words(error)}")
        except LOST as error:
            failures.append(f"{host}:{port}: {words(error)}")
    raise DatabaseAway("; ".join(failures))


async def _session(url: DatabaseUrl, host: str, port: int, application: str, options: dict[str, Any]) -> Session:
    password = url.password or passfile.password(url, host, port)
    startup = {"application_name": url.application(application), "options": url.get("options")}
    arguments: dict[str, Any] = {
        "connection_class": Session,
        "record_class": Record,
        "host": host,
        "port": port,
        "user": url.user,
        "password": password or "",  # with none at all, asyncpg would look for one in its own way
        "database": url.database,
        "target_session_attrs": url.get("target_session_attrs", "any"),
        "server_settings": {name: value for name, value in startup.items() if value},
    }
    opened: Session = await asyncpg.connect(**arguments | _tls(url) | options)
    try:
        await opened.execute(_SETTINGS)
        state = await opened.fetchrow(session.STATE)
        assert state is not None
        if state["replication_role"] != "origin":
            raise Unguarded(session.UNGUARDED.format(role=state["replication_role"]))
        opened.why_read_only = session.why_read_only(state["is_standby"], state["read_only"])
    except BaseException:
        opened.terminate()
        raise
    return opened


def _says_no(error: asyncpg.PostgresError) -> bool:
    """Whether it is the server that refuses us, and not only because it is starting or stopping."""
    return error.severity is not None and not isinstance(error, asyncpg.CannotConnectNowError)


def words(error: BaseException) -> str:
    """What went wrong with a connection: PostgreSQL's own message, without what may follow it."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    text = error.args[0] if isinstance(error, asyncpg.PostgresError) else str(error)
    return str(text).strip() or type(error).__name__


def _tls(url: DatabaseUrl) -> dict[str, Any]:
    """asyncpg takes these in a URL alone, and knows not whom the machine trusts."""
    tls = url.tls
    if tls.get("sslrootcert") != "system":
        return {"dsn": f"postgresql:?{urlencode(tls)}"}
    context = ssl.create_default_context(cafile=None)
    if certificate := tls.get("sslcert"):
        context.load_cert_chain(certificate, tls.get("sslkey"), tls.get("sslpassword"))
    if oldest := tls.get("ssl_min_protocol_version"):
        context.minimum_version = ssl.TLSVersion[oldest.replace(".", "_")]
    if newest := tls.get("ssl_max_protocol_version"):
        context.maximum_version = ssl.TLSVersion[newest.replace(".", "_")]
    if revoked := tls.get("sslcrl"):
        context.load_verify_locations(revoked)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    context.set_alpn_protocols(["postgresql"])
    return {"ssl": context, "direct_tls": tls.get("sslnegotiation") == "direct"}
