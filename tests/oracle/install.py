"""The database of a run: the product's own schema, with customers, and cut so that a short run sees it all."""

import psycopg

from consentfeed.postgres import sql_files
from tests.support.database import Sql, create_database, install, make_owner
from tests.support.postgres import Server
from tests.support.seed import seed

DATABASE = "consentfeed"
PARTITION, PARTITIONS = 300, 8  # events in each of the first partitions, and how many these are


def furnish(server: Server, customers: int, sql: str) -> Sql:
    """sql: what the owner runs at last."""
    make_owner(server.url())
    database = create_database(server.url(), DATABASE)
    install(database)
    with database.connect() as owner:
        seed(owner)
        # Short, so that grants expire in the midst of all.
        owner.execute("UPDATE consentfeed.purposes SET default_validity = '2 seconds' WHERE key = 'surveys'")
        for number in range(2, customers):
            owner.execute(
                "SELECT consentfeed.register_customer(%s, %s, %s, NULL, 'en')",
                (f"c0000000-0000-4000-8000-{number + 1:012}", f"Customer {number}", f"{number}@example.com"),
            )
        _cut(owner)
        if sql:
            owner.execute(sql.encode())
            # It is how this database is meant to be: else the nodes would call it damaged.
            owner.execute("DELETE FROM consentfeed.inventory")
            owner.execute((sql_files.SQL / "inventory.sql").read_bytes())
    return database


def _cut(owner: psycopg.Connection) -> None:
    """Small partitions first, so that old ones can be dropped."""
    events = "ALTER TABLE consentfeed.events"
    owner.execute(f"{events} DETACH PARTITION consentfeed.events_p0".encode())
    owner.execute(f"{events} ATTACH PARTITION consentfeed.events_p0 FOR VALUES FROM (0) TO ({PARTITION})".encode())
    for number in range(1, PARTITIONS + 1):
        name, begin = f"consentfeed.small_{number}", number * PARTITION
        end = begin + PARTITION if number < PARTITIONS else 10_000_000
        values = f"FOR VALUES FROM ({begin}) TO ({end})"
        owner.execute(f"CREATE TABLE {name} PARTITION OF consentfeed.events {values}".encode())
        owner.execute(f"SELECT consentfeed.guard_log_table('{name}')".encode())
