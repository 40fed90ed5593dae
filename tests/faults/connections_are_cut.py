"""What goes through the network breaks off where it is."""

from tests.oracle.world import World


def connections_are_cut(world: World) -> None:
    """To PostgreSQL, to the nodes, or to some of them; new connections work."""
    proxies = [world.database_proxy, *(node.proxy for node in world.nodes)]
    for proxy in world.random.sample(proxies, world.random.randint(1, len(proxies))):
        proxy.cut()
