"""A TCP proxy between the service and PostgreSQL that can fall silent: half-open connections, on purpose."""

import contextlib
import selectors
import socket
import threading
from urllib.parse import urlsplit, urlunsplit


class Proxy:
    """Forwards bytes to a server; connections whose first bytes hold a mark can be frozen without being closed."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._listening = socket.create_server(("127.0.0.1", 0))
        port = self._listening.getsockname()[1]
        self.url = urlunsplit(parts._replace(netloc=f"{parts.netloc.rsplit('@')[0]}@127.0.0.1:{port}"))
        self._frozen: set[bytes] = set()
        self._closed = threading.Event()
        self.accepted: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self, mark: bytes) -> None:
        """From now on connections with this mark (a part of the start-up packet) carry nothing, and stay open."""
        self._frozen.add(mark)

    def thaw(self) -> None:
        """New connections work again; what was lost stays lost."""
        self._frozen.clear()

    def close(self) -> None:
        """Ends all."""
        self._closed.set()
        self._listening.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(OSError):
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._target) as server, selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            start = b""
            dead = False
            while not self._closed.is_set():
                for key, _ in selector.select(0.1):
                    source, sink = key.fileobj, key.data
                    assert isinstance(source, socket.socket)
                    try:
                        data = source.recv(65536)
                    except OSError:
                        return
                    if not data:
                        return
                    if source is client and len(start) < 1000:
                        start += data
                        self.accepted.append(start)
                    dead = dead or any(mark in start for mark in self._frozen)
                    if not dead:
                        sink.sendall(data)
