"""Whether the database still has what keeps changes from being silent. It can be taken away at any time."""

import asyncio

import structlog

from consentfeed.errors import Busy, ConsentfeedError, DatabaseAway
from consentfeed.postgres.damages import in_words
from consentfeed.postgres.operations import OperationQueries

logger = structlog.get_logger()
_SECONDS = 10.0
# Until it is mended.
_SOON_SECONDS = 1.0


class Guards:
    """Knows whether guards were missing when it last looked."""

    def __init__(self, operations: OperationQueries) -> None:
        self._operations = operations
        self.damage = ""

    async def run(self) -> None:
        """Looks every few seconds; until cancelled."""
        while True:
            await asyncio.sleep(_SOON_SECONDS if self.damage else _SECONDS)
            await self.look()

    async def look(self) -> None:
        """Looks once. Where PostgreSQL cannot be asked, all stays as it was last seen."""
        try:
            damage = in_words(one for one in await self._operations.damages() if one.is_silent)
        except (DatabaseAway, Busy):
            return
        except ConsentfeedError as error:  # what looks at the others is missing itself
            damage = f"differing_objects() cannot be called ({error})"
        if damage and damage != self.damage:
            logger.error("the database is damaged", damage=damage)
        elif self.damage and not damage:
            logger.info("the database is mended")
        self.damage = damage
