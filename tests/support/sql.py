"""What the tests of the database need beside support: SQL roles, decisions as the service hands them in, refusals."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest

from tests.support.database import Sql
from tests.support.seed import CUSTOMER

PASSWORD = "password-of-a-test"
SQL_ROLE = ("USAGE ON SCHEMA consentfeed", "SELECT, UPDATE ON consentfeed.consents")


@contextmanager
def sql_role(database: Sql, *grants: str) -> Iterator[tuple[str, str]]:
    """Name and URL of a role that holds these grants and nothing else."""
    name = f"cf_test_{uuid4().hex[:8]}"
    Sql.run_as(database.admin_url, f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
    for grant in grants:
        database.run(f"GRANT {grant} TO {name}")
    parts = urlsplit(database.url)
    try:
        yield name, urlunsplit(parts._replace(netloc=f"{name}:{PASSWORD}@{parts.hostname}:{parts.port}"))
    finally:
        Sql.run_as(database.admin_url, f"DROP OWNED BY {name}")
        Sql.run_as(database.admin_url, f"DROP ROLE {name}")


class Outcome(NamedTuple):
    """A row of record_decisions()."""

    item: int
    problem: str | None
    consent: dict[str, Any] | None
    seq: int | None
    hash: bytes | None


def decision(consent: str, action: str, **more: Any) -> dict[str, Any]:
    """A decision of the customer, as the writer hands it to record_decisions()."""
    return {
        "consent_id": consent,
        "action": action,
        "actor_kind": "customer",
        "actor_id": CUSTOMER,
        "method": "rest",
        "principal": f"customer:{CUSTOMER}",
        "route": "decide",
        **more,
    }


def decide(url: str, *decisions: dict[str, Any]) -> list[Outcome]:
    """One autocommit call of record_decisions(), outcomes in the order of the decisions."""
    rows = Sql.run_as(
        url,
        "SELECT item, problem, consent::jsonb, seq, hash FROM consentfeed.record_decisions(%s) ORDER BY item",
        json.dumps(decisions),
    )
    return [Outcome(*row) for row in rows]


def refused(url: str, statement: str, *args: Any) -> psycopg.Error:
    """The error with which a statement is refused; it has to say what to do instead."""
    with pytest.raises(psycopg.Error) as caught:
        Sql.run_as(url, statement, *args)
    assert caught.value.diag.message_hint, f"no hint: {caught.value}"
    return caught.value


def row_of(database: Sql, consent: str) -> dict[str, Any]:
    """A consent as it lies in the table."""
    row: dict[str, Any] = database.run("SELECT to_jsonb(c) FROM consentfeed.consents AS c WHERE id = %s", consent)[0][0]
    return row


def bodies(database: Sql, after: int = 0) -> list[dict[str, Any]]:
    """Bodies of the events after a position that are about a customer: publishing a notice is not."""
    statement = "SELECT body::json FROM consentfeed.events WHERE seq > %s AND type <> 'notice-published' ORDER BY seq"
    return [row[0] for row in database.run(statement, after)]


def publish(database: Sql, purpose: str, version: int, published_at: str = "now()", language: str = "en") -> None:
    """Publishes a notice, as a DBA does."""
    database.run(
        "INSERT INTO consentfeed.notices (purpose, version, language, text, published_at)"
        f" VALUES (%s, %s, %s, 'text ' || gen_random_uuid(), {published_at})",
        purpose,
        version,
        language,
    )


def expired_grant(database: Sql, consent: str) -> None:
    """Grants a consent whose time runs out at once; expire_consents() has not been there yet."""
    with database.connect() as connection:
        purposes = "UPDATE consentfeed.purposes SET default_validity = %s::interval"
        connection.execute(purposes.encode(), ("1 microsecond",))
        connection.execute("UPDATE consentfeed.consents SET status = 'granted' WHERE id = %s", (consent,))
        connection.execute(purposes.encode(), (None,))


IN_SCHEMA = "relnamespace = 'consentfeed'::regnamespace"
# Everything that there is in the schema, as text, whatever its number in the catalogs.
CATALOG = f"""
    SELECT 'schema', nspname, nspacl::text, obj_description(oid) FROM pg_namespace WHERE nspname = 'consentfeed'
    UNION ALL SELECT 'default', defaclobjtype::text, defaclacl::text, NULL FROM pg_default_acl
    UNION ALL SELECT relkind::text, relname, concat(relacl, ' ', relpersistence, ' ', relrowsecurity, ' ',
        pg_get_expr(relpartbound, oid)), obj_description(oid) FROM pg_class WHERE {IN_SCHEMA}
    UNION ALL SELECT 'column', attrelid::regclass || '.' || attname, concat(attacl,
        format_type(atttypid, atttypmod), ' ', attnotnull, ' ', pg_get_expr(adbin, adrelid)),
        col_description(attrelid, attnum) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid AND {IN_SCHEMA}
        LEFT JOIN pg_attrdef ON (adrelid, adnum) = (attrelid, attnum) WHERE attnum > 0
    UNION ALL SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid), NULL FROM pg_index
        JOIN pg_class ON pg_class.oid = indexrelid AND {IN_SCHEMA}
    UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid), NULL
        FROM pg_constraint WHERE connamespace = 'consentfeed'::regnamespace
    UNION ALL SELECT 'trigger', tgrelid::regclass || '.' || tgname, concat(tgenabled, ' ', pg_get_triggerdef(oid)), NULL
        FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'policy', polrelid::regclass || '.' || polname, concat(polcmd, ' ', polpermissive, ' ',
        polroles::regrole[], ' ', pg_get_expr(polqual, polrelid), ' ', pg_get_expr(polwithcheck, polrelid)),
        obj_description(oid) FROM pg_policy
    UNION ALL SELECT 'function', oid::regprocedure::text, concat(proacl, ' ', pg_get_functiondef(oid)),
        obj_description(oid) FROM pg_proc WHERE pronamespace = 'consentfeed'::regnamespace
    ORDER BY 1, 2, 3
"""


def catalog(url: str) -> list[tuple[Any, ...]]:
    """All that was installed, to be compared."""
    return Sql.run_as(url, CATALOG)
