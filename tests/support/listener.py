"""Somebody who listens, says one thing to whoever connects, and keeps what is said."""

import socket
import threading
from typing import Self


class Listener:
    """On a port of this machine, until it is left. greeting: what each connection is sent first."""

    def __init__(self, greeting: bytes) -> None:
        self._greeting = greeting
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.heard = b""
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        """Itself, listening."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._socket.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                connection.sendall(self._greeting)
                try:
                    while data := connection.recv(65536):
                        self.heard += data
                        # TLS is answered with something that it is not; who speaks in clear waits for it.
                        connection.sendall(b"PONG\r\n")
                except OSError:
                    continue
