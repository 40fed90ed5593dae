"""With nothing broken any more all have to be well within seconds; who is not is late."""

import time
from collections.abc import Callable, Iterator, Sequence

from tests.oracle.reader import Reader
from tests.oracle.readers import Polling
from tests.oracle.world import World

# So that the doorbell rings no more: what is committed later would bring along what was not heard of before.
_NOTHING_EXPIRES = "UPDATE consentfeed.consents SET status = 'revoked' WHERE purpose = 'surveys' AND status = 'granted'"
Late = Iterator[tuple[str, str]]  # who, and what they have not done


def hold(world: World) -> int:
    """Nobody writes, and readers stay where they are; the newest event then."""
    for reader in world.readers:
        # Who asks, is silent at first: asking makes a node look, and would make up for a doorbell that was not heard.
        (reader.quiet if isinstance(reader, Polling) else reader.steady).set()
    time.sleep(0.3)  # they have asked for the last time, and writers go on
    world.hold()
    world.deliveries.steady.set()
    world.table(_NOTHING_EXPIRES)
    world.read()
    return len(world.history.facts)


def late_readers(world: World, head: int, seconds: float) -> Late:
    """Every reader gets all events up to this one."""
    pollers = [reader for reader in world.readers if isinstance(reader, Polling)]
    yield from _behind(world, [reader for reader in world.readers if reader not in pollers], head, seconds)
    for reader in pollers:
        reader.quiet.clear()
    yield from _behind(world, pollers, head, seconds)


def late_receivers(world: World, head: int, seconds: float) -> Late:
    """The receiver of webhooks is sent all events up to this one."""
    if world.deliveries.behind(world.table, head, seconds):
        yield "receiver", f"has not been sent everything {seconds:g} s after all had healed"


def late_stream(world: World, seconds: float) -> Late:
    """The stream in NATS ends where the log does."""
    nats = world.nats
    if nats and not _comes_true(lambda: nats.last() == world.head_id(), time.monotonic() + seconds):
        yield "stream", f"does not end where the log does {seconds:g} s after all had healed"


def let_go(world: World) -> None:
    """Readers come and go again, and writers write."""
    for reader in world.readers:
        reader.steady.clear()
    world.deliveries.steady.clear()
    world.let_go()


def late_writers(world: World, seconds: float) -> Late:
    """Everybody can write again."""
    before = [(writer, writer.successes) for writer in world.writers]
    ends = time.monotonic() + seconds
    for writer, count in before:
        if not _comes_true(lambda writer=writer, count=count: writer.successes > count, ends):  # type: ignore[misc]
            yield writer.name, f"has written nothing for {seconds:g} s after all had healed"


def late_nodes(world: World, seconds: float) -> Late:
    """Both nodes say that they are ready."""
    ends = time.monotonic() + seconds
    for node in world.nodes:
        if not _comes_true(lambda node=node: node.answers("/readyz"), ends):  # type: ignore[misc]
            yield node.name, f"is not ready {seconds:g} s after all had healed"


def _behind(world: World, readers: Sequence[Reader], head: int, seconds: float) -> Late:
    ends = time.monotonic() + seconds
    for reader in readers:
        newest = _newest(world, reader, head)
        if not _comes_true(lambda: _has(world, reader, newest), ends):  # noqa: B023
            yield reader.name, f"has not got everything {seconds:g} s after all had healed"


def _has(world: World, reader: Reader, seq: int) -> bool:
    position = reader.sees.position(reader.position)
    if position and position.seq > len(world.history.facts):
        world.read()  # something has expired meanwhile; or it is in a history that is no more
    return reader.sees.seq_in(world.history, reader.position) >= seq


def _newest(world: World, reader: Reader, head: int) -> int:
    """The newest event that the reader may see."""
    facts = world.history.facts
    return next((seq for seq in range(head, 0, -1) if reader.sees.sees(facts[seq - 1])), 0)


def _comes_true(condition: Callable[[], bool], ends: float) -> bool:
    while not condition():
        if time.monotonic() > ends:
            return False
        time.sleep(0.01)
    return True
