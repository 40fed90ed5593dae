"""What servers of NATS say to each other, by way of proxies: so that one of them can be cut off from the others."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Self

from tests.support.proxy import Proxy


class Routes:
    """ports: by the names of servers, on which each listens for the others; a proxy stands before each."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = dict(ports)
        self._closing = ExitStack()
        self._proxies: dict[str, Proxy] = {}

    def __enter__(self) -> Self:
        """With proxies."""
        for name, port in self._ports.items():
            self._proxies[name] = Proxy(port)
            self._closing.callback(self._proxies[name].close)
        return self

    def __exit__(self, *_: object) -> None:
        """Without."""
        self._closing.close()

    def configuration(self, name: str) -> str:
        """How a server finds the others; what others tell of it leads to its proxy, too."""
        others = [proxy.port for other, proxy in self._proxies.items() if other != name]
        routes = ", ".join(f"nats://127.0.0.1:{port}" for port in others)
        own = f"listen: 127.0.0.1:{self._ports[name]}, advertise: 127.0.0.1:{self._proxies[name].port}"
        return f"cluster {{ name: c, {own}, routes: [{routes}] }}\n"

    def cut_off(self, name: str, id: str) -> None:
        """Nothing passes between this server and the others, and nobody is told: connections stay open."""
        for other, proxy in self._proxies.items():
            if other == name:
                proxy.mode = "hole"
            else:
                # How a server begins. By its other name it is spoken of by the others, too.
                proxy.freeze(f'"name":"{id}"'.encode())

    def heal(self) -> None:
        """All reach each other again."""
        for proxy in self._proxies.values():
            proxy.heal()
