"""PostgreSQL as the service sees it: one pool, perhaps one of a replica, and the queries of each theme."""

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
from consentfeed.postgres.reads import Reads
from consentfeed.postgres.relay import RelayQueries
from consentfeed.postgres.replica import Replica
from consentfeed.postgres.rights_requests import RightsRequestQueries
from consentfeed.postgres.trail import TrailQueries
from consentfeed.postgres.webhooks import WebhookQueries


class Database:
    """Made where a process is wired; each part is given the themes that it needs. Raises UrlError.

    logs: as of Pool. replica: what may be a little old is read there.
    """

    def __init__(self, url: str, size: int, *, logs: bool = False, replica: Replica | None = None) -> None:
        self.pool = Pool(url, size, logs=logs)
        self.replica = replica
        reads = Reads(self.pool, replica)
        self.log = LogQueries(self.pool, reads)
        self.consents = ConsentQueries(self.pool, reads)
        self.customers = CustomerQueries(self.pool, reads)
        self.imports = ImportQueries(self.pool, reads)
        self.rights_requests = RightsRequestQueries(self.pool, reads)
        self.purposes = PurposeQueries(self.pool, reads)
        self.accounts = AccountQueries(self.pool)
        self.trail = TrailQueries(self.pool)
        self.evidence = EvidenceQueries(self.pool)
        self.checkpoints = CheckpointQueries(self.pool)
        self.webhooks = WebhookQueries(self.pool)
        self.relay = RelayQueries(self.pool)
        self.operations = OperationQueries(self.pool)

    async def open(self) -> None:
        """Makes the pools, which connect when they are first used."""
        await self.pool.open()
        if self.replica:
            await self.replica.pool.open()

    async def close(self) -> None:
        """Closes the pools."""
        await self.pool.close()
        if self.replica:
            await self.replica.pool.close()
