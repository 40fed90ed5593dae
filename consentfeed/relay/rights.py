"""The rights that a user of NATS needs for the service, as docs/nats.md lists them, and how they are tried."""

from typing import Final, NamedTuple

from consentfeed.relay.connection import Connection

# So that no stream takes what tries a right: this is none that there is.
_NOWHERE: Final = {"Nats-Expected-Stream": "consentfeed-nowhere"}


class Right(NamedTuple):
    """What may be done with which subjects, and one of them with which nothing happens."""

    verb: str
    subjects: str
    harmless: str

    def __str__(self) -> str:
        """As docs/nats.md has it."""
        return f"{self.verb} {self.subjects}"


RIGHTS: Final = (
    Right("subscribe", "consentfeed.>", "consentfeed.>"),
    Right("subscribe", "_INBOX.>", "_INBOX.rights"),
    Right("publish", "consentfeed.events.>", "consentfeed.events.rights"),
    Right("publish", "consentfeed.relay", "consentfeed.relay"),
    # JetStream has no such commands. Those that it has could do harm, to a stream that may be somebody else's.
    Right("publish", "$JS.API.STREAM.*.consentfeed", "$JS.API.STREAM.RIGHTS.consentfeed"),
    Right("publish", "$JS.API.STREAM.MSG.*.consentfeed", "$JS.API.STREAM.MSG.RIGHTS.consentfeed"),
)


async def lacking(connection: Connection) -> list[Right]:
    """The rights that this connection does not have. Raises Trouble."""
    for right in RIGHTS:
        if right.verb == "subscribe":
            await connection.hear(right.harmless)
        else:
            await connection.send(right.harmless, b"", _NOWHERE)
    await connection.flush()
    refused = {one.lower() for one in connection.refusals.newest}
    return [right for right in RIGHTS if f"{right.verb} {right.harmless}".lower() in refused]
