"""A standby that has not received the last commits is promoted, and the server that it followed is gone."""

from tests.oracle.install import DATABASE
from tests.oracle.world import World
from tests.support.postgres import Server
from tests.support.proxy import Proxy
from tests.support.waiting import wait_until

_HEAD = "SELECT max(seq) FROM consentfeed.events"


def standby_takes_over_without_the_last_commits(world: World) -> None:
    """What was lost, was so until then: readers have seen it, and need a reset."""
    link = Proxy(world.database.port)
    before, after = world.database, world.database.standby(link.port)
    try:
        after.start()
        world.pause(0.5)
        link.mode = "hole"
        (head,) = after.sql(_HEAD, DATABASE)
        wait_until(lambda: world.table(_HEAD) > [head], 10, "something is committed that the standby lacks")
        world.pause()
        before.crash()
        _take_over(world, before, after)
    finally:
        link.close()
        (before if world.database is after else after).remove()


def _take_over(world: World, before: Server, after: Server) -> None:
    world.leave()
    world.database_proxy.target = after.port
    world.database_proxy.cut()
    after.promote()
    before.start()  # for us alone, to see what it held
    world.read()
    world.database = after
    world.fork()
