"""Whoever changes consents with SQL."""

import logging
from contextlib import closing
from typing import Any, LiteralString

import psycopg

from tests.oracle.writer import Claim, Eras, Writer

_UPDATE: LiteralString = "UPDATE consentfeed.consents SET status = %s WHERE id = %s RETURNING version, status"
_PRESENT: LiteralString = "SELECT version FROM consentfeed.consents WHERE id = %s FOR NO KEY UPDATE"
_DEMAND: LiteralString = "INSERT INTO consentfeed.rights_requests (customer_id, kind) VALUES (%s, 'access')"
# Held first: what it may become follows from what it is then.
_HANDLE: LiteralString = (
    "UPDATE consentfeed.rights_requests SET status = %s WHERE id = ("
    "SELECT request.id FROM consentfeed.rights_requests AS request WHERE request.status = %s LIMIT 1 FOR NO KEY UPDATE)"
)
_HANDLED = (("received", "in-progress"), ("in-progress", "waiting-for-customer"), ("waiting-for-customer", "fulfilled"))
# What a transaction may be told that waited too long for a row, or at a higher level raced another.
_WAITED = ("40P01", "55P03")
_RACED = "40001"
# It was cut off, the disk is full, or the server is a standby still.
_CUT_OFF = ("08", "53", "57", "58", "25006", "0A000")

logging.getLogger("psycopg").setLevel(
    logging.ERROR
)  # below, that a connection is lost; here they are lost all the time

Change = tuple[str, int, str]  # consent, version, status


class SqlWriter(Writer):
    """A DBA: transactions of random length and isolation, with savepoints and rollbacks, in no order of rows."""

    def __init__(self, name: str, seed: str, consents: dict[str, list[str]], eras: Eras, pace: float, url: str) -> None:
        super().__init__(name, seed, consents, eras, pace)
        self._url = url

    def write(self) -> None:
        """One transaction."""
        level = self.random.choice(list(psycopg.IsolationLevel))
        try:
            connection = psycopg.connect(self._url, connect_timeout=5)
        except psycopg.OperationalError:
            return  # away, or it lets nobody in
        with closing(connection):
            connection.isolation_level = level
            try:
                self._transact(connection)
            except psycopg.Rollback:
                pass  # to a savepoint, on a connection that had broken
            except psycopg.Error as error:
                self._judge(error, level)

    def _transact(self, connection: psycopg.Connection[Any]) -> None:
        since, changes = self.eras()[0], []
        connection.execute("SET LOCAL lock_timeout = '3s'")
        for _ in range(self.random.randint(1, 5)):
            changes += self._step(connection)
        if self.random.random() < 0.2:
            connection.rollback()
            return
        connection.commit()
        until = self.eras()[1]
        for consent, version, status in changes:
            self.claim(Claim("done", since, until, consent=consent, version=version, status=status))

    def _step(self, connection: psycopg.Connection[Any]) -> list[Change]:
        """One update, perhaps behind a savepoint, perhaps rolled back to it; what it changed."""
        changes: list[Change] = []
        if self.random.random() < 0.2:
            self._demand(connection)
        if self.random.random() < 0.3:
            with connection.transaction() as savepoint:
                changes = self._update(connection)
                if self.random.random() < 0.5:
                    changes = []
                    raise psycopg.Rollback(savepoint)
        else:
            changes = self._update(connection)
        self.waits(0.02)
        return changes

    def _demand(self, connection: psycopg.Connection[Any]) -> None:
        """A customer demands something, or another has what was demanded."""
        if self.random.random() < 0.5:
            connection.execute(_DEMAND, (self.random.choice(list(self.consents)),))
        else:
            connection.execute(_HANDLE, self.random.choice(_HANDLED)[::-1])

    def _update(self, connection: psycopg.Connection[Any]) -> list[Change]:
        consent, status = self.random.choice(self.all), self.random.choice(("granted", "revoked"))
        before = connection.execute(_PRESENT, (consent,)).fetchone()
        after = connection.execute(_UPDATE, (status, consent)).fetchone()
        assert before
        assert after
        return [(consent, *after)] if after[0] > before[0] else []

    def _judge(self, error: psycopg.Error, level: psycopg.IsolationLevel) -> None:
        state = error.sqlstate or "08"  # libpq's own words: the connection is lost
        raced = state == _RACED and level >= psycopg.IsolationLevel.REPEATABLE_READ
        if not (raced or state in _WAITED or state.startswith(_CUT_OFF)):
            self.error(f"{level.name}: {state} {error}")
