"""PostgreSQL as the service sees it: one pool, and the queries of each theme over it."""

from consentfeed.postgres.accounts import AccountQueries
from consentfeed.postgres.checkpoints import CheckpointQueries
from consentfeed.postgres.consents import ConsentQueries
from consentfeed.postgres.customers import CustomerQueries
from consentfeed.postgres.evidence import EvidenceQueries
from consentfeed.postgres.imports import ImportQueries
from consentfeed.postgres.log import LogQueries
from consentfeed.postgres.operations import OperationQueries
from consentfeed.postgres.pool import Pool
from consentfeed.postgres.purposes import PurposeQueries
from consentfeed.postgres.rights_requests import RightsRequestQueries
from consentfeed.postgres.trail import TrailQueries
from consentfeed.postgres.webhooks import WebhookQueries


class Database:
    """Made where a process is wired; each part is given the themes that it needs. Raises UrlError.

    logs: as of Pool.
    """

    def __init__(self, url: str, size: int, *, logs: bool = False) -> None:
        self.pool = Pool(url, size, logs=logs)
        self.log = LogQueries(self.pool)
        self.consents = ConsentQueries(self.pool)
        self.customers = CustomerQueries(self.pool)
        self.imports = ImportQueries(self.pool)
        self.rights_requests = RightsRequestQueries(self.pool)
        self.purposes = PurposeQueries(self.pool)
        self.accounts = AccountQueries(self.pool)
        self.trail = TrailQueries(self.pool)
        self.evidence = EvidenceQueries(self.pool)
        self.checkpoints = CheckpointQueries(self.pool)
        self.webhooks = WebhookQueries(self.pool)
        self.operations = OperationQueries(self.pool)

    async def open(self) -> None:
        """Makes the pool, which connects when it is first used."""
        await self.pool.open()

    async def close(self) -> None:
        """Closes the pool."""
        await self.pool.close()
