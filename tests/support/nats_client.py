"""Another program: NATS' protocol by hand over a socket, as its documentation describes it, with no library of ours."""

import base64
import json
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple, Self
from uuid import uuid4


class NatsError(Exception):
    """What the server refuses, or does not answer in time."""


class NatsMessage(NamedTuple):
    """A message as it came, or lies in a stream."""

    subject: str
    headers: dict[str, str]
    content: bytes
    seq: int = 0

    @property
    def event(self) -> dict[str, Any]:
        """What is in it."""
        found: dict[str, Any] = json.loads(self.content)
        return found


class NatsClient:
    """A connection to a server."""

    def __init__(self, port: int, seconds: float = 5, tls: ssl.SSLContext | None = None) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), seconds)
        self._inbox = f"_INBOX.{uuid4().hex}"
        self._socket.makefile("rb", 0).readline()  # INFO, which is never encrypted
        if tls:
            self._socket = tls.wrap_socket(self._socket, server_hostname="127.0.0.1")
        self._read = self._socket.makefile("rb")
        options = {"verbose": False, "pedantic": False, "headers": True, "no_responders": True, "protocol": 1}
        self._send(f"CONNECT {json.dumps(options)}\r\nSUB {self._inbox}.* 1\r\nPING\r\n".encode())
        while (line := self._read.readline()) != b"PONG\r\n":
            if not line or line.startswith(b"-ERR"):
                raise NatsError(line.decode())

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it."""
        self._read.close()
        self._socket.close()

    def _send(self, text: bytes) -> None:
        self._socket.sendall(text)

    def subscribe(self, subject: str) -> None:
        """From now on its messages come by next()."""
        self._send(f"SUB {subject} 2\r\nPING\r\n".encode())
        while self._read.readline() != b"PONG\r\n":
            pass

    def next(self, seconds: float = 5) -> NatsMessage:
        """The next message; raises NatsError where none comes in time."""
        deadline = time.monotonic() + seconds
        while True:
            self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                line = self._read.readline()
            except TimeoutError:
                raise NatsError("nothing comes") from None
            if not line:
                raise NatsError("the server has closed the connection")
            verb, _, rest = line.strip().partition(b" ")
            if verb in (b"MSG", b"HMSG"):
                return self._message(rest.decode().split(), has_headers=verb == b"HMSG")
            if verb == b"PING":
                self._send(b"PONG\r\n")
            elif verb == b"-ERR":
                raise NatsError(rest.decode())

    def _message(self, parts: list[str], *, has_headers: bool) -> NatsMessage:
        total = int(parts[-1])
        head = int(parts[-2]) if has_headers else 0
        content = self._read.read(total + 2)[:-2]
        first, *lines = content[:head].decode().split("\r\n")
        headers = {name: text.strip() for name, _, text in (line.partition(":") for line in lines if line)}
        if first.removeprefix("NATS/1.0").strip():
            headers["Status"] = first.removeprefix("NATS/1.0").strip()
        return NatsMessage(parts[0], headers, content[head:])

    def publish(self, subject: str, content: bytes, headers: Mapping[str, str] = {}) -> dict[str, Any]:
        """What JetStream says to a message; raises NatsError where it refuses it."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"NATS/1.0\r\n{lines}\r\n".encode()
        size = f"{len(head)} {len(head) + len(content)}"
        answer = f"{self._inbox}.{uuid4().hex}"
        self._send(f"HPUB {subject} {answer} {size}\r\n".encode() + head + content + b"\r\n")
        return self._answer(answer)

    def _answer(self, subject: str) -> dict[str, Any]:
        # To another question there may be two: of who leads, and of who does not know yet that it leads no more.
        while (message := self.next()).subject != subject:
            pass
        if "Status" in message.headers:
            raise NatsError(message.headers["Status"])
        answer: dict[str, Any] = json.loads(message.content)
        if "error" in answer:
            raise NatsError(f"{answer['error'].get('err_code')} {answer['error'].get('description')}")
        return answer

    def api(self, name: str, /, **options: object) -> dict[str, Any]:
        """An answer of JetStream's API; raises NatsError."""
        content = json.dumps(options).encode() if options else b""
        answer = f"{self._inbox}.{uuid4().hex}"
        self._send(f"PUB $JS.API.{name} {answer} {len(content)}\r\n".encode() + content + b"\r\n")
        return self._answer(answer)

    def state(self) -> dict[str, Any]:
        """How the stream is; raises NatsError where there is none."""
        found: dict[str, Any] = self.api("STREAM.INFO.consentfeed")["state"]
        return found

    def stored(self) -> list[NatsMessage]:
        """All messages of the stream; none where there is no stream."""
        try:
            state = self.state()
        except NatsError:
            return []
        found = []
        for seq in range(state["first_seq"], state["last_seq"] + 1):
            with suppress(NatsError):
                found.append(self.message(seq))
        return found

    def message(self, seq: int) -> NatsMessage:
        """A message of the stream; raises NatsError where there is none."""
        message = self.api("STREAM.MSG.GET.consentfeed", seq=seq)["message"]
        head = base64.b64decode(message.get("hdrs", "")).decode().split("\r\n")
        headers = {name: text.strip() for name, _, text in (line.partition(":") for line in head[1:] if line)}
        return NatsMessage(message["subject"], headers, base64.b64decode(message["data"]), message["seq"])
