"""Somebody updates a few consents in psql, and goes for coffee."""

from contextlib import suppress

import psycopg

from tests.oracle.install import DATABASE
from tests.oracle.world import World


def transaction_is_left_open(world: World) -> None:
    """For longer, or less long, than a decision on them may wait."""
    with suppress(psycopg.Error), psycopg.connect(world.database.url(DATABASE)) as connection:
        for customer in world.random.sample(list(world.consents), 2):
            for consent in world.consents[customer]:
                connection.execute("UPDATE consentfeed.consents SET status = 'revoked' WHERE id = %s", (consent,))
        world.pause(6)
        if world.random.random() < 0.5:
            connection.rollback()
