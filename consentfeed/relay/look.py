"""A look at NATS from outside a node, for the doctor."""

from typing import NamedTuple

import nats.js.errors

from consentfeed.relay.connection import Connection
from consentfeed.relay.rights import lacking
from consentfeed.relay.stream import NAME, why_not_ours
from consentfeed.relay.trouble import ERRORS, Trouble, trouble
from consentfeed.setting_groups import NatsSettings


class StreamLook(NamedTuple):
    """What was seen of the stream: its first and last position, how many copies there are to be and how many of them
    are up to date, and how many servers of NATS there are."""

    first: int
    last: int
    copies: int
    current: int
    servers: int


async def look(settings: NatsSettings, secret: str | None, origin: bytes) -> StreamLook | None:
    """What there is now, None: no stream. Raises Trouble. secret: whether the stream is this deployment's."""
    connection = Connection(settings)
    try:
        await connection.open()
        if rights := await lacking(connection):
            raise Trouble("denied", ", ".join(map(str, rights)))
        info = await connection.stream.stream_info(NAME)
        if secret and (why := why_not_ours(info, secret, origin)):
            raise Trouble(why)
        others = (info.cluster.replicas if info.cluster else None) or []
        current = 1 + sum(one.current is True and not one.offline for one in others)
        copies = info.config.num_replicas or 1
        return StreamLook(info.state.first_seq, info.state.last_seq, copies, current, await connection.servers())
    except nats.js.errors.NotFoundError:
        return None
    except ERRORS as error:
        raise trouble(error) from None
    finally:
        await connection.close()
